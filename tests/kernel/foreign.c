/* SPDX-License-Identifier: Apache-2.0 */
/*
 * int 0x80 comes to the filter with another architecture and other numbers,
 * x32 with bit 30 set in the number. A filter that decides on both first
 * cannot be gone round.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher/probe.h"
#include "tests/kernel/check.h"

#if defined(__x86_64__)

#define X32_BIT		0x40000000U
#define NR_GETPID_I386	20

static long int80(long nr)
{
	long ret;

	__asm__ volatile ("int $0x80" : "=a" (ret) : "a" (nr)
			  : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

int main(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ERANGE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};
	struct probe_result have = probe_run(probe_by_name("foreign-32"));

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		skip("seccomp is refused: %s", strerror(errno));
	check(syscall(SYS_getpid) == getpid());
	/* The filter runs before the number is looked up, so ERANGE comes
	 * even from a kernel without x32. */
	check(syscall(X32_BIT | SYS_getpid) == -1 && errno == ERANGE);
	if (have.state != PROBE_WORKS)
		skip("no 32-bit entry here; x32 is as it should be");
	check(int80(NR_GETPID_I386) == -EDOM);
	return 0;
}

#else

int main(void)
{
	skip("x86 only");
}

#endif
