/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_EXEC_VIEW_H
#define GOSUP_EMUL_EXEC_VIEW_H

#include "emul/reply.h"
#include "emul/walk.h"

/**
 * exec_view() - start a program that the kernel would not find by its path,
 * because it, or the interpreter that it names, is seen through a view.
 * @place: the program, which may be started
 * @verify: as for exec_stop_settle(); exec_view_owns() tells it the name
 * @ret: the answer
 *
 * Return: false if the kernel finds it; then @ret is not set.
 */
bool exec_view(struct notif *n, const struct place *place,
	       bool (*verify)(struct notif *n, pid_t pid), struct outcome *ret);

/**
 * exec_view_name() - the name of the program that exec_view() has started.
 * @fd: what was started
 * Return: NULL if that is something else.
 */
const char *exec_view_name(const struct notif *n, int fd);

/* Give the program in @pid, at its exec stop, the arguments that the kernel would
 * have. Return: 0 or a negative errno. */
int exec_view_set_args(const struct notif *n, pid_t pid);

/* Is this execve one that exec_view() has its caller make? */
bool exec_view_is_ours(const struct notif *n);

#endif
