/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_SENDER_H
#define GOSUP_DAEMON_SENDER_H

#include <stdbool.h>
#include <sys/types.h>

/* Who sends signals, and the last one, who often sends more. */
struct senders {
	bool managed;		/* our parent is a service manager */
	pid_t last;
	int comm;		/* its name in /proc, or -1 */
};

/* Before there are threads, for it looks at the environment. */
void senders_init(struct senders *s);

enum sender_kind {
	SENDER_ORDINARY,
	SENDER_GOES_ROUND,	/* sends a signal to many, one by one */
	SENDER_GONE,		/* has ended, so it could be either */
};

/**
 * sender_kind() - what is known of process @pid?
 * @pid: the signal's si_pid; 0 if it is outside of our pid namespace
 */
enum sender_kind sender_kind(struct senders *s, pid_t pid);

/**
 * sender_is_busy() - may process @pid have more to do than it has done?
 *
 * It runs, or would if it had a CPU. Return: false also if it is gone or out of
 * sight.
 */
bool sender_is_busy(pid_t pid);

/* Close what is open. */
void senders_finish(struct senders *s);

#endif
