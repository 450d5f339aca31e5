/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/probe_child.h"
#include "policy/base/cleanup.h"

/* Longer than any probe needs: their own deadlines come first. */
#define RUN_DEADLINE_MS (3 * PROBE_DEADLINE_MS)

#define K PROBE_KERNEL
#define L PROBE_LIMITS

const struct probe probes[] = {
{ "filter",		"seccomp filter",		K, PROBE_NEEDED, "3.17",
  "nothing can be restricted", probe_filter },
{ "listener",		"notification listener",	K, PROBE_NEEDED, "5.0",
  "no call can be answered by gosup", probe_listener },
{ "continue",		"continued calls",		K, PROBE_NEEDED, "5.5",
  "no call can be observed", probe_continue },
{ "addfd",		"descriptor injection",		K, PROBE_NEEDED, "5.9",
  "no file can be opened for the program", probe_addfd },
{ "openat2",		"openat2(2)",			K, PROBE_USEFUL, "5.6",
  "each component of a path takes a call of its own", probe_openat2 },
{ "proc",		"/proc",			K, PROBE_NEEDED, NULL,
  "the program's root, directory and descriptors cannot be reached; "
  "mount procfs on /proc", probe_proc },
{ "pidfd-open",		"pidfd_open(2)",		K, PROBE_NEEDED, "5.3",
  "a process id may come to name another process", probe_pidfd_open },
{ "thread-fs",		"unshare(CLONE_FS)",		K, PROBE_NEEDED, NULL,
  "gosup cannot act with the program's umask and root", probe_thread_fs },
{ "mem-read",		"/proc/PID/mem, read",		K, PROBE_USEFUL, NULL,
  "arguments in memory can only be read by process_vm_readv(2)",
  probe_mem_read },
{ "mem-write",		"/proc/PID/mem, write",		K, PROBE_USEFUL, NULL,
  "results cannot be written to the program's memory", probe_mem_write },
{ "vm-readv",		"process_vm_readv(2)",		K, PROBE_USEFUL, "3.2",
  "arguments are read through /proc/PID/mem, a little slower",
  probe_vm_readv },
{ "wait-killable",	"calls that signals leave alone", K, PROBE_USEFUL, "5.19",
  "a signal takes a call back while gosup works on it: Go's preemption makes "
  "slow calls start anew", probe_wait_killable },
{ "sync-wake-up",	"same-CPU wake-up",		K, PROBE_USEFUL, "6.6",
  "each notified call takes about twice as long", probe_sync_wake_up },
{ "landlock",		"Landlock",			K, PROBE_USEFUL, "5.13",
  "every file rule costs a notification per call", probe_landlock },
{ "ptrace-seize",	"PTRACE_SEIZE",			K, PROBE_USEFUL, "3.4",
  "rules for programs to execute cannot be verified, and are refused",
  probe_ptrace_seize },
{ "pidfd-getfd",	"pidfd_getfd(2)",		K, PROBE_USEFUL, "5.6",
  "rules for files refuse UNIX sockets, watches, and listings of which they hide "
  "something", probe_pidfd_getfd },
{ "pidfd-thread",	"pidfds of threads",		K, PROBE_USEFUL, "6.9",
  "descriptors of a thread that has a table of its own are mistaken",
  probe_pidfd_thread },
{ "subreaper",		"adoption of orphans",		K, PROBE_USEFUL, "3.4",
  "processes that outlive their parent are lost from sight",
  probe_subreaper },
{ "io-uring",		"io_uring",			K, PROBE_FACT, "5.1",
  NULL, probe_io_uring },
{ "foreign-32",		"32-bit system calls",		K, PROBE_FACT, NULL,
  NULL, probe_foreign_32 },
{ "foreign-x32",	"x32 system calls",		K, PROBE_FACT, NULL,
  NULL, probe_foreign_x32 },

{ "outer-listener",	"supervised already",		L, PROBE_FACT, NULL,
  NULL, probe_outer_listener },
{ "outer-filter",	"outer seccomp filters",	L, PROBE_FACT, NULL,
  NULL, probe_outer_filter },
{ "no-new-privs",	"no_new_privs",			L, PROBE_FACT, NULL,
  NULL, probe_no_new_privs },
{ "capabilities",	"capabilities",			L, PROBE_FACT, NULL,
  NULL, probe_capabilities },
{ "yama",		"Yama ptrace_scope",		L, PROBE_FACT, NULL,
  NULL, probe_yama },
{ "container",		"container",			L, PROBE_FACT, NULL,
  NULL, probe_container },
{ "user-namespace",	"user namespace",		L, PROBE_FACT, NULL,
  NULL, probe_user_namespace },
{ "pid-namespace",	"pid namespace",		L, PROBE_FACT, NULL,
  NULL, probe_pid_namespace },
{ "read-only-root",	"read-only root",		L, PROBE_FACT, NULL,
  NULL, probe_read_only_root },
{ "open-files",		"open files",			L, PROBE_USEFUL, NULL,
  "gosup may run out of descriptors; raise RLIMIT_NOFILE", probe_open_files },
{ "processes",		"processes",			L, PROBE_FACT, NULL,
  NULL, probe_processes },
{ "memory",		"memory",			L, PROBE_FACT, NULL,
  NULL, probe_memory },
{ "terminal",		"controlling terminal",		L, PROBE_FACT, NULL,
  NULL, probe_terminal },
};

