/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_SPAWN_H
#define GOSUP_LAUNCHER_SPAWN_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "daemon/witness.h"
#include "policy/plan.h"

/* The processes of a run, once the program's filter is installed. */
struct spawned {
	int listener;	/* of the program's filter; the caller's to close */
	int link;	/* to the guard; likewise */
	pid_t guard, app;
	int executed;	/* ends when the program is executed; likewise */
	struct witness witness;	/* likewise */
	bool unix_sockets; /* the program was given some that can be connected */
};

/* What became of the launch, in memory shared with the children. */
struct spawn_shared;

/**
 * spawn() - start guard and program.
 * @argv: the program and its arguments, NULL-terminated; looked up in PATH as
 * a shell does
 * @warn_reaped: let the guard tell of orphans
 * @ret_shared: to ask spawn_exec_error() once the program has ended
 *
 * Returns as soon as the listener is there: the program's exec itself may be a
 * notified call. All signals are blocked from here on in this process; the
 * program has the mask that the caller had.
 *
 * Return: 0, or a negative errno, and then *ret_what says what failed.
 */
int spawn(const struct plan *plan, char *const argv[], bool warn_reaped, struct spawned *ret,
	  struct spawn_shared **ret_shared, const char **ret_what);

/* Keep numbers 0 to 2 taken, so that nothing of ours ends up there. What was
 * closed is closed again for the program by its exec. */
void spawn_reserve_stdio(void);

/* Why the program was not executed: 0, as long as nothing is known, or an
 * errno. */
const _Atomic int *spawn_exec_error(const struct spawn_shared *shared);

#endif
