/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/arch.h"

#include <assert.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/user.h>

/* arch/x86/include/uapi/asm/stat.h */
static_assert(sizeof(struct stat) == 144, "the kernel's struct stat");

void arch_stat(const struct stat *from, struct kernel_stat *ret)
{
	ret->st = *from;
}

int arch_instruction_pointer(pid_t pid, uint64_t *ret)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return -errno;
	*ret = regs.rip;
	return 0;
}
