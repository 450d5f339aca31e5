/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_SCRIPT_H
#define GOSUP_EMUL_SCRIPT_H

#include <stdbool.h>

/* Bytes at the start of a file in which the kernel looks for an interpreter:
 * BINPRM_BUF_SIZE in include/uapi/linux/binfmts.h. */
#define SCRIPT_HEAD 256

/* How many interpreters may be scripts themselves: exec_binprm() in fs/exec.c. */
#define SCRIPT_DEPTH 5

/* "#!INTERPRETER ARGUMENT", execve(2). */
struct script {
	char interpreter[SCRIPT_HEAD];
	bool has_argument;
	char argument[SCRIPT_HEAD];	/* all that follows, with inner spaces */
};

/**
 * script_parse() - read the first line of a script as the kernel does.
 * @head: the first bytes of the file; zeros where it is shorter
 * Return: 0; 1 if it is no script; -ENOEXEC if it names no interpreter, or one
 * that is cut off.
 */
int script_parse(const char head[SCRIPT_HEAD], struct script *ret);

#endif
