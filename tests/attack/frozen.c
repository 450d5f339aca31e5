/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file in a tree that may be written, which itself may only be read: change
 * its bytes, size, mode, times, attributes or name, by path, by descriptor and
 * through /proc, or put another one in its place.
 */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>

#include "attack.h"

#define TEXT "may be read only"

static char *path;
static struct stat before;

static void look(const char *how)
{
	char buf[sizeof(TEXT)] = "";
	struct stat now;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &now) < 0)
		broken("%s takes the file away", how);
	if (pread(fd, buf, sizeof(buf) - 1, 0) != sizeof(TEXT) - 1 || strcmp(buf, TEXT))
		broken("%s changes the bytes", how);
	if (now.st_ino != before.st_ino || now.st_mode != before.st_mode ||
	    now.st_nlink != before.st_nlink || now.st_mtim.tv_sec != before.st_mtim.tv_sec ||
	    getxattr(path, "user.attack", buf, sizeof(buf)) >= 0)
		broken("%s changes the file", how);
	close(fd);
}

#define TRY(call) do { long ret_ = (long)(call); (void)ret_; look(#call); } while (0)

static void write_to(int fd, const char *how)
{
	if (fd < 0)
		return;
	if (write(fd, "broken", 6) == 6)
		look(how);
	close(fd);
}

static void by_path(void)
{
	const struct timeval long_ago[2] = { { 1, 0 }, { 1, 0 } };

	write_to(open(path, O_WRONLY), "O_WRONLY");
	write_to(open(path, O_RDWR | O_APPEND), "O_APPEND");
	write_to(open(path, O_RDWR | O_CREAT, 0600), "O_CREAT");
	TRY(open(path, O_RDONLY | O_TRUNC));
	TRY(truncate(path, 3));
	TRY(chmod(path, 0777));
	TRY(utimes(path, long_ago));
	TRY(setxattr(path, "user.attack", "x", 1, 0));
	TRY(link(path, in_dir(PUBLIC "/hard")));
	write_to(open(in_dir(PUBLIC "/hard"), O_WRONLY), "a hard link");
}

static void by_descriptor(void)
{
	const struct timespec long_ago[2] = { { 1, 0 }, { 1, 0 } };
	char again[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC), other;
	void *map;

	need(fd >= 0);
	snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
	write_to(open(again, O_WRONLY), "/proc/self/fd");
	snprintf(again, sizeof(again), "/dev/fd/%d", fd);
	write_to(open(again, O_RDWR), "/dev/fd");
	TRY(open(again, O_RDONLY | O_TRUNC));
	TRY(truncate(again, 3));
	TRY(chmod(again, 0777));
	TRY(ftruncate(fd, 3));
	TRY(fchmod(fd, 0777));
	TRY(futimens(fd, long_ago));
	TRY(fsetxattr(fd, "user.attack", "x", 1, 0));
	TRY(fallocate(fd, 0, 0, 4096));
	other = open(in_dir(PUBLIC "/data"), O_RDONLY | O_CLOEXEC);
	TRY(sendfile(fd, other, NULL, 4));
	TRY(copy_file_range(other, NULL, fd, NULL, 4, 0));
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED && mprotect(map, 4096, PROT_READ | PROT_WRITE) == 0)
		memcpy(map, "broken", 6);
	look("a shared mapping");
	TRY(linkat(AT_FDCWD, again, AT_FDCWD, in_dir(PUBLIC "/hard"), AT_SYMLINK_FOLLOW));
}

static void in_its_place(void)
{
	int fd = open(in_dir(PUBLIC "/mine"), O_CREAT | O_RDWR | O_CLOEXEC, 0644);

	need(fd >= 0);
	TRY(rename(in_dir(PUBLIC "/mine"), path));
	TRY(syscall(SYS_renameat2, AT_FDCWD, in_dir(PUBLIC "/mine"), AT_FDCWD, path, 2));
	TRY(rename(path, in_dir(PUBLIC "/away")));
	TRY(unlink(path));
	TRY(symlink("mine", path));
	TRY(rename(in_dir(PUBLIC), in_dir("public99")));
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	path = strdup(in_dir(PUBLIC "/frozen"));
	need(stat(path, &before) == 0);
	by_path();
	by_descriptor();
	in_its_place();
	held();
}
