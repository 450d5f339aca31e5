/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_VIEW_NAME_H
#define GOSUP_EMUL_VIEW_NAME_H

#include <stdbool.h>

#include "policy/policy.h"

/*
 * The names that views (content, from, map) bring into the tree of files, and
 * the way back: by which name the program knows what the kernel calls by the
 * name of a view's target.
 */
struct view_names;

struct view_names *view_names_new(const struct policy *policy);
void view_names_destroy(struct view_names *names);

/* Whether rules below @path make a directory of that name necessary. What "*"
 * stands for must exist; nothing else need. */
bool view_names_dir(const struct view_names *names, const char *path);

/* Call @fn with the names in directory @dir that views may show there: those of
 * rules, and those on the way to one. Return: what @fn last returned if not 0. */
int view_names_children(const struct view_names *names, const char *dir,
			int (*fn)(void *arg, const char *name, size_t len), void *arg);

/**
 * view_names_note() - the program has got what is at @path, seen so, open.
 * @view: the view it came through; NULL if none
 */
void view_names_note(struct view_names *names, const char *path, const struct file_rule *view);

/**
 * view_names_seen() - by which name does the program know what it has open?
 * @path: as the kernel calls it, of SEEN_MAX bytes; replaced if it is another
 * Return: whether it was replaced.
 */
bool view_names_seen(const struct view_names *names, char *path);

#endif
