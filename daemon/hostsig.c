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
 * covers all that is undecided of its like when it is told.
 *
 * All this holds for a program that shares the group. One that has left it
 * gets what was sent to the group from us.
 *
 * Who sends to many processes one after the other, as a service manager does
 * with a control group, may get to the guard some time after the supervisor.
 * For those a witness is waited for. They reach the program wherever it is.
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

int hostsig_arrived(struct hostsig *h, const struct signalfd_siginfo *si)
{
	struct pending *p;

	if (h->pending_count == HOSTSIG_MAX)
		return -1;
	p = &h->pending[h->pending_count++];
	p->si = *si;
	p->ping = ++h->last_ping;
	p->opposites = count_opposites(h, (int)si->ssi_signo);
	p->covered = false;
	p->until = 0;
	return p->ping;
}

void hostsig_patient(struct hostsig *h, int ping, uint64_t ms)
{
	unsigned i;

	for (i = 0; i < h->pending_count; i++)
		if (h->pending[i].ping == ping)
			h->pending[i].until = ms + HOSTSIG_PATIENCE_MS;
}

static void forget_oldest(struct hostsig *h, unsigned count)
{
	h->witnessed_count -= count;
	memmove(h->witnessed, h->witnessed + count,
		h->witnessed_count * sizeof(h->witnessed[0]));
}

void hostsig_witnessed(struct hostsig *h, int sig, pid_t pid, uint64_t ms)
{
	unsigned i;

	for (i = 0; i < h->pending_count; i++)
		if ((int)h->pending[i].si.ssi_signo == sig &&
		    (pid_t)h->pending[i].si.ssi_pid == pid)
			h->pending[i].covered = true;
	if (h->witnessed_count == HOSTSIG_MAX)
		forget_oldest(h, 1);
	h->stops += is_stop(sig);
	h->conts += sig == SIGCONT;
	h->witnessed[h->witnessed_count++] = (struct witnessed){ sig, pid, ms };
}

/* Take the witness of @si, if there is one. */
static bool take_witness(struct hostsig *h, const struct signalfd_siginfo *si)
{
	unsigned i;

	for (i = 0; i < h->witnessed_count; i++) {
		struct witnessed *w = &h->witnessed[i];

		if (w->sig != (int)si->ssi_signo || w->pid != (pid_t)si->ssi_pid)
			continue;
		h->witnessed_count--;
		memmove(w, w + 1, (h->witnessed_count - i) * sizeof(*w));
		return true;
	}
	return false;
}

bool hostsig_decide(struct hostsig *h, int ping, uint64_t ms,
		    void (*pass_on)(void *arg, const struct signalfd_siginfo *si), void *arg)
{
	unsigned i, old = 0, kept = 0;
	bool waits = false;

	while (old < h->witnessed_count && h->witnessed[old].ms + HOSTSIG_WITNESS_MS < ms)
		old++;
	forget_oldest(h, old);
	for (i = 0; i < h->pending_count; i++) {
		struct pending *p = &h->pending[i];
		bool has_it;

		if (p->ping > ping) {
			h->pending[kept++] = *p;
			continue;
		}
		has_it = take_witness(h, &p->si) || p->covered ||
			 p->opposites != count_opposites(h, (int)p->si.ssi_signo);
		if (!has_it && p->until > ms) {
			waits = true;
			h->pending[kept++] = *p;
		} else if (!has_it || (h->apart && !p->until)) {
			pass_on(arg, &p->si);
		}
	}
	h->pending_count = kept;
	return waits;
}

int hostsig_ask_again(struct hostsig *h, uint64_t ms, bool *ret_waits)
{
	int ping = 0;
	unsigned i;

	*ret_waits = false;
	for (i = 0; i < h->pending_count; i++) {
		struct pending *p = &h->pending[i];

		*ret_waits |= p->until > ms;
		if (!p->until || p->until > ms)
			continue;
		if (!ping)
			ping = ++h->last_ping;
		p->ping = ping;
	}
	return ping;
}
