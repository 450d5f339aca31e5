/* SPDX-License-Identifier: Apache-2.0 */
/* A ruleset of the program's own (Landlock): if it is said to be in force, it
 * has to hold, whoever makes the calls. Without gosup it does. */
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "attack.h"

int main(int argc, char **argv)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE |
			LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR,
	};
	int ruleset, fd;

	attack_init(argc, argv);
	fd = open(in_dir(PUBLIC "/data"), O_RDWR | O_CLOEXEC);
	need(fd >= 0);
	close(fd);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		held();		/* the program knows that it is not confined */
	if (open(in_dir(PUBLIC "/data"), O_RDONLY | O_CLOEXEC) >= 0 ||
	    open(in_dir(PUBLIC "/data"), O_RDWR | O_CLOEXEC) >= 0 ||
	    syscall(SYS_openat2, AT_FDCWD, in_dir(PUBLIC "/data"),
		    &(uint64_t[3]){ O_RDONLY }, 24) >= 0)
		broken("a ruleset of one's own does not keep files from being opened");
	if (mkdir(in_dir(PUBLIC "/made"), 0700) == 0)
		broken("a ruleset of one's own does not keep directories from being made");
	held();
}
