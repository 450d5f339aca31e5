/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is calling. A notification names a thread, by its id in our pid
 * namespace (kernel/seccomp.c: task_pid_vnr of the waiting thread). While the
 * notification is valid that thread exists, so its id cannot be another's.
 */
#include "emul/notif.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "emul/lineage.h"
#include "emul/proc.h"
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

static pid_t read_tgid(pid_t tid)
{
	char text[1024];
	const char *field;

	proc_read(tid, "status", text, sizeof(text));
	field = proc_field(text, "\nTgid:");
	return field ? (pid_t)atoi(field) : 0;
}

static uint64_t mask_field(const char *status, const char *name)
{
	const char *field = proc_field(status, name);

	return field ? strtoull(field, NULL, 16) : 0;
}

bool signal_pending(pid_t tid)
{
	char text[PROC_STATUS_SIZE];
	uint64_t pending;

	proc_read(tid, "status", text, sizeof(text));
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

bool emul_in_tree(const struct emul *emul, pid_t pid)
{
	pid_t guard = emul->protected_pids[1];

	return pid != guard && lineage_descends(pid, guard);
}

bool notif_same_numbers(const struct notif *n)
{
	char path[48], theirs[64] = "", ours[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", n->tid);
	return readlink(path, theirs, sizeof(theirs) - 1) > 0 &&
	       readlink("/proc/self/ns/pid", ours, sizeof(ours) - 1) > 0 &&
	       !strcmp(theirs, ours);
}
