/* SPDX-License-Identifier: Apache-2.0 */
/* O_PATH opens need no permission on the object, and can be turned into real
 * ones later in many ways. */
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

static void reopen(int fd, const char *how)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_path(path, how);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	check_path(path, how);
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	check_path(path, how);
}

int main(int argc, char **argv)
{
	struct stat st;
	int fd, dir;

	attack_init(argc, argv);
	fd = open(in_dir(PUBLIC "/data"), O_PATH);
	need(fd >= 0);	/* what is allowed must work */
	close(fd);
	fd = open(secret_file(), O_PATH);
	if (fd >= 0) {
		reopen(fd, "a reopened O_PATH");
		/* Under rules that deny it, not even its size may be told. */
		if (getenv("ATTACK_LOOKING_DENIED") && fstat(fd, &st) == 0)
			broken("O_PATH opens what is denied");
	}
	dir = open(in_dir(SECRET), O_PATH | O_DIRECTORY);
	if (dir >= 0) {
		check_at(dir, "data", "below an O_PATH directory");
		if (fchdir(dir) == 0)
			check_path("data", "in an O_PATH directory");
	}
	fd = open(in_dir(SECRET), O_TMPFILE | O_RDWR, 0600);
	if (fd >= 0)
		broken("a file is made in the denied directory");
	held();
}
