/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_PLAN_LANDLOCK_H
#define GOSUP_POLICY_PLAN_LANDLOCK_H

#include "policy/plan.h"

/**
 * plan_landlock() - fill in plan->landlock.
 * Needs plan->policy and plan->features, and comes before rules are lowered.
 */
void plan_landlock(struct plan *plan);

/* Whether Landlock can keep the program from reaching into processes outside of its
 * tree. */
bool plan_landlock_can_keep_apart(const struct plan_features *features);

/* Whether two plans ask the same of Landlock for files. */
bool plan_landlock_same_files(const struct plan *a, const struct plan *b);

/* Whether @path means the process that looks: it begins with /proc/self. */
bool plan_is_own_proc(const char *path);

#endif
