/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open, openat, openat2, creat: pin the object, judge it, open that very
 * object through /proc/self/fd with the wanted flags, and inject the result.
 * Where the last component is missing and is to be created, its directory is
 * pinned instead and the new name judged.
 *
 * Sources: open(2), openat2(2), build_open_flags() in fs/open.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/handlers.h"
#include "emul/kernel.h"
#include "emul/mem.h"
#include "emul/path_call.h"
#include "emul/view.h"
#include "emul/view_name.h"
#include "policy/base/cleanup.h"

/* VALID_OPEN_FLAGS, include/linux/fcntl.h; openat(2) ignores all others. */
#define OPEN_KNOWN (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |  \
		    O_NONBLOCK | O_SYNC | O_DSYNC | O_ASYNC | O_DIRECT | 0100000 | \
		    O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |    \
		    O_TMPFILE)
#define OPEN_PATH_KNOWN (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)
/* What of RESOLVE_* only the kernel can do. */
#define SCOPED (RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_NO_XDEV)
/* Someone may change what is at the path between pin and use, but not for
 * ever. */
#define RETRIES 16

struct open_call {
	int dirfd;
	uint64_t path;		/* in the caller's memory */
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
	bool uncached;		/* and shall be opened from the cache alone */
};

/* Read struct open_how and refuse what the kernel refuses. */
static int decode_how(struct notif *n, struct open_call *call)
{
	struct open_how how;
	uint64_t size = n->args[3];
	int err;

	if (size < 24)	/* OPEN_HOW_SIZE_VER0 */
		return -EINVAL;
	if (size > 4096)
		return -E2BIG;
	err = mem_read_struct(n, n->args[2], size, &how, sizeof(how));
	if (err)
		return err;
	if (how.flags & ~(uint64_t)OPEN_KNOWN || how.resolve & ~0x3fULL || how.mode & ~07777ULL)
		return -EINVAL;
	if (how.flags & O_PATH && how.flags & ~(uint64_t)OPEN_PATH_KNOWN)
		return -EINVAL;
	if (how.mode && !(how.flags & (O_CREAT | TMPFILE_BIT)))
		return -EINVAL;
	if ((how.resolve & RESOLVE_BENEATH) && (how.resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	call->flags = how.flags;
	call->mode = how.mode;
	/* Whether something is cached is nobody's business but ours; but nothing that
	 * changes anything can be. */
	call->uncached = (how.resolve & RESOLVE_CACHED) &&
			 (how.flags & (O_TRUNC | O_CREAT | TMPFILE_BIT));
	call->resolve = how.resolve & ~(uint64_t)RESOLVE_CACHED;
	return 0;
}

static int decode(struct notif *n, struct open_call *call)
{
	const uint64_t *a = n->args;

	*call = (struct open_call){ .dirfd = AT_FDCWD, .path = a[0] };
	switch (n->row->nr) {
	case SYS_open:
		call->flags = a[1];
		call->mode = a[2];
		break;
	case SYS_creat:
		call->flags = O_CREAT | O_WRONLY | O_TRUNC;
		call->mode = a[1];
		break;
	case SYS_openat:
		call->dirfd = (int)a[0];
		call->path = a[1];
		call->flags = a[2];
		call->mode = a[3];
		break;
	case SYS_openat2:
		call->dirfd = (int)a[0];
		call->path = a[1];
		return decode_how(n, call);
	default:
		return -ENOSYS;
	}
	call->flags &= OPEN_KNOWN;
	call->mode &= 07777;
	if (call->flags & O_PATH)
		call->flags &= OPEN_PATH_KNOWN;
	return 0;
}

/* build_open_flags(): combinations that fail before the path is looked at. */
static int check_flags(uint64_t flags)
{
	/* 3 is a mode, too: open(2). */
	bool writes = (flags & O_ACCMODE) != O_RDONLY;

	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return -EINVAL;
	if (!(flags & TMPFILE_BIT))
		return 0;
	if (!(flags & O_DIRECTORY) || !writes)
		return -EINVAL;
	return 0;
}

/* Open the pinned object itself, with flags of its own. */
static int reopen(struct notif *n, int fd, uint64_t flags, uint64_t mode)
{
	char name[16];
	int ret;

	snprintf(name, sizeof(name), "%d", fd);
	/* A link in /proc/self/fd leads to the object, whatever its type; a
	 * terminal must not become the supervisor's. */
	ret = openat(n->worker->proc_self_fd, name,
		     (int)((flags & ~(uint64_t)(O_CREAT | O_EXCL | O_NOFOLLOW | O_PATH)) |
			   O_CLOEXEC | O_NOCTTY), (mode_t)mode);
	return ret < 0 ? -errno : ret;
}

/* fs.protected_regular and fs.protected_fifos; what is neither is protected. */
static int protection(mode_t mode)
{
	const char *path = S_ISREG(mode) ? "/proc/sys/fs/protected_regular" :
			   S_ISFIFO(mode) ? "/proc/sys/fs/protected_fifos" : NULL;
	auto_fd fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[8] = "";

	if (!path)
		return 1;
	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? atoi(text) : 0;
}

/*
 * may_create_in_sticky() in fs/namei.c: somebody else's file in a directory where
 * all may make some is not opened by who wanted to make one. Seldom asked, since
 * most open their own.
 */
static int check_sticky(struct notif *n, const struct place *place)
{
	char dir[SEEN_MAX];
	struct stat up;
	int level;

	if (place->st.st_uid == n->worker->fsuid ||
	    fd_path(n->worker, place->fd, dir, sizeof(dir)) < 0 || dir[0] != '/')
		return 0;
	strrchr(dir, '/')[strrchr(dir, '/') == dir] = '\0';
	if (stat(dir, &up) < 0 || !(up.st_mode & S_ISVTX) || up.st_uid == place->st.st_uid)
		return 0;
	level = protection(place->st.st_mode);
	return (level && (up.st_mode & S_IWOTH)) || (level >= 2 && (up.st_mode & S_IWGRP)) ?
	       -EACCES : 0;
}

static int open_existing(struct notif *n, const struct place *place, uint64_t flags, uint64_t mode)
{
	bool may_block = S_ISFIFO(place->st.st_mode) || S_ISCHR(place->st.st_mode);
	int fd;

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) &&
	    (!place->want_dir || path_last_kind(n->worker->path)))
		return -EEXIST;
	if ((flags & O_CREAT) && !S_ISDIR(place->st.st_mode) && check_sticky(n, place))
		return -EACCES;
	if (S_ISLNK(place->st.st_mode) && !(flags & O_PATH))
		return flags & O_DIRECTORY ? -ENOTDIR : -ELOOP;
	if ((flags & O_DIRECTORY) && !S_ISDIR(place->st.st_mode))
		return -ENOTDIR;
	if ((flags & O_CREAT) && (place->want_dir || S_ISDIR(place->st.st_mode)))
		return -EISDIR;
	/* In a view: a descriptor of a link cannot be handed over, see below. */
	if (S_ISLNK(place->st.st_mode))
		return -ELOOP;
	if (may_block && !(flags & (O_NONBLOCK | O_PATH)))
		n->emul->block_begin(n->worker);
	fd = reopen(n, place->fd, flags, mode);
	n->emul->block_end(n->worker);
	return fd;
}

