/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process 1 of a pid namespace has no default signal actions: a SIGTERM that
 * it does not handle is dropped. When it ends, all others are killed.
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kernel/check.h"

/* An init that ends with 5 once a byte arrives. */
static void init_main(int sock)
{
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getpid() != 1)
		_exit(1);
	if (fork() == 0)
		for (;;)
			pause();
	_exit(read(sock, &c, 1) == 1 ? 5 : 1);
}

int main(void)
{
	int fds[2], orphan[2], status;
	struct pollfd pfd;
	pid_t pid;

	check(pipe(fds) == 0 && pipe(orphan) == 0);
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0 && errno == EPERM)
		pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWUSER |
				     SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		skip("no pid namespace: %s", strerror(errno));
	if (pid == 0) {
		close(orphan[0]);
		close(fds[1]);
		init_main(fds[0]);
	}
	close(orphan[1]);
	close(fds[0]);
	check(kill(pid, SIGTERM) == 0);
	check(write(fds[1], "x", 1) == 1);
	check(waitpid(pid, &status, 0) == pid);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 5,
	      "SIGTERM is not dropped: status %x", status);
	/* Its child held the other pipe, so the end of file is its death. */
	pfd = (struct pollfd){ .fd = orphan[0], .events = POLLIN };
	check(poll(&pfd, 1, PROBE_DEADLINE_MS) == 1 && pfd.revents & POLLHUP);
	return 0;
}
