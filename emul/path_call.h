/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_PATH_CALL_H
#define GOSUP_EMUL_PATH_CALL_H

#include "emul/handlers.h"

/*
 * Calls with one path: fetch it, walk, judge, act as the caller, and leave the
 * rest to one function. What differs between calls stands in a table.
 */

#define NO_ARG (-1)
#define EARLY_DONE 1

struct path_call {
	int nr;
	signed char dirfd, path, flags;	/* argument numbers, or NO_ARG */
	unsigned known;			/* AT_* flags that the call accepts */
	unsigned fixed;			/* AT_* flags that it always has */
	unsigned walk;			/* WALK_*, besides what flags ask for */
	unsigned act;			/* ACT_* */
	/* Do it at @place; n->path_flags holds the AT_* flags. */
	struct outcome (*perform)(struct notif *n, const struct place *place);
	/* If set: what is checked, and read, before the path: 0, a negative errno,
	 * or EARLY_DONE if nothing remains to be done. What it reads it leaves in
	 * n->fetched, which is freed. */
	int (*early)(struct notif *n);
};

/**
 * path_call_serve() - serve a call described in @table.
 * @table: ended by a NULL .perform
 * A call that the table lacks is refused with ENOSYS.
 */
struct outcome path_call_serve(struct notif *n, const struct path_call *table);

/* The text of the last component as it was written: "." and ".." mean
 * something to calls that remove or create. Return: '.', ':' (for ".."), '/'
 * for the root, or 0. */
int path_last_kind(const char *path);

/* Is @dir, one of our descriptors, on a mount that cannot be written to? */
bool is_on_read_only(int dir);

/* "/proc/self/fd/N" for one of our descriptors, which path calls follow to the
 * very object. @buf: PROC_FD_SIZE bytes. Return: @buf. */
#define PROC_FD_SIZE 32
char *proc_fd_path(int fd, char *buf);

#endif
