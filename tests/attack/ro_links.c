/* SPDX-License-Identifier: Apache-2.0 */
/* Another name for a file that may only be read, in a directory where all may
 * be written; then the file is written by that name. */
#include "locked.h"

static void write_by(const char *name, const char *how)
{
	locked_write(open(name, O_WRONLY | O_CLOEXEC), how);
	LOCKED_TRY(truncate(name, 5));
	LOCKED_TRY(chmod(name, 0777));
	unlink(name);
	locked_check(how);
}

int main(int argc, char **argv)
{
	const char *name;
	char path[64];
	int fd, pub, dir;

	attack_init(argc, argv);
	locked_remember();
	name = strdup(in_dir(PUBLIC "/hard"));
	pub = dir_fd(in_dir(PUBLIC));
	dir = dir_fd(in_dir(LOCKED));
	fd = open(locked_file(), O_RDONLY | O_CLOEXEC);
	need(pub >= 0 && dir >= 0 && fd >= 0);
	LOCKED_TRY(link(locked_file(), name));
	write_by(name, "a hard link");
	LOCKED_TRY(linkat(dir, "data", pub, "hard", 0));
	write_by(name, "a hard link by descriptors");
	LOCKED_TRY(linkat(fd, "", pub, "hard", AT_EMPTY_PATH));
	write_by(name, "a hard link of a descriptor");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	LOCKED_TRY(linkat(AT_FDCWD, path, pub, "hard", AT_SYMLINK_FOLLOW));
	write_by(name, "a hard link through /proc");
	LOCKED_TRY(symlink("../" LOCKED "/data", name));
	write_by(name, "a symbolic link");
	LOCKED_TRY(symlink("../" LOCKED, name));
	write_by(in_dir(PUBLIC "/hard/data"), "a link to the directory");
	held();
}
