/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/arch.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
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

static_assert(sizeof(struct user_regs_struct) <= sizeof(struct arch_regs), "all registers");

static struct user_regs_struct *of(struct arch_regs *regs)
{
	return (struct user_regs_struct *)(void *)regs->words;
}

int arch_regs_get(pid_t pid, struct arch_regs *ret)
{
	return ptrace(PTRACE_GETREGS, pid, 0, ret->words) < 0 ? -errno : 0;
}

int arch_regs_set(pid_t pid, const struct arch_regs *regs)
{
	return ptrace(PTRACE_SETREGS, pid, 0, regs->words) < 0 ? -errno : 0;
}

int arch_regs_call(pid_t pid, struct arch_regs *regs, long nr, const uint64_t args[5])
{
	static const unsigned char syscall_insn[] = { 0x0f, 0x05 };
	struct user_regs_struct *r = of(regs);
	long text;

	r->rip -= sizeof(syscall_insn);
	errno = 0;
	text = ptrace(PTRACE_PEEKTEXT, pid, (void *)r->rip, 0);
	if (errno || memcmp(&text, syscall_insn, sizeof(syscall_insn)))
		return -ENOEXEC;
	r->rax = (uint64_t)nr;
	r->rdi = args[0];
	r->rsi = args[1];
	r->rdx = args[2];
	r->r10 = args[3];
	r->r8 = args[4];
	r->orig_rax = UINT64_MAX;	/* no call to be started again */
	return 0;
}

uint64_t arch_regs_stack(const struct arch_regs *regs)
{
	return of((struct arch_regs *)(uintptr_t)regs)->rsp;
}

void arch_regs_set_stack(struct arch_regs *regs, uint64_t stack)
{
	of(regs)->rsp = stack;
}

int64_t arch_regs_result(const struct arch_regs *regs)
{
	return (int64_t)of((struct arch_regs *)(uintptr_t)regs)->rax;
}

void arch_regs_set_result(struct arch_regs *regs, int64_t result)
{
	of(regs)->rax = (uint64_t)result;
	of(regs)->orig_rax = UINT64_MAX;
}
