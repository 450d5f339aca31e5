/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Another active receiver helps if a call waits while all
 * that are active serve others, and harms if not, because every notification
 * wakes it for nothing. So now and then a receiver that is about to answer looks
 * whether the others are at work, too, and if so, whether yet another call waits.
 * (It looks before it answers: what its own caller does next would say nothing.)
 * Many such calls in a row, some hundred microseconds' worth, have one more take
 * part, or one less; nobody has to wait for a timer.
 *
 * With as many active as there are CPUs, each is kept on its own. Otherwise
 * SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, which wakes receivers where the caller
 * runs, has all of them crowd on one CPU after every call, and callers follow.
 * With fewer, they had better be where their callers are. What the user gave
 * gosup to run on is what its first thread has, which never is kept anywhere.
 */
#include "daemon/receiver_pool.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#define SAMPLE_EVERY 8		/* calls of one receiver; a power of two */
#define SHORT_OF 6		/* samples that say so have another take part */
#define PLENTY 24		/* ... have one less do so */

/* ---- on which CPU ---- */

/* The CPUs that gosup may use. Return: how many, or 0 if that is not known. */
static unsigned allowed_cpus(cpu_set_t *ret)
{
	if (sched_getaffinity(getpid(), sizeof(*ret), ret) < 0)
		return 0;
	return (unsigned)CPU_COUNT(ret);
}

unsigned receivers_most_active(void)
{
	cpu_set_t cpus;
	unsigned count = allowed_cpus(&cpus);

	if (count < 1)
		return 1;
	return count < MAX_SLOTS ? count : MAX_SLOTS;
}

/* The @i-th of @cpus. */
static cpu_set_t nth_cpu(const cpu_set_t *cpus, int i)
{
	cpu_set_t ret;
	unsigned cpu;

	CPU_ZERO(&ret);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, cpus) && i-- == 0) {
			CPU_SET(cpu, &ret);
			break;
		}
	}
	return ret;
}

/* Have @r run where it should. Where that fails, it is a loss of time only. */
static void place(struct receiver *r)
{
	struct receivers *rs = r->all;
	bool pin = r->slot >= 0 && rs->max_active > 1 && rs->target == rs->max_active;
	unsigned count;
	cpu_set_t cpus;

	if (!pin && !r->pinned)
		return;
	count = allowed_cpus(&cpus);
	if (!count)
		return;
	if (count != rs->max_active)
		pin = false;
	if (pin)
		cpus = nth_cpu(&cpus, r->slot);
	if (pin || r->pinned)
		pthread_setaffinity_np(r->thread, sizeof(cpus), &cpus);
	r->pinned = pin;
}

void receiver_take_slot(struct receiver *r)
{
	struct receivers *rs = r->all;
	unsigned i = 0;

	while (i < rs->max_active && rs->slots[i])
		i++;
	/* For a moment there may be more than there are slots. */
	if (i < rs->max_active) {
		rs->slots[i] = r;
		r->slot = (int)i;
	}
	place(r);
}

void receiver_leave_slot(struct receiver *r)
{
	if (r->slot >= 0)
		r->all->slots[r->slot] = NULL;
	r->slot = -1;
	place(r);
}

/* ---- how many ---- */

void receivers_aim(struct receivers *rs, unsigned target)
{
	unsigned i;

	if (target < 1)
		target = 1;
	if (target > rs->max_active)
		target = rs->max_active;
	if (target == rs->target)
		return;
	rs->target = target;
	receivers_update_crowded(rs);
	for (i = 0; i < rs->max_active; i++)
		if (rs->slots[i])
			place(rs->slots[i]);
}

/* Are all that are active at work? @r is. */
static bool all_at_work(const struct receiver *r)
{
	struct receivers *rs = r->all;
	unsigned i;

	for (i = 0; rs->active > 1 && i < rs->max_active; i++)
		if (rs->slots[i] && rs->slots[i] != r &&
		    !(atomic_load_explicit(&rs->slots[i]->serving, memory_order_relaxed) & 1))
			return false;
	return true;
}

/* Take one sample. */
static void sample(struct receiver *r)
{
	struct receivers *rs = r->all;
	bool busy = all_at_work(r);

	if (busy && rs->target > 1)
		rs->wanted = true;
	if (busy && rs->target < rs->max_active && receivers_pending(rs))
		r->short_of++;
	else
		r->short_of = 0;
	r->plenty = busy ? r->plenty / 2 : r->plenty + 1;
	if (r->short_of >= SHORT_OF) {
		receivers_aim(rs, rs->target + 1);
		receivers_fill(rs);
	} else if (r->plenty >= PLENTY && rs->target > 1) {
		receivers_aim(rs, rs->target - 1);
	} else {
		return;
	}
	r->short_of = r->plenty = 0;
}

void receiver_before_reply(struct worker *worker)
{
	struct receiver *r = worker->pool;

	if (++r->calls % SAMPLE_EVERY || pthread_mutex_trylock(&r->all->lock))
		return;
	if (r->state == ACTIVE && !r->all->stopping)
		sample(r);
	pthread_mutex_unlock(&r->all->lock);
}
