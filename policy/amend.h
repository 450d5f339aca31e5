/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_AMEND_H
#define GOSUP_POLICY_AMEND_H

#include "policy/policy.h"

/*
 * What a loaded policy learns from the system it is to be used on, before a
 * plan is made of it.
 */

/* Let rule @rule of @tree, one of a policy's, stand for @path, too, the canonical
 * name of where its own path leads. Return: 0, -EINVAL or -ENOMEM. */
int policy_alias(struct path_tree *tree, size_t rule, const char *path);

/* Grant @rights on @path, unless some rule is about it already.
 * Return: 0, -EINVAL or -ENOMEM. */
int policy_allow_path(struct policy *policy, const char *path, unsigned rights);

/* Have @rule, which is copied, for signal @sig. Return: 0 or -ENOMEM. */
int policy_set_signal(struct policy *policy, int sig, const struct signal_rule *rule);

#endif
