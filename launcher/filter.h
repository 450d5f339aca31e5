/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_FILTER_H
#define GOSUP_LAUNCHER_FILTER_H

#include <linux/filter.h>
#include <sys/types.h>

#include "policy/plan.h"

#define FILTER_MAX BPF_MAXINSNS

/**
 * filter_build() - the BPF program of a plan.
 * @own_pids: the supervisor and the guard, which the program must not reach
 * @insns: room for FILTER_MAX instructions
 * @ret_len: how many there are
 *
 * Return: 0 or a negative errno; -E2BIG if the rules do not fit a filter.
 */
int filter_build(const struct plan *plan, const pid_t own_pids[2],
		 struct sock_filter *insns, unsigned short *ret_len);

#endif
