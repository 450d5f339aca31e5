/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_PLAN_SPECIAL_H
#define GOSUP_POLICY_PLAN_SPECIAL_H

#include "policy/plan.h"

/* Parts of a struct plan_guard: what it does, and why. */
#define REFUSE(errno_, why_, reason_) \
	.verdict = PLAN_ERRNO, .error = (errno_), .why = (why_), \
	.reason = (reason_)
#define NOTIFY(why_, reason_) \
	.verdict = PLAN_NOTIFY, .why = (why_), .reason = (reason_)

/* A guard that does not follow from the class of its call. */
struct plan_special {
	struct plan_guard guard;	/* .place unset */
	bool besides;			/* what the class demands stands, too */
};

/* There are no more of them, for all calls together. */
#define PLAN_SPECIALS_MAX	120

/**
 * plan_special_next() - the next guard for calls of @row that @plan needs.
 * @at: where to go on; 0 to begin with
 * Return: false if there is none.
 */
bool plan_special_next(const struct plan *plan, const struct syscall_row *row,
		       unsigned *at, struct plan_special *ret);

#endif
