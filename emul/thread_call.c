/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation (ptrace(2)): as for an exec stop, the thread is seized
 * while it waits for our answer and stops when it has got it, before it returns
 * to the program. There its registers stand behind the instruction that made
 * the call, so stepping back over that makes another one, with whatever is in
 * the registers then. All signals are blocked meanwhile, so that no handler
 * runs in between; the two that cannot be blocked are kept for the end.
 *
 * The calls go through the filter like any other. One that is notified is for
 * another receiver, which knows it by who traces its caller.
 *
 * An execve that succeeds is stopped before the new program runs. By then the
 * thread may have another id: that of its process.
 */
#include "emul/thread_call.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emul/arch.h"
#include "emul/exec_stop.h"
#include "emul/proc.h"

int thread_call_attach(const struct notif *n)
{
	if (ptrace(PTRACE_SEIZE, n->tid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
		   PTRACE_O_EXITKILL) < 0)
		return -errno;
	/* Fails only if the thread has died, which is seen later. */
	ptrace(PTRACE_INTERRUPT, n->tid, 0, 0);
	return 0;
}

/* A stopped thread. */
struct tracee {
	pid_t tid;
	int status;		/* of its last stop */
	int sig;		/* that came meanwhile and is to be delivered */
	struct arch_regs regs;	/* behind the call that was notified */
	uint64_t mask;		/* of its signals */
};

static int event_of(const struct tracee *t)
{
	return (int)((unsigned)t->status >> 16);
}

static bool is_call_stop(const struct tracee *t)
{
	return !event_of(t) && WSTOPSIG(t->status) == (SIGTRAP | 0x80);
}

/* Wait for the next stop. Return: 0, or -ESRCH if there is none. */
static int next_stop(struct tracee *t)
{
	pid_t pid;

	do {
		pid = waitpid(-1, &t->status, __WALL | __WNOTHREAD);
	} while (pid < 0 && errno == EINTR);
	if (pid <= 0 || !WIFSTOPPED(t->status))
		return -ESRCH;
	t->tid = pid;
	return 0;
}

/* Go on to where the next call begins or ends, or a new program begins.
 * Return: 0, 1 at a new program, or a negative errno. */
static int go_on(struct tracee *t)
{
	do {
		if (ptrace(PTRACE_SYSCALL, t->tid, 0, 0) < 0)
			return -errno;
		if (next_stop(t) < 0)
			return -ESRCH;
		if (event_of(t) == PTRACE_EVENT_EXEC)
			return 1;
		/* Only SIGSTOP, which nothing blocks, comes as itself. */
		if (!event_of(t) && !is_call_stop(t))
			t->sig = WSTOPSIG(t->status);
	} while (!is_call_stop(t));
	return 0;
}

/* Make one call. Return: 0 and its result, 1 if a new program has begun, or why
 * it was not made. */
static int make_call(struct tracee *t, const struct thread_call *call, int64_t *ret)
{
	struct arch_regs regs = t->regs;
	int err = arch_regs_call(t->tid, &regs, call->nr, call->args);

	if (!err)
		err = arch_regs_set(t->tid, &regs);
	if (!err)
		err = go_on(t);
	if (!err)
		err = go_on(t);
	if (!err)
		err = arch_regs_get(t->tid, &regs);
	if (!err)
		*ret = arch_regs_result(&regs);
	return err;
}

/* Wait for the caller of @n to stop, and block its signals. Return: whether it can
 * make calls; if not, it is let go. */
static bool begin(const struct notif *n, struct tracee *t)
{
	const uint64_t all = UINT64_MAX;

	*t = (struct tracee){ .tid = n->tid };
	if (next_stop(t) < 0)
		return false;
	/* A signal that would be delivered now, or none. */
	t->sig = event_of(t) ? 0 : WSTOPSIG(t->status);
	if (n->state == NOTIF_REPLIED && arch_regs_get(t->tid, &t->regs) == 0 &&
	    ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(t->mask), &t->mask) == 0 &&
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) == 0)
		return true;
	ptrace(PTRACE_DETACH, t->tid, 0, (void *)(intptr_t)t->sig);
	return false;
}

/* Let it go, with @result as that of the call that was notified. */
static void finish(struct tracee *t, int64_t result)
{
	ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(t->mask), &t->mask);
	arch_regs_set_result(&t->regs, result);
	arch_regs_set(t->tid, &t->regs);
	ptrace(PTRACE_DETACH, t->tid, 0, (void *)(intptr_t)t->sig);
}

void thread_call_run(struct notif *n, const struct thread_call *calls, unsigned count)
{
	int64_t first = -EACCES, result;
	struct tracee t;
	unsigned i;

	if (!begin(n, &t))
		return;
	if (!count)
		first = arch_regs_result(&t.regs);
	for (i = 0; i < count && make_call(&t, &calls[i], &result) == 0; i++)
		if (i == 0)
			first = result;
	finish(&t, first);
}

void thread_call_exec(struct notif *n, const struct thread_call *exec,
		      bool (*verify)(struct notif *n, pid_t pid),
		      const struct thread_call *undo)
{
	int64_t result = -EACCES, ignored;
	struct tracee t;

	if (!begin(n, &t))
		return;
	if (make_call(&t, exec, &result) == 1) {
		ptrace(PTRACE_SETSIGMASK, t.tid, sizeof(t.mask), &t.mask);
		if (exec_stop_settle(n, t.tid, t.status, verify) > 0 && t.sig)
			kill(t.tid, t.sig);
		return;
	}
	make_call(&t, undo, &ignored);
	finish(&t, result);
}

bool thread_call_is_ours(const struct notif *n)
{
	char path[40], text[1024];
	const char *field;
	int tracer;

	proc_read(n->tid, "status", text, sizeof(text));
	field = proc_field(text, "\nTracerPid:");
	tracer = field ? atoi(field) : 0;
	snprintf(path, sizeof(path), "/proc/self/task/%d", tracer);
	return tracer > 0 && access(path, F_OK) == 0;
}
