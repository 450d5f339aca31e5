/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_VIEW_H
#define GOSUP_EMUL_VIEW_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "policy/policy.h"

/*
 * Objects that only the program sees: the bytes of a `content` rule as a sealed
 * memory file, and directories that exist only because of a rule below them.
 * Each is made when first asked for and kept for the run, so that its inode and
 * times are the same each time the program looks.
 */
struct views;
struct view_names;

struct views *views_new(const struct policy *policy);
void views_destroy(struct views *views);

/**
 * view_fd() - the memory file of `content` rule @rule.
 * @path: where it is seen; matters for a rule with "*"
 * Return: a descriptor that belongs to @views (do not close it, do not inject
 * it: open it anew through /proc/self/fd, so that each has its own offset), or
 * a negative errno.
 */
int view_fd(struct views *views, const struct file_rule *rule, const char *path);

/**
 * view_dir() - the directory that rules below @path bring into being.
 * To be asked where there is nothing of that name. It is an empty, read-only
 * directory without a name of its own; what it seems to hold, rules say.
 * Return: like view_fd(); -ENOENT if no rule needs @path.
 */
int view_dir(struct views *views, const char *path);

/* What a descriptor of the program's may turn out to be. */
enum view_kind { VIEW_NONE, VIEW_FILE, VIEW_DIR };

/**
 * view_identify() - is the object with @st one of those above?
 * @path: where it is seen, of PATH_MAX bytes; untouched if it is none
 */
enum view_kind view_identify(struct views *views, const struct stat *st, char *path);

/*
 * A listing of which the caller has yet to be given what rules add, once it
 * asks again from where it stands.
 */
struct view_mark {
	pid_t tgid;
	int fd;			/* the caller's number */
	dev_t dev;
	ino_t ino;
	off_t pos;
	size_t next;		/* what to go on with */
};

/* A few marks are kept; a new one may push out the oldest. */
void view_mark_set(struct views *views, const struct view_mark *mark);
/* Take out the mark that agrees with @mark in all but .next. Return: whether
 * there was one, and .next then. */
bool view_mark_take(struct views *views, struct view_mark *mark);

/* The names that views give and take: emul/view_name.h. */
struct view_names *views_names(struct views *views);

#endif
