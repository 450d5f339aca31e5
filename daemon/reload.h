/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_RELOAD_H
#define GOSUP_DAEMON_RELOAD_H

#include "daemon/ruleset.h"

/* How the launcher reads a policy again. */
struct reload_source {
	/**
	 * load() - read the policy as at the start, for the filter of @installed.
	 * Return: 0, or a negative errno and @diag.
	 */
	int (*load)(void *arg, const struct plan *installed,
		    struct ruleset_parts *ret, struct diag *diag);
	void *arg;
};

/**
 * reload() - put the policy, as it is now, in force instead of *current.
 *
 * All or nothing: if anything is wrong with it, nothing has changed. Refused,
 * too, if the program itself could have written it, by the rules in force.
 * Return: 0, or a negative errno and @diag.
 */
int reload(struct ruleset **current, struct receivers *receivers,
	   const struct reload_source *source, struct diag *diag);

/**
 * reload_guarded() - can the program not change the files of @policy?
 * Return: 0, or -EPERM and @diag, which names the first that it can.
 */
int reload_guarded(const struct policy *policy, struct diag *diag);

#endif
