/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen(2) tells that a server is ready. The call itself is the program's: it
 * may fail, and what it makes of a UNIX socket has the caller's name on it
 * (init_peercred() in net/unix/af_unix.c). So it goes on, and afterwards the
 * socket is looked at; where a container's profile does not allow that, the
 * thread is watched until it has left the call.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "emul/handlers.h"
#include "emul/kernel.h"
#include "emul/proc.h"
#include "policy/base/cleanup.h"

/* listen(2) never waits, so this long is only needed on a loaded machine. */
#define LOOKS 200
#define LOOK_NS 500000

static bool accepts(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

/* Whether @tid is still in system call @nr, from proc_pid_syscall(5). While it
 * runs, the file says so instead of a number. */
static bool still_in(pid_t tid, int nr)
{
	char text[32];

	return proc_read(tid, "syscall", text, sizeof(text)) > 0 &&
	       (text[0] == 'r' || atoi(text) == nr);
}

static void look_again(void)
{
	struct timespec ts = { 0, LOOK_NS };

	nanosleep(&ts, NULL);
}

/* Wait until the socket listens, or it is clear that it will not be seen. */
static bool wait_listening(struct notif *n)
{
	pid_t tgid = notif_tgid(n);
	auto_fd pidfd = tgid > 0 ? kernel_pidfd_open(tgid, 0) : -1;
	auto_fd fd = pidfd >= 0 ? kernel_pidfd_getfd(pidfd, (int)n->args[0]) : -1;
	int i;

	for (i = 0; i < LOOKS; i++) {
		if (fd >= 0 ? accepts(fd) : !still_in(n->tid, n->nr))
			return true;
		look_again();
	}
	/* Without the socket there is only the call to go by. */
	return fd < 0;
}

static void tell(struct notif *n)
{
	const struct emul *e = n->emul;
	bool listens;

	if (!e->listening || n->state != NOTIF_REPLIED)
		return;
	e->block_begin(n->worker);
	listens = wait_listening(n);
	e->block_end(n->worker);
	if (listens)
		e->listening(e->listening_arg);
}

struct outcome sys_listen(struct notif *n)
{
	(void)n;
	return reply_continue_then(CONTINUE_SCALARS_JUDGED, tell);
}
