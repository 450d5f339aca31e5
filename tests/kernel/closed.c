/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the last reference to the listener closes, the waiting call and every
 * later one fail with ENOSYS; nothing is let through, nothing hangs.
 */
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static int body(int sock)
{
	(void)sock;
	for (int i = 0; i < 3; i++)
		if (syscall(SYS_getppid) != -1 || errno != ENOSYS)
			return 1;
	return 0;
}

int main(void)
{
	struct probe_child child;
	struct seccomp_notif req;

	/* Once with a call received, once with it only waiting. */
	for (int received = 0; received < 2; received++) {
		start(&child, SYS_getppid, 0, body);
		if (received)
			check_ok(probe_recv(&child, &req));
		else
			check_ok(probe_poll(child.listener, POLLIN));
		close(child.listener);
		child.listener = -1;
		check(probe_child_exit(&child) == 0);
		probe_child_finish(&child);
	}
	return 0;
}
