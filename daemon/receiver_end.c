/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the receivers, and what they have counted. One may be stuck where
 * only a fatal signal reaches it, for a caller who is long gone. It is left
 * behind, to go with the process: should the kernel let it out before, the
 * signal that is pending keeps it from whatever it would touch.
 */
#include "daemon/receiver_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "daemon/stats.h"
#include "emul/dispatch.h"
#include "emul/kernel.h"
#include "policy/base/log.h"

#define JOIN_MS 1000		/* for what it is doing at the end of a run */

/* Receivers that still run are to stay where they are. */
static _Atomic bool all_over;

static _Atomic bool ever_woken;

void receiver_wake(struct receiver *r)
{
	atomic_store(&ever_woken, true);
	pthread_kill(r->thread, WAKE_SIGNAL);
}

/* One that somebody sent from outside is meant for the program, and goes where
 * the loop finds it: this thread only has the signal open for the other use.
 * SI_USER is the kernel's to give (do_rt_tgsigqueueinfo()), and SI_QUEUE says that
 * no group was meant, so it goes under the name of something that nobody sends. */
void receiver_woken(int sig, siginfo_t *info, void *context)
{
	int saved = errno;
	pid_t pid = getpid();

	(void)context;
	while (atomic_load(&all_over))
		pause();
	if (info->si_code == SI_TKILL && info->si_pid == pid)
		return;
	/* Where the user's signals are too many (RLIMIT_SIGPENDING), ours comes
	 * without a word of who sent it: collect_signal(). */
	if (info->si_code == SI_USER && !info->si_pid && atomic_load(&ever_woken))
		return;
	if (info->si_code >= 0 || info->si_code == SI_TKILL)
		info->si_code = SI_ASYNCIO;
	syscall(SYS_rt_tgsigqueueinfo, pid, pid, sig, info);
	errno = saved;
}

/* @hits: how many counts per rule belong to the rules of now */
static void add_stats(struct receiver_totals *t, const struct worker *w, unsigned hits)
{
	unsigned i;

	for (i = 0; i < syscall_count; i++)
		call_stats_add(&t->stats[i], &w->stats[i]);
	for (i = 0; w->rule_hits && i < hits; i++)
		t->rule_hits[i] += w->rule_hits[i];
}

static void add_totals(struct receivers *rs, struct receiver_totals *t)
{
	const struct emul *emul = atomic_load(&rs->emul);
	unsigned rules = emul->plan->policy->rule_count;
	unsigned i;

	*t = (struct receiver_totals){ .threads = rs->count };
	if (rs->want_stats) {
		t->stats = calloc(syscall_count, sizeof(*t->stats));
		t->rule_hits = calloc(rules + 1, sizeof(*t->rule_hits));
	}
	for (i = 0; i < rs->count; i++) {
		struct worker *w = &rs->all[i]->worker;

		t->received += w->received;
		t->answered += w->answered;
		t->gone += w->gone;
		if (t->stats && t->rule_hits && w->stats)
			add_stats(t, w, w->generation == emul->generation ? rules + 1 : 0);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct receivers *rs = handle->data;
	unsigned i;

	if (--rs->closing || rs->any_left)
		return;
	for (i = 0; i < rs->count; i++)
		free(rs->all[i]);
	pthread_cond_destroy(&rs->unpark);
	pthread_mutex_destroy(&rs->lock);
	free(rs);
}

/* Interrupt a thread until it has ended: it may have been just about to enter
 * the call that is to be interrupted. Return: false if it has not by @deadline,
 * in ns. */
static bool join(struct receiver *r, uint64_t deadline)
{
	struct timespec until;

	do {
		receiver_wake(r);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 2000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		if (pthread_timedjoin_np(r->thread, NULL, &until) == 0)
			return true;
	} while (kernel_now_ns() < deadline);
	return false;
}

/* Leave behind whoever has not ended. Its call ends with the caller gone. */
static void leave_behind(struct receivers *rs)
{
	unsigned i;

	atomic_store(&all_over, true);
	for (i = 0; i < rs->count; i++) {
		struct receiver *r = rs->all[i];

		if (!r->left_behind)
			continue;
		receiver_wake(r);
		r->worker.gone = r->worker.received - r->worker.answered;
	}
	log_warn("calls of programs that have ended are stuck in the kernel, perhaps in a "
		 "file system whose server does not answer");
}

void receivers_stop(struct receivers *rs, struct receiver_totals *totals)
{
	uint64_t deadline = kernel_now_ns() + JOIN_MS * 1000000ull;
	unsigned i;

	pthread_mutex_lock(&rs->lock);
	rs->stopping = true;
	receivers_update_crowded(rs);
	pthread_cond_broadcast(&rs->unpark);
	pthread_mutex_unlock(&rs->lock);
	for (i = 0; i < rs->count; i++) {
		rs->all[i]->left_behind = !join(rs->all[i], deadline);
		rs->any_left |= rs->all[i]->left_behind;
	}
	if (rs->any_left)
		leave_behind(rs);
	if (totals)
		add_totals(rs, totals);
	for (i = 0; i < rs->count; i++)
		if (!rs->all[i]->left_behind)
			worker_finish(&rs->all[i]->worker);
	uv_timer_stop(&rs->timer);
	uv_close((uv_handle_t *)&rs->wake, on_closed);
	uv_close((uv_handle_t *)&rs->timer, on_closed);
}

void receiver_totals_finish(struct receiver_totals *t)
{
	free(t->stats);
	free(t->rule_hits);
	t->stats = NULL;
	t->rule_hits = NULL;
}
