/* SPDX-License-Identifier: Apache-2.0 */
/* Changing what a path means: user and mount namespaces, bind mounts, moved
 * mounts, chroot, pivot_root. Each in a child, some in new namespaces. */
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

static char *spot;	/* an empty directory of the public tree */

static void by_bind(void)
{
	if (mount(in_dir(SECRET), spot, NULL, MS_BIND, NULL) == 0)
		check_path(in_dir(PUBLIC "/spot/data"), "a bind mount");
}

static void by_bind_of_parent(void)
{
	if (mount(attack_dir, spot, NULL, MS_BIND | MS_REC, NULL) == 0)
		check_path(in_dir(PUBLIC "/spot/" SECRET "/data"),
			   "a bind mount of the parent");
}

static void by_open_tree(void)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, attack_dir,
				OPEN_TREE_CLONE | AT_RECURSIVE);

	if (tree < 0)
		return;
	check_at(tree, SECRET "/data", "open_tree");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, spot, 4) == 0)
		check_path(in_dir(PUBLIC "/spot/" SECRET "/data"), "move_mount");
}

static void by_chroot(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/%s/data", SECRET);
	if (chroot(attack_dir) == 0 && chdir("/") == 0)
		check_path(name, "chroot");
}

static void by_chroot_into(void)
{
	if (chroot(in_dir(SECRET)) == 0 && chdir("/") == 0)
		check_path("/data", "chroot into the secret");
}

/* chroot below, working directory outside: the classic way out. */
static void by_escape(void)
{
	if (chdir(attack_dir) == 0 && chroot(spot) == 0)
		check_path(SECRET "/data", "a cwd outside the root");
}

static void by_pivot(void)
{
	if (mount(attack_dir, attack_dir, NULL, MS_BIND, NULL) == 0 &&
	    chdir(attack_dir) == 0 &&
	    syscall(SYS_pivot_root, ".", ".") == 0) {
		check_path("/" SECRET "/data", "pivot_root");
	}
}

static const struct {
	void (*way)(void);
	bool mounts;
} ways[] = {
	{ by_bind, true }, { by_bind_of_parent, true }, { by_open_tree, true },
	{ by_chroot, false }, { by_chroot_into, false }, { by_escape, false },
	{ by_pivot, true },
};

enum fresh { SAME, UNSHARED, UNSHARED_USER, CLONED, CLONED3, FRESH_COUNT };

static bool enter(enum fresh fresh)
{
	if (fresh == UNSHARED)
		return unshare(CLONE_NEWNS) == 0;
	if (fresh == UNSHARED_USER)
		return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
	return true;
}

static pid_t child_in(enum fresh fresh)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS, .exit_signal = SIGCHLD,
	};

	if (fresh == CLONED)
		return (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS |
				      SIGCHLD, 0, 0, 0, 0);
	if (fresh == CLONED3)
		return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	return fork();
}

static void attempt(void (*way)(void), enum fresh fresh)
{
	int status;
	pid_t pid = child_in(fresh);

	if (pid < 0)	/* refused: nothing to try in there */
		return;
	if (pid == 0) {
		if (!enter(fresh))
			_exit(0);
		/* A mount must stay ours, even where the attack succeeds. */
		if (fresh == SAME ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
			way();
		_exit(0);
	}
	need(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		exit(1);
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	spot = strdup(in_dir(PUBLIC "/spot"));
	need(mkdir(spot, 0700) == 0 || errno == EEXIST);
	for (enum fresh fresh = SAME; fresh < FRESH_COUNT; fresh++) {
		for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			/* Never mount in the namespace of the machine. */
			if (fresh != SAME || !ways[i].mounts)
				attempt(ways[i].way, fresh);
		}
	}
	held();
}
