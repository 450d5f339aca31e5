/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: who sends a signal to a process also wakes those that wait
 * for its signals in a signalfd(2). An epoll instance that the guard has put a
 * signalfd into is one of them, for good, whoever asks it. Being woken only makes
 * epoll look again, in the name of who asks (signalfd_poll() in fs/signalfd.c): so
 * there must be something to see. The signalfd is for SIGCHLD alone, and one SIGCHLD
 * is kept pending for the thread that asks. Edge-triggered, a wake is told once.
 *
 * That tells of signals to the guard at the price of one system call; waking the
 * guard for an answer costs many times that. tests/kernel/heard.c has the promise.
 * It is tried once before it is believed.
 */
#include "daemon/witness.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/base/cleanup.h"

void witness_open(struct witness *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	w->works = false;
	w->guard = 0;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

void witness_attend(const struct witness *w)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	/* If it fails, the first try shows it. */
	epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->fd, &event);
}

static bool was_woken(const struct witness *w)
{
	struct epoll_event event;

	return epoll_wait(w->epoll, &event, 1, 0) == 1;
}

void witness_begin(struct witness *w, pid_t guard)
{
	/* Even ignored signals stay pending while they are blocked. */
	syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), SIGCHLD);
	w->guard = guard;
}

bool witness_has_heard(struct witness *w)
{
	if (w->works)
		return was_woken(w);
	if (w->guard > 0 && !was_woken(w)) {
		/* The guard only looks for children that have ended. */
		kill(w->guard, SIGCHLD);
		w->works = was_woken(w);
	}
	return true;
}

void witness_close(struct witness *w)
{
	w->epoll = close_fd(w->epoll);
	w->fd = close_fd(w->fd);
}
