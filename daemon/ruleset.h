/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_RULESET_H
#define GOSUP_DAEMON_RULESET_H

#include "daemon/audit.h"
#include "daemon/receiver.h"
#include "emul/notif.h"

/*
 * A policy in force: what the receivers serve calls by. A reload makes another
 * one; the one before it goes when no call is served by it any more. The first
 * stays to the end of the run, for the filter was made from its plan.
 */

/* A policy made ready by the launcher; owned by the ruleset made of it. */
struct ruleset_parts {
	struct policy *policy;
	struct plan *plan;
	struct audit *audit;
};

void ruleset_parts_finish(struct ruleset_parts *parts);

struct ruleset {
	struct emul emul;
	struct ruleset_parts parts;
	struct ruleset *before;		/* not freed yet, newest first */
};

/**
 * ruleset_new() - put @parts in force, or ready to be.
 * @like: what does not depend on the policy is taken from here
 * @parts: taken over, but on failure
 *
 * Return: NULL without memory.
 */
struct ruleset *ruleset_new(const struct emul *like, const struct ruleset_parts *parts);

/**
 * ruleset_replace() - serve by @next instead of *current from now on.
 * Those before that are out of use are freed, all but the first.
 */
void ruleset_replace(struct ruleset **current, struct ruleset *next,
		     struct receivers *receivers);

/* The first one that @current replaced, or itself. */
const struct ruleset *ruleset_first(const struct ruleset *current);

/* Free @ruleset and all before it. The receivers must have been stopped. */
void ruleset_destroy(struct ruleset *ruleset);

#endif
