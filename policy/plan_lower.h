/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_PLAN_LOWER_H
#define GOSUP_POLICY_PLAN_LOWER_H

#include "policy/plan.h"

/*
 * A filter is at most 4096 instructions, a condition of a branch at most six.
 * Calls beyond these conditions are judged by the supervisor, which costs but
 * always fits.
 */
#define PLAN_CONDS_MAX 560

/**
 * plan_lower_call() - make the plan of one call from its rules and guards.
 * @call: .row, .rules and guards are set; the rest is filled in
 * Notes on its rules go to plan->notes.
 *
 * Return: 0, -ENOMEM, or -EOPNOTSUPP with @diag filled.
 */
int plan_lower_call(struct plan *plan, struct plan_call *call,
		    struct diag *diag);

/**
 * plan_cannot_notify() - refuse a rule that needs notifications.
 * @place: of the rule, NULL if no rule asks for it
 * Return: -EOPNOTSUPP with @diag filled.
 */
int plan_cannot_notify(const struct plan *plan, const struct rule_place *place,
		       const char *what, struct diag *diag);

#endif
