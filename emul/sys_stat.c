/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at paths: stat, access, readlink. The object is pinned and judged
 * like for open, and asked about through the pin (AT_EMPTY_PATH).
 *
 * Sources: stat(2), statx(2), access(2), readlink(2), fs/stat.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/arch.h"
#include "emul/handlers.h"
#include "emul/kernel.h"
#include "emul/mem.h"
#include "policy/base/cleanup.h"

/* A call that only looks: where its path is and what it wants to know. */
struct look {
	int dirfd;
	unsigned path_arg;
	unsigned flags;		/* AT_* */
	enum act_flags act;
	bool null_is_empty;
	struct path_wish wish;
};

static unsigned look_walk_flags(const struct look *look)
{
	return (look->flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0) |
	       (look->flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
}

/*
 * Fetch, walk, judge and ask @ask, acting as the caller.
 */
static struct outcome look_at(struct notif *n, const struct look *look,
			      struct outcome (*ask)(struct notif *n, const struct place *place))
{
	struct outcome outcome;
	struct place place;
	int err;

	/* NULL stands for "" since 6.11, vfs_empty_path() in fs/stat.c. */
	if (!n->args[look->path_arg] && (look->flags & AT_EMPTY_PATH) && look->null_is_empty)
		n->worker->path[0] = '\0', err = 0;
	else
		err = fetch_path(n, look->path_arg, n->worker->path);
	if (!err)
		err = act_begin(n, look->act);
	if (err == -ESRCH)
		return reply_gone();
	if (err)
		return reply_errno(err);
	err = walk(n, look->dirfd, n->worker->path, look_walk_flags(look), &place);
	if (!judge_path(n, &place, err, look->wish, &outcome))
		outcome = ask(n, &place);
	n->object = NULL;
	place_finish(&place);
	act_end(n);
	return outcome;
}

static struct outcome ask_stat(struct notif *n, const struct place *place)
{
	struct kernel_stat st;
	unsigned at = n->row->nr == SYS_newfstatat ? 2 : 1;

	arch_stat(&place->st, &st);
	return reply_result(mem_write(n, n->args[at], &st, sizeof(st)));
}

static struct outcome ask_statx(struct notif *n, const struct place *place)
{
	struct statx stx;
	int sync = (int)n->args[2] & AT_STATX_SYNC_TYPE;

	if (statx(place->fd, "", AT_EMPTY_PATH | sync, (unsigned)n->args[3], &stx) < 0)
		return reply_errno(errno);
	return reply_result(mem_write(n, n->args[4], &stx, sizeof(stx)));
}

struct outcome sys_stat(struct notif *n)
{
	struct look look = { .dirfd = AT_FDCWD, .null_is_empty = true,
			     .wish = { .op = OP_STAT } };
	unsigned known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
			 AT_STATX_SYNC_TYPE;

	switch (n->row->nr) {
	case SYS_stat:
		break;
	case SYS_lstat:
		look.flags = AT_SYMLINK_NOFOLLOW;
		break;
	case SYS_newfstatat:
		look.dirfd = (int)n->args[0];
		look.path_arg = 1;
		look.flags = (unsigned)n->args[3];
		if (look.flags & ~known)
			return reply_errno(EINVAL);
		break;
	case SYS_statx:
		look.dirfd = (int)n->args[0];
		look.path_arg = 1;
		look.flags = (unsigned)n->args[2];
		if (look.flags & ~known ||
		    (look.flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
		    n->args[3] & STATX__RESERVED)
			return reply_errno(EINVAL);
		return look_at(n, &look, ask_statx);
	default:
		return reply_errno(ENOSYS);
	}
	return look_at(n, &look, ask_stat);
}

static struct outcome ask_access(struct notif *n, const struct place *place)
{
	bool plain = n->row->nr == SYS_access;
	int mode = (int)n->args[plain ? 1 : 2];
	int flags = n->row->nr == SYS_faccessat2 ? (int)n->args[3] & AT_EACCESS : 0;
	bool fixed = place->synthetic || (place->view && place->view->kind != FILE_MAP);

	/* As on a read-only mount, sb_permission() in fs/namei.c. */
	if (fixed && (mode & W_OK) && !S_ISFIFO(place->st.st_mode) &&
	    !S_ISSOCK(place->st.st_mode))
		return reply_errno(EROFS);
	/* As whom it is asked has been settled, unless we are no other. */
	if (n->worker->acting)
		flags = AT_EACCESS;
	return reply_result(kernel_faccessat2(place->fd, "", mode, AT_EMPTY_PATH | flags));
}

struct outcome sys_access(struct notif *n)
{
	struct look look = { .dirfd = AT_FDCWD, .wish = { .op = OP_STAT } };
	int mode = (int)n->args[1];

	if (n->row->nr != SYS_access) {
		look.dirfd = (int)n->args[0];
		look.path_arg = 1;
		mode = (int)n->args[2];
	}
	if (n->row->nr == SYS_faccessat2)
		look.flags = (unsigned)n->args[3];
	if (mode & ~(R_OK | W_OK | X_OK) ||
	    look.flags & ~(unsigned)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return reply_errno(EINVAL);
	look.act = look.flags & AT_EACCESS ? 0 : ACT_REAL;
	look.wish.rights = (mode & R_OK ? ACCESS_READ : 0) |
			   (mode & W_OK ? ACCESS_WRITE : 0) |
			   (mode & X_OK ? ACCESS_EXEC : 0);
	return look_at(n, &look, ask_access);
}

/* A link in /proc to a file that a view shows leads to the view, as far as the
 * program can tell. @len: of what the kernel says, in @buf. Return: the length of
 * the view's name, which is there then, or 0 if it is another's. */
static ssize_t link_to_view(struct notif *n, const struct place *place, char *buf, ssize_t len,
			    size_t size)
{
	static const char deleted[] = " (deleted)";
	char seen[SEEN_MAX];
	bool gone;
	enum view_kind kind;
	struct statfs fs;
	struct stat st;
	auto_fd fd = -1;

	if (!n->emul->plan->edits_lists || fstatfs(place->fd, &fs) < 0 ||
	    fs.f_type != PROC_SUPER_MAGIC)
		return 0;
	act_lift(n->worker);	/* it is known that the caller may read it */
	fd = kernel_openat2(AT_FDCWD, place->path, O_PATH | O_CLOEXEC, 0, 0);
	act_drop(n->worker);
	if (fd < 0 || fstat(fd, &st) < 0 ||
	    (fd_seen_path(n, fd, &st, &kind, seen) != 1 && kind == VIEW_NONE) ||
	    strlen(seen) + sizeof(deleted) > size)
		return 0;
	gone = kind == VIEW_NONE && st.st_nlink == 0 && len >= (ssize_t)strlen(deleted) &&
	       !memcmp(buf + len - strlen(deleted), deleted, strlen(deleted));
	return snprintf(buf, size, "%s%s", seen, gone ? deleted : "");
}

/* The text of a link; /proc/self names its reader. */
static ssize_t link_text(struct notif *n, const struct place *place, char *buf, size_t size)
{
	ssize_t len, seen;
	bool own;

	if (!strcmp(place->path, "/proc/self"))
		return snprintf(buf, size, "%d", notif_tgid(n));
	if (!strcmp(place->path, "/proc/thread-self"))
		return snprintf(buf, size, "%d/task/%d", notif_tgid(n), n->tid);
	own = n->worker->acting && notif_owns_proc(n, place->path);
	if (own)
		act_lift(n->worker);
	len = readlinkat(place->fd, "", buf, size);
	if (len < 0)
		len = -errno;
	if (own)
		act_drop(n->worker);
	if (len <= 0 || buf[0] != '/')
		return len;
	seen = link_to_view(n, place, buf, len, size);
	return seen ? seen : len;
}

static struct outcome ask_readlink(struct notif *n, const struct place *place)
{
	unsigned buf_arg = n->row->nr == SYS_readlink ? 1 : 2;
	int size = (int)n->args[buf_arg + 1];
	char text[PATH_MAX];
	ssize_t len;
	int err;

	if (!S_ISLNK(place->st.st_mode))
		return reply_errno(n->worker->path[0] ? EINVAL : ENOENT);
	len = link_text(n, place, text, sizeof(text));
	if (len < 0)
		return reply_errno((int)len);
	if (len > size)
		len = size;
	err = mem_write(n, n->args[buf_arg], text, (size_t)len);
	return reply_result(err ? err : len);
}

struct outcome sys_readlink(struct notif *n)
{
	bool plain = n->row->nr == SYS_readlink;
	struct look look = {
		.dirfd = plain ? AT_FDCWD : (int)n->args[0],
		.path_arg = plain ? 0 : 1,
		/* "" means the descriptor itself: readlink(2). */
		.flags = AT_SYMLINK_NOFOLLOW | (plain ? 0 : AT_EMPTY_PATH),
		.wish = { .op = OP_READLINK },
	};

	if ((int)n->args[plain ? 2 : 3] <= 0)
		return reply_errno(EINVAL);
	return look_at(n, &look, ask_readlink);
}
