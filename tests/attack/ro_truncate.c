/* SPDX-License-Identifier: Apache-2.0 */
/* A file that may only be read is cut short: O_TRUNC with every access mode,
 * also with those that ask for nothing, truncate(2), creat(2). */
#include <linux/openat2.h>

#include "locked.h"

int main(int argc, char **argv)
{
	static const uint64_t modes[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE, O_RDONLY | O_CREAT,
		O_RDONLY | O_NOFOLLOW, O_RDONLY | O_APPEND, O_RDONLY | O_DIRECT,
	};
	const char *path, *way;
	int dir;

	attack_init(argc, argv);
	locked_remember();
	path = strdup(locked_file());
	way = strdup(in_dir(PUBLIC "/way"));
	dir = dir_fd(in_dir(LOCKED));
	need(symlink("../" LOCKED "/data", way) == 0 || errno == EACCES);
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct open_how how = { .flags = modes[i] | O_TRUNC };
		int flags = (int)how.flags;

		LOCKED_TRY(syscall(SYS_open, path, flags, 0));
		LOCKED_TRY(syscall(SYS_openat, dir, "data", flags, 0));
		LOCKED_TRY(syscall(SYS_openat, AT_FDCWD, way, flags, 0));
		LOCKED_TRY(syscall(SYS_openat2, dir, "data", &how, sizeof(how)));
	}
	LOCKED_TRY(truncate(path, 0));
	LOCKED_TRY(truncate(way, 8192));
	LOCKED_TRY(creat(path, 0));
	LOCKED_TRY(creat(way, 0));
	held();
}
