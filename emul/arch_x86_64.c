/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/arch.h"

#include <assert.h>

/* arch/x86/include/uapi/asm/stat.h */
static_assert(sizeof(struct stat) == 144, "the kernel's struct stat");

void arch_stat(const struct stat *from, struct kernel_stat *ret)
{
	ret->st = *from;
}
