/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is calling. A notification names a thread, by its id in our pid
 * namespace (kernel/seccomp.c: task_pid_vnr of the waiting thread). While the
 * notification is valid that thread exists, so its id cannot be another's.
 */
#include "emul/notif.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "policy/base/cleanup.h"

bool notif_alive(const struct notif *n)
{
	return kernel_notif_id_valid(n->emul->listener, n->id) == 0;
}

/* Is @tid a thread of process @tgid? EPERM says that it is, but not ours. */
static bool thread_of(pid_t tgid, pid_t tid)
{
	int ret = kernel_tgkill(tgid, tid, 0);

	return ret == 0 || ret == -EPERM;
}

/* Read proc_pid_status(5). Return: 0 or -1. */
static int read_status(pid_t tid, char *buf, size_t size)
{
	char path[40];
	auto_fd fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, buf, size - 1);
	if (len <= 0)
		return -1;
	buf[len] = '\0';
	return 0;
}

static pid_t read_tgid(pid_t tid)
{
	char text[1024];
	char *field;

	if (read_status(tid, text, sizeof(text)))
		return 0;
	field = strstr(text, "\nTgid:");
	return field ? (pid_t)atoi(field + 6) : 0;
}

static uint64_t mask_field(const char *status, const char *name)
{
	const char *field = strstr(status, name);

	return field ? strtoull(field + strlen(name), NULL, 16) : 0;
}

bool signal_pending(pid_t tid)
{
	char text[8192];
	uint64_t pending;

	if (read_status(tid, text, sizeof(text)))
		return false;
	pending = mask_field(text, "\nSigPnd:") | mask_field(text, "\nShdPnd:");
	return pending & ~mask_field(text, "\nSigBlk:");
}

pid_t notif_tgid(struct notif *n)
{
	if (n->tgid)
		return n->tgid;
	/* The common case, a single-threaded program or a main thread. */
	n->tgid = thread_of(n->tid, n->tid) ? n->tid : read_tgid(n->tid);
	return n->tgid;
}

int notif_getfd(struct notif *n, int fd)
{
	/* A thread may have a table of its own; 6.9. */
	auto_fd pidfd = kernel_pidfd_open(n->tid, PIDFD_THREAD);
	int ret;

	act_lift(n->worker);

	if (pidfd == -EINVAL)
		pidfd = kernel_pidfd_open(notif_tgid(n), 0);
	ret = pidfd < 0 ? pidfd : kernel_pidfd_getfd(pidfd, fd);
	act_drop(n->worker);
	if (ret == -EBADF || ret >= 0) {
		if (notif_alive(n))
			return ret;
		close_fd(ret);
		return -ESRCH;
	}
	return ret == -ESRCH ? ret : -EPERM;
}

bool emul_is_protected(const struct emul *emul, pid_t tid)
{
	size_t i;

	if (tid <= 0)
		return false;
	for (i = 0; i < sizeof(emul->protected_pids) / sizeof(pid_t); i++) {
		pid_t pid = emul->protected_pids[i];

		if (pid > 0 && (pid == tid || thread_of(pid, tid)))
			return true;
	}
	return false;
}
