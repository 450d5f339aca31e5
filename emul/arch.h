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

#endif
