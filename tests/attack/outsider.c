/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of the same user that nobody supervises, in ATTACK_VICTIM: who traces it
 * or writes to its memory has it do what is denied here, who takes its descriptors
 * has what it opened.
 */
#include <linux/perf_event.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "attack.h"

static void tried(long ret, const char *how)
{
	if (ret >= 0)
		broken("%s reaches a process outside", how);
}

static void by_tracing(pid_t pid)
{
	tried(ptrace(PTRACE_SEIZE, pid, NULL, NULL), "PTRACE_SEIZE");
	tried(ptrace(PTRACE_ATTACH, pid, NULL, NULL), "PTRACE_ATTACH");
}

static void by_descriptor(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		tried(syscall(SYS_pidfd_getfd, pidfd, fd, 0), "pidfd_getfd");
	close(pidfd);
}

/* Nothing need be at the address: EFAULT says that we were let in. */
static void by_vectors(pid_t pid)
{
	char buf[8] = "";
	struct iovec local = { buf, sizeof(buf) };
	struct iovec remote = { &attack_dir, sizeof(buf) };

	tried(process_vm_readv(pid, &local, 1, &remote, 1, 0) >= 0 || errno == EFAULT ? 0 : -1,
	      "process_vm_readv");
	tried(process_vm_writev(pid, &local, 1, &remote, 1, 0) >= 0 || errno == EFAULT ? 0 : -1,
	      "process_vm_writev");
}

static void by_file(pid_t pid)
{
	static const char *const forms[] = {
		"/proc/%d/mem", "/proc/%d/task/%d/mem", "/proc/self/../%d/mem",
		"/proc/./%d//mem", "/proc/self/root/proc/%d/mem",
		"/proc/thread-self/../../../%d/mem",
	};
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR };
	char path[80];
	int dir;

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		/* The formats take one number or two. */
		snprintf(path, sizeof(path), forms[i], pid, pid);
		for (unsigned j = 0; j < 3; j++)
			tried(open(path, flags[j]), path);
	}
	snprintf(path, sizeof(path), "/proc/%d", pid);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return;
	for (unsigned j = 0; j < 3; j++)
		tried(openat(dir, "mem", flags[j]), "mem of a directory's descriptor");
	if (fchdir(dir) == 0)
		tried(open("mem", O_RDWR), "mem of the working directory");
}

/* Samples hold registers and parts of the stack. */
static void by_samples(pid_t pid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_TASK_CLOCK,
		.size = sizeof(attr), .exclude_kernel = 1,
	};

	tried(syscall(SYS_perf_event_open, &attr, pid, -1, -1, 0), "perf_event_open");
}

static void (*const ways[])(pid_t pid) = {
	by_descriptor, by_vectors, by_file, by_samples, by_tracing,
};

int main(int argc, char **argv)
{
	const char *victim = getenv("ATTACK_VICTIM"), *way = getenv("ATTACK_WAY");

	attack_init(argc, argv);
	need(victim && way && strtoul(way, NULL, 10) < sizeof(ways) / sizeof(ways[0]));
	ways[strtoul(way, NULL, 10)](atoi(victim));
	held();
}
