/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_INTAKE_H
#define GOSUP_DAEMON_INTAKE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "daemon/hostsig.h"

/*
 * Where signals to the supervisor come in. What the program has not got, as
 * the guard or its absence tells (daemon/hostsig.h), is handed on.
 */
struct intake_config {
	pid_t app, guard;
	int link;			/* to the guard */
	const _Atomic uint32_t *busy;	/* see guard_run() */
	/* Read what the guard has sent; false at the end of the run. */
	bool (*read_link)(void *arg);
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
	int status;		/* the guard's in /proc, or -1 */
	int asked;		/* the last ping that was sent, or needed none */
	int answered;		/* the last that was decided upon */
	uint64_t closed;	/* signals that are not read now, bit N - 1 */
	bool by_systemd;	/* our parent is a service manager */
};

/* Return: 0 or a negative errno; intake_close() in any case. */
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
