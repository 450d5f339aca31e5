/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: that a process dumped core stands in its wait status, and
 * shells and service managers tell of it. Only the kernel can put it there, and
 * does so when it has written a core file (coredump_finish() in fs/coredump.c).
 * So we have it write one, as small as it makes them, into a directory of our
 * own that a child removes as soon as we are gone.
 *
 * That is possible where core files go to the working directory. Elsewhere ours
 * would stand beside the program's, or take its place; and a program that cores
 * are handed to (core(5)) would report a crash of gosup. There the signal has to
 * do.
 */
#include "daemon/mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "policy/base/cleanup.h"

/* The kernel makes no smaller ones (min_coredump in fs/binfmt_elf.c), and cuts
 * those that would be larger off. */
#define CORE_SIZE 4096

static bool cores_go_to_cwd(void)
{
	auto_fd fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	char first;

	return fd >= 0 && read(fd, &first, 1) == 1 && !strchr("/|@\n", first);
}

/* In a child that has nothing but one end of a connection, and @path as its working
 * directory: leave the group that may be killed with our parent, say so, wait for its
 * end, and remove the directory. */
__attribute__((noreturn))
static void sweep(int end, const char *path)
{
	struct dirent *entry;
	char c;
	DIR *dir;

	dup2(end, 0);
	kernel_close_range(1, ~0U, 0);
	setsid();
	if (write(0, "x", 1) != 1)
		_exit(1);
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
	dir = opendir(".");
	while (dir && (entry = readdir(dir)))
		unlink(entry->d_name);
	rmdir(path);
	_exit(0);
}

/* Go where a core file of ours does no harm. */
static bool enter_own_directory(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[256];
	int ends[2];
	pid_t child;
	char c;

	if (!tmp || tmp[0] != '/')
		tmp = "/tmp";
	if (snprintf(path, sizeof(path), "%s/gosup-core-XXXXXX", tmp) >= (int)sizeof(path) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	if (!mkdtemp(path))
		return false;
	if (chdir(path) < 0) {
		rmdir(path);
		return false;
	}
	child = fork();
	if (child == 0)
		sweep(ends[0], path);
	close(ends[0]);
	/* The other end stays open as long as we live. */
	if (child > 0 && read(ends[1], &c, 1) == 1)
		return true;
	rmdir(path);
	return false;
}

static bool prepare_core(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_max < CORE_SIZE ||
	    !cores_go_to_cwd() || !enter_own_directory())
		return false;
	limit.rlim_cur = CORE_SIZE;
	return setrlimit(RLIMIT_CORE, &limit) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0;
}

void session_mirror(const struct session_end *end)
{
	struct rlimit none = { 0, 0 };
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t set;

	if (end->code == CLD_EXITED)
		exit(end->status);
	fflush(NULL);
	if (getpid() == 1)
		_exit(128 + end->status);
	/* What is worth a look is the program's core, not ours. */
	if (end->code != CLD_DUMPED || !prepare_core())
		setrlimit(RLIMIT_CORE, &none);
	sigaction(end->status, &dfl, NULL);
	raise(end->status);
	sigemptyset(&set);
	sigaddset(&set, end->status);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + end->status);
}
