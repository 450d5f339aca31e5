/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving a held call back: -ERESTARTSYS as the answer while a signal is
 * pending makes the kernel treat the call as an interrupted one. The handler
 * runs; without SA_RESTART the program sees EINTR, with it the call is issued
 * anew. With nothing pending, -ERESTARTSYS itself would reach the program.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/base/uapi.h"
#include "tests/kernel/check.h"

#define KERNEL_ERESTARTSYS 512

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

static int call(int flags, long expect, int expect_errno)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };
	long ret;

	sigaction(SIGUSR1, &sa, NULL);
	errno = 0;
	ret = syscall(SYS_getppid);
	return ret == expect && errno == expect_errno ? 0 : 1;
}

static int body_plain(int sock)
{
	(void)sock;
	return call(0, -1, EINTR) || handled != 1;
}

static int body_restart(int sock)
{
	(void)sock;
	return call(SA_RESTART, 42, 0) || handled != 1;
}

static int body_leak(int sock)
{
	(void)sock;
	return call(0, -1, KERNEL_ERESTARTSYS) || handled != 0;
}

/* The signal mask of pending ones must show it before the answer is given. */
static void signal_pending(const struct probe_child *child)
{
	int64_t end = probe_now_ms() + PROBE_DEADLINE_MS;
	char path[32], line[256];
	bool pending = false;

	check(kill(child->pid, SIGUSR1) == 0);
	snprintf(path, sizeof(path), "/proc/%d/status", child->pid);
	while (!pending) {
		FILE *f = fopen(path, "re");

		check(f != NULL);
		while (fgets(line, sizeof(line), f))
			if (strncmp(line, "ShdPnd:", 7) == 0)
				pending = strtoull(line + 7, NULL, 16) &
					  (1ULL << (SIGUSR1 - 1));
		fclose(f);
		check(probe_now_ms() < end, "the signal is not shown pending");
	}
}

static void give_back(int (*body)(int), bool signal, bool again)
{
	struct probe_child child;
	struct seccomp_notif req;
	int err;

	err = probe_child_start(&child, SYS_getppid,
				SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, body);
	if (err)
		skip("WAIT_KILLABLE_RECV: %s", strerror(-err));
	check_ok(probe_recv(&child, &req));
	if (signal)
		signal_pending(&child);
	check_ok(probe_send(&child, req.id, 0, -KERNEL_ERESTARTSYS, 0));
	if (again) {
		check_ok(probe_recv(&child, &req));
		check_ok(probe_send(&child, req.id, 42, 0, 0));
	}
	check(probe_child_exit(&child) == 0);
	probe_child_finish(&child);
}

int main(void)
{
	give_back(body_plain, true, false);
	give_back(body_restart, true, true);
	give_back(body_leak, false, false);
	return 0;
}
