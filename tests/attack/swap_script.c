/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a script stays, the script is exchanged with one that names the
 * denied program, and so is the link that another one names. */
#include <linux/fs.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

#define RAN_SECRET 42

static const char *good, *evil, *way, *out;

static bool exchange(const char *a, const char *b)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0;
}

static void make(const char *path, const char *interpreter)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);

	need(fd >= 0 && dprintf(fd, "#!%s\n", interpreter) > 0);
	close(fd);
}

static int run(const char *path)
{
	char *none[] = { (char *)"script", NULL };
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execve(path, none, environ);
		_exit(9);
	}
	need(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	pid_t pid, parent = getpid();
	const char *linked;
	long ran = 0;

	attack_init(argc, argv);
	good = strdup(in_dir(PUBLIC "/good"));
	evil = strdup(in_dir(PUBLIC "/evil"));
	way = strdup(in_dir(PUBLIC "/way"));
	out = strdup(in_dir(PUBLIC "/out"));
	linked = strdup(in_dir(PUBLIC "/script"));
	if (symlink("prog", way) < 0 || symlink("../" SECRET "/prog", out) < 0)
		cannot("no links may be made: %s", strerror(errno));
	make(good, in_dir(PUBLIC "/prog"));
	make(evil, in_dir(SECRET "/prog"));
	make(linked, way);
	pid = fork();
	need(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent) {
			exchange(good, evil);
			exchange(way, out);
		}
		_exit(0);
	}
	for (long i = 0; race_more(i, ran); i++) {
		int a = run(good), b = run(linked);

		if (a == RAN_SECRET || b == RAN_SECRET)
			broken("a denied program runs as an interpreter");
		ran += (a == 0) + (b == 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (!ran)
		cannot("no script may be executed");
	held();
}