/* Return: -EAGAIN if somebody put something else there meanwhile. */
static int open_new(struct notif *n, const struct place *place, uint64_t flags, uint64_t mode)
{
	int fd;

	if (place->want_dir)
		return -EISDIR;
	place_lift(n, place);
	fd = openat(place->parent, place->last,
		    (int)flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, (mode_t)mode);
	if (fd < 0)
		fd = errno == ELOOP ? -EAGAIN : -errno;
	act_drop(n->worker);
	return fd;
}

static unsigned walk_flags(uint64_t flags, uint64_t resolve)
{
	unsigned walk = 0;

	if ((flags & O_NOFOLLOW) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		walk |= WALK_NOFOLLOW;
	/* A trailing slash makes O_CREAT fail whatever is there. */
	if (flags & O_CREAT)
		walk |= WALK_CREATE | WALK_FILE;
	if (resolve & RESOLVE_NO_SYMLINKS)
		walk |= WALK_NO_LINKS;
	if (resolve & RESOLVE_NO_MAGICLINKS)
		walk |= WALK_NO_MAGIC;
	return walk;
}

/* may_open() in fs/namei.c: no directory is. */
static bool writes_to_object(uint64_t flags)
{
	return !(flags & (O_CREAT | O_PATH | O_DIRECTORY | TMPFILE_BIT)) &&
	       ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC));
}

