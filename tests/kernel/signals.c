/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signal does to a held call. Without WAIT_KILLABLE_RECV it takes the
 * call back, and SA_RESTART issues it anew under another id. With the flag the
 * call waits on from RECV, but the thread then obeys nothing except SIGKILL:
 * even SIGSTOP shows only after the answer.
 */
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/base/uapi.h"
#include "tests/kernel/check.h"

static void on_signal(int sig)
{
	(void)sig;
}

static int body(int sock)
{
	struct sigaction sa = { .sa_handler = on_signal,
				.sa_flags = SA_RESTART };
	char ready = 1;

	sigaction(SIGURG, &sa, NULL);
	if (write(sock, &ready, 1) != 1)
		return 2;
	return syscall(SYS_getppid) == 42 ? 0 : 1;
}

static void without_flag(void)
{
	struct seccomp_notif first, second;
	struct probe_child child;

	start(&child, SYS_getppid, 0, body);
	check_ok(probe_recv(&child, &first));
	check(kill(child.pid, SIGURG) == 0);
	check_ok(probe_recv(&child, &second));
	check(first.id != second.id);
	check(probe_send(&child, first.id, 41, 0, 0) == -ENOENT);
	check_ok(probe_send(&child, second.id, 42, 0, 0));
	check(probe_child_exit(&child) == 0);
	probe_child_finish(&child);
}

/* Wait until the child's wait is a killable one. */
static void wait_for_d(const struct probe_child *child)
{
	int64_t end = probe_now_ms() + PROBE_DEADLINE_MS;

	while (probe_child_state(child) != 'D')
		check(probe_now_ms() < end, "never waits killably");
}

static void start_killable(struct probe_child *child, struct seccomp_notif *req)
{
	int err = probe_child_start(child, SYS_getppid,
				    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, body);

	if (err)
		skip("WAIT_KILLABLE_RECV: %s", strerror(-err));
	check_ok(probe_recv(child, req));
	/* The first signal turns the wait into a killable one. */
	check(kill(child->pid, SIGURG) == 0);
	wait_for_d(child);
}

static void with_flag(void)
{
	struct probe_child child;
	struct seccomp_notif req;
	int status;

	start_killable(&child, &req);
	check(kill(child.pid, SIGSTOP) == 0);
	check(probe_id_valid(&child, req.id));
	check(probe_child_state(&child) == 'D', "stopped while held");
	check(waitpid(child.pid, &status, WUNTRACED | WNOHANG) == 0);
	check_ok(probe_send(&child, req.id, 42, 0, 0));
	check(waitpid(child.pid, &status, WUNTRACED) == child.pid);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	check(kill(child.pid, SIGCONT) == 0);
	check(probe_child_exit(&child) == 0);
	probe_child_finish(&child);
}

static void sigkill_always(void)
{
	struct probe_child child;
	struct seccomp_notif req;
	int status;

	start_killable(&child, &req);
	check(kill(child.pid, SIGKILL) == 0);
	status = probe_child_wait(&child);
	check(status >= 0 && WIFSIGNALED(status), "a held call survives SIGKILL");
	check(probe_send(&child, req.id, 42, 0, 0) == -ENOENT);
	probe_child_finish(&child);
}

int main(void)
{
	without_flag();
	with_flag();
	sigkill_always();
	return 0;
}
