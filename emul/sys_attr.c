/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of an existing object: mode, owner, times, size, extended
 * attributes, file system. The object is pinned and judged; then the call is
 * made on the pin, through AT_EMPTY_PATH where the call knows it, else through
 * /proc/self/fd, which leads to a pinned link itself and no further.
 *
 * Sources: chmod(2), chown(2), utimensat(2), truncate(2), xattr(7), statfs(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "emul/mem.h"
#include "emul/path_call.h"
#include "policy/base/uapi.h"

static struct outcome result(int ret)
{
	return ret < 0 ? reply_errno(errno) : reply_value(ret);
}

/* ---- mode, owner, size ---- */

static struct outcome do_chmod(struct notif *n, const struct place *place)
{
	unsigned at = n->row->nr == SYS_chmod || n->row->nr == SYS_fchmod ? 1 : 2;
	char path[PROC_FD_SIZE];

	return result(chmod(proc_fd_path(place->fd, path), (mode_t)n->args[at] & 07777));
}

static struct outcome do_chown(struct notif *n, const struct place *place)
{
	unsigned at = n->row->nr == SYS_fchownat ? 2 : 1;

	return result(fchownat(place->fd, "", (uid_t)n->args[at], (gid_t)n->args[at + 1],
			       AT_EMPTY_PATH));
}

static int early_truncate(struct notif *n)
{
	return (off_t)n->args[1] < 0 ? -EINVAL : 0;
}

static struct outcome do_truncate(struct notif *n, const struct place *place)
{
	char path[PROC_FD_SIZE];

	return result(truncate(proc_fd_path(place->fd, path), (off_t)n->args[1]));
}

/* ---- times ---- */

/* What the four calls say in three formats. */
static int read_times(struct notif *n, uint64_t addr, struct timespec *ts)
{
	struct timeval tv[2];
	struct utimbuf ut;
	int i, err;

	if (n->row->nr == SYS_utimensat)
		return mem_read(n, addr, ts, 2 * sizeof(*ts));
	if (n->row->nr == SYS_utime) {
		err = mem_read(n, addr, &ut, sizeof(ut));
		ts[0] = (struct timespec){ ut.actime, 0 };
		ts[1] = (struct timespec){ ut.modtime, 0 };
		return err;
	}
	err = mem_read(n, addr, tv, sizeof(tv));
	for (i = 0; !err && i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -EINVAL;
		ts[i] = (struct timespec){ tv[i].tv_sec, tv[i].tv_usec * 1000 };
	}
	return err;
}

/* n->fetched stays NULL for "now". With nothing to change, not even the path is
 * looked at: utimensat(2) in fs/utimes.c. */
static int early_times(struct notif *n)
{
	uint64_t addr = n->args[n->row->nr == SYS_utime || n->row->nr == SYS_utimes ? 1 : 2];
	struct timespec *ts;
	int err;

	if (!addr)
		return 0;
	ts = n->fetched = malloc(2 * sizeof(*ts));
	if (!ts)
		return -ENOMEM;
	err = read_times(n, addr, ts);
	if (err)
		return err;
	if (n->row->nr == SYS_utimensat && ts[0].tv_nsec == UTIME_OMIT &&
	    ts[1].tv_nsec == UTIME_OMIT)
		return EARLY_DONE;
	return 0;
}

/* do_utimes_fd() in fs/utimes.c */
static int early_fd_times(struct notif *n)
{
	int err = early_times(n);

	return !err && n->row->nr == SYS_utimensat && n->args[3] ? -EINVAL : err;
}

static struct outcome do_utimes(struct notif *n, const struct place *place)
{
	/* By number: glibc refuses AT_EMPTY_PATH's "" on some versions. */
	return result((int)syscall(SYS_utimensat, place->fd, "", n->fetched, AT_EMPTY_PATH));
}

/* ---- extended attributes ---- */

/* Values are up to 64 KiB: XATTR_SIZE_MAX, include/uapi/linux/limits.h. */
#define VALUE_MAX 65536
#define NAME_SIZE 256

struct xattr {
	char name[NAME_SIZE];
	size_t size;
	char value[];
};

/* import_xattr_name() in fs/xattr.c */
static int fetch_xattr(struct notif *n, size_t size)
{
	struct xattr *x = n->fetched = malloc(sizeof(*x) + size);
	int len;

	if (!x)
		return -ENOMEM;
	x->size = size;
	len = mem_read_string(n, n->args[1], x->name, sizeof(x->name));
	if (len < 0)
		return len == -ENAMETOOLONG ? -ERANGE : len;
	return *x->name ? 0 : -ERANGE;
}

static int early_xattr(struct notif *n)
{
	return fetch_xattr(n, 0);
}

/* setxattr_copy() in fs/xattr.c */
static int early_setxattr(struct notif *n)
{
	size_t size = n->args[3];
	struct xattr *x;
	int err;

	if ((int)n->args[4] & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = fetch_xattr(n, size > VALUE_MAX ? 0 : size);
	if (err)
		return err;
	x = n->fetched;
	if (size > VALUE_MAX)
		return -E2BIG;
	return mem_read(n, n->args[2], x->value, size);
}

static struct outcome do_setxattr(struct notif *n, const struct place *place)
{
	const struct xattr *x = n->fetched;
	char path[PROC_FD_SIZE];

	return result(setxattr(proc_fd_path(place->fd, path), x->name, x->value, x->size,
			       (int)n->args[4]));
}

static struct outcome do_removexattr(struct notif *n, const struct place *place)
{
	const struct xattr *x = n->fetched;
	char path[PROC_FD_SIZE];

	return result(removexattr(proc_fd_path(place->fd, path), x->name));
}

/* Give the caller @len bytes, if it has room; it may only ask for the size. */
static struct outcome give(struct notif *n, uint64_t addr, size_t room, const void *data,
			   ssize_t len)
{
	int err;

	if (len < 0)
		return reply_errno(errno);
	if (!room)
		return reply_value(len);
	if ((size_t)len > room)
		return reply_errno(ERANGE);
	err = mem_write(n, addr, data, (size_t)len);
	return reply_result(err ? err : len);
}

static struct outcome do_getxattr(struct notif *n, const struct place *place)
{
	const struct xattr *x = n->fetched;
	char path[PROC_FD_SIZE];
	struct outcome outcome;
	void *value;

	value = malloc(VALUE_MAX);
	if (!value)
		return reply_errno(ENOMEM);
	outcome = give(n, n->args[2], n->args[3], value,
		       getxattr(proc_fd_path(place->fd, path), x->name, value, VALUE_MAX));
	free(value);
	return outcome;
}

static struct outcome do_listxattr(struct notif *n, const struct place *place)
{
	char path[PROC_FD_SIZE];
	struct outcome outcome;
	void *list;

	list = malloc(VALUE_MAX);
	if (!list)
		return reply_errno(ENOMEM);
	outcome = give(n, n->args[1], n->args[2], list,
		       listxattr(proc_fd_path(place->fd, path), list, VALUE_MAX));
	free(list);
	return outcome;
}

/* ---- the rest ---- */

static struct outcome do_statfs(struct notif *n, const struct place *place)
{
	struct statfs fs;

	if (fstatfs(place->fd, &fs) < 0)
		return reply_errno(errno);
	return reply_result(mem_write(n, n->args[1], &fs, sizeof(fs)));
}

#define NOFOLLOW AT_SYMLINK_NOFOLLOW
#define BOTH (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)

static const struct path_call calls[] = {
	/* nr		     dirfd   path    flags   known fixed     walk act, perform, early */
	{ SYS_chmod,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_chmod },
	{ SYS_fchmod,	     0,      NO_ARG, NO_ARG, 0,    0,        0, 0, do_chmod },
	{ SYS_fchmodat,	     0,      1,      NO_ARG, 0,    0,        0, 0, do_chmod },
	{ SYS_fchmodat2,     0,      1,      3,      BOTH, 0,        0, 0, do_chmod },
	{ SYS_chown,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_chown },
	{ SYS_lchown,	     NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_chown },
	{ SYS_fchown,	     0,      NO_ARG, NO_ARG, 0,    0,        0, 0, do_chown },
	{ SYS_fchownat,	     0,      1,      4,      BOTH, 0,        0, 0, do_chown },
	{ SYS_truncate,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_truncate, early_truncate },
	{ SYS_utime,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_utimes, early_times },
	{ SYS_utimes,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_utimes, early_times },
	{ SYS_futimesat,     0,      1,      NO_ARG, 0,    0,        0, 0, do_utimes, early_times },
	{ SYS_utimensat,     0,      1,      3,      BOTH, 0,        0, 0, do_utimes, early_times },
	{ SYS_setxattr,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_setxattr, early_setxattr },
	{ SYS_lsetxattr,     NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_setxattr, early_setxattr },
	{ SYS_fsetxattr,     0,      NO_ARG, NO_ARG, 0,    0,        0, 0, do_setxattr, early_setxattr },
	{ SYS_removexattr,   NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_removexattr, early_xattr },
	{ SYS_lremovexattr,  NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_removexattr, early_xattr },
	{ SYS_fremovexattr,  0,      NO_ARG, NO_ARG, 0,    0,        0, 0, do_removexattr, early_xattr },
	{ SYS_getxattr,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_getxattr, early_xattr },
	{ SYS_lgetxattr,     NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_getxattr, early_xattr },
	{ SYS_listxattr,     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_listxattr },
	{ SYS_llistxattr,    NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_listxattr },
	{ SYS_statfs,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_statfs },
	{ 0 },
};

struct outcome sys_attr(struct notif *n)
{
	/* utimensat and futimesat without a path are about the descriptor. */
	static const struct path_call by_fd[] = {
		{ SYS_utimensat, 0, NO_ARG, NO_ARG, 0, 0, 0, 0, do_utimes, early_fd_times },
		{ SYS_futimesat, 0, NO_ARG, NO_ARG, 0, 0, 0, 0, do_utimes, early_fd_times },
		{ 0 },
	};
	bool times_at = n->row->nr == SYS_utimensat || n->row->nr == SYS_futimesat;

	return path_call_serve(n, times_at && !n->args[1] && (int)n->args[0] != AT_FDCWD ?
			       by_fd : calls);
}
