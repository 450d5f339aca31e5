/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_ACT_H
#define GOSUP_EMUL_ACT_H

#include "emul/notif.h"

/*
 * Acting as the program: while between act_begin() and act_end(), this
 * receiver thread has the caller's file system ids, groups, capabilities and,
 * if asked for, its umask, so the kernel's own permission checks and the
 * ownership of what is created come out as for the caller itself.
 */

enum act_flags {
	ACT_CREATES	= 1 << 0,	/* the umask matters */
	ACT_SEEN	= 1 << 1,	/* another process is told who did it, so the
				   real and effective ids matter, too */
	ACT_REAL	= 1 << 2,	/* with its real ids: access(2) */
};

/**
 * act_begin() - become the caller, as far as the file system sees.
 * Return: 0; -ESRCH if it is gone; -EACCES if gosup lacks the privilege to
 * act as the caller (nothing was changed then).
 */
int act_begin(struct notif *n, enum act_flags flags);

/* Be the supervisor again. Aborts if that fails: a thread with foreign
 * credentials must not answer another call. */
void act_end(struct notif *n);

/* For reaching the caller's memory in between: the supervisor's capabilities
 * again, and the caller's. Nothing happens outside act_begin() and act_end(). */
void act_lift(struct worker *worker);
void act_drop(struct worker *worker);

/* Once per receiver thread, before its first act_begin(). */
int act_thread_init(struct worker *worker);

#endif
