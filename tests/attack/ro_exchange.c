/* SPDX-License-Identifier: Apache-2.0 */
/* Names moved into, out of and over what may only be read: rename(2) with all
 * its flags, and unlinking. */
#include <linux/fs.h>

#include "locked.h"

static void move(const char *from, const char *to)
{
	static const unsigned flags[] = {
		RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT, 0,
	};

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags[i]);
		locked_check("renameat2");
		syscall(SYS_renameat2, AT_FDCWD, to, AT_FDCWD, from, flags[i]);
		locked_check("renameat2");
	}
}

int main(int argc, char **argv)
{
	const char *data, *dir, *file, *spot;

	attack_init(argc, argv);
	locked_remember();
	data = strdup(locked_file());
	dir = strdup(in_dir(LOCKED "/dir"));
	file = strdup(in_dir(PUBLIC "/mine"));
	spot = strdup(in_dir(PUBLIC "/spot"));
	need(mkdir(spot, 0700) == 0);
	close(creat(file, 0600));
	move(file, data);
	move(spot, dir);
	move(file, in_dir(LOCKED "/new"));
	move(data, in_dir(PUBLIC "/taken"));
	move(in_dir(LOCKED), in_dir("locked99"));
	move(in_dir(LOCKED), in_dir(PUBLIC "/locked"));
	move(in_dir(LOCKED), spot);
	LOCKED_TRY(unlink(data));
	LOCKED_TRY(rmdir(dir));
	LOCKED_TRY(unlinkat(AT_FDCWD, dir, AT_REMOVEDIR));
	held();
}
