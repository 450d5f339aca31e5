/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters stack: one listener per chain (a second is EBUSY), plain filters of
 * the program itself are fine, and of two verdicts ERRNO beats notification.
 */
#include <linux/filter.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/base/uapi.h"
#include "tests/kernel/check.h"

static long filter(unsigned long flags, int nr, uint32_t action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

static int body(int sock)
{
	(void)sock;
	if (filter(SECCOMP_FILTER_FLAG_NEW_LISTENER, SYS_getuid,
		   SECCOMP_RET_USER_NOTIF) != -1 || errno != EBUSY)
		return 1;
	if (filter(0, SYS_getpgid, SECCOMP_RET_ERRNO | EDOM) < 0 ||
	    syscall(SYS_getpgid, 0) != -1 || errno != EDOM)
		return 2;
	if (syscall(SYS_getppid) != 42)	/* notified all the same */
		return 3;
	if (filter(0, SYS_getppid, SECCOMP_RET_ERRNO | EDOM) < 0)
		return 4;
	if (syscall(SYS_getppid) != -1 || errno != EDOM)
		return 5;
	return 0;
}

int main(void)
{
	struct probe_child child;
	struct seccomp_notif req;
	int status;

	start(&child, SYS_getppid, 0, body);
	check_ok(probe_recv(&child, &req));
	check_ok(probe_send(&child, req.id, 42, 0, 0));
	status = probe_child_exit(&child);
	check(status == 0, "step %d", status);
	probe_child_finish(&child);
	return 0;
}
