/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher/probe.h"
#include "launcher/probe_child.h"
#include "policy/base/uapi.h"

/*
 * What a notification listener can do. getppid(2) stands for the supervised
 * call: it takes nothing, changes nothing, and nothing else here issues it.
 */

#define ANSWER (-4242L)	/* that no real getppid returns, nor an errno */

static int body_getppid(int sock)
{
	(void)sock;
	return syscall(SYS_getppid) == ANSWER ? 0 : 1;
}

/* Why a child could not even get its listener. */
static struct probe_result no_listener(int err)
{
	if (err == -ECANCELED)
		return probe_fails(0, "killed for calling seccomp(2)");
	return probe_fails(-err, NULL);
}

struct probe_result probe_listener(void)
{
	struct probe_result result;
	struct probe_child child;
	struct seccomp_notif req;
	int err;

	err = probe_child_start(&child, SYS_getppid, 0, body_getppid);
	if (err)
		return no_listener(err);
	err = probe_recv(&child, &req);
	if (err)
		result = probe_fails(-err, "no notification arrives");
	else if (req.pid != (uint32_t)child.pid || req.data.nr != SYS_getppid)
		result = probe_fails(0, "tells pid %u, call %d", req.pid,
				     req.data.nr);
	else if (!probe_id_valid(&child, req.id))
		result = probe_fails(0, "the identifier is not valid");
	else if ((err = probe_send(&child, req.id, ANSWER, 0, 0)) != 0)
		result = probe_fails(-err, "the answer is refused");
	else if (probe_child_exit(&child) != 0)
		result = probe_fails(0, "the answer does not arrive");
	else
		result = probe_works();
	probe_child_finish(&child);
	return result;
}

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled = 1;
}

/* Exit 0 if the call was answered, and the handler ran after it. */
static int body_signalled(int sock)
{
	struct sigaction sa = { .sa_handler = on_signal };
	char ready = 1;

	sigaction(SIGUSR1, &sa, NULL);
	if (write(sock, &ready, 1) != 1)
		return 2;
	return syscall(SYS_getppid) == ANSWER && handled ? 0 : 1;
}

/* With the flag a signal turns the caller's wait for an answer into a killable
 * one, which /proc shows as 'D'; without, the signal takes the call back.
 * Return: 0, -EINTR, or what kept us from finding out. */
static int wait_killable_or_gone(const struct probe_child *child, uint64_t id)
{
	int64_t end = probe_now_ms() + PROBE_DEADLINE_MS;

	while (probe_now_ms() < end) {
		int state = probe_child_state(child);

		if (!probe_id_valid(child, id))
			return -EINTR;
		if (state < 0)
			return state;
		if (state == 'D')
			return 0;
		sched_yield();
	}
	return -ETIMEDOUT;
}

/* A signal after RECV must not abort the call. */
static struct probe_result signal_while_held(struct probe_child *child)
{
	struct seccomp_notif req;
	int err;

	err = probe_recv(child, &req);
	if (err)
		return probe_fails(-err, "no notification arrives");
	if (kill(child->pid, SIGUSR1) < 0)
		return probe_unknown("cannot signal a child: %s",
				     strerror(errno));
	err = wait_killable_or_gone(child, req.id);
	if (err == -EINTR)
		return probe_fails(0, "a signal aborts the held call");
	if (err)
		return probe_unknown("cannot watch a child: %s", strerror(-err));
	err = probe_send(child, req.id, ANSWER, 0, 0);
	if (err)
		return probe_fails(-err, "the answer is refused");
	if (probe_child_exit(child) != 0)
		return probe_fails(0, "the answer does not arrive");
	return probe_works();
}

struct probe_result probe_wait_killable(void)
{
	struct probe_result result;
	struct probe_child child;
	int err;

	err = probe_child_start(&child, SYS_getppid,
				SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
				body_signalled);
	if (err)
		return no_listener(err);
	result = signal_while_held(&child);
	probe_child_finish(&child);
	return result;
}

struct probe_result probe_sync_wake_up(void)
{
	struct probe_result result = probe_works();
	struct probe_child child;
	int err;

	err = probe_child_start(&child, SYS_getppid, 0, body_getppid);
	if (err)
		return no_listener(err);
	if (ioctl(child.listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
		  SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) < 0)
		result = probe_fails(errno, NULL);
	probe_child_finish(&child);
	return result;
}

/* Exit 0 if the kernel did the call itself. */
static int body_continued(int sock)
{
	pid_t parent;

	if (read(sock, &parent, sizeof(parent)) != sizeof(parent))
		return 2;
	return syscall(SYS_getppid) == parent ? 0 : 1;
}

struct probe_result probe_continue(void)
{
	struct probe_result result;
	struct probe_child child;
	struct seccomp_notif req;
	pid_t self = getpid();
	int err;

	err = probe_child_start(&child, SYS_getppid, 0, body_continued);
	if (err)
		return no_listener(err);
	if (write(child.sock, &self, sizeof(self)) != sizeof(self))
		err = -errno;
	if (!err)
		err = probe_recv(&child, &req);
	if (!err)
		err = probe_send(&child, req.id, 0, 0,
				 SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	if (err)
		result = probe_fails(-err, NULL);
	else if (probe_child_exit(&child) != 0)
		result = probe_fails(0, "the continued call returns nonsense");
	else
		result = probe_works();
	probe_child_finish(&child);
	return result;
}

/* Exit 0 if the call's result is a descriptor that reads 'x'. */
static int body_returned_fd(int sock)
{
	int fd = (int)syscall(SYS_getppid);
	char c = 0;

	(void)sock;
	return fd >= 0 && read(fd, &c, 1) == 1 && c == 'x' ? 0 : 1;
}

/* Return: the reading end of a pipe that holds "x", or a negative errno. */
static int pipe_with_x(void)
{
	int fds[2], err = 0;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	if (write(fds[1], "x", 1) != 1)
		err = -errno;
	close(fds[1]);
	if (err)
		close(fds[0]);
	return err ? err : fds[0];
}

struct probe_result probe_addfd(void)
{
	struct probe_result result;
	struct probe_child child;
	struct seccomp_notif req;
	int err, fd, injected;

	err = probe_child_start(&child, SYS_getppid, 0, body_returned_fd);
	if (err)
		return no_listener(err);
	err = probe_recv(&child, &req);
	fd = pipe_with_x();
	injected = err ? err : probe_inject(&child, req.id, fd);
	if (injected >= 0)
		err = probe_send(&child, req.id, injected, 0, 0);
	if (err || injected < 0)
		result = probe_fails(err ? -err : -injected, NULL);
	else if (probe_child_exit(&child) != 0)
		result = probe_fails(0, "the descriptor does not arrive");
	else
		result = probe_works();
	if (fd >= 0)
		close(fd);
	probe_child_finish(&child);
	return result;
}
