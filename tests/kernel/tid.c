/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notification names the calling thread, in the supervisor's pid namespace.
 * pidfd_open(2) takes that only with PIDFD_THREAD, or once the thread's
 * process was looked up.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/base/uapi.h"
#include "tests/kernel/check.h"

static void *thread(void *arg)
{
	*(long *)arg = syscall(SYS_getppid);
	return NULL;
}

static int body(int sock)
{
	pthread_t id;
	long ret = 0;

	(void)sock;
	if (pthread_create(&id, NULL, thread, &ret) || pthread_join(id, NULL))
		return 2;
	return ret == 42 ? 0 : 1;
}

int main(void)
{
	struct probe_child child;
	struct seccomp_notif req;
	char path[64];
	int fd;

	start(&child, SYS_getppid, 0, body);
	check_ok(probe_recv(&child, &req));
	check((pid_t)req.pid != child.pid, "the process, not the thread");
	snprintf(path, sizeof(path), "/proc/%d/task/%u", child.pid, req.pid);
	check(access(path, F_OK) == 0, "%s", path);
	/* Threads are not listed in /proc but can be looked up there. */
	snprintf(path, sizeof(path), "/proc/%u/status", req.pid);
	check(access(path, R_OK) == 0, "%s", path);
	fd = (int)syscall(SYS_pidfd_open, req.pid, 0);
	check(fd == -1 && (errno == EINVAL || errno == ENOENT));
	fd = (int)syscall(SYS_pidfd_open, req.pid, PIDFD_THREAD);
	check(fd >= 0 || errno == EINVAL /* before 6.9 */);
	check_ok(probe_send(&child, req.id, 42, 0, 0));
	check(probe_child_exit(&child) == 0);
	probe_child_finish(&child);
	return 0;
}
