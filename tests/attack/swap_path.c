/* SPDX-License-Identifier: Apache-2.0 */
/* The path changes in memory between the check and the use, for each call that
 * opens: COUNT swaps, spread over them. */
#include <linux/openat2.h>
#include <sys/stat.h>

#include "attack.h"
#include "swap.h"

static int by_open(const char *path)
{
	return (int)syscall(SYS_open, path, O_RDONLY);
}

static int by_openat(const char *path)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
}

static int by_openat2(const char *path)
{
	struct open_how how = { .flags = O_RDONLY };

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

/* O_PATH first: what it names is looked at only afterwards. */
static int by_opath(const char *path)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_PATH);
	char link[32];
	int again;

	if (fd < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY);
	close(fd);
	return again;
}

static int by_creat(const char *path)
{
	/* O_CREAT without O_TRUNC: must not spoil the secret natively. */
	return (int)syscall(SYS_open, path, O_RDWR | O_CREAT, 0600);
}

static const struct {
	const char *name;
	int (*open)(const char *path);
} ways[] = {
	{ "open", by_open }, { "openat", by_openat }, { "openat2", by_openat2 },
	{ "O_PATH", by_opath }, { "O_CREAT", by_creat },
};

#define WAYS ((long)(sizeof(ways) / sizeof(ways[0])))

int main(int argc, char **argv)
{
	struct swapped_path path;
	long tries = 0, opened = 0, swaps = 0;

	attack_init(argc, argv);
	for (long w = 0; w < WAYS; w++) {
		long share = attack_count / WAYS + 1;

		swap_start(&path, "data");
		while (atomic_load(&path.swaps) < share) {
			int fd = ways[w].open(path.text);

			tries++;
			opened += fd >= 0;
			check_fd(fd, ways[w].name);
		}
		swaps += atomic_load(&path.swaps);
		swap_stop(&path);
	}
	printf("%ld swaps, %ld calls, %ld of them opened the public file\n",
	       swaps, tries, opened);
	need(opened > 0);
	held();
}
