/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RET_TRAP kills a thread that has SIGSYS blocked, and its process with it. Go
 * blocks all signals around clone and fork, so traps are no fallback for a
 * missing listener.
 */
#include <linux/filter.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static void on_sigsys(int sig)
{
	(void)sig;
}

static void child(bool blocked)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};
	struct sigaction sa = { .sa_handler = on_sigsys };
	sigset_t all;

	sigfillset(&all);
	sigaction(SIGSYS, &sa, NULL);
	if (blocked)
		sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		_exit(77);
	syscall(SYS_getppid);
	_exit(0);
}

static int run(bool blocked)
{
	int status;
	pid_t pid = fork();

	check(pid >= 0);
	if (pid == 0)
		child(blocked);
	check(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip("seccomp is refused here");
	return status;
}

int main(void)
{
	int status = run(false);

	check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	status = run(true);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	return 0;
}
