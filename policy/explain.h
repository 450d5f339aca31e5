/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_EXPLAIN_H
#define GOSUP_POLICY_EXPLAIN_H

#include <stdio.h>

#include "policy/plan.h"

/* Write what `gosup explain` shows: per rule its layer and the reason, then
 * what is notified and why, then what the default means for each class. */
void plan_explain(const struct plan *plan, FILE *out);

/* Warnings of `gosup check`: rules that cannot do what their author hopes
 * (denying a call the Go runtime dies of, a rule that another one hides).
 * Return: how many were written. */
unsigned plan_warnings(const struct plan *plan, FILE *out);

#endif
