/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_WITNESS_H
#define GOSUP_DAEMON_WITNESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Tells whether the guard has been sent signals, without waking it. */
struct witness {
	int epoll, fd;		/* -1 if there are none */
	pid_t guard;
	bool works;		/* as was tried */
};

/* Before there is a guard. Failure leaves a witness that always has heard. */
void witness_open(struct witness *w);

/* In the guard, which need not keep the descriptors. */
void witness_attend(const struct witness *w);

/* In the thread that will ask. SIGCHLD is blocked, and stays pending for it. */
void witness_begin(struct witness *w, pid_t guard);

/**
 * witness_has_heard() - may the guard have been sent a signal since the last
 * time this was asked?
 */
bool witness_has_heard(struct witness *w);

/* Close the descriptors. */
void witness_close(struct witness *w);

#endif
