/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/path_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "emul/act.h"
#include "policy/base/cleanup.h"

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

/* Was the caller's @fd opened with O_PATH? */
static bool is_path_only(const struct notif *n, int fd)
{
	char path[48], text[256];
	auto_fd info = -1;
	struct stat st;
	char *flags;
	ssize_t len;

	/* The mode of the link tells that of the descriptor: tid_fd_mode() in
	 * fs/proc/fd.c. Only one that can neither be read nor written is doubtful. */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", n->tid, fd);
	if (lstat(path, &st) < 0 || (st.st_mode & S_IRWXU))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", n->tid, fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	len = info < 0 ? -1 : read(info, text, sizeof(text) - 1);
	text[len < 0 ? 0 : len] = '\0';
	flags = strstr(text, "flags:");
	return flags && strtoul(flags + strlen("flags:"), NULL, 8) & O_PATH;
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
		int fd = (int)n->args[call->dirfd];

		if (fd < 0 || is_path_only(n, fd))
			return -EBADF;
		n->worker->path[0] = '\0';
		n->path_flags |= AT_EMPTY_PATH;
		return 0;
	}
	return fetch_path(n, (unsigned)call->path, n->worker->path);
}

bool is_on_read_only(int dir)
{
	struct statvfs fs;

	return fstatvfs(dir, &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

/* Whether a name is there that is to be removed is not even asked on a read-only
 * mount. */
static int error_of_missing(struct notif *n, int dirfd, unsigned flags)
{
	struct place place;
	int err = walk(n, dirfd, n->worker->path, flags | WALK_CREATE, &place);

	if (!err && place.parent >= 0 && is_on_read_only(place.parent))
		err = -EROFS;
	else
		err = -ENOENT;
	place_finish(&place);
	return err;
}

static struct outcome serve(struct notif *n, const struct path_call *call)
{
	struct path_wish wish = { .op = n->row->op };
	struct outcome outcome;
	struct place place;
	int dirfd, err;

	err = call->early ? call->early(n) : 0;
	if (err)
		return err == EARLY_DONE ? reply_value(0) : reply_errno(err);
	dirfd = call->dirfd == NO_ARG ? AT_FDCWD : (int)n->args[call->dirfd];
	err = decode(n, call);
	if (!err)
		err = act_begin(n, call->act);
	if (err)
		return err == -ESRCH ? reply_gone() : reply_errno(err);
	err = walk(n, dirfd, n->worker->path, walk_flags(call, n->path_flags), &place);
	wish.creates = (call->walk & WALK_CREATE) && place.fd < 0;
	if (err == -ENOENT && wish.op == OP_REMOVE)
		err = error_of_missing(n, dirfd, walk_flags(call, n->path_flags));
	if (!judge_path(n, &place, err, wish, &outcome)) {
		/* It is by its name that a link or what is missing is reached. */
		if (place.parent >= 0)
			place_lift(n, &place);
		outcome = call->perform(n, &place);
		act_drop(n->worker);
	}
	n->object = NULL;
	place_finish(&place);
	act_end(n);
	return outcome;
}

struct outcome path_call_serve(struct notif *n, const struct path_call *table)
{
	const struct path_call *call = find(table, n->row->nr);
	struct outcome outcome;

	if (!call)
		return reply_errno(ENOSYS);
	outcome = serve(n, call);
	free(n->fetched);
	n->fetched = NULL;
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
