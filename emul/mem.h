/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_MEM_H
#define GOSUP_EMUL_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "emul/notif.h"

/*
 * The program's memory. Each argument is copied once and only the copy is
 * judged and used: another thread may write the original at any moment.
 * All return 0 or a length, or the errno the real call would have given.
 */

/* Copy @len bytes. Return: 0, -EFAULT, -ESRCH if the caller is gone. */
int mem_read(const struct notif *n, uint64_t addr, void *buf, size_t len);
int mem_write(const struct notif *n, uint64_t addr, const void *buf, size_t len);

/**
 * mem_read_string() - copy a terminated string.
 * Return: its length; -EFAULT if unmapped memory comes before its end;
 * -ENAMETOOLONG if it does not fit into @size bytes with its terminator, which
 * for PATH_MAX is what getname() in fs/namei.c does.
 */
int mem_read_string(const struct notif *n, uint64_t addr, char *buf, size_t size);

/**
 * mem_read_struct() - copy an extensible structure as copy_struct_from_user().
 * @size: the program's idea of its size; @known: ours, all of which is filled
 * Return: 0; -E2BIG if bytes beyond @known are not zero; -EFAULT.
 */
int mem_read_struct(const struct notif *n, uint64_t addr, size_t size, void *buf, size_t known);

#endif
