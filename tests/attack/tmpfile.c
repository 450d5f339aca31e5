/* SPDX-License-Identifier: Apache-2.0 */
/* A file without a name is made where that may be, and then linked into the
 * secret and the locked tree, which may not be written. */
#include "locked.h"

static void link_to(int fd, const char *to)
{
	char path[64];
	int dir = dir_fd(in_dir(LOCKED));

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	LOCKED_TRY(linkat(fd, "", AT_FDCWD, to, AT_EMPTY_PATH));
	LOCKED_TRY(linkat(AT_FDCWD, path, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
	LOCKED_TRY(linkat(AT_FDCWD, path, dir, "made", AT_SYMLINK_FOLLOW));
	close(dir);
}

int main(int argc, char **argv)
{
	static const char *const places[] = { PUBLIC, LOCKED, SECRET };
	int fd;

	attack_init(argc, argv);
	locked_remember();
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		fd = open(in_dir(places[i]), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd < 0)
			continue;
		if (i > 0)
			broken("a nameless file is made in %s", places[i]);
		link_to(fd, in_dir(LOCKED "/made"));
		link_to(fd, in_dir(LOCKED "/dir/made"));
		link_to(fd, locked_file());
		/* test_attacks.py looks whether this made an entry. */
		link_to(fd, in_dir(SECRET "/made"));
		close(fd);
	}
	held();
}
