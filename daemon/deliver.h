/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_DELIVER_H
#define GOSUP_DAEMON_DELIVER_H

#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <uv.h>

#include "policy/policy.h"

/*
 * Passing signals on to the program, as the policy's `signals` says: as another
 * one, after a while, to more than the program's process, and with others to
 * follow if it does not end.
 */
struct deliver {
	pid_t app, guard;
	int app_pidfd;
	enum signal_to to;		/* what no rule is about */
	bool outlived;			/* the program has ended, others have not */
	void (*draining)(void *arg);	/* readiness is to be withdrawn */
	void *arg;
	uv_timer_t drain, grace;
	/* One signal may be held back, and one sequence may be under way. */
	struct signal_rule held_rule, rule;
	struct signalfd_siginfo held;
	unsigned step;			/* of .rule.then */
};

/* All but the timers is filled in already. */
void deliver_init(struct deliver *d, uv_loop_t *loop);

/* Pass @si on; @rule: what the policy says of it, or NULL. It is copied.
 * Return: false if the program's queue has no room for it; try again. */
bool deliver_signal(struct deliver *d, const struct signal_rule *rule,
		    const struct signalfd_siginfo *si);

/* Nothing is delivered any more; the loop must run once again. */
void deliver_close(struct deliver *d);

#endif
