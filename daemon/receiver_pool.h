/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_RECEIVER_POOL_H
#define GOSUP_DAEMON_RECEIVER_POOL_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "daemon/receiver.h"

/* Shared by receiver.c and receiver_end.c; nobody else includes this. */

/* Breaks a receiver out of a blocking call. */
#define WAKE_SIGNAL SIGSTKFLT
#define MAX_RECEIVERS 4096

enum receiver_state { PARKED, ACTIVE, BLOCKED };

struct receiver {
	struct worker worker;
	struct receivers *all;
	pthread_t thread;
	enum receiver_state state;	/* under the lock */
	_Atomic uint64_t serving;	/* odd while a call is served */
	_Atomic(const struct emul *) by; /* what it is served by, if any is */
	uint64_t seen;			/* the watch's last look at it */
	uint64_t glance;		/* the same, a moment ago */
	_Atomic bool check;		/* its state was changed for it */
	bool left_behind;
};

struct receivers {
	struct emul *_Atomic emul;	/* the latest */
	int listener;
	bool want_stats;
	unsigned delay_us;
	size_t request_size;

	pthread_mutex_t lock;
	pthread_cond_t unpark;
	struct receiver *all[MAX_RECEIVERS];
	unsigned count, active, target, max_active;
	bool stopping;
	bool any_left;			/* left behind, at the end */
	_Atomic bool crowded;		/* more are active than should be */

	_Atomic bool watched;		/* the timer runs */
	uv_async_t wake;
	uv_timer_t timer;
	unsigned idle_ticks, behind_ticks, calm_ticks;
	uint64_t stall_seen, stall_since; /* receivers_stalled_ms()'s last look */
	bool stalled;
	unsigned closing;		/* handles not yet closed */
};

/* Tell receivers between two calls whether to look at what is asked of them;
 * under the lock. */
void receivers_update_crowded(struct receivers *rs);

/* The handler of WAKE_SIGNAL. */
void receiver_woken(int sig, siginfo_t *info, void *context);

#endif
