/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program installs filters of its own: one whose listener answers every
 * open with "go on", one that hands opens to its own tracer, and one that
 * allows all. The strictest verdict has to hold.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "attack.h"

static int install(uint32_t verdict, unsigned flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, verdict),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, code };

	need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* Say "go on" to whatever the child asks, until it has ended. */
static void answer(int listener)
{
	struct seccomp_notif req = {};
	struct pollfd p = { .fd = listener, .events = POLLIN };

	while (poll(&p, 1, 5000) == 1 && !(p.revents & POLLHUP)) {
		struct seccomp_notif_resp resp = {
			.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
		};

		memset(&req, 0, sizeof(req));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req) < 0)
			break;
		resp.id = req.id;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	}
}

/* The listener is the child's and reaches us through the shared table. */
static int look(void *arg)
{
	int *listener = arg;

	*listener = install(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	check_path(secret_file(), "a listener of one's own");
	return 0;
}

static void by_listener(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	static volatile int listener = -2;
	int status;
	pid_t pid = clone(look, stack + sizeof(stack), CLONE_VM | CLONE_FILES | SIGCHLD,
			  (void *)&listener);

	need(pid >= 0);
	while (listener == -2)
		sched_yield();
	if (listener >= 0)
		answer(listener);
	need(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		exit(1);
}

static void by_verdict(uint32_t verdict, bool traced)
{
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		if (traced) {
			ptrace(PTRACE_TRACEME, 0, NULL, NULL);
			raise(SIGSTOP);
		}
		install(verdict, 0);
		check_path(secret_file(), "a filter of one's own");
		_exit(0);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESECCOMP);
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		exit(1);
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	by_listener();
	by_verdict(SECCOMP_RET_TRACE, true);
	by_verdict(SECCOMP_RET_LOG, false);
	by_verdict(SECCOMP_RET_ALLOW, false);
	held();
}
