/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors taken out of other processes with pidfd_getfd(2): of a child, and
 * of the ancestors, which open the secret to look at it. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "attack.h"

static void take_from(pid_t pid, const char *whose)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	char path[64];

	for (int i = 3; pidfd >= 0 && i < 64; i++) {
		int fd = (int)syscall(SYS_pidfd_getfd, pidfd, i, 0);

		if (fd < 0)
			continue;
		check_fd(dup(fd), whose);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		check_path(path, whose);
		check_at(fd, "data", whose);
		check_at(fd, SECRET "/data", whose);
		close(fd);
	}
	if (pidfd >= 0)
		close(pidfd);
}

static void child(int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open(secret_file(), O_RDONLY);
	open(secret_file(), O_PATH);
	dir_fd(in_dir(SECRET));
	dir_fd(attack_dir);
	need(write(ready, "x", 1) == 1);
	for (;;)
		pause();
}

/* Have the ancestors look while their descriptors are searched. */
static void keep_busy(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		close(open(secret_file(), O_RDONLY | O_CLOEXEC));
}

int main(int argc, char **argv)
{
	int fds[2];
	pid_t pid, busy;
	char c;

	attack_init(argc, argv);
	need(pipe(fds) == 0);
	pid = fork();
	need(pid >= 0);
	if (pid == 0)
		child(fds[1]);
	need(read(fds[0], &c, 1) == 1);
	busy = fork();
	need(busy >= 0);
	if (busy == 0)
		keep_busy();
	for (long i = 0; i < attack_count; i++) {
		take_from(getppid(), "a descriptor of the parent's");
		take_from(getppid() - 1, "a descriptor of an ancestor's");
	}
	kill(busy, SIGKILL);
	take_from(pid, "a child's descriptor");
	kill(pid, SIGKILL);
	while (wait(NULL) > 0)
		;
	held();
}
