/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that name without opening (O_PATH), and the empty path behind
 * them: what cannot be opened by name may not be had from its descriptor.
 * ATTACK_FD and ATTACK_DIR are such ones of the secret file and its directory,
 * inherited: whoever made them was free to look, not we. */
#include <linux/openat2.h>
#include <sys/stat.h>

#include "attack.h"

static int inherited(const char *name, const char *path)
{
	const char *fd = getenv(name);

	return fd ? atoi(fd) : open(path, O_PATH | O_CLOEXEC);
}

static void from_file(int fd)
{
	struct open_how how = { .flags = O_RDONLY };
	const char *link = strdup(in_dir(PUBLIC "/hard"));
	char path[64];

	check_at(fd, "", "the empty path");
	check_at(fd, ".", "a dot behind a file");
	check_fd((int)syscall(SYS_openat2, fd, "", &how, sizeof(how)), "openat2");
	check_fd((int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH), "open_tree");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_path(path, "/proc/self/fd");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/.", fd);
	check_path(path, "/proc/self/fd and a dot");
	snprintf(path, sizeof(path), "/proc/self/fd/../fd/%d", fd);
	check_path(path, "/proc/self/fd by a detour");
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	check_path(path, "/proc/thread-self/fd");
	snprintf(path, sizeof(path), "/proc/self/task/%d/fd/%d", getpid(), fd);
	check_path(path, "/proc/self/task");
	if (linkat(fd, "", AT_FDCWD, link, AT_EMPTY_PATH) == 0)
		check_path(link, "linkat");
}

static void from_dir(int dir)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	int below;

	check_at(dir, "data", "a name");
	check_at(dir, "./data", "a dot and a name");
	check_at(dir, "../" SECRET "/data", "..");
	check_at(dir, "dir/../data", "a detour");
	check_at(dir, "link", "a link");
	check_fd((int)syscall(SYS_openat2, dir, "data", &how, sizeof(how)), "BENEATH");
	how.resolve = RESOLVE_IN_ROOT;
	check_fd((int)syscall(SYS_openat2, dir, "/data", &how, sizeof(how)), "IN_ROOT");
	below = openat(dir, "dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
	check_at(below, "../data", ".. of a directory below");
	check_at(openat(dir, ".", O_PATH | O_CLOEXEC), "data", "itself, again");
	if (fchdir(dir) == 0) {
		check_path("data", "the working directory");
		check_path("/proc/self/cwd/data", "/proc/self/cwd");
		check_path("/proc/thread-self/cwd/data", "/proc/thread-self/cwd");
	}
}

int main(int argc, char **argv)
{
	int fd, dir;

	attack_init(argc, argv);
	fd = inherited("ATTACK_FD", secret_file());
	dir = inherited("ATTACK_DIR", in_dir(SECRET));
	if (fd >= 0)
		from_file(fd);
	if (dir >= 0)
		from_dir(dir);
	held();
}
