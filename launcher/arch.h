/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_ARCH_H
#define GOSUP_LAUNCHER_ARCH_H

#include <linux/filter.h>
#include <sys/types.h>

#include "policy/plan.h"

/*
 * What differs between architectures on the launching side; implemented in
 * launcher/arch_<name>.c.
 */

/**
 * arch_filter_prologue() - instructions that run before the filter proper:
 * calls with numbers that the table does not know, and calls made through
 * another ABI of this machine.
 * Return: how many were written, at most @room.
 */
unsigned arch_filter_prologue(const struct plan *plan, const pid_t own_pids[2],
			      struct sock_filter *insns, unsigned room);

#endif
