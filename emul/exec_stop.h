/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_EXEC_STOP_H
#define GOSUP_EMUL_EXEC_STOP_H

#include "emul/notif.h"

/*
 * The exec stop: a thread about to exec is attached to, so that it halts
 * between the exec and its first instruction, when /proc/PID/exe tells what
 * was executed in the end.
 */

/**
 * exec_stop_attach() - make the caller of @n halt after its execve.
 * If this succeeds, the call must be answered with CONTINUE and then
 * exec_stop_wait() be called on the same thread.
 * Return: 0; -EPERM if another process traces the caller already.
 */
int exec_stop_attach(const struct notif *n);

/**
 * exec_stop_settle() - let tracee @pid, which is at its exec stop, run or not.
 * @verify: looks at the new program, which has not run an instruction yet;
 * returns whether it may
 * Return: 1 if it runs, -EACCES if it was killed.
 */
int exec_stop_settle(struct notif *n, pid_t pid, int status,
		     bool (*verify)(struct notif *n, pid_t pid));

/**
 * exec_stop_wait() - wait for the outcome of the execve.
 * @verify: as for exec_stop_settle()
 *
 * A program that may not run is killed. Return: 1 if it runs, 0 if the execve
 * failed or the caller died, -EACCES if the program was killed.
 */
int exec_stop_wait(struct notif *n, bool (*verify)(struct notif *n, pid_t pid));

#endif
