/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory is moved while a path with ".." is resolved from within: it was
 * deep enough for the path to stay in the public tree, and then is not.
 */
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

static const char *low, *high;
/* The same from the root, with ".." in the path and in a link. */
static const char *rooted, *linked;

/* public00/in/here and public00/here in turn. */
static void move_for_ever(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; getppid() == parent; i++) {
		rename(low, high);
		/* Leave the CPU, if there is but one, with either in place. */
		if (i % 4 == 0)
			sched_yield();
		rename(high, low);
		if (i % 4 == 2)
			sched_yield();
	}
	_exit(0);
}

static void prepare(void)
{
	int fd;

	low = strdup(in_dir(PUBLIC "/in/here"));
	high = strdup(in_dir(PUBLIC "/here"));
	need(mkdir(in_dir(PUBLIC "/in"), 0755) == 0 || errno == EEXIST);
	rename(high, low);	/* where an earlier run was interrupted */
	need(mkdir(low, 0755) == 0 || errno == EEXIST);
	rooted = strdup(in_dir(PUBLIC "/in/here/../../" SECRET "/data"));
	linked = strdup(in_dir(PUBLIC "/in/here/out/data"));
	need(symlink("../../" SECRET, in_dir(PUBLIC "/in/here/out")) == 0 || errno == EEXIST);
	need(mkdir(in_dir(PUBLIC "/" SECRET), 0755) == 0 || errno == EEXIST);
	fd = creat(in_dir(PUBLIC "/" SECRET "/data"), 0644);
	need(fd >= 0 && write(fd, "harmless", 8) == 8);
	close(fd);
}

int main(int argc, char **argv)
{
	pid_t pid, parent = getpid();
	long opened = 0;
	int dir;

	attack_init(argc, argv);
	prepare();
	dir = dir_fd(low);
	need(dir >= 0);
	if (rename(low, high) < 0 || rename(high, low) < 0)
		cannot("directories may not be moved: %s", strerror(errno));
	pid = fork();
	need(pid >= 0);
	if (pid == 0)
		move_for_ever(parent);
	need(fchdir(dir) == 0);
	for (long i = 0; race_more(i, opened); i++) {
		int fd = openat(dir, "../../" SECRET "/data", O_RDONLY | O_CLOEXEC);

		opened += fd >= 0;
		check_fd(fd, "a directory that is moved");
		check_path("../../" SECRET "/data", "a working directory that is moved");
		check_path(rooted, "a directory on the way that is moved");
		check_path(linked, "a link in a directory that is moved");
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	need(opened > 0);
	held();
}
