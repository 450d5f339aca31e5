/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_VIEW_H
#define GOSUP_EMUL_VIEW_H

#include "policy/policy.h"

/*
 * Virtual files: the bytes of a `content` rule as a sealed memory file, made
 * when first asked for and kept for the run, so that its inode and times are
 * the same each time the program looks.
 */
struct views;

struct views *views_new(const struct policy *policy);
void views_destroy(struct views *views);

/**
 * view_fd() - the memory file of rule @rule.
 * Return: a descriptor that belongs to @views (do not close it, do not inject
 * it: open it anew through /proc/self/fd, so that each has its own offset), or
 * a negative errno.
 */
int view_fd(struct views *views, const struct file_rule *rule);

#endif