#undef K
#undef L

const unsigned probe_count = sizeof(probes) / sizeof(probes[0]);

const struct probe *probe_by_name(const char *name)
{
	for (unsigned i = 0; i < probe_count; i++)
		if (strcmp(probes[i].name, name) == 0)
			return &probes[i];
	return NULL;
}

struct probe_result probe_works(void)
{
	return (struct probe_result){ .state = PROBE_WORKS };
}

struct probe_result probe_works_value(long value, const char *note, ...)
{
	struct probe_result r = { .state = PROBE_WORKS, .value = value };
	va_list ap;

	va_start(ap, note);
	vsnprintf(r.note, sizeof(r.note), note, ap);
	va_end(ap);
	return r;
}

struct probe_result probe_fails(int error, const char *note, ...)
{
	struct probe_result r = { .state = PROBE_FAILS, .error = error };
	va_list ap;

	va_start(ap, note);
	if (note)
		vsnprintf(r.note, sizeof(r.note), note, ap);
	va_end(ap);
	return r;
}

struct probe_result probe_unknown(const char *note, ...)
{
	struct probe_result r = { .state = PROBE_UNKNOWN };
	va_list ap;

	va_start(ap, note);
	vsnprintf(r.note, sizeof(r.note), note, ap);
	va_end(ap);
	return r;
}

__attribute__((noreturn))
static void run_child(const struct probe *probe, int out)
{
	struct probe_result result;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	result = probe->run();
	_exit(write(out, &result, sizeof(result)) != sizeof(result));
}

/* What a probe's death says, where it gave no result of its own. */
static struct probe_result died(int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return probe_fails(0, "an outer seccomp filter kills for it");
	if (WIFSIGNALED(status))
		return probe_fails(0, "the probe dies of signal %d",
				   WTERMSIG(status));
	return probe_unknown("the probe ends with status %d",
			     WEXITSTATUS(status));
}

struct probe_result probe_run(const struct probe *probe)
{
	struct probe_result result;
	struct pollfd pfd = { .events = POLLIN };
	auto_fd in = -1;
	int fds[2], n, status = 0;
	bool heard = false;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return probe_unknown("pipe2: %s", strerror(errno));
	in = fds[0];
	pid = fork();
	if (pid == 0)
		run_child(probe, fds[1]);
	close_fd(fds[1]);
	if (pid < 0)
		return probe_unknown("fork: %s", strerror(errno));
	/* A dead child closes the pipe, which ends the wait as well. */
	pfd.fd = in;
	do
		n = poll(&pfd, 1, RUN_DEADLINE_MS);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		heard = read(in, &result, sizeof(result)) ==
			(ssize_t)sizeof(result);
	else
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (heard)
		return result;
	return n > 0 ? died(status) : probe_fails(0, "does not end");
}
