/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that make and change mounts, each on its own: a file system put over
 * a tree, one taken away, attributes and propagation changed. Without gosup in
 * a namespace of its own. */
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>

#include "attack.h"

int mount(const char *what, const char *where, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *where, int flags);

static unsigned got;

static void tried(const char *what, long ret)
{
	if (ret < 0)
		return;
	fprintf(stderr, "%s succeeds\n", what);
	got++;
}

#define TRY(call) tried(#call, call)
#define EXPIRE	4	/* MNT_EXPIRE marks, and takes nothing away at first */

int main(int argc, char **argv)
{
	struct { uint64_t set, clear, propagation, userns; } attr = {
		.set = MOUNT_ATTR_NOSUID,
	};
	char *spot;
	int fs, mnt, tree;

	attack_init(argc, argv);
	spot = strdup(in_dir(PUBLIC "/spot"));
	need(mkdir(spot, 0755) == 0);
	if (getenv("ATTACK_CONTROL") &&
	    (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
	     mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
		cannot("no namespaces of one's own: %s", strerror(errno));
	TRY(mount("none", spot, "tmpfs", 0, NULL));
	TRY(mount(spot, spot, NULL, MS_BIND, NULL));
	TRY(mount(NULL, "/", NULL, MS_SLAVE, NULL));
	TRY(mount(NULL, spot, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	TRY(syscall(SYS_mount_setattr, AT_FDCWD, spot, 0, &attr, sizeof(attr)));
	fs = (int)syscall(SYS_fsopen, "tmpfs", 0);
	TRY(fs);
	TRY(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	mnt = (int)syscall(SYS_fsmount, fs, 0, 0);
	TRY(mnt);
	TRY(syscall(SYS_move_mount, mnt, "", AT_FDCWD, spot, MOVE_MOUNT_F_EMPTY_PATH));
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, in_dir(PUBLIC), OPEN_TREE_CLONE);
	TRY(tree);
	TRY(syscall(SYS_fspick, AT_FDCWD, spot, 0));
	/* One that can be taken says so, with an error of its own. */
	if (umount2("/proc", EXPIRE) < 0 && (errno == EAGAIN || errno == EBUSY))
		tried("umount2 of /proc", 0);
	TRY(umount2(spot, 0));
	TRY(syscall(SYS_pivot_root, spot, spot));
	if (got)
		broken("%u calls change what is mounted", got);
	held();
}
