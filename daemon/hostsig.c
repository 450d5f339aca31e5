/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: kill(2) to a group walks its members with the newest
 * first (__kill_pgrp_info() and attach_pid()), so when the supervisor sees a
 * group's signal, the guard, which is younger, has it pending. The supervisor
 * asks ("ping"); the guard first tells what it saw, then answers. A signal
 * whose ping is answered without a matching witness was sent to the
 * supervisor alone.
 *
 * The same signal sent to the group twice may reach the guard as one, if it was
 * slow to look (sigpending(2)), and the supervisor as two. So a witness also
 * covers all that is undecided of its like when it is told: of the same sender,
 * and of those that go through many processes (see below), for two of these may
 * have followed each other; and of those that have ended, as pkill(1) does at once.
 * Real-time signals are counted: they are queued, each for itself (signal(7)).
 *
 * sigqueue(3) has no form for groups: what has a value needs no witness.
 *
 * All this holds for a program that shares the group. One that has left it
 * gets what was sent to the group from us.
 *
 * Who sends to many processes one after the other, as a service manager does
 * with a control group, may get to the guard some time after the supervisor.
 * For those a witness is waited for; on a machine that is busy until the sender,
 * which may have lost its CPU on its way, sleeps or has ended. They reach the
 * program wherever it is.
 *
 * A witnessed signal whose other half never comes was sent to the guard alone
 * and is forgotten.
 *
 * A signal that stops and SIGCONT wipe each other out where they are pending
 * (prepare_signal() in kernel/signal.c), so either can miss its witness though
 * it went to the group: ^Z right after `fg`. One that its opposite has
 * followed has no effect any more and is not passed on.
 */
#include "daemon/hostsig.h"

#include <assert.h>
#include <signal.h>
#include <string.h>

