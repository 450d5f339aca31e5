/* SPDX-License-Identifier: Apache-2.0 */
/* Mode, owner, times, attributes and flags of what may only be read: by path,
 * by descriptor, by what both lead to. Landlock judges none of these. */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <utime.h>

#include "locked.h"

enum { NR_FCHMODAT2 = 452, NR_SETXATTRAT = 463, NR_FILE_SETATTR = 469 };

static const struct timespec then[2] = { { 1, 0 }, { 1, 0 } };
static const struct timeval long_ago[2] = { { 1, 0 }, { 1, 0 } };
static const struct utimbuf epoch = { 1, 1 };

static void by_path(const char *path)
{
	struct { uint64_t value; uint32_t size, flags; } attr = {
		(uintptr_t)"x", 1, 0 };
	struct fsxattr fsx = { .fsx_xflags = FS_XFLAG_NODUMP };

	LOCKED_TRY(chmod(path, 0777));
	LOCKED_TRY(fchmodat(AT_FDCWD, path, 0707, 0));
	LOCKED_TRY(syscall(NR_FCHMODAT2, AT_FDCWD, path, 0700, AT_SYMLINK_NOFOLLOW));
	LOCKED_TRY(chown(path, 1, 1));
	LOCKED_TRY(lchown(path, 1, 1));
	LOCKED_TRY(utime(path, &epoch));
	LOCKED_TRY(utimes(path, long_ago));
	LOCKED_TRY(syscall(SYS_futimesat, AT_FDCWD, path, long_ago));
	LOCKED_TRY(utimensat(AT_FDCWD, path, then, AT_SYMLINK_NOFOLLOW));
	LOCKED_TRY(setxattr(path, "user.attack", "x", 1, 0));
	LOCKED_TRY(lsetxattr(path, "trusted.attack", "x", 1, 0));
	LOCKED_TRY(syscall(NR_SETXATTRAT, AT_FDCWD, path, 0, "user.attack", &attr,
			   sizeof(attr)));
	LOCKED_TRY(syscall(NR_FILE_SETATTR, AT_FDCWD, path, &fsx, 24, 0));
}

static void by_descriptor(int fd, const char *path)
{
	static const char acl[28] = { 2 };
	int flags = FS_NODUMP_FL, now = 0;

	LOCKED_TRY(fchmod(fd, 0777));
	LOCKED_TRY(fchown(fd, 1, 1));
	LOCKED_TRY(futimens(fd, then));
	LOCKED_TRY(syscall(SYS_utimensat, fd, NULL, then, 0));
	LOCKED_TRY(utimensat(fd, "", then, AT_EMPTY_PATH));
	LOCKED_TRY(fchownat(fd, "", 1, 1, AT_EMPTY_PATH));
	LOCKED_TRY(syscall(NR_FCHMODAT2, fd, "", 0707, AT_EMPTY_PATH));
	LOCKED_TRY(fsetxattr(fd, "user.attack", "x", 1, 0));
	LOCKED_TRY(fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0));
	LOCKED_TRY(chmod(path, 0777));
	LOCKED_TRY(utimensat(AT_FDCWD, path, then, 0));
	LOCKED_TRY(setxattr(path, "user.attack", "x", 1, 0));
	locked_judge(ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0 &&
		     ioctl(fd, FS_IOC_GETFLAGS, &now) == 0 && now & FS_NODUMP_FL,
		     "FS_IOC_SETFLAGS");
}

int main(int argc, char **argv)
{
	static const int how[] = { O_RDONLY, O_PATH };

	attack_init(argc, argv);
	locked_remember();
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned n = 0; n < 3; n++) {
			int fd = open(in_dir(locked_names[n]), how[i] | O_CLOEXEC);
			char link[64];

			if (fd < 0)
				continue;
			snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
			by_descriptor(fd, link);
			close(fd);
			by_path(in_dir(locked_names[n]));
		}
	}
	held();
}
