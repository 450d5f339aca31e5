/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_GUARD_H
#define GOSUP_DAEMON_GUARD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The guard is the process between the supervisor and the program: parent of
 * the program and reaper of all its descendants. It does four things that
 * the supervisor cannot do itself:
 *
 *  - it outlives a supervisor that is killed outright, and then kills the
 *    whole tree, so that nothing runs on unsupervised
 *  - it is a witness: a member of the same process group that no one else
 *    knows of. A signal that it saw, too, went to the group, and so reached
 *    the program without the supervisor's help
 *  - it reaps orphans
 *  - it wakes a supervisor that has stopped as the program did, when the
 *    program alone is continued or killed
 */

/* Messages between the two, one SOCK_SEQPACKET record each. */
enum guard_msg_kind {
	GUARD_PING = 1,		/* to the guard: say what you saw, then PONG */
	GUARD_FINISH,		/* to the guard: end what is left of the tree */
	GUARD_STOPPING,		/* to the guard: I stop as the program did; wake
				   me (SIGCONT) when it goes on or ends, or when
				   the listener that comes along has a call */
	GUARD_RESUMED,		/* to the guard: I am awake */
	GUARD_PONG,		/* .value: of the PING */
	GUARD_WITNESS,		/* .sig, .pid: a signal that the guard got */
	GUARD_CHANGE,		/* .code, .value: si_code and si_status of the
				   program, as waitid(2) has them */
	GUARD_REAPED,		/* .pid: of an orphan that has ended */
	GUARD_ALONE,		/* the program has ended, and now all others, too */
};

struct guard_msg {
	enum guard_msg_kind kind;
	int32_t sig;
	int32_t pid;
	int32_t code;
	int32_t value;
	int32_t alone;		/* the program has ended and left nobody behind:
				   the guard ends by itself */
};

/* The guard's parent-death signal (prctl(2)), which tells it in any case. */
#define GUARD_PARENT_DIED SIGPWR

/**
 * guard_run() - be the guard until the tree is gone; never returns.
 * @link: the guard's end of the socket, its only descriptor
 * @app: the program, a child of this process
 * @supervisor: the parent of this process
 * @tells_reaped: tell the supervisor of orphans (GUARD_REAPED)
 *
 * All catchable signals must be blocked.
 */
__attribute__((noreturn))
void guard_run(int link, pid_t app, pid_t supervisor, bool tells_reaped);

#endif
