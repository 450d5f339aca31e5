/* SPDX-License-Identifier: Apache-2.0 */
/* A denied program is executed by a descriptor: its own, which ATTACK_FD hands
 * on, opened with O_PATH, or its directory's, in ATTACK_DIR. */
#include <sys/wait.h>

#include "attack.h"

#define RAN_SECRET 42	/* what swap_exec.c, the program, says there */

static char *none[] = { (char *)"prog", NULL };

static void attempt(int fd, const char *path, int flags, const char *how)
{
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		syscall(SYS_execveat, fd, path, none, environ, flags);
		_exit(9);
	}
	need(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == RAN_SECRET)
		broken("%s runs a denied program", how);
}

static void from_file(int fd)
{
	char path[64];

	attempt(fd, "", AT_EMPTY_PATH, "execveat of a descriptor");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	attempt(AT_FDCWD, path, 0, "/proc/self/fd");
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	attempt(AT_FDCWD, path, 0, "/dev/fd");
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getppid(), fd);
	attempt(AT_FDCWD, path, 0, "the parent's /proc/PID/fd");
}

static void from_dir(int dir)
{
	char path[64];

	attempt(dir, "prog", 0, "execveat below a directory");
	attempt(dir, "./prog", AT_SYMLINK_NOFOLLOW, "execveat without links");
	attempt(dir, "../" SECRET "/prog", 0, "execveat through ..");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/prog", dir);
	attempt(AT_FDCWD, path, 0, "/proc/self/fd of the directory");
	if (fchdir(dir) == 0)
		attempt(AT_FDCWD, "prog", 0, "the working directory");
}

int main(int argc, char **argv)
{
	const char *fd = getenv("ATTACK_FD"), *dir = getenv("ATTACK_DIR");
	int own;

	attack_init(argc, argv);
	own = open(in_dir(SECRET "/prog"), O_PATH);
	if (own >= 0)
		from_file(own);
	own = dir_fd(in_dir(SECRET));
	if (own >= 0)
		from_dir(own);
	if (fd)
		from_file(atoi(fd));
	if (dir)
		from_dir(atoi(dir));
	held();
}
