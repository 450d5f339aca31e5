/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of an existing object: mode, owner, times, size, extended
 * attributes, file system. The object is pinned and judged; then the call is
 * made on the pin, through AT_EMPTY_PATH where the call knows it, else through
 * /proc/self/fd. A symbolic link itself cannot be reached that second way;
 * what little can be done to one says so.
 *
 * Sources: chmod(2), chown(2), utimensat(2), truncate(2), xattr(7), statfs(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

	if (S_ISLNK(place->st.st_mode))
		return reply_errno(EOPNOTSUPP);
	return result(chmod(proc_fd_path(place->fd, path), (mode_t)n->args[at] & 07777));
}

static struct outcome do_chown(struct notif *n, const struct place *place)
{
	unsigned at = n->row->nr == SYS_fchownat ? 2 : 1;

	return result(fchownat(place->fd, "", (uid_t)n->args[at], (gid_t)n->args[at + 1],
			       AT_EMPTY_PATH));
}

static struct outcome do_truncate(struct notif *n, const struct place *place)
{
	char path[PROC_FD_SIZE];

	return result(truncate(proc_fd_path(place->fd, path), (off_t)n->args[1]));
}

/* ---- times ---- */

/* What the four calls say in three formats. NULL means now. */
static int fetch_times(struct notif *n, struct timespec *ts, const struct timespec **ret)
{
	struct timeval tv[2];
	struct utimbuf ut;
	uint64_t addr;
	int i, err;

	addr = n->args[n->row->nr == SYS_utime || n->row->nr == SYS_utimes ? 1 : 2];
	*ret = addr ? ts : NULL;
	if (!addr)
		return 0;
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

static struct outcome do_utimes(struct notif *n, const struct place *place)
{
	struct timespec ts[2];
	const struct timespec *times;
	int err = fetch_times(n, ts, &times);

	if (err)
		return reply_errno(err);
	/* By number: glibc refuses AT_EMPTY_PATH's "" on some versions. */
	return result((int)syscall(SYS_utimensat, place->fd, "", times, AT_EMPTY_PATH));
}

/* ---- extended attributes ---- */

/* Values are up to 64 KiB: XATTR_SIZE_MAX, include/uapi/linux/limits.h. */
#define VALUE_MAX 65536
#define NAME_SIZE 256

static struct outcome do_setxattr(struct notif *n, const struct place *place)
{
	size_t size = n->args[3];
	char path[PROC_FD_SIZE], name[NAME_SIZE];
	void *value;
	struct outcome outcome;
	int err = mem_read_string(n, n->args[1], name, sizeof(name));

	if (err < 0)
		return reply_errno(err == -ENAMETOOLONG ? ERANGE : err);
	if (size > VALUE_MAX)
		return reply_errno(E2BIG);
	if (S_ISLNK(place->st.st_mode))
		return reply_errno(EOPNOTSUPP);
	value = malloc(size + 1);
	if (!value)
		return reply_errno(ENOMEM);
	err = mem_read(n, n->args[2], value, size);
	outcome = err ? reply_errno(err)
		      : result(setxattr(proc_fd_path(place->fd, path), name, value, size,
					(int)n->args[4]));
	free(value);
	return outcome;
}

static struct outcome do_removexattr(struct notif *n, const struct place *place)
{
	char path[PROC_FD_SIZE], name[NAME_SIZE];
	int err = mem_read_string(n, n->args[1], name, sizeof(name));

	if (err < 0)
		return reply_errno(err == -ENAMETOOLONG ? ERANGE : err);
	if (S_ISLNK(place->st.st_mode))
		return reply_errno(EOPNOTSUPP);
	return result(removexattr(proc_fd_path(place->fd, path), name));
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
	char path[PROC_FD_SIZE], name[NAME_SIZE];
	int err = mem_read_string(n, n->args[1], name, sizeof(name));
	struct outcome outcome;
	void *value;

	if (err < 0)
		return reply_errno(err == -ENAMETOOLONG ? ERANGE : err);
	if (S_ISLNK(place->st.st_mode))
		return reply_errno(ENODATA);
	value = malloc(VALUE_MAX);
	if (!value)
		return reply_errno(ENOMEM);
	outcome = give(n, n->args[2], n->args[3], value,
		       getxattr(proc_fd_path(place->fd, path), name, value, VALUE_MAX));
	free(value);
	return outcome;
}

static struct outcome do_listxattr(struct notif *n, const struct place *place)
{
	char path[PROC_FD_SIZE];
	struct outcome outcome;
	void *list;

	if (S_ISLNK(place->st.st_mode))
		return reply_value(0);
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
	/* nr		     dirfd   path    flags   known fixed     walk act */
	{ SYS_chmod,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_chmod },
	{ SYS_fchmod,	     0,      NO_ARG, NO_ARG, 0,    0,        0, 0, do_chmod },
	{ SYS_fchmodat,	     0,      1,      NO_ARG, 0,    0,        0, 0, do_chmod },
	{ SYS_fchmodat2,     0,      1,      3,      BOTH, 0,        0, 0, do_chmod },
	{ SYS_chown,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_chown },
	{ SYS_lchown,	     NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_chown },
	{ SYS_fchown,	     0,      NO_ARG, NO_ARG, 0,    0,        0, 0, do_chown },
	{ SYS_fchownat,	     0,      1,      4,      BOTH, 0,        0, 0, do_chown },
	{ SYS_truncate,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_truncate },
	{ SYS_utime,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_utimes },
	{ SYS_utimes,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_utimes },
	{ SYS_futimesat,     0,      1,      NO_ARG, 0,    0,        0, 0, do_utimes },
	{ SYS_utimensat,     0,      1,      3,      BOTH, 0,        0, 0, do_utimes },
	{ SYS_setxattr,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_setxattr },
	{ SYS_lsetxattr,     NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_setxattr },
	{ SYS_fsetxattr,     0,      NO_ARG, NO_ARG, 0,    0,        0, 0, do_setxattr },
	{ SYS_removexattr,   NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_removexattr },
	{ SYS_lremovexattr,  NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_removexattr },
	{ SYS_fremovexattr,  0,      NO_ARG, NO_ARG, 0,    0,        0, 0, do_removexattr },
	{ SYS_getxattr,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_getxattr },
	{ SYS_lgetxattr,     NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_getxattr },
	{ SYS_listxattr,     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_listxattr },
	{ SYS_llistxattr,    NO_ARG, 0,      NO_ARG, 0,    NOFOLLOW, 0, 0, do_listxattr },
	{ SYS_statfs,	     NO_ARG, 0,      NO_ARG, 0,    0,        0, 0, do_statfs },
	{ 0 },
};

struct outcome sys_attr(struct notif *n)
{
	/* utimensat and futimesat without a path are about the descriptor. */
	static const struct path_call by_fd[] = {
		{ SYS_utimensat, 0, NO_ARG, NO_ARG, 0, 0, 0, 0, do_utimes },
		{ SYS_futimesat, 0, NO_ARG, NO_ARG, 0, 0, 0, 0, do_utimes },
		{ 0 },
	};
	bool times_at = n->row->nr == SYS_utimensat || n->row->nr == SYS_futimesat;

	if (!times_at || n->args[1])
		return path_call_serve(n, calls);
	if ((int)n->args[0] == AT_FDCWD)
		return reply_errno(EFAULT);
	if (n->row->nr == SYS_utimensat && n->args[3])
		return reply_errno(EINVAL);
	return path_call_serve(n, by_fd);
}
