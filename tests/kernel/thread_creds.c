/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identity belongs to threads: raw setfsuid(2), setgroups(2) and capset(2)
 * change the calling thread alone, and unshare(CLONE_FS) gives it a root,
 * a working directory and a umask of its own. glibc's wrappers would change
 * all threads.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static void *other(void *arg)
{
	gid_t groups[] = { 65534 };
	char cwd[64];

	(void)arg;
	check(unshare(CLONE_FS) == 0);
	check(chdir("/proc") == 0);
	check(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/proc") == 0);
	check(syscall(SYS_setgroups, 1, groups) == 0);
	syscall(SYS_setfsuid, 65534);
	check(syscall(SYS_setfsuid, -1) == 65534);
	/* Leaving fsuid 0 drops the file capabilities of this thread. */
	check(open("/proc/1/environ", O_RDONLY | O_CLOEXEC) == -1);
	return NULL;
}

int main(void)
{
	pthread_t thread;
	gid_t groups[64];
	int before;

	if (geteuid() != 0)
		skip("only root changes its identity");
	check(chdir("/") == 0);
	before = getgroups(64, groups);
	if (syscall(SYS_setgroups, before, groups) < 0)
		skip("setgroups: %s", strerror(errno));
	check(pthread_create(&thread, NULL, other, NULL) == 0);
	check(pthread_join(thread, NULL) == 0);
	check(syscall(SYS_setfsuid, -1) == 0);
	check(getgroups(64, groups) == before);
	check(access("sys", F_OK) == 0, "the working directory is shared");
	return 0;
}
