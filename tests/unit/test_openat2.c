/* SPDX-License-Identifier: Apache-2.0 */
/* What takes the place of openat2(2) gives what that gives. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "emul/kernel.h"

#define PIN (O_PATH | O_CLOEXEC)

static const char *const paths[] = {
	"file", "file/", "file/x", "dir", "dir/", "dir//", "dir/file", "dir/./file",
	"dir/../file", "dir/deep/file", "dir/none", "none", "none/", "none/x", ".", "./",
	"..", "", "/", "//", "/etc", "/etc/", "link", "link/", "to_dir", "to_dir/",
	"to_dir/file", "dir/up", "dir/up/file", "dangling", "loop", "loop/x",
	"dir/deep/../../file", "./dir", "/proc/self", "/proc/self/fd",
};

static const uint64_t flag_sets[] = {
	PIN, PIN | O_NOFOLLOW, PIN | O_DIRECTORY, PIN | O_DIRECTORY | O_NOFOLLOW,
};

static char top[] = "/tmp/gosup-openat2-XXXXXX";

static int make_tree(void **state)
{
	int dir;

	(void)state;
	if (!mkdtemp(top))
		return -1;
	dir = open(top, O_PATH | O_DIRECTORY);
	close(openat(dir, "file", O_CREAT | O_WRONLY, 0600));
	mkdirat(dir, "dir", 0700);
	mkdirat(dir, "dir/deep", 0700);
	close(openat(dir, "dir/file", O_CREAT | O_WRONLY, 0600));
	close(openat(dir, "dir/deep/file", O_CREAT | O_WRONLY, 0600));
	if (symlinkat("file", dir, "link") || symlinkat("dir", dir, "to_dir") ||
	    symlinkat("..", dir, "dir/up") || symlinkat("gone", dir, "dangling") ||
	    symlinkat("loop", dir, "loop"))
		return -1;
	close(dir);
	return 0;
}

static int remove_tree(void **state)
{
	static const char *const names[] = {
		"dir/deep/file", "dir/file", "dir/up", "file", "link", "to_dir", "dangling",
		"loop",
	};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/dir/deep", top);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/dir", top);
	rmdir(path);
	return rmdir(top);
}

static void same(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };
	int real = kernel_openat2_how(dir, path, &how, sizeof(how));
	int ours = kernel_openat_resolved(dir, path, flags, 0, resolve);
	struct stat a, b;

	if (real == -ENOSYS)
		skip();
	if ((real < 0 || ours < 0) && real != ours)
		fail_msg("\"%s\" flags %#o resolve %#x: %d, not %d", path, (unsigned)flags,
			 (unsigned)resolve, ours, real);
	if (real < 0)
		return;
	assert_int_equal(fstat(real, &a), 0);
	assert_int_equal(fstat(ours, &b), 0);
	if (a.st_ino != b.st_ino || a.st_dev != b.st_dev)
		fail_msg("\"%s\" flags %#o: another object", path, (unsigned)flags);
	assert_int_equal(fcntl(real, F_GETFD), fcntl(ours, F_GETFD));
	close(real);
	close(ours);
}

static void test_paths(void **state)
{
	int dir = open(top, O_PATH | O_DIRECTORY);

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		for (size_t f = 0; f < sizeof(flag_sets) / sizeof(flag_sets[0]); f++)
			same(dir, paths[i], flag_sets[f], RESOLVE_NO_SYMLINKS);
	close(dir);
}

/* Links that lead to an object are told from those that lead to a name. */
static void test_magic_links(void **state)
{
	static const char *const names[] = { "cwd", "exe", "root", "status", "none" };
	int self = open("/proc/self", O_PATH | O_DIRECTORY);
	int proc = open("/proc", O_PATH | O_DIRECTORY);
	int fds = open("/proc/self/fd", O_PATH | O_DIRECTORY);
	char name[16];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		same(self, names[i], PIN, RESOLVE_NO_MAGICLINKS);
	same(proc, "self", PIN, RESOLVE_NO_MAGICLINKS);
	same(proc, "mounts", PIN, RESOLVE_NO_MAGICLINKS);
	same(proc, "thread-self", PIN, RESOLVE_NO_MAGICLINKS);
	snprintf(name, sizeof(name), "%d", proc);
	same(fds, name, PIN, RESOLVE_NO_MAGICLINKS);
	close(self);
	close(proc);
	close(fds);
}

/* What it cannot do as well, it leaves to others. */
static void test_not_supported(void **state)
{
	(void)state;
	assert_int_equal(kernel_openat_resolved(AT_FDCWD, "/", PIN, 0, RESOLVE_BENEATH),
			 -ENOSYS);
	assert_int_equal(kernel_openat_resolved(AT_FDCWD, "/", O_RDONLY, 0,
						RESOLVE_NO_SYMLINKS), -ENOSYS);
	assert_int_equal(kernel_openat_resolved(AT_FDCWD, "a/b", PIN, 0,
						RESOLVE_NO_MAGICLINKS), -ENOSYS);
}

static void test_long_names(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	same(AT_FDCWD, name, PIN, RESOLVE_NO_SYMLINKS);
	name[5] = '/';
	same(AT_FDCWD, name, PIN, RESOLVE_NO_SYMLINKS);
	same(-1, "file", PIN, RESOLVE_NO_SYMLINKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_magic_links),
		cmocka_unit_test(test_not_supported),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
