/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path stays, the file system changes: links and directories on the way
 * are exchanged while the program opens through them.
 *
 * The program itself may not be allowed to make links, so the two roles can be
 * had apart: ATTACK_ROLE=flip exchanges, says "ready" and goes on for ever;
 * ATTACK_ROLE=open only opens, COUNT times.
 */
#include <linux/fs.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

static const char *good, *evil, *way, *out;

static bool exchange(const char *a, const char *b)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b,
		       RENAME_EXCHANGE) == 0;
}

/* Two pairs: links to the two files, and a directory with a link to another. */
static bool prepare(void)
{
	return symlink("data", good) == 0 &&
	       symlink("../" SECRET "/data", evil) == 0 &&
	       mkdir(way, 0755) == 0 && symlink("../" SECRET, out) == 0 &&
	       exchange(good, evil);
}

/* @parent: with whom to end; it may have ended already */
static void flip(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent) {
		exchange(good, evil);
		exchange(way, out);
	}
}

static void race(void)
{
	char *below = in_dir(PUBLIC "/way/data");
	long opened = 0;

	for (long i = 0; race_more(i, opened); i++) {
		int fd = open(good, O_RDONLY);

		opened += fd >= 0;
		check_fd(fd, "a link that is exchanged");
		check_path(below, "a directory that is exchanged");
	}
	need(opened > 0);
}

int main(int argc, char **argv)
{
	const char *role = getenv("ATTACK_ROLE");
	pid_t parent, pid;

	attack_init(argc, argv);
	good = strdup(in_dir(PUBLIC "/good"));
	evil = strdup(in_dir(PUBLIC "/evil"));
	way = strdup(in_dir(PUBLIC "/way"));
	out = strdup(in_dir(PUBLIC "/out"));
	if (role && strcmp(role, "open") == 0) {
		race();
		held();
	}
	if (!prepare())
		cannot("no links may be made or exchanged: %s", strerror(errno));
	if (role) {
		puts("ready");
		fflush(stdout);
		flip(getppid());
		return 0;
	}
	parent = getpid();
	pid = fork();
	need(pid >= 0);
	if (pid == 0) {
		flip(parent);
		_exit(0);
	}
	race();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	held();
}
