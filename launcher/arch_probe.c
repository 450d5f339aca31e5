/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher/probe.h"

/*
 * Second ways into the kernel, by architecture. A filter that looked at call
 * numbers alone would mistake their numbers for others.
 */

#if defined(__x86_64__)

#define X32_BIT		0x40000000L
#define NR_GETPID_I386	20

static sigjmp_buf no_entry;

static void on_segv(int sig)
{
	(void)sig;
	siglongjmp(no_entry, 1);
}

struct probe_result probe_foreign_32(void)
{
	struct sigaction sa = { .sa_handler = on_segv };
	long ret;

	sigaction(SIGSEGV, &sa, NULL);
	if (sigsetjmp(no_entry, 1))
		return probe_fails(0, NULL);
	__asm__ volatile ("int $0x80" : "=a" (ret) : "a" (NR_GETPID_I386)
			  : "memory", "r8", "r9", "r10", "r11");
	if (ret != getpid())
		return probe_fails(ret < 0 ? (int)-ret : 0, NULL);
	return probe_works_value(1, "refused to programs under rules");
}

struct probe_result probe_foreign_x32(void)
{
	long ret = syscall(X32_BIT | SYS_getpid);

	if (ret < 0)
		return probe_fails(errno, NULL);
	return probe_works_value(1, "refused to programs under rules");
}

#else

struct probe_result probe_foreign_32(void)
{
	return probe_unknown("not tried on this architecture");
}

struct probe_result probe_foreign_x32(void)
{
	return probe_unknown("x86 only");
}

#endif
