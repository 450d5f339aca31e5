/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_RECEIVER_POOL_H
#define GOSUP_DAEMON_RECEIVER_POOL_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "daemon/receiver.h"

/* Shared by the receiver*.c; nobody else includes this. */

/* Breaks a receiver out of a blocking call. */
#define WAKE_SIGNAL SIGSTKFLT
#define MAX_RECEIVERS 4096
#define MAX_SLOTS 64		/* who is active at a time */

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
	int slot;			/* of .slots, while active; or -1 */
	bool pinned;			/* may run on its slot's CPU only */
	unsigned calls;			/* served; its own business, like: */
	unsigned short_of, plenty;	/* what its samples say of the target */
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
	struct receiver *slots[MAX_SLOTS]; /* those active, up to max_active */
	bool wanted;			/* more than one was, since the last tick */
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

/* Bring the number of active receivers up to the target; under the lock. */
void receivers_fill(struct receivers *rs);

/* Another is to take the place of @r, which is active; under the lock. */
void receiver_set_blocked(struct receiver *r);

/* Does a call wait to be taken? */
bool receivers_pending(const struct receivers *rs);

/* The timer; receivers_start_watch() has it run until there is nothing to do. */
void receivers_init_watch(struct receivers *rs, uv_loop_t *loop);
void receivers_start_watch(struct receivers *rs);

/* How many receivers may be active at a time: as many as gosup has CPUs. */
unsigned receivers_most_active(void);

/* From now on @target receivers shall be active, within bounds; under the lock. */
void receivers_aim(struct receivers *rs, unsigned target);

/* @r became active, or no longer is; under the lock. */
void receiver_take_slot(struct receiver *r);
void receiver_leave_slot(struct receiver *r);

/* A call is served and about to be answered: sample who else is at work. */
void receiver_before_reply(struct worker *worker);

/* Break @r out of a blocking call. */
void receiver_wake(struct receiver *r);

/* The handler of WAKE_SIGNAL. */
void receiver_woken(int sig, siginfo_t *info, void *context);

#endif
