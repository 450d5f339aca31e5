/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories that are open already, ".." from them, and working directories.
 * ATTACK_FD names a descriptor of secret00 itself that this program inherited:
 * what it names below must stay denied as well.
 */
#include <sys/stat.h>

#include "attack.h"

int main(int argc, char **argv)
{
	const char *inherited = getenv("ATTACK_FD");
	int root, dir, pub;

	attack_init(argc, argv);
	/* Which of them may be had at all depends on the policy. */
	root = dir_fd("/");
	dir = dir_fd(attack_dir);
	pub = dir_fd(in_dir(PUBLIC));
	need(pub >= 0);
	check_at(root, secret_file() + 1, "from /");
	check_at(dir, SECRET "/data", "from the directory");
	check_at(dir, "./" SECRET "/./data", "with dots");
	check_at(pub, "../" SECRET "/data", "through ..");
	check_at(pub, "../" PUBLIC "/../" SECRET "/data", "through .. twice");
	check_at(pub, secret_file(), "absolute, from a descriptor");
	if (fchdir(pub) == 0)
		check_path("../" SECRET "/data", "through .. of the cwd");
	if (fchdir(dir) == 0) {
		check_path(SECRET "/data", "below the cwd");
		check_path(SECRET "/../" SECRET "/data", "with a detour");
	}
	if (chdir(in_dir(SECRET)) == 0) {
		check_path("data", "in the denied cwd");
		check_path("./data", "in the denied cwd");
	}
	if (inherited) {
		check_at(atoi(inherited), "data", "an inherited directory");
		if (fchdir(atoi(inherited)) == 0)
			check_path("data", "the inherited directory as cwd");
	}
	held();
}
