/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_WALK_H
#define GOSUP_EMUL_WALK_H

#include <limits.h>
#include <stddef.h>
#include <sys/stat.h>

#include "emul/notif.h"
#include "emul/view.h"

/* A canonical path can be longer than one that fits a system call: the
 * working directory and the argument are up to PATH_MAX each. */
#define SEEN_MAX (2 * PATH_MAX)

enum walk_flags {
	WALK_NOFOLLOW	= 1 << 0,	/* the last component may be a link */
	WALK_CREATE	= 1 << 1,	/* ... or missing: pin its directory */
	WALK_EMPTY	= 1 << 2,	/* "" means the descriptor itself */
	WALK_LEAF	= 1 << 4,	/* not even a trailing slash has a link at
					   the end followed: mkdir(2), rename(2) */
	WALK_FILE	= 1 << 5,	/* a slash at the end is EISDIR: O_CREAT */
	WALK_NO_LINKS	= 1 << 6,	/* RESOLVE_NO_SYMLINKS and _NO_MAGICLINKS of */
	WALK_NO_MAGIC	= 1 << 7,	/* openat2(2) */
	WALK_PARENT	= 1 << 3,	/* pin the directory of what exists, too;
					   with NOFOLLOW */
};

/* Where a path argument leads: a pinned object, or where one would be. */
struct place {
	char path[SEEN_MAX];	/* canonical, as the program sees it: what
				   rules are about; set as far as known even
				   when the walk fails */
	size_t len;
	int fd;			/* O_PATH of the object; -1 if there is none */
	bool fd_borrowed;	/* fd is a view's: not ours to close */
	bool anonymous;		/* a pipe, socket, memfd: has no path */
	bool synthetic;		/* a directory that only a rule below it makes */
	bool detour;		/* the kernel itself would go another way */
	bool want_dir;		/* written with a trailing slash */
	struct stat st;		/* of fd, if there is one */
	int parent;		/* WALK_PARENT, or WALK_CREATE and fd < 0: O_PATH
				   of the directory that (would) hold it; or -1 */
	char last[NAME_MAX + 1];/* ... and its name there */
	const struct file_rule *view; /* the from, map or content rule on the way */
};

/**
 * walk() - resolve a path argument as the calling thread would.
 * @dirfd: the caller's descriptor or AT_FDCWD, where relative paths start
 * @path: our copy of the path
 * @flags: enum walk_flags
 * @ret: always initialised; place_finish() it whatever this returns
 *
 * Return: 0, or the negative errno that the kernel's own walk gives. Paths
 * that a rule denies or hides fail without being looked at; decide_path() on
 * @ret->path then tells the errno.
 */
int walk(struct notif *n, int dirfd, const char *path, unsigned flags, struct place *ret);

/**
 * walk_not_needed() - can the kernel take @path in one go, refusing links?
 * Then @ret->path is its canonical name, if it turns out to have no links, and
 * @ret_base where it starts: a descriptor, the caller's to close, or AT_FDCWD.
 * Return: false if only walk() can tell.
 */
bool walk_not_needed(struct notif *n, int dirfd, const char *path, struct place *ret,
		     int *ret_base);

/**
 * walk_scoped() - the same under RESOLVE_* constraints of openat2(2).
 * The kernel itself walks, so views on the way count as mount points: what
 * lies in one is out of bounds (EXDEV).
 */
int walk_scoped(struct notif *n, int dirfd, const char *path, unsigned flags,
		uint64_t resolve, struct place *ret);

/* For making, changing and removing the name at @place: lift what keeps us, and
 * not the caller, out of its own /proc/PID, where there is nothing to make or
 * remove. act_drop() follows. */
void place_lift(struct notif *n, const struct place *place);

/* Is @path in the caller's own /proc/PID? */
bool notif_owns_proc(struct notif *n, const char *path);

/* A place that nothing was found for yet; place_finish() may follow. */
void place_init(struct place *place);
void place_finish(struct place *place);

/* Read the name of @fd, one of our own descriptors, as /proc shows it.
 * Return: its length, or a negative errno. */
int fd_path(struct worker *worker, int fd, char *buf, size_t size);

/**
 * fd_seen_path() - the name by which the program knows @fd, one of ours.
 * @st: of @fd
 * @ret: whether it is one that only the program sees
 * @path: SEEN_MAX bytes
 * Return: 0, 1 if it is seen through a from or map rule, or a negative errno.
 */
int fd_seen_path(struct notif *n, int fd, const struct stat *st, enum view_kind *ret,
		 char *path);

#endif
