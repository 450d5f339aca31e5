/* SPDX-License-Identifier: Apache-2.0 */
/* A file without a name is made where that may be, and then linked into the
 * secret and the locked tree, which may not be written. */
#include "locked.h"

static int nameless(const char *where)
{
	return open(in_dir(where), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* Each time another file: one that has had a name cannot get a first one. */
static void link_to(const char *to)
{
	int dir = dir_fd(in_dir(LOCKED)), fd = nameless(PUBLIC);
	char path[64];

	LOCKED_TRY(linkat(fd, "", AT_FDCWD, to, AT_EMPTY_PATH));
	close(fd);
	fd = nameless(PUBLIC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	LOCKED_TRY(linkat(AT_FDCWD, path, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
	close(fd);
	fd = nameless(PUBLIC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	LOCKED_TRY(linkat(AT_FDCWD, path, dir, "made", AT_SYMLINK_FOLLOW));
	close(fd);
	close(dir);
}

int main(int argc, char **argv)
{
	int fd;

	attack_init(argc, argv);
	locked_remember();
	fd = nameless(PUBLIC);
	if (fd < 0)
		cannot("no nameless files here: %s", strerror(errno));
	close(fd);
	link_to(in_dir(LOCKED "/made"));
	link_to(in_dir(LOCKED "/dir/made"));
	link_to(locked_file());
	/* test_attacks.py looks whether this made an entry. */
	link_to(in_dir(SECRET "/made"));
	if (nameless(LOCKED) >= 0 || nameless(SECRET) >= 0)
		broken("a nameless file is made where nothing may be written");
	held();
}