static struct outcome open_at(struct notif *n, const struct open_call *call, const char *path)
{
	struct place place;
	struct outcome outcome;
	unsigned walk_as;
	int fd, err;

	walk_as = walk_flags(call->flags, call->resolve);
	err = call->resolve & SCOPED ?
	      walk_scoped(n, call->dirfd, path, walk_as, call->resolve, &place) :
	      walk(n, call->dirfd, path, walk_as, &place);
	if (!err && place.fd >= 0 && S_ISDIR(place.st.st_mode) && writes_to_object(call->flags))
		err = -EISDIR;
	/* do_open() in fs/namei.c: before it matters what may be written. */
	if (!err && place.fd >= 0 && !S_ISDIR(place.st.st_mode) &&
	    !S_ISLNK(place.st.st_mode) && (call->flags & O_DIRECTORY))
		err = -ENOTDIR;
	if (judge_path(n, &place, err, path_wish_open((int)call->flags), &outcome)) {
		/* settled */
	} else if ((call->flags & O_PATH) && !place.view && !place.detour) {
		outcome = reply_continue(CONTINUE_NOTHING_GAINED);
	} else {
		fd = place.fd >= 0 ? open_existing(n, &place, call->flags, call->mode)
				   : open_new(n, &place, call->flags, call->mode);
		if (fd >= 0)
			view_names_note(views_names(n->emul->views), place.path, place.view);
		outcome = fd < 0 ? reply_errno(fd)
				 : reply_fd(fd, call->flags & O_CLOEXEC);
	}
	n->object = NULL;
	place_finish(&place);
	return outcome;
}

/*
 * Descriptors opened with O_PATH cannot be injected (fget() refuses them). They
 * give access to nothing, and whatever is done with one is judged by where it
 * leads, so such calls go on natively once they were judged; what a view shows
 * is opened for reading instead.
 *
 * The short way, for a path without links, "..", and views, which is most of
 * them: what is written is the canonical name, so it is judged first, and then
 * the kernel opens it in one go, refusing links. Return: false if the long way
 * is to be taken.
 */
static bool open_direct(struct notif *n, const struct open_call *call, const char *path,
			struct outcome *ret)
{
	struct path_wish wish = path_wish_open((int)call->flags);
	struct decision decision;
	struct place place;
	int base, fd;

	if (call->resolve || (call->flags & O_PATH) ||
	    n->emul->plan->policy->mode == MODE_OBSERVE ||
	    !walk_not_needed(n, call->dirfd, path, &place, &base))
		return false;
	fd = -EACCES;
	decision = decide_place(n, &place, wish);
	if (decision.verdict == VERDICT_ALLOW)
		fd = kernel_openat2(base, path, call->flags | O_CLOEXEC |
				    (call->flags & O_PATH ? 0 : O_NOCTTY),
				    call->flags & (O_CREAT | TMPFILE_BIT) ? call->mode : 0,
				    RESOLVE_NO_SYMLINKS);
	if (base >= 0)
		close_fd(base);
	if (fd == -ELOOP || fd == -EACCES || fd == -ENOSYS || (fd == -ENOENT && (call->flags & O_CREAT)))
		return false;
	if (settle_path(n, &place, fd, wish, decision, ret))
		return true;
	view_names_note(views_names(n->emul->views), place.path, NULL);
	*ret = reply_fd(fd, call->flags & O_CLOEXEC);
	return true;
}

struct outcome sys_open(struct notif *n)
{
	struct open_call call;
	struct outcome outcome;
	int err, tries = 0;

	err = decode(n, &call);
	if (!err)
		err = check_flags(call.flags);
	if (!err && call.uncached)
		err = -EAGAIN;
	if (!err)
		err = mem_read_string(n, call.path, n->worker->path, PATH_MAX);
	if (err < 0)
		return reply_errno(err);
	if (!notif_alive(n))
		return reply_gone();
	err = act_begin(n, call.flags & (O_CREAT | TMPFILE_BIT) ? ACT_CREATES : 0);
	if (err)
		return reply_errno(err);
	while (!open_direct(n, &call, n->worker->path, &outcome)) {
		outcome = open_at(n, &call, n->worker->path);
		if (outcome.kind != OUTCOME_ERRNO || outcome.error != EAGAIN ||
		    ++tries == RETRIES)
			break;
	}
	act_end(n);
	return outcome;
}
