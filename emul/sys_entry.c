/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names in directories: mkdir, mknod, symlink, unlink, rmdir, rename, link.
 * The directory is pinned, the name in it judged, and the call made on both.
 *
 * Sources: mkdir(2), mknod(2), symlink(2), unlink(2), rename(2), link(2),
 * filename_create() and do_renameat2() in fs/namei.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/mem.h"
#include "emul/path_call.h"

static struct outcome result(int ret)
{
	return ret < 0 ? reply_errno(errno) : reply_value(ret);
}

/* ---- one path ---- */

static struct outcome do_mkdir(struct notif *n, const struct place *place)
{
	unsigned at = n->row->nr == SYS_mkdir ? 1 : 2;

	if (place->fd >= 0)
		return reply_errno(EEXIST);
	return result(mkdirat(place->parent, place->last, (mode_t)n->args[at]));
}

/* may_mknod() in fs/namei.c */
static int early_mknod(struct notif *n)
{
	switch (n->args[n->row->nr == SYS_mknod ? 1 : 2] & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

/* A trailing slash promises a directory: filename_create(). */
static int new_leaf(const struct place *place)
{
	if (place->fd >= 0)
		return -EEXIST;
	return place->want_dir ? -ENOENT : 0;
}

static struct outcome do_mknod(struct notif *n, const struct place *place)
{
	unsigned at = n->row->nr == SYS_mknod ? 1 : 2;
	int err = new_leaf(place);

	if (err)
		return reply_errno(err);
	/* Device 0:0 is none: overlays mark with it what they have removed. */
	if (n->emul->plan->confines_files && n->args[at + 1] &&
	    (S_ISCHR(n->args[at]) || S_ISBLK(n->args[at])))
		return notif_refuse(n, EPERM, "would make a device node, by which a device is "
				    "what it is by its own name");
	return result((int)syscall(SYS_mknodat, place->parent, place->last,
				   n->args[at], n->args[at + 1]));
}

static int early_symlink(struct notif *n)
{
	int len = mem_read_string(n, n->args[0], n->worker->path2, PATH_MAX);

	return len < 0 ? len : len == 0 ? -ENOENT : 0;
}

static struct outcome do_symlink(struct notif *n, const struct place *place)
{
	int err = new_leaf(place);

	if (err)
		return reply_errno(err);
	return result(symlinkat(n->worker->path2, place->parent, place->last));
}

static struct outcome do_unlink(struct notif *n, const struct place *place)
{
	bool dir = n->row->nr == SYS_rmdir || (n->path_flags & AT_REMOVEDIR);

	switch (path_last_kind(n->worker->path)) {
	case '.':
		return reply_errno(dir ? EINVAL : EISDIR);
	case ':':
		return reply_errno(dir ? ENOTEMPTY : EISDIR);
	case '/':
		return reply_errno(dir ? EBUSY : EISDIR);
	}
	if (place->want_dir && !dir && is_on_read_only(place->parent))
		return reply_errno(EROFS);
	if (place->want_dir && !dir)
		return reply_errno(S_ISDIR(place->st.st_mode) ? EISDIR : ENOTDIR);
	return result(unlinkat(place->parent, place->last, dir ? AT_REMOVEDIR : 0));
}

#define NEW (WALK_NOFOLLOW | WALK_LEAF | WALK_CREATE)
#define OLD (WALK_NOFOLLOW | WALK_LEAF | WALK_PARENT)

static const struct path_call calls[] = {
	/* nr		dirfd   path flags   known         fixed walk act, perform, early */
	{ SYS_mkdir,	NO_ARG, 0,   NO_ARG, 0,            0, NEW, ACT_CREATES, do_mkdir },
	{ SYS_mkdirat,	0,      1,   NO_ARG, 0,            0, NEW, ACT_CREATES, do_mkdir },
	{ SYS_mknod,	NO_ARG, 0,   NO_ARG, 0,            0, NEW, ACT_CREATES, do_mknod, early_mknod },
	{ SYS_mknodat,	0,      1,   NO_ARG, 0,            0, NEW, ACT_CREATES, do_mknod, early_mknod },
	{ SYS_symlink,	NO_ARG, 1,   NO_ARG, 0,            0, NEW, ACT_CREATES, do_symlink, early_symlink },
	{ SYS_symlinkat, 1,     2,   NO_ARG, 0,            0, NEW, ACT_CREATES, do_symlink, early_symlink },
	{ SYS_unlink,	NO_ARG, 0,   NO_ARG, 0,            0, OLD, 0, do_unlink },
	{ SYS_rmdir,	NO_ARG, 0,   NO_ARG, 0,            0, OLD, 0, do_unlink },
	{ SYS_unlinkat,	0,      1,   2,      AT_REMOVEDIR, 0, OLD, 0, do_unlink },
	{ 0 },
};

struct outcome sys_entry(struct notif *n)
{
	return path_call_serve(n, calls);
}

/* ---- two paths ---- */

struct two_paths {
	int dirfd[2];
	unsigned path[2];	/* argument numbers */
	unsigned flags;		/* RENAME_* or AT_* */
	unsigned walk[2];
	int (*perform)(struct notif *n, const struct two_paths *call,
		       const struct place *from, const struct place *to);
};

/* Are both directories on one mount? What cannot be told, the kernel will. */
static bool one_mount(const struct place *from, const struct place *to)
{
	struct statx a, b;

	if (from->view != to->view)
		return false;
	return statx(from->parent, "", AT_EMPTY_PATH, STATX_MNT_ID, &a) < 0 ||
	       statx(to->parent, "", AT_EMPTY_PATH, STATX_MNT_ID, &b) < 0 ||
	       a.stx_mnt_id == b.stx_mnt_id;
}

/* What is wrong with the mounts, which is found out before names are looked up;
 * or @error. */
static int before_lookup(const struct place *from, const struct place *to, int error)
{
	if (!one_mount(from, to))
		return -EXDEV;
	return is_on_read_only(from->parent) ? -EROFS : error;
}

static int do_rename(struct notif *n, const struct two_paths *call,
		     const struct place *from, const struct place *to)
{
	bool exchange = call->flags & RENAME_EXCHANGE;

	(void)n;
	if ((call->flags & RENAME_NOREPLACE) && to->fd >= 0)
		return before_lookup(from, to, -EEXIST);
	if (exchange && to->fd < 0)
		return before_lookup(from, to, -ENOENT);
	if (exchange && to->want_dir && !S_ISDIR(to->st.st_mode))
		return before_lookup(from, to, -ENOTDIR);
	if (!S_ISDIR(from->st.st_mode) && (from->want_dir || (to->want_dir && !exchange)))
		return before_lookup(from, to, -ENOTDIR);
	return renameat2(from->parent, from->last, to->parent, to->last, call->flags) < 0
		       ? -errno : 0;
}

static int do_link(struct notif *n, const struct two_paths *call,
		   const struct place *from, const struct place *to)
{
	char path[PROC_FD_SIZE];
	int err = new_leaf(to);

	(void)n, (void)call;
	if (err)
		return err;
	/* Where a view begins, another file system seems to. */
	if (from->view != to->view)
		return -EXDEV;
	/* To the pinned object, be it a link itself: openat(2), O_TMPFILE. */
	return linkat(AT_FDCWD, proc_fd_path(from->fd, path), to->parent, to->last,
		      AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

static int decode_two(struct notif *n, struct two_paths *c)
{
	const uint64_t *a = n->args;
	bool at = n->row->nr != SYS_rename && n->row->nr != SYS_link;
	bool link = n->row->nr == SYS_link || n->row->nr == SYS_linkat;

	*c = (struct two_paths){
		.dirfd = { at ? (int)a[0] : AT_FDCWD, at ? (int)a[2] : AT_FDCWD },
		.path = { at ? 1 : 0, at ? 3 : 1 },
		/* What is linked is looked up as usual; the names that change
		 * are not. */
		.walk = { link ? OLD & ~(unsigned)WALK_LEAF : NEW | WALK_PARENT,
			  link ? NEW : NEW | WALK_PARENT },
		.perform = link ? do_link : do_rename,
	};
	if (n->row->nr == SYS_renameat2) {
		c->flags = (unsigned)a[4];
		if (c->flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
			return -EINVAL;
		if ((c->flags & RENAME_EXCHANGE) && c->flags & ~(unsigned)RENAME_EXCHANGE)
			return -EINVAL;
	}
	if (n->row->nr == SYS_linkat) {
		c->flags = (unsigned)a[4];
		if (c->flags & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
			return -EINVAL;
		if (c->flags & AT_SYMLINK_FOLLOW)
			c->walk[0] = 0;
		if (c->flags & AT_EMPTY_PATH)
			c->walk[0] |= WALK_EMPTY;
	}
	return 0;
}

/* Judge one end. Return: true if *ret settles the call. */
static bool judge_end(struct notif *n, const struct two_paths *c, int i, const char *path,
		      struct place *place, bool leaf, struct outcome *ret)
{
	int err = walk(n, c->dirfd[i], path, c->walk[i], place);
	struct path_wish wish = { .op = n->row->op, .leaf = leaf,
				  .creates = i == 1 && place->fd < 0 };

	return judge_path(n, place, err, wish, ret);
}

/* Would what is at @from gain rights at @to? */
static bool judge_move(struct notif *n, const struct place *from, const struct place *to,
		       struct outcome *ret)
{
	if (from->anonymous || to->anonymous)
		return false;
	n->decision = decide_move(n->emul->plan->policy, from->path, from->len,
				  to->path, to->len);
	if (n->decision.verdict != VERDICT_ERRNO)
		return false;
	notif_record(n, EVENT_DENY, -n->decision.error);
	*ret = reply_errno(n->decision.error);
	return true;
}

/* That both ends are on one mount is asked before whether it can be written to,
 * save that link(2) looks at where the new name will be first: do_renameat2(),
 * do_linkat() in fs/namei.c. */
static bool is_read_only(const struct outcome *outcome)
{
	return outcome->kind == OUTCOME_ERRNO && outcome->error == EROFS;
}

/* What do_renameat2() in fs/namei.c finds wrong before it looks at the names. */
static int check_names(const struct notif *n, const struct two_paths *call,
		       const struct place *from, const struct place *to)
{
	bool from_name = !path_last_kind(n->worker->path);
	bool to_name = !path_last_kind(n->worker->path2);

	if (from->view == to->view && from->fd >= 0 && from_name && to_name)
		return 0;
	/* Where a view begins, another file system seems to. */
	if (!one_mount(from, to))
		return -EXDEV;
	if (!from_name)
		return -EBUSY;
	if (!to_name)
		return call->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	return from->fd < 0 ? before_lookup(from, to, -ENOENT) : 0;
}

/* Is its last name too long for one? That is found out when it is looked up. */
static bool ends_too_long(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strlen(slash ? slash + 1 : path) > NAME_MAX;
}

/* @to_error: why the second path could not be read, or 0 */
static struct outcome serve_ends(struct notif *n, const struct two_paths *c, int to_error,
				 struct place *from, struct place *to)
{
	struct outcome outcome;
	bool leaf;
	int err;

	if (judge_end(n, c, 0, n->worker->path, from, false, &outcome)) {
		if (is_read_only(&outcome) && from->fd >= 0 &&
		    !to_error && walk(n, c->dirfd[1], n->worker->path2, c->walk[1], to) == 0 &&
		    from->view != to->view)
			return reply_errno(EXDEV);
		return outcome;
	}
	if (to_error)
		return reply_errno(to_error);
	leaf = from->fd >= 0 && !S_ISDIR(from->st.st_mode);
	if (judge_end(n, c, 1, n->worker->path2, to, leaf, &outcome)) {
		if (c->perform != do_rename || outcome.kind != OUTCOME_ERRNO)
			return outcome;
		if (outcome.error == ENAMETOOLONG && from->fd < 0 &&
		    ends_too_long(n->worker->path2))
			return reply_errno(ENOENT);
		return outcome.error == EROFS && from->view != to->view ? reply_errno(EXDEV) :
									  outcome;
	}
	if (c->perform == do_rename) {
		err = check_names(n, c, from, to);
		if (err)
			return reply_errno(err);
	}
	if (judge_move(n, from, to, &outcome) ||
	    ((c->flags & RENAME_EXCHANGE) && judge_move(n, to, from, &outcome)))
		return outcome;
	/* To and from /proc it only tells why not. */
	place_lift(n, notif_owns_proc(n, to->path) ? to : from);
	err = c->perform(n, c, from, to);
	act_drop(n->worker);
	return reply_result(err);
}

struct outcome sys_two_paths(struct notif *n)
{
	struct outcome outcome;
	struct place from, to;
	struct two_paths c;
	int to_error = 0;
	int err = decode_two(n, &c);

	if (!err)
		err = mem_read_string(n, n->args[c.path[0]], n->worker->path, PATH_MAX);
	if (err >= 0)
		to_error = fetch_path(n, c.path[1], n->worker->path2);
	if (to_error == -ESRCH)
		return reply_gone();
	if (err >= 0)
		err = act_begin(n, 0);
	if (err < 0)
		return err == -ESRCH ? reply_gone() : reply_errno(err);
	place_init(&from);
	place_init(&to);
	outcome = serve_ends(n, &c, to_error, &from, &to);
	n->object = NULL;
	place_finish(&from);
	place_finish(&to);
	act_end(n);
	return outcome;
}
