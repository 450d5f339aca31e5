/* SPDX-License-Identifier: Apache-2.0 */
/* An overlay of the tree, in namespaces of the program's own, or by the calls
 * that mount without naming a place: the secret appears below another name. */
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>

#include "attack.h"

int mount(const char *what, const char *where, const char *type, unsigned long flags,
	  const void *data);

static void by_mount(const char *spot)
{
	char options[PATH_MAX + 32];

	snprintf(options, sizeof(options), "lowerdir=%s:/etc", attack_dir);
	if (mount("overlay", spot, "overlay", 0, options) == 0)
		check_path(in_dir(PUBLIC "/spot/" SECRET "/data"), "an overlay");
}

/* Never attached anywhere. */
static void by_descriptor(void)
{
	char lower[PATH_MAX + 32];
	int fs = (int)syscall(SYS_fsopen, "overlay", 0), mnt;

	if (fs < 0)
		return;
	snprintf(lower, sizeof(lower), "%s:/etc", attack_dir);
	syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir", lower, 0);
	syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mnt = (int)syscall(SYS_fsmount, fs, 0, 0);
	if (mnt >= 0)
		check_at(mnt, SECRET "/data", "an overlay without a place");
}

int main(int argc, char **argv)
{
	char *spot;

	attack_init(argc, argv);
	spot = strdup(in_dir(PUBLIC "/spot"));
	need(mkdir(spot, 0755) == 0 || errno == EEXIST);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0)
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	else if (getenv("ATTACK_CONTROL"))
		cannot("no namespaces of one's own: %s", strerror(errno));
	by_descriptor();
	by_mount(spot);
	if (getenv("ATTACK_CONTROL"))
		cannot("no overlays here: %s", strerror(errno));
	held();
}
