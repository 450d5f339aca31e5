/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An epoll instance that another process has put a signalfd into tells whether that
 * process was sent a signal since it was asked last, blocked or not, and in time: what
 * was sent to a group is told once the group's older member has it. (It is told only
 * if a signal that the descriptor is for is pending for who asks; see
 * daemon/witness.c.)
 */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static int epoll_fd;

static int heard(void)
{
	struct epoll_event event;

	return epoll_wait(epoll_fd, &event, 1, 0);
}

static pid_t start_witness(int fd)
{
	int ready[2];
	char c;
	pid_t pid;

	check(pipe(ready) == 0);
	pid = fork();
	check(pid >= 0);
	if (pid == 0) {
		struct epoll_event event = { .events = EPOLLIN | EPOLLET };
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		check(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0);
		check(write(ready[1], "", 1) == 1);
		for (;;)
			pause();
	}
	check(read(ready[0], &c, 1) == 1);
	return pid;
}

int main(void)
{
	struct timespec none = { 0, 0 };
	sigset_t chld, usr;
	pid_t witness;
	int fd, i;

	setpgid(0, 0);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	sigprocmask(SIG_BLOCK, &usr, NULL);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	fd = signalfd(-1, &chld, SFD_NONBLOCK | SFD_CLOEXEC);
	check(epoll_fd >= 0 && fd >= 0);
	witness = start_witness(fd);
	check(syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), SIGCHLD) == 0);
	heard();
	check(heard() == 0);
	for (i = 0; i < 1000; i++) {
		/* Not what is sent to us alone. */
		kill(getpid(), SIGUSR1);
		check(heard() == 0);
		check(sigtimedwait(&usr, NULL, &none) == SIGUSR1);
		/* The first is told; those that merge with it are old news. */
		kill(witness, SIGRTMIN);
		check(heard() == 1 && heard() == 0);
		if (i == 0) {
			kill(0, SIGUSR1);
			check(heard() == 1 && heard() == 0);
			check(sigtimedwait(&usr, NULL, &none) == SIGUSR1);
		}
	}
	kill(witness, SIGKILL);
	check(waitpid(witness, NULL, 0) == witness);
	return 0;
}