static bool is_stop(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* How many signals that undo @sig have been witnessed. */
static unsigned count_opposites(const struct hostsig *h, int sig)
{
	return is_stop(sig) ? h->conts : sig == SIGCONT ? h->stops : 0;
}

/* Pings are numbered for ever: the numbers wrap. */
static int next_ping(struct hostsig *h)
{
	h->last_ping = (int)((unsigned)h->last_ping + 1);
	return h->last_ping;
}

static bool is_answered(int ping, int answered)
{
	return (int)((unsigned)ping - (unsigned)answered) <= 0;
}

int hostsig_arrived(struct hostsig *h, const struct signalfd_siginfo *si)
{
	struct pending *p = &h->pending[h->pending_count++];

	assert(h->pending_count <= HOSTSIG_MAX);
	p->si = *si;
	p->ping = next_ping(h);
	p->opposites = count_opposites(h, (int)si->ssi_signo);
	p->alone = si->ssi_code == SI_QUEUE;
	p->covered = p->gone = p->due = false;
	p->until = 0;
	return p->ping;
}

void hostsig_patient(struct hostsig *h, int ping, uint64_t ms)
{
	unsigned i;

	for (i = 0; i < h->pending_count; i++)
		if (h->pending[i].ping == ping) {
			h->pending[i].since = ms;
			h->pending[i].until = ms + HOSTSIG_PATIENCE_MS;
			h->pending[i].alone = false;
		}
}

void hostsig_sender_gone(struct hostsig *h, int ping)
{
	unsigned i;

	for (i = 0; i < h->pending_count; i++)
		h->pending[i].gone |= h->pending[i].ping == ping;
}

bool hostsig_has_room(const struct hostsig *h, unsigned count)
{
	return h->pending_count + count <= HOSTSIG_MAX;
}

bool hostsig_wants_witness(const struct hostsig *h)
{
	unsigned i;

	for (i = 0; i < h->pending_count; i++)
		if (!h->pending[i].alone && !h->pending[i].due)
			return true;
	return false;
}

static void forget_oldest(struct hostsig *h, unsigned count)
{
	h->witnessed_count -= count;
	memmove(h->witnessed, h->witnessed + count,
		h->witnessed_count * sizeof(h->witnessed[0]));
}

static struct witnessed *find_witness(struct hostsig *h, int sig, pid_t pid)
{
	unsigned i;

	for (i = 0; i < h->witnessed_count; i++)
		if (h->witnessed[i].sig == sig && h->witnessed[i].pid == pid)
			return &h->witnessed[i];
	return NULL;
}

static void drop_witness(struct hostsig *h, struct witnessed *w)
{
	h->witnessed_count--;
	memmove(w, w + 1, (size_t)(h->witnessed + h->witnessed_count - w) * sizeof(*w));
}

void hostsig_witnessed(struct hostsig *h, int sig, pid_t pid, uint64_t ms)
{
	struct witnessed *w = find_witness(h, sig, pid);
	unsigned i, count = 1;

	for (i = 0; i < h->pending_count && sig < SIGRTMIN; i++) {
		struct pending *p = &h->pending[i];

		if ((int)p->si.ssi_signo == sig &&
		    ((pid_t)p->si.ssi_pid == pid || p->until || p->gone))
			p->covered = true;
	}
	h->stops += is_stop(sig);
	h->conts += sig == SIGCONT;
	/* The newest are at the end. */
	if (w) {
		count += w->count;
		drop_witness(h, w);
	} else if (h->witnessed_count == HOSTSIG_MAX) {
		forget_oldest(h, 1);
	}
	h->witnessed[h->witnessed_count++] = (struct witnessed){ sig, pid, count, ms };
}

/* How many like @p are undecided: the first @kept, and those that follow @p. */
static unsigned count_like(const struct hostsig *h, const struct pending *p, unsigned kept)
{
	unsigned i, count = 0;

	for (i = 0; i < h->pending_count; i++) {
		const struct pending *other = &h->pending[i];

		count += (i < kept || other > p) &&
			 other->si.ssi_signo == p->si.ssi_signo &&
			 other->si.ssi_pid == p->si.ssi_pid;
	}
	return count;
}

/*
 * Take the witness of @p, if there is one. When a witness is told, what it was of
 * has come to the supervisor, too. So of standard signals, witnesses that are
 * left then, with nothing of their like undecided, are of some that were merged
 * with @p, and are not kept for another.
 */
static bool take_witness(struct hostsig *h, const struct pending *p, unsigned kept)
{
	struct witnessed *w = find_witness(h, (int)p->si.ssi_signo, (pid_t)p->si.ssi_pid);
	unsigned undecided;

	if (!w)
		return false;
	w->count--;
	undecided = w->sig < SIGRTMIN ? count_like(h, p, kept) : w->count;
	if (w->count > undecided)
		w->count = undecided;
	if (!w->count)
		drop_witness(h, w);
	return true;
}

enum verdict { GOT_IT, PASS_ON, NOT_YET };

static enum verdict judge(struct hostsig *h, const struct pending *p, unsigned kept,
			  uint64_t ms)
{
	bool has_it;

	if (p->due || p->alone)
		return PASS_ON;
	has_it = take_witness(h, p, kept) || p->covered ||
		 p->opposites != count_opposites(h, (int)p->si.ssi_signo);
	if (!has_it && p->until > ms)
		return NOT_YET;
	return !has_it || (h->apart && !p->until) ? PASS_ON : GOT_IT;
}

unsigned hostsig_decide(struct hostsig *h, int ping, uint64_t ms, hostsig_pass_on *pass_on,
			void *arg)
{
	unsigned i, old = 0, kept = 0, again = 0;

	while (old < h->witnessed_count && h->witnessed[old].ms + HOSTSIG_WITNESS_MS < ms)
		old++;
	forget_oldest(h, old);
	h->stuck = 0;
	for (i = 0; i < h->pending_count; i++) {
		struct pending *p = &h->pending[i];
		uint64_t bit = 1ull << (p->si.ssi_signo - 1);
		enum verdict verdict = NOT_YET;

		if (p->due || is_answered(p->ping, ping))
			verdict = judge(h, p, kept, ms);
		if (verdict == PASS_ON && ((h->stuck & bit) || !pass_on(arg, &p->si))) {
			h->stuck |= bit;
			again = HOSTSIG_STUCK_MS;
			p->due = true;
			verdict = NOT_YET;
		}
		if (verdict != NOT_YET)
			continue;
		if (p->until && !again)
			again = HOSTSIG_PATIENCE_MS + 1;
		h->pending[kept++] = *p;
	}
	h->pending_count = kept;
	return again;
}

bool hostsig_ask_again(struct hostsig *h, uint64_t ms, hostsig_is_busy *is_busy, void *arg)
{
	bool asks = false;
	unsigned i;

	for (i = 0; i < h->pending_count; i++) {
		struct pending *p = &h->pending[i];

		if (!p->until || p->until > ms)
			continue;
		if (ms - p->since < HOSTSIG_PATIENCE_MAX_MS &&
		    is_busy(arg, (pid_t)p->si.ssi_pid)) {
			p->until = ms + HOSTSIG_PATIENCE_MS;
			continue;
		}
		p->ping = asks ? h->last_ping : next_ping(h);
		asks = true;
	}
	return asks;
}
