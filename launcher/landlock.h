/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_LANDLOCK_H
#define GOSUP_LAUNCHER_LANDLOCK_H

#include "policy/plan.h"

/* What a program is to be confined by: made by the launcher, used by its child. */
struct landlock {
	int ruleset;		/* -1: nothing to do */
	uint64_t handled;	/* rights that the ruleset is about */
	/* Rules that only the program's process can add: those for its own
	 * part of /proc. */
	struct landlock_own {
		const char *path;	/* in the arena of the plan */
		uint64_t access;
	} *own;
	unsigned own_count;
	unsigned skipped;	/* rules whose paths lead nowhere */
};

/**
 * landlock_prepare() - make the ruleset that @plan asks for.
 * @ret: filled in completely; landlock_finish() it
 *
 * Descriptors of what /proc shows stay open, in the caller's table, for as
 * long as the program runs: without one the kernel may forget such an object
 * and make it anew, to which the rule would not be tied.
 *
 * Return: 0, or a negative errno and *ret_what, what failed.
 */
int landlock_prepare(const struct plan *plan, struct landlock *ret, const char **ret_what);

/**
 * landlock_enter() - confine this process and all that come from it.
 * Only in the program's process, with no_new_privs set. Only makes system
 * calls. Return: as landlock_prepare().
 */
int landlock_enter(const struct landlock *landlock, const char **ret_what);

/* Close the ruleset. */
void landlock_finish(struct landlock *landlock);

#endif
