/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Catching an execve without a resident tracer: on its notification SEIZE with
 * TRACEEXEC, INTERRUPT, answer CONTINUE, wait. EVENT_EXEC comes before the new
 * program's first instruction; EVENT_STOP means that the exec failed. It must
 * hold for failing execs, for vfork children and for exec from any thread.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/base/uapi.h"
#include "tests/kernel/check.h"

static char *const argv_true[] = { (char *)"true", NULL };

static void exec_true(void)
{
	execve("/bin/true", argv_true, environ);
}

static int body_exec(int sock)
{
	(void)sock;
	exec_true();
	return 9;
}

static int body_failing(int sock)
{
	(void)sock;
	if (execve("/nonexistent", argv_true, environ) == -1 && errno == ENOENT)
		return 0;
	return 9;
}

static int body_vfork(int sock)
{
	int status;
	pid_t pid;

	(void)sock;
	pid = vfork();
	if (pid == 0) {
		exec_true();
		_exit(9);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 8;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 7;
}

static void *exec_thread(void *arg)
{
	exec_true();
	return arg;
}

static int body_thread(int sock)
{
	pthread_t thread;

	(void)sock;
	if (pthread_create(&thread, NULL, exec_thread, NULL))
		return 8;
	pthread_join(thread, NULL);
	return 9;
}

/* Return: the ptrace event that ends the wait for the exec of @tid. After
 * exec from a thread, the stop is reported under the process id. */
static int await_event(pid_t *tid)
{
	int64_t end = probe_now_ms() + PROBE_DEADLINE_MS;
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);

		check(pid >= 0, "%s", strerror(errno));
		check(probe_now_ms() < end, "no stop arrives");
		if (pid == 0 || !WIFSTOPPED(status))
			continue;
		*tid = pid;
		return status >> 16;
	}
}

static void catch(int (*body)(int), int expect)
{
	struct probe_child child;
	struct seccomp_notif req;
	pid_t tid;
	int err, event;

	err = probe_child_start(&child, SYS_execve,
				SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, body);
	if (err)
		skip("WAIT_KILLABLE_RECV: %s", strerror(-err));
	check_ok(probe_recv(&child, &req));
	tid = (pid_t)req.pid;
	if (ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_TRACEEXEC) < 0)
		skip("PTRACE_SEIZE: %s", strerror(errno));
	check(ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0);
	check_ok(probe_send(&child, req.id, 0, 0,
			    SECCOMP_USER_NOTIF_FLAG_CONTINUE));
	event = await_event(&tid);
	check(event == expect, "event %d, not %d", event, expect);
	check(ptrace(PTRACE_DETACH, tid, NULL, NULL) == 0);
	check(probe_child_exit(&child) == 0);
	probe_child_finish(&child);
}

int main(void)
{
	catch(body_exec, PTRACE_EVENT_EXEC);
	catch(body_failing, PTRACE_EVENT_STOP);
	catch(body_vfork, PTRACE_EVENT_EXEC);
	catch(body_thread, PTRACE_EVENT_EXEC);
	return 0;
}
