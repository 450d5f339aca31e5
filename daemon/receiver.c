/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. One receiver at a time is enough for a program that
 * makes one call at a time, and cheapest: every thread waiting in RECV is
 * woken by every notification (recv_wait_event() in kernel/seccomp.c), and
 * only one gets it. So a bounded number of receivers is "active", waiting or
 * serving, one to begin with; all others are parked.
 *
 * A receiver stops being active while it waits for something slow, and
 * another takes its place. It says so itself where it can know (block_begin).
 * Where it cannot (a stalled network file system), a watch finds out: a timer
 * on the loop that runs only while calls are being served, and marks as stuck
 * a receiver that served the same call at two ticks in a row.
 *
 * How many are active, and on which CPUs, is told in receiver_demand.c, what
 * the timer does, in receiver_watch.c.
 *
 *   PARKED --> ACTIVE <--> BLOCKED
 *
 * All moves between these states happen under the lock; the path of an
 * ordinary call waits for no lock.
 */
#include "daemon/receiver_pool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emul/dispatch.h"
#include "emul/kernel.h"
#include "policy/base/log.h"

#define STACK_SIZE (512 * 1024)

static void *receive_loop(void *arg);

/* ---- states, under the lock ---- */

/* The only place that moves a receiver between the states. */
static void set_state(struct receiver *r, enum receiver_state state)
{
	struct receivers *rs = r->all;

	if (r->state == state)
		return;
	if (r->state == ACTIVE) {
		rs->active--;
		receiver_leave_slot(r);
	}
	r->state = state;
	if (state == ACTIVE) {
		rs->active++;
		receiver_take_slot(r);
	}
}

static int spawn(struct receivers *rs)
{
	struct receiver *r;
	pthread_attr_t attr;
	int err;

	if (rs->count == MAX_RECEIVERS)
		return -EAGAIN;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->all = rs;
	r->worker.pool = r;
	r->slot = -1;
	r->pinned = true;	/* perhaps, as who starts it */
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	err = pthread_create(&r->thread, &attr, receive_loop, r);
	pthread_attr_destroy(&attr);
	if (err) {
		free(r);
		return -err;
	}
	rs->all[rs->count++] = r;
	set_state(r, ACTIVE);
	return 0;
}

void receivers_fill(struct receivers *rs)
{
	unsigned i, parked = 0;

	for (i = 0; i < rs->count; i++)
		parked += rs->all[i]->state == PARKED;
	if (rs->active >= rs->target || rs->stopping)
		return;
	if (parked)
		pthread_cond_broadcast(&rs->unpark);
	else
		spawn(rs);
}

void receivers_update_crowded(struct receivers *rs)
{
	atomic_store(&rs->crowded, rs->stopping || rs->active > rs->target);
}

/* Between two calls: go on, or park because others are enough.
 * Return: false when it is time to end. */
static bool stay_active(struct receiver *r)
{
	struct receivers *rs = r->all;
	bool go_on;

	if (!atomic_load_explicit(&r->check, memory_order_relaxed) &&
	    !atomic_load_explicit(&rs->crowded, memory_order_relaxed))
		return true;
	pthread_mutex_lock(&rs->lock);
	atomic_store(&r->check, false);
	if (rs->active > rs->target)
		set_state(r, PARKED);
	while (!rs->stopping && r->state != ACTIVE) {
		if (rs->active < rs->target) {
			set_state(r, ACTIVE);
			break;
		}
		set_state(r, PARKED);
		receivers_update_crowded(rs);
		pthread_cond_wait(&rs->unpark, &rs->lock);
	}
	receivers_update_crowded(rs);
	go_on = !rs->stopping;
	pthread_mutex_unlock(&rs->lock);
	return go_on;
}

void receiver_set_blocked(struct receiver *r)
{
	set_state(r, BLOCKED);
	atomic_store(&r->check, true);
	receivers_fill(r->all);
}

static void block_begin(struct worker *worker)
{
	struct receiver *r = worker->pool;

	pthread_mutex_lock(&r->all->lock);
	if (r->state == ACTIVE)
		receiver_set_blocked(r);
	pthread_mutex_unlock(&r->all->lock);
}

static void block_end(struct worker *worker)
{
	struct receiver *r = worker->pool;

	pthread_mutex_lock(&r->all->lock);
	if (r->state == BLOCKED) {
		set_state(r, ACTIVE);
		receivers_update_crowded(r->all);
	}
	pthread_mutex_unlock(&r->all->lock);
}

/* ---- the receivers themselves ---- */

