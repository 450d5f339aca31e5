/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watch over the receivers: a timer on the loop that runs only while calls
 * are being served. It finds who is stuck, interrupts who waits for a caller
 * that has a signal to handle, and has another receiver help where few calls
 * take long; where many are short, receiver_demand.c is faster.
 */
#include "daemon/receiver_pool.h"

#include <poll.h>
#include <pthread.h>

#include "emul/kernel.h"

#define TICK_MS 4
#define HELD_TICK_MS 20		/* while there is nothing but held calls */
#define IDLE_TICKS 50		/* the watch sleeps after this many without work */
#define BEHIND_TICKS 3		/* another receiver is needed after this many */
#define CALM_TICKS 16		/* one is enough again after this many */

bool receivers_pending(const struct receivers *rs)
{
	struct pollfd p = { .fd = rs->listener, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

/* Look at each active receiver. Return: whether any is serving a call. */
static bool find_stuck(struct receivers *rs)
{
	bool busy = false;
	unsigned i;

	for (i = 0; i < rs->count; i++) {
		struct receiver *r = rs->all[i];
		uint64_t now = atomic_load_explicit(&r->serving, memory_order_acquire);

		if (r->state == ACTIVE && (now & 1) && now == r->seen)
			receiver_set_blocked(r);
		busy |= r->state == ACTIVE && (now & 1);
		if (now != r->seen)
			rs->idle_ticks = 0;
		r->seen = now;
	}
	return busy;
}

/* Interrupt receivers that wait for callers who cannot wait any more. A wake
 * that comes before the wait has begun is made good at the next tick; one that
 * comes too late is not noticed. Return: whether there are any to look after. */
static bool look_after_held(struct receivers *rs)
{
	bool any = false;
	unsigned i;

	for (i = 0; i < rs->count; i++) {
		struct receiver *r = rs->all[i];

		if (r->state != BLOCKED || !(atomic_load(&r->serving) & 1) ||
		    atomic_load(&r->worker.patient))
			continue;
		any = true;
		if (kernel_notif_id_valid(rs->listener, atomic_load(&r->worker.caller_id)) < 0 ||
		    signal_pending(atomic_load(&r->worker.caller)))
			receiver_wake(r);
	}
	return any;
}

/*
 * Does a call wait while every active receiver is serving another? That one is
 * pending says little: it may be about to be taken, and a second receiver
 * would only be woken each time for nothing. Nor does a single look: a program
 * that has its answer may make its next call before the receiver is done.
 */
static bool falls_behind(struct receivers *rs)
{
	unsigned i;

	for (i = 0; i < rs->count; i++) {
		struct receiver *r = rs->all[i];

		r->glance = atomic_load(&r->serving);
		if (r->state == ACTIVE && !(r->glance & 1))
			return false;
	}
	if (!receivers_pending(rs))
		return false;
	for (i = 0; i < rs->count; i++)
		if (rs->all[i]->state == ACTIVE &&
		    rs->all[i]->glance != atomic_load(&rs->all[i]->serving))
			return false;
	return true;
}

static void adjust_target(struct receivers *rs)
{
	bool behind = falls_behind(rs);

	rs->behind_ticks = behind ? rs->behind_ticks + 1 : 0;
	rs->calm_ticks = behind || rs->wanted ? 0 : rs->calm_ticks + 1;
	rs->wanted = false;
	if (rs->behind_ticks >= BEHIND_TICKS)
		receivers_aim(rs, rs->target + 1);
	else if (rs->calm_ticks >= CALM_TICKS)
		receivers_aim(rs, 1);
}

/* One look at everything. Return: whether any call is being served. */
static bool look(struct receivers *rs, bool *ret_held)
{
	bool busy;

	pthread_mutex_lock(&rs->lock);
	busy = find_stuck(rs);
	*ret_held = look_after_held(rs);
	adjust_target(rs);
	receivers_update_crowded(rs);
	receivers_fill(rs);
	pthread_mutex_unlock(&rs->lock);
	return busy;
}

static void tick(uv_timer_t *timer)
{
	struct receivers *rs = timer->data;
	bool backlog = receivers_pending(rs);
	bool held;
	bool busy = look(rs, &held);

	if (busy || backlog || ++rs->idle_ticks < IDLE_TICKS) {
		uv_timer_set_repeat(timer, TICK_MS);
		return;
	}
	if (held) {
		uv_timer_set_repeat(timer, HELD_TICK_MS);
		return;
	}
	uv_timer_stop(timer);
	atomic_store(&rs->watched, false);
	/* A call that began just now may have found the watch still on. */
	if (look(rs, &held) || held || receivers_pending(rs))
		receivers_start_watch(rs);
}

static void on_wake(uv_async_t *async)
{
	struct receivers *rs = async->data;

	rs->idle_ticks = 0;
	uv_timer_start(&rs->timer, tick, TICK_MS, TICK_MS);
}

void receivers_init_watch(struct receivers *rs, uv_loop_t *loop)
{
	uv_async_init(loop, &rs->wake, on_wake);
	uv_timer_init(loop, &rs->timer);
	rs->wake.data = rs->timer.data = rs;
	rs->closing = 2;
	/* Neither keeps the loop running. */
	uv_unref((uv_handle_t *)&rs->wake);
	uv_unref((uv_handle_t *)&rs->timer);
}
