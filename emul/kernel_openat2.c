/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openat2(2) where it may not be called: its flags are in memory, so a filter
 * that is to look at them refuses it (RestrictSUIDSGID= of systemd, which
 * DynamicUser= implies). What it adds to openat(2) is done here step by step:
 * each component is pinned by a descriptor before the next is looked for, so
 * the result is that of openat2(2) even while names change.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "policy/base/cleanup.h"

#define PROC_ROOT_INO 1		/* include/linux/proc_fs.h */

static int open_at(int dir, const char *name, uint64_t flags, uint64_t mode)
{
	int fd = openat(dir, name, (int)flags, (mode_t)mode);

	return fd < 0 ? -errno : fd;
}

/* Whether @link, an entry of @dir, leads to an object and not to a name: in
 * procfs all do but those at its top. */
static bool is_magic(int dir, int link)
{
	struct statfs fs;
	struct stat st;

	return fstatfs(link, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
	       fstat(dir, &st) == 0 && st.st_ino != PROC_ROOT_INO;
}

/* Whether @name is a link that leads to an object. */
static int check_link(int dir, const char *name)
{
	auto_fd fd = open_at(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	struct stat st;

	/* The open itself will say what is wrong. */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	return is_magic(dir, fd) ? -ELOOP : 0;
}

/* The last component, which is pinned first and looked at then. */
static int open_last(int dir, const char *name, uint64_t flags, uint64_t resolve)
{
	auto_fd fd = -1;
	struct stat st;
	int err;

	/* A link itself is meant. */
	if (flags & O_NOFOLLOW)
		return open_at(dir, name, flags, 0);
	if (resolve & RESOLVE_NO_SYMLINKS) {
		fd = open_at(dir, name, (flags & ~(uint64_t)O_DIRECTORY) | O_NOFOLLOW, 0);
		if (fd < 0 || fstat(fd, &st) < 0)
			return fd < 0 ? fd : -errno;
		if (S_ISLNK(st.st_mode))
			return -ELOOP;
		return (flags & O_DIRECTORY) && !S_ISDIR(st.st_mode) ? -ENOTDIR :
		       steal_fd(&fd);
	}
	err = check_link(dir, name);
	return err ? err : open_at(dir, name, flags, 0);
}

/* One component on the way: a directory, and no link. */
static int step(int dir, const char *name)
{
	auto_fd fd = open_at(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	return S_ISDIR(st.st_mode) ? steal_fd(&fd) : -ENOTDIR;
}

/* Cut the first component off *path, and the slashes behind it. */
static void cut(const char **path, char name[NAME_MAX + 2])
{
	size_t len = strcspn(*path, "/");

	/* One that is too long stays so. */
	memcpy(name, *path, len > NAME_MAX + 1 ? NAME_MAX + 1 : len);
	name[len > NAME_MAX + 1 ? NAME_MAX + 1 : len] = '\0';
	*path += len;
	*path += strspn(*path, "/");
}

/* Without links. */
static int walk(int dirfd, const char *path, uint64_t flags)
{
	char name[NAME_MAX + 2];
	auto_fd held = -1;
	int dir = dirfd;

	if (!*path)
		return -ENOENT;
	if (*path == '/') {
		dir = held = open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		path += strspn(path, "/");
		if (held < 0 || !*path)
			return held < 0 ? held : open_at(held, ".", flags, 0);
	}
	for (;;) {
		const char *end = path + strcspn(path, "/");
		bool slash = *end == '/';
		int fd;

		cut(&path, name);
		if (!*path && !slash)
			return open_last(dir, name, flags, RESOLVE_NO_SYMLINKS);
		fd = step(dir, name);
		if (fd < 0)
			return fd;
		close_fd(held);
		dir = held = fd;
		if (!*path)
			return open_at(dir, ".", flags, 0);
	}
}

int kernel_openat_resolved(int dirfd, const char *path, uint64_t flags, uint64_t mode,
			   uint64_t resolve)
{
	if (!resolve)
		return open_at(dirfd, path, flags, mode);
	if (!(flags & O_PATH) ||
	    (resolve & ~(uint64_t)(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)))
		return -ENOSYS;
	if (resolve & RESOLVE_NO_SYMLINKS)
		return walk(dirfd, path, flags);
	return strchr(path, '/') ? -ENOSYS : open_last(dirfd, path, flags, resolve);
}
