/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An injected descriptor is bound by the caller's own RLIMIT_NOFILE, takes the
 * lowest free number, has close-on-exec only if asked, and shares the open
 * file (offset, status flags) with the supervisor's.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static int body_full_table(int sock)
{
	struct rlimit lim = { .rlim_cur = (rlim_t)sock + 1,
			      .rlim_max = (rlim_t)sock + 1 };

	/* Fill every number below the limit. */
	while (dup(sock) >= 0)
		;
	if (setrlimit(RLIMIT_NOFILE, &lim) < 0)
		return 2;
	return syscall(SYS_getppid) == -1 && errno == EMFILE ? 0 : 1;
}

static void limit_is_the_callers(void)
{
	struct probe_child child;
	struct seccomp_notif req;
	int err;

	start(&child, SYS_getppid, 0, body_full_table);
	check_ok(probe_recv(&child, &req));
	err = probe_inject(&child, req.id, 0);
	check(err == -EMFILE, "ADDFD beyond the limit gives %d", err);
	/* The call still waits, so it can be failed as open(2) would. */
	check_ok(probe_send(&child, req.id, 0, -EMFILE, 0));
	check(probe_child_exit(&child) == 0);
	probe_child_finish(&child);
}

static int body_flags(int sock)
{
	int expect = dup(sock), fd;

	close(expect);
	fd = (int)syscall(SYS_getppid);
	if (fd != expect || fcntl(fd, F_GETFD) != 0)
		return 1;
	/* One open file: the supervisor has read one byte of it already. */
	if (lseek(fd, 0, SEEK_CUR) != 1 || lseek(fd, 7, SEEK_SET) != 7)
		return 2;
	return 0;
}

static void shares_the_open_file(void)
{
	struct probe_child child;
	struct seccomp_notif req;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char c;

	check(fd >= 0 && read(fd, &c, 1) == 1);
	start(&child, SYS_getppid, 0, body_flags);
	check_ok(probe_recv(&child, &req));
	check_ok(probe_send(&child, req.id, probe_inject(&child, req.id, fd), 0, 0));
	check(probe_child_exit(&child) == 0);
	check(lseek(fd, 0, SEEK_CUR) == 7);
	close(fd);
	probe_child_finish(&child);
}

int main(void)
{
	limit_is_the_callers();
	shares_the_open_file();
	return 0;
}
