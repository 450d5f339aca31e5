/* SPDX-License-Identifier: Apache-2.0 */
/* The path changes in memory, from a file that may be written to one that may
 * only be read, under each call that changes what it names. */
#include <sys/xattr.h>

#include "locked.h"
#include "swap.h"

static void by_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0 && pwrite(fd, "broken", 6, 64) == 6 && fd >= 0)
		close(fd);
}

static void by_trunc(const char *path)
{
	close(open(path, O_RDWR | O_TRUNC | O_CLOEXEC));
}

static void by_truncate(const char *path)
{
	if (truncate(path, 3) < 0)
		return;
}

static void by_mode(const char *path)
{
	chmod(path, 0707);
}

static void by_times(const char *path)
{
	const struct timespec then[2] = { { 1, 0 }, { 1, 0 } };

	utimensat(AT_FDCWD, path, then, 0);
}

static void by_attribute(const char *path)
{
	setxattr(path, "user.attack", "x", 1, 0);
}

static const struct {
	const char *name;
	void (*change)(const char *path);
} ways[] = {
	{ "open", by_open }, { "O_TRUNC", by_trunc }, { "truncate", by_truncate },
	{ "chmod", by_mode }, { "utimensat", by_times }, { "setxattr", by_attribute },
};

#define WAYS ((long)(sizeof(ways) / sizeof(ways[0])))

int main(int argc, char **argv)
{
	struct swapped_path path;

	attack_init(argc, argv);
	locked_remember();
	for (long w = 0; w < WAYS; w++) {
		swap_start_to(&path, "data", LOCKED);
		while (atomic_load(&path.swaps) < attack_count / WAYS + 1)
			ways[w].change(path.text);
		swap_stop(&path);
		locked_check(ways[w].name);
	}
	held();
}
