/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_EXEC_SEARCH_H
#define GOSUP_LAUNCHER_EXEC_SEARCH_H

/**
 * exec_search() - execute @argv as a shell does: looked up in PATH if its name
 * has no slash; a text without "#!" is run by /bin/sh.
 * Return: only on failure: the errno that says most.
 */
int exec_search(char *const argv[]);

#endif
