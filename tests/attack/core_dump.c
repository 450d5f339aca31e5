/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel writes a core file into the working directory of a process that
 * dies, whatever the process itself may write there. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "locked.h"

static void die_in(const char *dir)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit lim;
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		if (chdir(dir) < 0)
			_exit(0);
		if (setrlimit(RLIMIT_CORE, &all) < 0 &&
		    getrlimit(RLIMIT_CORE, &lim) == 0) {
			lim.rlim_cur = lim.rlim_max;
			setrlimit(RLIMIT_CORE, &lim);
		}
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		abort();
	}
	need(waitpid(pid, &status, 0) == pid);
}

int main(int argc, char **argv)
{
	char pattern[128] = "";
	int fd;

	attack_init(argc, argv);
	fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, pattern, sizeof(pattern) - 1) <= 0 ||
	    pattern[0] == '|' || pattern[0] == '/' || pattern[0] == '@')
		cannot("core files go elsewhere: %s", pattern);
	locked_remember();
	die_in(in_dir(LOCKED));
	locked_check("a core file");
	die_in(in_dir(LOCKED "/dir"));
	locked_check("a core file");
	/* test_attacks.py looks whether this made one. */
	die_in(in_dir(SECRET));
	held();
}
