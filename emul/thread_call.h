/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_THREAD_CALL_H
#define GOSUP_EMUL_THREAD_CALL_H

#include "emul/notif.h"

/*
 * What only a thread itself can do: it is stopped on its way out of the call
 * that was notified, made to make others, and let go as if it had made the one.
 */

struct thread_call {
	long nr;
	uint64_t args[5];
};

/**
 * thread_call_attach() - make the caller of @n stop behind its call.
 * If this succeeds, the call must be answered and one of the functions below be
 * called then on the same thread.
 * Return: 0; -EPERM if another process traces the caller already.
 */
int thread_call_attach(const struct notif *n);

/**
 * thread_call_run() - have the stopped caller make @calls, all of them.
 * The caller gets the result of the first as that of its own call, and -EACCES
 * if they cannot be made. With no calls, it is just let go.
 */
void thread_call_run(struct notif *n, const struct thread_call *calls, unsigned count);

/**
 * thread_call_exec() - the same with one call that executes a program.
 * @verify: as for exec_stop_settle(), if it succeeds
 * @undo: to be made if it fails
 */
void thread_call_exec(struct notif *n, const struct thread_call *exec,
		      bool (*verify)(struct notif *n, pid_t pid),
		      const struct thread_call *undo);

/* Is the caller of @n making a call that one of the above has it make? */
bool thread_call_is_ours(const struct notif *n);

#endif