static void delay(unsigned us)
{
	struct timespec ts = { us / 1000000, (long)(us % 1000000) * 1000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

void receivers_start_watch(struct receivers *rs)
{
	if (!atomic_load_explicit(&rs->watched, memory_order_relaxed) &&
	    !atomic_exchange(&rs->watched, true))
		uv_async_send(&rs->wake);
}

/* Serve by the latest policy, and show by which. A replacement that came
 * between the look and the showing may have missed it, hence the second. */
static struct emul *hold_latest(struct receiver *r)
{
	struct emul *latest;

	do {
		latest = atomic_load(&r->all->emul);
		atomic_store(&r->by, latest);
	} while (latest != atomic_load(&r->all->emul));
	return latest;
}

/* Nobody else writes it. */
static void count_serving(struct receiver *r)
{
	uint64_t now = atomic_load_explicit(&r->serving, memory_order_relaxed);

	atomic_store_explicit(&r->serving, now + 1, memory_order_release);
}

/* Take and serve one notification. Return: false if none will come again. */
static bool receive_one(struct receiver *r, struct seccomp_notif *req)
{
	struct receivers *rs = r->all;
	int err = kernel_notif_recv(rs->listener, req, rs->request_size);

	if (err == -EINTR)
		return true;
	if (err == -ENOENT) {
		/* The caller died before we came, or there is none left. */
		struct pollfd p = { .fd = rs->listener, .events = POLLIN };

		poll(&p, 1, 0);
		return !(p.revents & (POLLHUP | POLLERR | POLLNVAL));
	}
	if (err)
		return false;
	count_serving(r);
	receivers_start_watch(rs);
	if (rs->delay_us)
		delay(rs->delay_us);
	worker_adopt(&r->worker, hold_latest(r));
	dispatch(&r->worker, req);
	atomic_store_explicit(&r->by, NULL, memory_order_release);
	count_serving(r);
	return true;
}

static void *receive_loop(void *arg)
{
	struct receiver *r = arg;
	struct receivers *rs = r->all;
	struct seccomp_notif *req = calloc(1, rs->request_size);
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, WAKE_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	err = req ? worker_init(&r->worker, hold_latest(r), rs->want_stats) : -ENOMEM;
	atomic_store(&r->by, NULL);
	if (err)
		log_error("a receiver thread cannot start: %s", strerror(-err));
	while (!err && stay_active(r)) {
		if (!receive_one(r, req))
			break;
	}
	free(req);
	return NULL;
}

/* ---- start and stop ---- */

static void hook_up(struct emul *emul)
{
	emul->block_begin = block_begin;
	emul->block_end = block_end;
	emul->before_reply = receiver_before_reply;
}

int receivers_start(struct receivers **ret, struct emul *emul, uv_loop_t *loop,
		    bool want_stats, unsigned delay_us)
{
	struct receivers *rs = calloc(1, sizeof(*rs));
	struct seccomp_notif_sizes sizes;
	struct sigaction sa = { .sa_sigaction = receiver_woken, .sa_flags = SA_SIGINFO };
	int err;

	if (!rs)
		return -ENOMEM;
	err = kernel_seccomp_sizes(&sizes);
	if (err) {
		free(rs);
		return err;
	}
	sigaction(WAKE_SIGNAL, &sa, NULL);
	atomic_init(&rs->emul, emul);
	rs->listener = emul->listener;
	rs->want_stats = want_stats;
	rs->delay_us = delay_us;
	rs->request_size = sizes.seccomp_notif > sizeof(struct seccomp_notif)
				   ? sizes.seccomp_notif : sizeof(struct seccomp_notif);
	rs->target = 1;
	rs->max_active = receivers_most_active();
	pthread_mutex_init(&rs->lock, NULL);
	pthread_cond_init(&rs->unpark, NULL);
	receivers_init_watch(rs, loop);
	hook_up(emul);
	/* Older kernels lack it: only slower. */
	kernel_notif_sync_wake(emul->listener);

	pthread_mutex_lock(&rs->lock);
	err = spawn(rs);
	pthread_mutex_unlock(&rs->lock);
	*ret = rs;
	return err;
}

void receivers_adopt(struct receivers *rs, struct emul *emul)
{
	hook_up(emul);
	atomic_store(&rs->emul, emul);
}

bool receivers_use(struct receivers *rs, const struct emul *emul)
{
	bool used = emul == atomic_load(&rs->emul);
	unsigned i;

	pthread_mutex_lock(&rs->lock);
	for (i = 0; i < rs->count && !used; i++)
		used = atomic_load(&rs->all[i]->by) == emul;
	pthread_mutex_unlock(&rs->lock);
	return used;
}

bool receivers_serve(struct receivers *rs)
{
	bool serve = false;
	unsigned i;

	pthread_mutex_lock(&rs->lock);
	for (i = 0; i < rs->count && !serve; i++)
		serve = rs->all[i]->state != BLOCKED &&
			(atomic_load(&rs->all[i]->serving) & 1);
	pthread_mutex_unlock(&rs->lock);
	return serve;
}

uint64_t receivers_stalled_ms(struct receivers *rs, uint64_t now)
{
	bool waits = receivers_pending(rs);
	uint64_t sum = 0;
	unsigned i;

	pthread_mutex_lock(&rs->lock);
	for (i = 0; i < rs->count; i++)
		sum += atomic_load_explicit(&rs->all[i]->serving, memory_order_relaxed);
	pthread_mutex_unlock(&rs->lock);
	if (!waits || !rs->stalled || sum != rs->stall_seen)
		rs->stall_since = now;
	rs->stalled = waits;
	rs->stall_seen = sum;
	return now - rs->stall_since;
}
