/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_AUDIT_FACTS_H
#define GOSUP_DAEMON_AUDIT_FACTS_H

#include <stddef.h>
#include <time.h>

#include "emul/notif.h"

/*
 * What there is to say about one event, gathered once and then put into the
 * words of a text line, a JSON line or a journal entry.
 */

/* What the author of the policy could write to let the call through. */
enum audit_advice {
	ADVICE_NONE,		/* no rule can, or the policy says it all */
	ADVICE_FILES_ADD,	/* a rule for .advice_path in `files` */
	ADVICE_FILES_CHANGE,	/* ... instead of the one that decided */
	ADVICE_FILES_MAP,	/* "map" instead of "from" in that rule */
	ADVICE_EXEC_ADD,	/* a rule for .advice_path in `exec` */
	ADVICE_EXEC_CHANGE,	/* ... instead of the one that decided */
	ADVICE_EXEC_HASH,	/* ... with the digest that the program has */
	ADVICE_SYSCALLS,	/* an "allow" in `syscalls` */
	ADVICE_UNNAMEABLE,	/* a rule, but JSON cannot hold the path */
};

struct audit_facts {
	const struct event *event;
	struct timespec time;
	bool observed;			/* recorded, but not enforced */
	pid_t pid, tid;
	char comm[64];			/* of the process; any bytes */
	char call[32];			/* name of the system call */
	const char *operation;		/* "read", ...; NULL */
	const char *object;		/* any bytes; NULL */
	size_t object_len;
	char why[128];			/* gosup's own reason; "" if a rule or the
					 * default decided */
	int error;			/* positive; 0 */
	char rule[224];			/* "policy.json:9 files[2]", "default",
					 * "built-in"; "" */
	const char *target;		/* what is seen instead: its beginning */
	const char *target_tail;	/* ... and its end, part of .object */
	enum audit_advice advice;
	const char *advice_path;	/* its beginning */
	const char *advice_tail;	/* ... and its end, of this length */
	size_t advice_tail_len;
	const char *advice_rights;	/* "read write" */
};

/**
 * audit_facts_get() - gather what there is to say about @event.
 * @ret: refers to strings of @event
 */
void audit_facts_get(const struct event *event, struct audit_facts *ret);

/* "deny", "redirect", ...: the word for @kind in policies and records. */
const char *event_kind_name(enum event_kind kind);

#endif
