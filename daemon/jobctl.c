/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: when the program stops, the supervisor stops itself with
 * the same signal, so that the shell sees its job stopped. Whoever continues
 * the job continues both; whoever continues or ends the program alone is
 * noticed by the guard, which wakes us. So is a descendant that goes on and waits
 * for an answer: a daemon, or who was to continue the program. The guard may do so
 * just before we stop, so it repeats it until told that we are awake
 * (GUARD_STOPPING, GUARD_RESUMED).
 *
 * The first process of a job leads its group. That is the supervisor here, so
 * setpgid(0, 0), which does nothing in a leader, takes the program out of the
 * group and so away from the terminal. A shell that the program is takes the
 * terminal itself and expects to have it again after a stop; others expect
 * never to have lost it (timeout(1)). Both are given it.
 */
#include "daemon/jobctl.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/guard.h"
#include "emul/proc.h"
#include "policy/base/cleanup.h"

/* It may have been continued, or killed, since the guard looked. */
bool jobctl_is_stopped(pid_t app)
{
	char state = 0;
	int err = proc_state(app, &state);

	if (err)
		return err != -ESRCH && kill(app, 0) == 0;
	return state == 'T' || state == 't';
}

bool jobctl_is_apart(pid_t app)
{
	pid_t own = getpgrp(), group = getpgid(app);

	return group > 0 && group != own && own == getpid();
}

/* Returns when continued. All signals are blocked. */
static void stop_self(int sig)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL }, old;
	sigset_t set, was;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigaction(sig, &dfl, &old);
	raise(sig);
	pthread_sigmask(SIG_UNBLOCK, &set, &was);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	sigaction(sig, &old, NULL);
}

/* With descriptor @fd, unless it is -1. */
static int tell_guard(int link, enum guard_msg_kind kind, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct guard_msg body = { .kind = kind };
	struct iovec iov = { &body, sizeof(body) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t ret;

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	do {
		ret = sendmsg(link, &msg, MSG_NOSIGNAL);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

/* The program wants the terminal, which is its own group's by rights. */
static bool lend_terminal(int tty, pid_t group, int sig)
{
	if ((sig != SIGTTIN && sig != SIGTTOU) || tcgetpgrp(tty) != getpgrp() ||
	    tcsetpgrp(tty, group) < 0)
		return false;
	kill(-group, SIGCONT);
	return true;
}

bool jobctl_stopped(int link, int listener, pid_t app, int sig)
{
	pid_t group = jobctl_is_apart(app) ? getpgid(app) : 0;
	bool had_terminal = false;
	int tty = -1;

	if (!jobctl_is_stopped(app))
		return false;
	if (group > 0)
		tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0 || !lend_terminal(tty, group, sig)) {
		had_terminal = tty >= 0 && tcgetpgrp(tty) == group;
		/* Nobody would wake us if there is no guard. */
		if (tell_guard(link, GUARD_STOPPING, listener) == 0) {
			stop_self(sig);
			tell_guard(link, GUARD_RESUMED, -1);
		}
		if (had_terminal && tcgetpgrp(tty) == getpgrp())
			tcsetpgrp(tty, group);
	}
	close_fd(tty);
	return jobctl_is_stopped(app);
}
