/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation (ptrace(2)): as for an exec stop, the thread is seized
 * while it waits for our answer and stops when it has got it, before it returns
 * to the program. There its registers stand behind the instruction that made
 * the call, so stepping back over that makes another one, with whatever is in
 * the registers then. All signals are blocked meanwhile, so that no handler
 * runs in between; the two that cannot be blocked are kept for the end.
 *
 * The calls go through the filter like any other, so they must not be such as
 * wait for this very receiver.
 */
#include "emul/thread_call.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "emul/arch.h"

int thread_call_attach(const struct notif *n)
{
	if (ptrace(PTRACE_SEIZE, n->tid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
		return -errno;
	/* Fails only if the thread has died, which is seen later. */
	ptrace(PTRACE_INTERRUPT, n->tid, 0, 0);
	return 0;
}

/* Wait for the next stop. Return: its status, or -ESRCH if there is none. */
static int next_stop(pid_t tid)
{
	int status;
	pid_t pid;

	do {
		pid = waitpid(tid, &status, __WALL | __WNOTHREAD);
	} while (pid < 0 && errno == EINTR);
	return pid > 0 && WIFSTOPPED(status) ? status : -ESRCH;
}

/* Go on to where the next call begins or ends. @ret_sig: a signal on the way */
static int go_on(pid_t tid, int *ret_sig)
{
	int status;

	do {
		if (ptrace(PTRACE_SYSCALL, tid, 0, 0) < 0)
			return -errno;
		status = next_stop(tid);
		if (status < 0)
			return status;
		/* Only SIGSTOP, which nothing blocks, comes as itself. */
		if (!(status >> 16) && WSTOPSIG(status) != (SIGTRAP | 0x80))
			*ret_sig = WSTOPSIG(status);
	} while ((status >> 16) || WSTOPSIG(status) != (SIGTRAP | 0x80));
	return 0;
}

/* Make one call. Return: 0 and its result, or why it was not made. */
static int make_call(pid_t tid, const struct arch_regs *from, const struct thread_call *call,
		     int64_t *ret, int *ret_sig)
{
	struct arch_regs regs = *from;
	int err = arch_regs_call(tid, &regs, call->nr, call->arg);

	if (!err)
		err = arch_regs_set(tid, &regs);
	if (!err)
		err = go_on(tid, ret_sig);
	if (!err)
		err = go_on(tid, ret_sig);
	if (!err)
		err = arch_regs_get(tid, &regs);
	if (!err)
		*ret = arch_regs_result(&regs);
	return err;
}

/* Make all of them. Return: the first's result, or -EACCES. */
static int64_t make_calls(pid_t tid, const struct arch_regs *regs,
			  const struct thread_call *calls, unsigned count, int *ret_sig)
{
	uint64_t mask, all = UINT64_MAX;
	int64_t first = -EACCES, result;
	unsigned i;

	if (ptrace(PTRACE_GETSIGMASK, tid, sizeof(mask), &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, tid, sizeof(all), &all) < 0)
		return first;
	for (i = 0; i < count; i++) {
		if (make_call(tid, regs, &calls[i], &result, ret_sig))
			break;
		if (i == 0)
			first = result;
	}
	ptrace(PTRACE_SETSIGMASK, tid, sizeof(mask), &mask);
	return first;
}

void thread_call_run(struct notif *n, const struct thread_call *calls, unsigned count)
{
	struct arch_regs regs;
	int status = next_stop(n->tid);
	int sig;

	if (status < 0)
		return;
	/* A signal that would be delivered now, or none. */
	sig = status >> 16 ? 0 : WSTOPSIG(status);
	if (count && n->state == NOTIF_REPLIED && arch_regs_get(n->tid, &regs) == 0) {
		arch_regs_set_result(&regs, make_calls(n->tid, &regs, calls, count, &sig));
		arch_regs_set(n->tid, &regs);
	}
	ptrace(PTRACE_DETACH, n->tid, 0, (void *)(intptr_t)sig);
}
