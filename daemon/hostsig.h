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
		bool alone;	/* it cannot have gone to the group */
		bool covered;	/* its like was witnessed after it came */
		bool gone;	/* its sender has ended */
		bool due;	/* to be passed on, when there is room */
		uint64_t since;	/* ms: a witness is waited for since then */
		uint64_t until;	/* and may come so late; or 0 */
	} pending[HOSTSIG_MAX];
	unsigned pending_count;
	struct witnessed {
		int sig;
		pid_t pid;
		unsigned count;
		uint64_t ms;	/* when it was told, for the last time */
	} witnessed[HOSTSIG_MAX];
	unsigned witnessed_count;
	unsigned stops, conts;	/* witnessed: signals that stop, SIGCONT */
	int last_ping;
	uint64_t stuck;		/* the program's queue is full: bit N - 1 for signal N */
	bool apart;	/* the program is not in the group: it has got nothing */
};

/* How long, in ms, the two halves of one group signal may lie apart. */
#define HOSTSIG_WITNESS_MS 500
/* How long one is waited for whose sender goes from process to process; and
 * at most, while that sender has not come to rest. */
#define HOSTSIG_PATIENCE_MS 50
#define HOSTSIG_PATIENCE_MAX_MS 1000
/* How long until room is looked for again. */
#define HOSTSIG_STUCK_MS 1

/* Return: false if there is no room for @si, which is to be tried again. */
typedef bool hostsig_pass_on(void *arg, const struct signalfd_siginfo *si);

/**
 * hostsig_arrived() - a signal has come; there must be room.
 * Return: the ping to send to the guard; it answers for all earlier ones, too.
 */
int hostsig_arrived(struct hostsig *h, const struct signalfd_siginfo *si);

/* Whether there is room for @count more signals. */
bool hostsig_has_room(const struct hostsig *h, unsigned count);

/* Whether the guard must be asked before anything that has come is decided. */
bool hostsig_wants_witness(const struct hostsig *h);

/**
 * hostsig_patient() - the signal of ping @ping was sent at time @ms by one who
 * sends to many processes, one after the other: a service manager, pkill(1).
 */
void hostsig_patient(struct hostsig *h, int ping, uint64_t ms);

/* Who sent the signal of ping @ping had ended before it could be looked at: all that
 * it sent has come, but to whom it sent is not known. */
void hostsig_sender_gone(struct hostsig *h, int ping);

/* The guard has seen signal @sig from @pid, told at time @ms. */
void hostsig_witnessed(struct hostsig *h, int sig, pid_t pid, uint64_t ms);

/**
 * hostsig_decide() - the guard answered ping @ping at time @ms.
 * Calls @pass_on for each signal that the program has not got.
 * Return: after how many ms hostsig_ask_again() is due; 0 if nothing waits.
 */
unsigned hostsig_decide(struct hostsig *h, int ping, uint64_t ms, hostsig_pass_on *pass_on,
			void *arg);

/* Whether process @pid may be about to send more. */
typedef bool hostsig_is_busy(void *arg, pid_t pid);

/**
 * hostsig_ask_again() - time @ms: has anything been waited for long enough?
 * Return: whether the guard is to be asked again: .last_ping.
 */
bool hostsig_ask_again(struct hostsig *h, uint64_t ms, hostsig_is_busy *is_busy, void *arg);

#endif
