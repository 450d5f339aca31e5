/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ENOENT is how the listener says that the caller is gone: after a kill SEND,
 * ADDFD and ID_VALID all say so, and the listener reports a hang-up once no
 * process is left under the filter.
 */
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static int body(int sock)
{
	(void)sock;
	return (int)syscall(SYS_getppid);
}

static void end(struct probe_child *child)
{
	check(kill(child->pid, SIGKILL) == 0);
	check(waitpid(child->pid, NULL, 0) == child->pid);
	child->pid = 0;
}

static void received_then_killed(void)
{
	struct probe_child child;
	struct seccomp_notif req;

	start(&child, SYS_getppid, 0, body);
	check_ok(probe_recv(&child, &req));
	check(probe_id_valid(&child, req.id));
	end(&child);
	check(!probe_id_valid(&child, req.id) && errno == ENOENT);
	check(probe_inject(&child, req.id, 0) == -ENOENT);
	check(probe_send(&child, req.id, 0, 0, 0) == -ENOENT);
	/* POLLHUP comes with the last process, through a deferred free. */
	check(probe_poll(child.listener, POLLHUP) == 0);
	probe_child_finish(&child);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void killed_before_received(void)
{
	struct seccomp_notif req = {};
	struct probe_child child;
	struct sigaction sa = { .sa_handler = on_alarm };
	struct pollfd pfd;
	int ret;

	start(&child, SYS_getppid, 0, body);
	check(probe_poll(child.listener, POLLIN) == 0);
	end(&child);
	check(probe_poll(child.listener, POLLHUP) == 0);
	pfd = (struct pollfd){ .fd = child.listener, .events = POLLIN };
	check(poll(&pfd, 1, 0) == 1 && !(pfd.revents & POLLIN),
	      "a dead caller's call is still offered");
	/* Kernels before 6.11 wait here for ever: so receivers must look for
	 * the hang-up, or be woken otherwise. */
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	ret = ioctl(child.listener, SECCOMP_IOCTL_NOTIF_RECV, &req);
	check(ret == -1);
	if (errno == EINTR)
		skip("a receiver is not woken by the last caller's end");
	check(errno == ENOENT);
	alarm(0);
	probe_child_finish(&child);
}

int main(void)
{
	received_then_killed();
	killed_before_received();
	return 0;
}
