/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_EXEC_ARGS_H
#define GOSUP_EMUL_EXEC_ARGS_H

#include <sys/types.h>

/**
 * exec_args_set() - change what a program is about to find as its arguments.
 * @pid: a tracee of this thread, in its exec stop
 * @first: @count strings that take the place of argv[0]; with none it stays
 * @file: as what it was started, which AT_EXECFN tells (getauxval(3))
 *
 * Its memory is its own by then, and nobody has looked at it.
 * Return: 0 or a negative errno.
 */
int exec_args_set(pid_t pid, const char *const *first, size_t count, const char *file);

#endif
