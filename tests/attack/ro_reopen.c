/* SPDX-License-Identifier: Apache-2.0 */
/* What is open for reading is opened again, for writing, by all that names a
 * descriptor in /proc and /dev: one's own, a thread's, a child's. */
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "locked.h"

__attribute__((format(printf, 1, 2)))
static void reopen(const char *fmt, ...)
{
	static const int flags[] = { O_WRONLY, O_RDWR, O_RDWR | O_APPEND,
				     O_RDWR | O_CREAT, O_WRONLY | O_NOFOLLOW };
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		locked_write(open(path, flags[i] | O_CLOEXEC, 0600), path);
	LOCKED_TRY(open(path, O_RDONLY | O_TRUNC | O_CLOEXEC));
	LOCKED_TRY(truncate(path, 3));
}

static void by_links(int fd)
{
	char path[64], name[16];
	int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snprintf(name, sizeof(name), "%d", fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	locked_write(openat(dir, name, O_WRONLY), "a name below /proc/self/fd");
	if (fchdir(dir) == 0)
		reopen("%d", fd);
	if (symlink(path, in_dir(PUBLIC "/way")) == 0)
		reopen("%s/" PUBLIC "/way", attack_dir);
	if (symlink("/proc/self/fd", in_dir(PUBLIC "/out")) == 0)
		reopen("%s/" PUBLIC "/out/%d", attack_dir, fd);
}

int main(int argc, char **argv)
{
	int fd, status;
	pid_t pid;

	attack_init(argc, argv);
	locked_remember();
	fd = open(locked_file(), O_RDONLY);
	need(fd >= 0);
	reopen("/proc/self/fd/%d", fd);
	reopen("/proc/thread-self/fd/%d", fd);
	reopen("/proc/self/task/%d/fd/%d", getpid(), fd);
	reopen("/proc/%d/fd/%d", getpid(), fd);
	reopen("/dev/fd/%d", fd);
	need(dup2(fd, 0) == 0);
	reopen("/dev/stdin");
	by_links(fd);
	pid = fork();
	need(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	reopen("/proc/%d/fd/%d", pid, fd);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	held();
}
