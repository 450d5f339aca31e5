/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_INTAKE_H
#define GOSUP_DAEMON_INTAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "daemon/hostsig.h"
#include "daemon/sender.h"
#include "daemon/witness.h"

/*
 * Where signals to the supervisor come in. What the program has not got, as
 * the guard or its absence tells (daemon/hostsig.h), is handed on.
 */
struct intake_config {
	pid_t app, guard;
	int link;			/* to the guard */
	struct witness *witness;	/* closed with the intake */
	hostsig_pass_on *pass_on;
	uint64_t (*awake_ms)(void *arg);
	void *arg;
};

struct intake {
	struct intake_config config;
	struct hostsig hostsig;
	uv_poll_t poll;
	uv_timer_t timer;
	int fd;			/* signalfd */
	int asked;		/* the last ping that was sent, or needed none */
	int answered;		/* the last that was decided upon */
	int awaited;		/* the last that was sent */
	bool awaits;		/* that one's answer */
	uint64_t closed;	/* signals that are not read now, bit N - 1 */
	struct senders senders;
};

/* All signals are blocked. Return: 0 or a negative errno; intake_close() in any
 * case. */
int intake_open(struct intake *in, uv_loop_t *loop, const struct intake_config *config);

/* Take what has come, without deciding anything. */
void intake_take(struct intake *in);

/* The guard has seen signal @sig from @pid. */
void intake_witnessed(struct intake *in, int sig, pid_t pid);

/* The guard has answered @ping. */
void intake_answered(struct intake *in, int ping);

/* Decide what can be decided, and ask for the rest. */
void intake_settle(struct intake *in);

/* The loop must run once again. */
void intake_close(struct intake *in);

#endif
