/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_PLAN_GUARD_H
#define GOSUP_POLICY_PLAN_GUARD_H

#include "policy/plan.h"

/**
 * plan_guards() - what gosup itself demands of calls of @row.
 * @plan: its policy and flags are set
 * @call: gets .guards, those that refuse before those that notify, and
 *	.self_guard_arg
 *
 * Return: 0 or -ENOMEM.
 */
int plan_guards(const struct plan *plan, const struct syscall_row *row,
		struct plan_call *call);

#endif
