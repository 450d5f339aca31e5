/* SPDX-License-Identifier: Apache-2.0 */
/* The path changes in memory under each call that makes, moves or removes an
 * entry: none may turn up in, or vanish from, the tree that may only be read. */
#include <sys/stat.h>

#include "locked.h"
#include "swap.h"

static char *other;

static void by_mkdir(const char *path)
{
	mkdir(path, 0700);
	rmdir(path);
}

static void by_mknod(const char *path)
{
	mknod(path, S_IFREG | 0600, 0);
	unlink(path);
}

static void by_creat(const char *path)
{
	close(open(path, O_CREAT | O_EXCL | O_WRONLY, 0600));
	unlink(path);
}

static void by_symlink(const char *path)
{
	if (symlink("x", path) == 0)
		unlink(path);
}

static void by_link(const char *path)
{
	if (link(other, path) == 0)
		unlink(path);
}

static void by_rename(const char *path)
{
	rename(other, path);
	rename(path, other);
}

static const struct {
	const char *name;
	void (*change)(const char *path);
} ways[] = {
	{ "mkdir", by_mkdir }, { "mknod", by_mknod }, { "open", by_creat },
	{ "symlink", by_symlink }, { "link", by_link }, { "rename", by_rename },
};

#define WAYS ((long)(sizeof(ways) / sizeof(ways[0])))

int main(int argc, char **argv)
{
	struct swapped_path path;

	attack_init(argc, argv);
	locked_remember();
	other = strdup(in_dir(PUBLIC "/other"));
	for (long w = 0; w < WAYS; w++) {
		close(creat(other, 0600));
		swap_start_to(&path, "made", LOCKED);
		while (atomic_load(&path.swaps) < attack_count / WAYS + 1)
			ways[w].change(path.text);
		swap_stop(&path);
		locked_check(ways[w].name);
	}
	held();
}
