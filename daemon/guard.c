/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard runs in a forked copy of the supervisor, single-threaded, with one
 * socket and one signalfd. When the socket ends, or its parent-death signal
 * comes, the supervisor is dead.
 *
 * Being a subreaper (prctl(2)), it becomes the parent of every descendant of
 * the program that loses its own, so killing children until there are none
 * reaches the whole tree, whatever sessions and groups were made in it.
 */
#include "daemon/guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emul/proc.h"
#include "policy/base/cleanup.h"

struct guard {
	int link, signals;
	pid_t app, supervisor;
	bool tells_reaped;
	bool app_stopped, ever_stopped;
	bool supervisor_stopping;	/* it said so, and not yet that it is awake */
	int listener;			/* while it is, or -1 */
	bool call_waits;
};

/* How often, in ms, a supervisor that must not stay stopped is woken: SIGCONT
 * has no effect on one that is about to stop. */
#define WAKE_MS 5

static void tell(struct guard *g, struct guard_msg msg)
{
	/* A dead supervisor is noticed by the loop. */
	while (send(g->link, &msg, sizeof(msg), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void kill_children(void)
{
	DIR *proc = opendir("/proc");
	pid_t pid;

	if (!proc)
		return;
	while ((pid = proc_next(proc)))
		if (proc_parent(pid) == getpid())
			kill(pid, SIGKILL);
	closedir(proc);
}

__attribute__((noreturn))
static void end_tree(struct guard *g)
{
	/* Without /proc, at least the program itself. */
	if (g->app > 0)
		kill(g->app, SIGKILL);
	/* Mostly the program left nobody behind, and /proc need not be read. */
	while (waitpid(-1, NULL, __WALL | WNOHANG) >= 0) {
		kill_children();
		waitpid(-1, NULL, __WALL);
	}
	_exit(0);
}

/* Tell what became of the program. If nobody outlived it, so that no child can
 * come any more, there is nothing left to do. (Unless the supervisor may be
 * stopped, and need waking.) */
static void tell_end(struct guard *g, struct guard_msg msg, bool alone)
{
	msg.alone = alone;
	tell(g, msg);
	if (alone)
		_exit(0);
}

/* Collect every change of state of a child. */
static void reap(struct guard *g)
{
	struct guard_msg msg = { .kind = GUARD_CHANGE };
	siginfo_t info = { 0 };
	bool ended = false, alone;
	int ret;

	while ((ret = waitid(P_ALL, 0, &info,
			     WEXITED | WSTOPPED | WCONTINUED | WNOHANG | __WALL)) == 0 &&
	       info.si_pid) {
		if (info.si_pid == g->app) {
			g->app_stopped = info.si_code == CLD_STOPPED;
			g->ever_stopped |= g->app_stopped;
			msg.code = info.si_code;
			msg.value = info.si_status;
			ended = msg.code == CLD_EXITED || msg.code == CLD_KILLED ||
				msg.code == CLD_DUMPED;
			if (ended)
				g->app = 0;
			else
				tell(g, msg);
		} else if (g->tells_reaped && info.si_code != CLD_STOPPED &&
			   info.si_code != CLD_CONTINUED) {
			tell(g, (struct guard_msg){ .kind = GUARD_REAPED,
				.pid = info.si_pid });
		}
		info.si_pid = 0;
	}
	alone = ret < 0 && errno == ECHILD;
	if (ended)
		tell_end(g, msg, alone && !g->ever_stopped);
	if (alone && !g->app)
		tell_end(g, (struct guard_msg){ .kind = GUARD_ALONE }, !g->ever_stopped);
}

static void read_signals(struct guard *g)
{
	struct signalfd_siginfo si;

	while (read(g->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap(g);
		else
			tell(g, (struct guard_msg){ .kind = GUARD_WITNESS,
				.sig = (int)si.ssi_signo, .pid = (int)si.ssi_pid });
	}
	if (getppid() != g->supervisor)
		end_tree(g);
}

/* A message, and the descriptor that came along, or -1. */
static ssize_t receive(const struct guard *g, struct guard_msg *body, int *ret_fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { body, sizeof(*body) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(g->link, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *head = len > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	*ret_fd = -1;
	if (head && head->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(head), sizeof(*ret_fd));
	return len;
}

static void read_link(struct guard *g)
{
	struct guard_msg msg;
	int fd;
	ssize_t len = receive(g, &msg, &fd);

	if (len < 0 && errno == EINTR)
		return;
	if (len != sizeof(msg) || msg.kind == GUARD_FINISH)
		end_tree(g);
	if (msg.kind == GUARD_STOPPING || msg.kind == GUARD_RESUMED) {
		g->supervisor_stopping = msg.kind == GUARD_STOPPING;
		g->call_waits = false;
		close_fd(g->listener);
		g->listener = fd;
		reap(g);
	}
	if (msg.kind == GUARD_PING) {
		read_signals(g);
		tell(g, (struct guard_msg){ .kind = GUARD_PONG, .value = msg.value });
	}
}

void guard_run(int link, pid_t app, pid_t supervisor, bool tells_reaped)
{
	struct guard g = { .link = link, .app = app, .supervisor = supervisor,
			   .tells_reaped = tells_reaped, .listener = -1 };
	struct pollfd fds[3];
	sigset_t all;

	sigfillset(&all);
	g.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	/* Not a name that somebody looking for gosup would send signals to. */
	prctl(PR_SET_NAME, "witness");
	if (g.signals < 0)
		end_tree(&g);
	fds[0] = (struct pollfd){ .fd = g.signals, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = g.link, .events = POLLIN };
	reap(&g);
	for (;;) {
		bool wake = g.supervisor_stopping && (!g.app_stopped || g.call_waits);

		if (wake)
			kill(supervisor, SIGCONT);
		/* Once is enough: it is level-triggered. */
		fds[2] = (struct pollfd){ .fd = g.call_waits ? -1 : g.listener,
					  .events = POLLIN };
		if (poll(fds, 3, wake ? WAKE_MS : -1) < 0 && errno != EINTR)
			end_tree(&g);
		g.call_waits |= fds[2].revents & POLLIN;
		if (fds[0].revents)
			read_signals(&g);
		if (fds[1].revents)
			read_link(&g);
	}
}
