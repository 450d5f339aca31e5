/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_SESSION_H
#define GOSUP_DAEMON_SESSION_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "daemon/receiver.h"
#include "daemon/reload.h"
#include "daemon/ruleset.h"
#include "daemon/service.h"
#include "daemon/witness.h"

/* One supervised program, from its listener to its end. */
struct session_config {
	struct ruleset_parts rules; /* owned by the session from the start */
	const struct service_config *service; /* likewise what it names */
	struct reload_source reload;
	int executed;		/* see struct service_program */
	const _Atomic int *exec_error;
	int listener;		/* owned by the session from the start */
	int link;		/* to the guard; likewise */
	pid_t guard, app;
	bool unix_sockets;	/* see struct emul_known */
	struct witness witness;	/* owned by the session from the start */
	bool want_stats;
	bool warn_reaped;
	enum signal_to signals_to; /* those that no rule is about */
	bool wait_tree;		/* for the last descendant, not for the program */
	unsigned delay_us;	/* hold every call up, for tests */
};

/* How the program ended, as waitid(2) tells it. */
struct session_end {
	int code;		/* CLD_EXITED, CLD_KILLED or CLD_DUMPED */
	int status;		/* exit status or signal */
};

/**
 * session_run() - supervise until the program has ended.
 * @totals: what the receivers did; receiver_totals_finish() it
 * @ret_rules: the last ones in force; ruleset_destroy() them
 *
 * All catchable signals must be blocked; they are taken from a signalfd.
 * Return: 0 and *ret, or a negative errno if supervision cannot start.
 */
int session_run(const struct session_config *config, struct session_end *ret,
		struct receiver_totals *totals, struct ruleset **ret_rules);

#endif
