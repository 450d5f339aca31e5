/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_ARCH_H
#define GOSUP_EMUL_ARCH_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * What differs between architectures on the emulating side; implemented in
 * emul/arch_<name>.c. On x86-64 the kernel's struct stat is glibc's.
 */
struct kernel_stat {
	struct stat st;
};

void arch_stat(const struct stat *from, struct kernel_stat *ret);

/* Where tracee @pid, which is stopped, will go on. Return: 0 or errno. */
int arch_instruction_pointer(pid_t pid, uint64_t *ret);

/* The registers of a stopped tracee: struct user_regs_struct. */
struct arch_regs {
	uint64_t words[34];
};

/* All return 0 or a negative errno. */
int arch_regs_get(pid_t pid, struct arch_regs *ret);
int arch_regs_set(pid_t pid, const struct arch_regs *regs);

/**
 * arch_regs_call() - turn registers that stand behind a system call into those
 * with which the tracee makes another one, when it goes on.
 * @args: the first five
 * Return: -ENOEXEC if they do not stand behind one.
 */
int arch_regs_call(pid_t pid, struct arch_regs *regs, long nr, const uint64_t args[5]);

/* The stack pointer; at a program's start it points to argc. */
uint64_t arch_regs_stack(const struct arch_regs *regs);
void arch_regs_set_stack(struct arch_regs *regs, uint64_t stack);

/* What the last system call returned. */
int64_t arch_regs_result(const struct arch_regs *regs);
void arch_regs_set_result(struct arch_regs *regs, int64_t result);

#endif
