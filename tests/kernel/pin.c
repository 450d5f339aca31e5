/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The race-free way to open: pin the object with O_PATH, judge what was
 * pinned, reopen that very object through /proc/self/fd. What happens to the
 * name in between does not matter. Magic links can be refused, and an absolute
 * symlink stays inside RESOLVE_IN_ROOT.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static char dir[] = "/tmp/gosup-pin-XXXXXX";
static int dirfd_;

static void put(const char *name, const char *text)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	check(fd >= 0, "%s", name);
	check(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static int at2(int base, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	return (int)syscall(SYS_openat2, base, path, &how, sizeof(how));
}

static int reopen(int pinned, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", pinned);
	return open(path, flags | O_CLOEXEC);
}

static void swap_after_pin(void)
{
	char buf[8] = "";
	int pinned, fd;

	put("a", "judged");
	put("b", "secret");
	pinned = at2(dirfd_, "a", O_PATH, 0);
	check(pinned >= 0);
	check(renameat(dirfd_, "b", dirfd_, "a") == 0);
	fd = reopen(pinned, O_RDONLY);
	check(fd >= 0, "an unlinked object cannot be reopened");
	check(read(fd, buf, sizeof(buf)) == 6 && strcmp(buf, "judged") == 0);
	close(fd);
	/* O_CREAT, O_EXCL and O_NOFOLLOW have no meaning here any more. */
	check(reopen(pinned, O_RDONLY | O_NOFOLLOW) == -1 && errno == ELOOP);
	close(pinned);
}

static void links(void)
{
	char target[16] = "";
	int pinned, self;

	check(symlinkat("/a", dirfd_, "abs") == 0);
	check(symlinkat("../../../../a", dirfd_, "up") == 0);
	pinned = at2(dirfd_, "abs", O_PATH, RESOLVE_IN_ROOT);
	check(pinned >= 0, "an absolute link leaves the root");
	close(pinned);
	pinned = at2(dirfd_, "up", O_PATH, RESOLVE_IN_ROOT);
	check(pinned >= 0, ".. leaves the root");
	close(pinned);
	/* A link itself can be pinned and read. */
	pinned = at2(dirfd_, "abs", O_PATH | O_NOFOLLOW, 0);
	check(pinned >= 0 && readlinkat(pinned, "", target, 15) == 2);
	check(strcmp(target, "/a") == 0);
	close(pinned);
	self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(self >= 0);
	check(at2(self, "root", O_PATH, RESOLVE_NO_MAGICLINKS) == -1 &&
	      errno == ELOOP);
	close(self);
}

static void cleanup(void)
{
	static const char *const names[] = { "a", "b", "abs", "up" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(dirfd_, names[i], 0);
	rmdir(dir);
}

int main(void)
{
	check(mkdtemp(dir) != NULL);
	dirfd_ = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(dirfd_ >= 0);
	atexit(cleanup);
	swap_after_pin();
	links();
	return 0;
}
