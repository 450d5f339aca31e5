/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_EXEC_SEARCH_H
#define GOSUP_LAUNCHER_EXEC_SEARCH_H

#include <stdbool.h>

/** exec_dirs() - the directories to look for programs in, separated by colons. */
const char *exec_dirs(void);

/**
 * exec_next() - the next place where @program may be; there need not be anything.
 * Names that no system call takes are left out.
 * @dirs: at first exec_dirs(); moved on
 * @ret: PATH_MAX bytes
 * Return: false if there is none left.
 */
bool exec_next(const char **dirs, const char *program, char *ret);

/**
 * exec_search() - execute @argv as a shell does: looked up in PATH if its name
 * has no slash; a text without "#!" is run by /bin/sh.
 * Return: only on failure: the errno that says most.
 */
int exec_search(char *const argv[]);

#endif
