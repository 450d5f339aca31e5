/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/path_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "emul/act.h"

static const struct path_call *find(const struct path_call *table, int nr)
{
	while (table->perform && table->nr != nr)
		table++;
	return table->perform ? table : NULL;
}

static unsigned walk_flags(const struct path_call *call, unsigned at_flags)
{
	return call->walk | (at_flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0) |
	       (at_flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
}

/* Read path and flags. Return: 0, or what the call fails with at once. */
static int decode(struct notif *n, const struct path_call *call)
{
	n->path_flags = call->fixed;
	if (call->flags != NO_ARG) {
		unsigned flags = (unsigned)n->args[call->flags];

		if (flags & ~call->known)
			return -EINVAL;
		n->path_flags |= flags;
	}
	if (call->path == NO_ARG) {	/* the descriptor itself */
		n->worker->path[0] = '\0';
		n->path_flags |= AT_EMPTY_PATH;
		return 0;
	}
	return fetch_path(n, (unsigned)call->path, n->worker->path);
}

struct outcome path_call_serve(struct notif *n, const struct path_call *table)
{
	const struct path_call *call = find(table, n->row->nr);
	struct path_wish wish = { .op = n->row->op };
	struct outcome outcome;
	struct place place;
	int dirfd, err;

	if (!call)
		return reply_errno(ENOSYS);
	dirfd = call->dirfd == NO_ARG ? AT_FDCWD : (int)n->args[call->dirfd];
	err = decode(n, call);
	if (!err)
		err = act_begin(n, call->act);
	if (err)
		return err == -ESRCH ? reply_gone() : reply_errno(err);
	err = walk(n, dirfd, n->worker->path, walk_flags(call, n->path_flags), &place);
	wish.creates = (call->walk & WALK_CREATE) && place.fd < 0;
	if (!judge_path(n, &place, err, wish, &outcome))
		outcome = call->perform(n, &place);
	n->object = NULL;
	place_finish(&place);
	act_end(n);
	return outcome;
}

int path_last_kind(const char *path)
{
	size_t end = strlen(path);
	size_t start;

	while (end && path[end - 1] == '/')
		end--;
	if (!end)
		return *path ? '/' : 0;
	for (start = end; start && path[start - 1] != '/'; start--)
		;
	if (end - start == 1 && path[start] == '.')
		return '.';
	return end - start == 2 && !memcmp(path + start, "..", 2) ? ':' : 0;
}

char *proc_fd_path(int fd, char *buf)
{
	snprintf(buf, PROC_FD_SIZE, "/proc/self/fd/%d", fd);
	return buf;
}
