/* SPDX-License-Identifier: Apache-2.0 */
/* What other processes have: root, working directory and descriptors of a
 * child, of a sibling in a session of its own, of the ancestors, each by its
 * main thread and by its tasks. */
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "attack.h"

static char path[PATH_MAX + 64];

__attribute__((format(printf, 1, 2)))
static void attempt(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	check_path(path, path);
}

static void through(pid_t pid)
{
	attempt("/proc/%d/root%s", pid, secret_file());
	attempt("/proc/%d/task/%d/root%s", pid, pid, secret_file());
	attempt("/proc/%d/cwd/../" SECRET "/data", pid);
	attempt("/proc/%d/task/%d/cwd/../" SECRET "/data", pid, pid);
	attempt("/proc/self/root/proc/%d/cwd/../" SECRET "/data", pid);
	for (int fd = 3; fd < 24; fd++) {
		attempt("/proc/%d/fd/%d", pid, fd);
		attempt("/proc/%d/fd/%d/data", pid, fd);
		attempt("/proc/%d/fd/%d/" SECRET "/data", pid, fd);
		attempt("/proc/%d/task/%d/fd/%d/data", pid, pid, fd);
		attempt("/proc/%d/fd/%d/../" SECRET "/data", pid, fd);
	}
}

static pid_t other(bool apart)
{
	int fds[2];
	char c;
	pid_t pid;

	need(pipe(fds) == 0);
	pid = fork();
	need(pid >= 0);
	if (pid > 0) {
		close(fds[1]);
		need(read(fds[0], &c, 1) == 1);
		close(fds[0]);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (apart)
		setsid();
	open(secret_file(), O_PATH);
	dir_fd(in_dir(SECRET));
	dir_fd(attack_dir);
	need(dir_fd(in_dir(PUBLIC)) >= 0 && chdir(in_dir(PUBLIC)) == 0);
	need(write(fds[1], "x", 1) == 1);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	pid_t near, far;

	attack_init(argc, argv);
	near = other(false);
	far = other(true);
	through(near);
	through(far);
	for (pid_t pid = getppid(); pid > getppid() - 3 && pid > 0; pid--)
		through(pid);
	kill(near, SIGKILL);
	kill(far, SIGKILL);
	while (wait(NULL) > 0)
		;
	held();
}
