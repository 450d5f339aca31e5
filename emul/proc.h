/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_PROC_H
#define GOSUP_EMUL_PROC_H

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

/* What /proc says of processes and threads, proc(5). */

/* Bytes that /proc/PID/status surely fits into, but for the longest list of groups. */
#define PROC_STATUS_SIZE 8192

/**
 * proc_read() - copy /proc/@pid/@file, as much as fits, and terminate it.
 * @pid: a process or thread
 *
 * Return: its length, 0 if there is nothing in it; -ESRCH if @pid is gone; or
 * another negative errno. @buf is terminated in any case.
 */
int proc_read(pid_t pid, const char *file, char *buf, size_t size);

/* What stands behind @name, "\nTgid:" for one, in the text of a status file. Return:
 * NULL if that is not there. */
const char *proc_field(const char *text, const char *name);

/* The state letter in /proc/@pid/stat: 'R', 'T', ... Return: 0 or a negative errno,
 * as proc_read(). */
int proc_state(pid_t pid, char *ret);

/* The parent in /proc/@pid/stat. Return: 0 if that cannot be told. */
pid_t proc_parent(pid_t pid);

/* The next process that @proc, an open /proc, lists. Return: 0 at the end. */
pid_t proc_next(DIR *proc);

#endif
