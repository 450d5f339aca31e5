/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_HOSTSIG_H
#define GOSUP_DAEMON_HOSTSIG_H

#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/types.h>

/*
 * Signals that reach the supervisor and are meant for the program. The rule:
 * the program gets each once. One that the guard saw as well went to the whole
 * group, so the program has it already; all others are passed on.
 *
 * This file decides; it sends and receives nothing itself, so that it can be
 * tested without processes.
 */

#define HOSTSIG_MAX 128		/* signals undecided, and witnessed, at a time */

struct hostsig {
	struct pending {
		struct signalfd_siginfo si;
		int ping;	/* decided when this ping is answered */
		unsigned opposites; /* .stops or .conts when it came */
		bool covered;	/* its like was witnessed after it came */
		uint64_t until;	/* ms: a witness may come so late; or 0 */
	} pending[HOSTSIG_MAX];
	unsigned pending_count;
	struct witnessed {
		int sig;
		pid_t pid;
		uint64_t ms;	/* when it was told */
	} witnessed[HOSTSIG_MAX];
	unsigned witnessed_count;
	unsigned stops, conts;	/* witnessed: signals that stop, SIGCONT */
	int last_ping;
	bool apart;	/* the program is not in the group: it has got nothing */
};

/* How long, in ms, the two halves of one group signal may lie apart. */
#define HOSTSIG_WITNESS_MS 500
/* How long one is waited for whose sender goes from process to process. */
#define HOSTSIG_PATIENCE_MS 50

/**
 * hostsig_arrived() - a signal has come.
 * Return: the ping to send to the guard, -1 if there are too many undecided
 * (the signal is then to be passed on at once).
 */
int hostsig_arrived(struct hostsig *h, const struct signalfd_siginfo *si);

/**
 * hostsig_patient() - the signal of ping @ping was sent at time @ms by one who
 * sends to many processes, one after the other: a service manager, pkill(1).
 */
void hostsig_patient(struct hostsig *h, int ping, uint64_t ms);

/* The guard has seen signal @sig from @pid, told at time @ms. */
void hostsig_witnessed(struct hostsig *h, int sig, pid_t pid, uint64_t ms);

/**
 * hostsig_decide() - the guard answered ping @ping at time @ms.
 * Calls @pass_on for each signal that the program has not got.
 * Return: whether any is still waited for.
 */
bool hostsig_decide(struct hostsig *h, int ping, uint64_t ms,
		    void (*pass_on)(void *arg, const struct signalfd_siginfo *si), void *arg);

/**
 * hostsig_ask_again() - time @ms: what has been waited for long enough?
 * @ret_waits: whether more is waited for
 * Return: the ping to send again; 0 if there is nothing of the kind.
 */
int hostsig_ask_again(struct hostsig *h, uint64_t ms, bool *ret_waits);

#endif
