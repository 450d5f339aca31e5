/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/probe.h"
#include "launcher/probe_child.h"
#include "policy/base/cleanup.h"
#include "policy/base/uapi.h"

/*
 * What may be done to a child: the supervisor reads its memory, refers to it
 * by pidfd and stops it at exec. The child needs no filter for that.
 */

/* A child of fork() sees this at the same address. */
static char secret[] = "native";

__attribute__((noreturn))
static void sleep_for_ever(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (;;)
		pause();
}

/* Return: a child that holds "target" in @secret and sleeps; -1 on failure.
 * It has written before this returns: the pipe says so. */
static pid_t sleeper(void)
{
	int fds[2];
	char c = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		memcpy(secret, "target", sizeof(secret));
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		sleep_for_ever();
	}
	close_fd(fds[1]);
	if (pid > 0 && read(fds[0], &c, 1) != 1) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close_fd(fds[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Run @try on a sleeping child. */
static struct probe_result with_sleeper(struct probe_result (*try)(pid_t pid))
{
	struct probe_result result;
	pid_t pid = sleeper();

	if (pid < 0)
		return probe_unknown("no child to try it on: %s",
				     strerror(errno));
	result = try(pid);
	end(pid);
	return result;
}

static struct probe_result try_vm_readv(pid_t pid)
{
	char buf[sizeof(secret)] = "";
	struct iovec local = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct iovec remote = { .iov_base = secret, .iov_len = sizeof(buf) };

	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0)
		return probe_fails(errno, NULL);
	if (strcmp(buf, "target") != 0)
		return probe_fails(0, "reads something else");
	return probe_works();
}

struct probe_result probe_vm_readv(void)
{
	return with_sleeper(try_vm_readv);
}

static int open_mem(pid_t pid, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, flags | O_CLOEXEC);
}

static struct probe_result try_mem_read(pid_t pid)
{
	auto_fd fd = open_mem(pid, O_RDONLY);
	char buf[sizeof(secret)] = "";

	if (fd < 0)
		return probe_fails(errno, "cannot be opened");
	if (pread(fd, buf, sizeof(buf), (off_t)(uintptr_t)secret) < 0)
		return probe_fails(errno, NULL);
	if (strcmp(buf, "target") != 0)
		return probe_fails(0, "reads something else");
	return probe_works();
}

struct probe_result probe_mem_read(void)
{
	return with_sleeper(try_mem_read);
}

/* Shared by fork: a page that the program itself may only read. */
static char *read_only;

static struct probe_result try_mem_write(pid_t pid)
{
	auto_fd fd = open_mem(pid, O_RDWR);
	char buf = 0;

	if (fd < 0)
		return probe_fails(errno, "cannot be opened");
	if (pwrite(fd, "w", 1, (off_t)(uintptr_t)read_only) != 1)
		return probe_fails(errno, "read-only pages stay read-only");
	if (pread(fd, &buf, 1, (off_t)(uintptr_t)read_only) != 1 || buf != 'w')
		return probe_fails(0, "writes do not arrive");
	return probe_works();
}

struct probe_result probe_mem_write(void)
{
	struct probe_result result;

	read_only = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (read_only == MAP_FAILED)
		return probe_unknown("mmap: %s", strerror(errno));
	result = with_sleeper(try_mem_write);
	munmap(read_only, 1);
	return result;
}

static struct probe_result try_pidfd_open(pid_t pid)
{
	auto_fd fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return probe_fails(errno, NULL);
	if (syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) < 0)
		return probe_fails(errno, "pidfd_send_signal");
	return probe_works();
}

struct probe_result probe_pidfd_open(void)
{
	return with_sleeper(try_pidfd_open);
}

struct probe_result probe_pidfd_thread(void)
{
	/* Of a leader too: older kernels know no flag but NONBLOCK. */
	auto_fd fd = (int)syscall(SYS_pidfd_open, getpid(), PIDFD_THREAD);

	return fd < 0 ? probe_fails(errno, NULL) : probe_works();
}

static struct probe_result try_pidfd_getfd(pid_t pid)
{
	auto_fd pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	auto_fd fd = -1;

	if (pidfd < 0)
		return probe_fails(errno, "pidfd_open");
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0);
	/* EBADF: it was allowed to look, and there is no such descriptor. */
	if (fd < 0 && errno != EBADF)
		return probe_fails(errno, NULL);
	return probe_works();
}

struct probe_result probe_pidfd_getfd(void)
{
	return with_sleeper(try_pidfd_getfd);
}

static struct probe_result try_ptrace_seize(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXEC) < 0)
		return probe_fails(errno, NULL);
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		return probe_fails(errno, "PTRACE_INTERRUPT");
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return probe_fails(0, "the process does not stop");
	if (ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0)
		return probe_fails(errno, "PTRACE_DETACH");
	return probe_works();
}

struct probe_result probe_ptrace_seize(void)
{
	return with_sleeper(try_ptrace_seize);
}

/* An orphaned grandchild must become ours. */
struct probe_result probe_subreaper(void)
{
	pid_t child, orphan;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return probe_fails(errno, NULL);
	child = fork();
	if (child < 0)
		return probe_unknown("fork: %s", strerror(errno));
	if (child == 0)
		_exit(fork() < 0);
	waitpid(child, NULL, 0);
	orphan = waitpid(-1, NULL, 0);
	if (orphan <= 0 || orphan == child)
		return probe_fails(0, "orphans go elsewhere");
	return probe_works();
}
