/* SPDX-License-Identifier: Apache-2.0 */
/* Other names for the secret, made by the program: hard and symbolic links,
 * and renames of the file, its directory and the directory's ancestors. */
#include <linux/fs.h>
#include <sys/stat.h>

#include "attack.h"

static void new_name(int ret, const char *path, const char *how)
{
	(void)ret;	/* only what can be read counts */
	check_path(path, how);
}

static void hard_links(void)
{
	char *to = in_dir(PUBLIC "/hard");
	char fdpath[32];
	int fd;

	new_name(link(secret_file(), to), to, "link");
	new_name(linkat(AT_FDCWD, secret_file(), AT_FDCWD, to,
			AT_SYMLINK_FOLLOW), to, "linkat");
	fd = open(secret_file(), O_PATH);
	if (fd < 0)
		return;
	snprintf(fdpath, sizeof(fdpath), "/proc/self/fd/%d", fd);
	new_name(linkat(AT_FDCWD, fdpath, AT_FDCWD, to, AT_SYMLINK_FOLLOW), to,
		 "linkat of a descriptor");
	new_name(linkat(fd, "", AT_FDCWD, to, AT_EMPTY_PATH), to,
		 "linkat with AT_EMPTY_PATH");
	close(fd);
}

static void symlinks(void)
{
	char *to = in_dir(PUBLIC "/soft"), *dir = in_dir(PUBLIC "/softdir");
	char *chain = in_dir(PUBLIC "/chain");

	new_name(symlink(secret_file(), to), to, "an absolute link");
	unlink(to);
	new_name(symlink("../" SECRET "/data", to), to, "a relative link");
	new_name(symlink("soft", chain), chain, "a link to a link");
	new_name(symlink("../" SECRET, dir), in_dir(PUBLIC "/softdir/data"),
		 "a link to the directory");
	check_path(in_dir(PUBLIC "/softdir/../" SECRET "/data"),
		   ".. after a link");
}

/* The last attempts, since they change the tree. */
static void renames(void)
{
	char parent[PATH_MAX], moved[PATH_MAX + 32];

	new_name(rename(secret_file(), in_dir(PUBLIC "/moved")),
		 in_dir(PUBLIC "/moved"), "rename of the file");
	new_name(rename(in_dir(SECRET), in_dir("other000")),
		 in_dir("other000/data"), "rename of the directory");
	new_name((int)syscall(SYS_renameat2, AT_FDCWD, in_dir(SECRET), AT_FDCWD,
			      in_dir(PUBLIC), RENAME_EXCHANGE),
		 in_dir(PUBLIC "/data"), "exchange of both directories");
	snprintf(parent, sizeof(parent), "%s", attack_dir);
	snprintf(moved, sizeof(moved), "%s-moved/" SECRET "/data", parent);
	strcat(parent, "-moved");
	new_name(rename(attack_dir, parent), moved, "rename of an ancestor");
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	symlinks();
	hard_links();
	renames();
	held();
}
