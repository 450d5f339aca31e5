/* SPDX-License-Identifier: Apache-2.0 */
/* The path changes in memory under calls that only look: nobody may learn the
 * size of the secret, which is told apart by its odd length. */
#include <sys/stat.h>

#include "attack.h"
#include "swap.h"

#define SECRET_SIZE 4099	/* as test_attacks.py makes it */

static off_t by_stat(const char *path)
{
	struct stat st;

	return syscall(SYS_stat, path, &st) == 0 ? st.st_size : -1;
}

static off_t by_newfstatat(const char *path)
{
	struct stat st;

	return syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) == 0 ?
	       st.st_size : -1;
}

static off_t by_statx(const char *path)
{
	struct statx st;

	return syscall(SYS_statx, AT_FDCWD, path, 0, STATX_SIZE, &st) == 0 ?
	       (off_t)st.stx_size : -1;
}

static const struct {
	const char *name;
	off_t (*size)(const char *path);
} ways[] = {
	{ "stat", by_stat }, { "newfstatat", by_newfstatat },
	{ "statx", by_statx },
};

#define WAYS ((long)(sizeof(ways) / sizeof(ways[0])))

int main(int argc, char **argv)
{
	struct swapped_path path;
	long seen = 0;

	attack_init(argc, argv);
	for (long w = 0; w < WAYS; w++) {
		swap_start(&path, "data");
		while (atomic_load(&path.swaps) < attack_count / WAYS + 1) {
			off_t size = ways[w].size(path.text);

			if (size == SECRET_SIZE)
				broken("%s tells the secret's size",
				       ways[w].name);
			seen += size >= 0;
		}
		swap_stop(&path);
	}
	need(seen > 0);
	held();
}
