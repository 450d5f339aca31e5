/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_RECEIVER_H
#define GOSUP_DAEMON_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "emul/notif.h"

/*
 * The receiver threads: each takes a notification from the listener, serves it
 * and takes the next. See receiver.c for how many there are.
 */
struct receivers;

/* Totals over all threads, and what they counted per call and per rule. */
struct receiver_totals {
	uint64_t received, answered, gone;
	unsigned threads;		/* most that ever ran */
	struct call_stats *stats;	/* by slot; NULL when not asked for */
	uint64_t *rule_hits;		/* by rule id; NULL likewise */
};

/**
 * receivers_start() - serve @emul->listener from now on.
 * @loop: watches over the receivers with a timer while they work
 * @delay_us: every call is held up this long, for tests; 0 in earnest
 *
 * Sets the blocking hooks of @emul. Return: 0 or a negative errno.
 */
int receivers_start(struct receivers **ret, struct emul *emul, uv_loop_t *loop,
		    bool want_stats, unsigned delay_us);

/**
 * receivers_adopt() - serve by @emul from now on.
 * @emul: with the same listener; must outlive the receivers, like the one
 * before it for as long as receivers_use() it
 */
void receivers_adopt(struct receivers *receivers, struct emul *emul);

/* Whether a call may still be served by @emul, which was adopted and has been
 * replaced. Once false, it stays so. */
bool receivers_use(struct receivers *receivers, const struct emul *emul);

/* Whether a call is being served that is not known to wait for something. */
bool receivers_serve(struct receivers *receivers);

/**
 * receivers_stalled_ms() - how long no call has been taken up.
 * @now: in ms, of any steady clock
 *
 * Return: since when, in ms, a call has been waiting each time this was asked
 * and none has been taken up or answered; 0 if all goes well.
 */
uint64_t receivers_stalled_ms(struct receivers *receivers, uint64_t now);

/**
 * receivers_stop() - finish what is being served and end the threads. One that
 * is stuck for good is left to end with the process, and does nothing until then.
 * @totals: filled in if not NULL; receiver_totals_finish() it
 * Must be called on the loop's thread; the loop's handles of the receivers
 * are closed asynchronously, so run the loop once more before it is freed.
 */
void receivers_stop(struct receivers *receivers, struct receiver_totals *totals);
void receiver_totals_finish(struct receiver_totals *totals);

#endif
