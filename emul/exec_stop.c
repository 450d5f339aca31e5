/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation (ptrace(2), fs/exec.c): PTRACE_SEIZE leaves the thread
 * where it is, waiting for our answer. PTRACE_INTERRUPT then has it stop at the
 * first chance, which comes either
 *
 *   - as PTRACE_EVENT_EXEC: the execve succeeded; the new image is mapped, its
 *     registers are set, nothing of it has run, or
 *   - as another stop: the execve has failed and the old program is about to
 *     go on.
 *
 * Either way it is let go at once. A tracer is a thread, not a process, so
 * attaching, waiting and detaching happen on one receiver thread, which waits
 * for its own tracees only. EXITKILL: should the supervisor die meanwhile, the
 * unverified program must not run.
 */
#include "emul/exec_stop.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

int exec_stop_attach(const struct notif *n)
{
	if (ptrace(PTRACE_SEIZE, n->tid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0)
		return -errno;
	/* Fails only if the thread has died, which exec_stop_wait() sees. */
	ptrace(PTRACE_INTERRUPT, n->tid, 0, 0);
	return 0;
}

/* The next change of this thread's tracee. Return: its pid, or 0 if none. */
static pid_t next_stop(int *ret_status)
{
	pid_t pid;

	do {
		/* Not by id: an execve by another than the main thread makes
		 * the caller change its id to that of the process. */
		pid = waitpid(-1, ret_status, __WALL | __WNOTHREAD);
	} while (pid < 0 && errno == EINTR);
	return pid > 0 ? pid : 0;
}

static int event_of(int status)
{
	return (int)((unsigned)status >> 16);
}

/* Let it go on as if nobody had been there. */
static void detach(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);

	/* Event stops carry no signal of the program's own. */
	if (event_of(status))
		sig = 0;
	ptrace(PTRACE_DETACH, pid, 0, (void *)(intptr_t)sig);
}

/* End it, and see it end: a tracer keeps a dead tracee from its parent until it
 * has waited for it. */
static void end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	while (waitpid(pid, &status, __WALL) >= 0 ? WIFSTOPPED(status) : errno == EINTR)
		ptrace(PTRACE_CONT, pid, 0, 0);
}

int exec_stop_settle(struct notif *n, pid_t pid, int status,
		     bool (*verify)(struct notif *n, pid_t pid))
{
	if (!verify(n, pid)) {
		end(pid);
		return -EACCES;
	}
	detach(pid, status);
	return 1;
}

int exec_stop_wait(struct notif *n, bool (*verify)(struct notif *n, pid_t pid))
{
	int status;
	pid_t pid = next_stop(&status);

	if (!pid || !WIFSTOPPED(status))
		return 0;
	if (event_of(status) != PTRACE_EVENT_EXEC) {
		detach(pid, status);
		return 0;
	}
	return exec_stop_settle(n, pid, status, verify);
}
