/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_EXEC_IMAGE_H
#define GOSUP_EMUL_EXEC_IMAGE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * exec_image_start() - the file in which a program starts to run.
 * @pid: a tracee of this thread, in its exec stop
 * @path: where the name goes, as /proc/PID/maps has it: the program's own, or
 * that of its interpreter (PT_INTERP, elf(5))
 *
 * Return: 0 or a negative errno.
 */
int exec_image_start(pid_t pid, char *path, size_t size);

#endif
