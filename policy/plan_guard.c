/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that no policy writes. Most follow from the class of a call; the rest,
 * for calls that are dangerous in some of their arguments only, are in
 * plan_special.c.
 */
#include "policy/plan_guard.h"

#include <errno.h>
#include <string.h>

#include "policy/plan_special.h"

#define GUARDS_MAX	(PLAN_SPECIALS_MAX + 4)

static const char reload_may_refuse[] = "a reload may bring a rule that refuses it";

/* A pid argument that is not 0: another process, or so it may be. Upper halves
 * of registers may be junk, which makes notified calls more, never fewer. */
#define OTHER(arg_) { .arg = (arg_), .op = COND_NE, .mask = UINT64_MAX }
static const struct arg_cond other_process[SYSCALL_ARGS] = {
	OTHER(0), OTHER(1), OTHER(2), OTHER(3), OTHER(4), OTHER(5),
};

struct guards {
	struct plan_guard list[GUARDS_MAX];
	unsigned count;
};

static void add(struct guards *g, struct plan_guard guard)
{
	g->list[g->count++] = guard;
}

/* What "default": "deny" refuses, or may after a reload. */
static void add_denied(struct guards *g, const struct plan *plan,
		       struct plan_guard guard)
{
	if (plan->policy->def != DEFAULT_DENY) {
		guard.verdict = PLAN_NOTIFY;
		guard.reason = reload_may_refuse;
	}
	if (plan->policy->def == DEFAULT_DENY || plan->features.reloadable)
		add(g, guard);
}

/* Return: whether the table says all that there is to say of the call. */
static bool add_specials(struct guards *g, const struct plan *plan,
			 const struct syscall_row *row)
{
	struct plan_special special;
	bool said = false;
	unsigned at = 0;

	while (plan_special_next(plan, row, &at, &special)) {
		add(g, special.guard);
		said |= !special.besides;
	}
	return said;
}

/* Calls that change or attach to a process named by number. */
static void add_process(struct guards *g, const struct syscall_row *row)
{
	for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
		struct plan_guard guard = {
			.conds = &other_process[i], .cond_count = 1,
			NOTIFY(WHY_SELF, "could name the supervisor"),
		};

		if (row->args[i] == ARG_PID || row->args[i] == ARG_TID)
			add(g, guard);
	}
}

static void add_judged(struct guards *g, bool wanted, const char *reason)
{
	struct plan_guard guard = { NOTIFY(WHY_FILES, reason), .perform = true };

	if (wanted)
		add(g, guard);
}

/* Whether Landlock judges calls of @row's kind as the rules do, or the rules
 * have nothing to judge, since looking is free. */
static bool landlocked(const struct plan *plan, const struct syscall_row *row)
{
	if (!plan->landlock.files)
		return false;
	switch (row->op) {
	case OP_OPEN:
	case OP_STAT:
	case OP_READLINK:
	case OP_CHDIR:
	case OP_CREATE:
	case OP_REMOVE:
	case OP_RENAME:
	case OP_LINK:
	case OP_TRUNCATE:
		return true;
	case OP_EXEC:
		return plan->landlock.exec_alone;
	case OP_NONE:
	case OP_LIST:
	case OP_SETATTR:
	case OP_CONNECT:
	case OP_MOUNT:
	case OP_COUNT_:
		break;
	}
	return false;
}

static bool is_signal(const struct syscall_row *row)
{
	return row->class == CLASS_PROCESS && memchr(row->args, ARG_SIGNO, SYSCALL_ARGS);
}

static void add_default(struct guards *g, const struct plan *plan)
{
	struct plan_guard guard = {
		REFUSE(EPERM, WHY_DEFAULT, "administers the machine"),
		.liftable = true,
	};

	add_denied(g, plan, guard);
}

/* What follows from the class, for rows that the table does not name. */
static void add_class(struct guards *g, const struct plan *plan,
		      const struct syscall_row *row)
{
	bool query = row->flags & ROW_QUERY;

	switch (row->class) {
	case CLASS_PATH:
		if (!landlocked(plan, row))
			add_judged(g, plan->mediates_files,
				   "its path must be judged and used as one");
		break;
	case CLASS_FDMETA:
		add_judged(g, plan->mediates_files,
			   "changes an object whose path must be judged");
		break;
	case CLASS_EXEC:
		if (!landlocked(plan, row))
			add_judged(g, plan->judges_exec, "what it starts must be judged");
		break;
	case CLASS_PROCESS:
		if (!query && !(plan->landlock.signals && is_signal(row)))
			add_process(g, row);
		break;
	case CLASS_ADMIN:
		add_default(g, plan);
		add_process(g, row);
		break;
	case CLASS_CLOCK:
		if (!query)
			add_default(g, plan);
		break;
	case CLASS_IDS:
		if (!query && plan->judges_exec)
			add(g, (struct plan_guard){ NOTIFY(WHY_TRACK,
			    "the supervisor acts with the caller's ids") });
		break;
	case CLASS_NAMESPACE:
		if (plan->judges_exec)
			add(g, (struct plan_guard){ REFUSE(EPERM, WHY_FILES,
			    "would rearrange what paths mean") });
		break;
	case CLASS_BYPASS:
		if (plan->restricts)
			add(g, (struct plan_guard){ REFUSE(ENOSYS, WHY_BYPASS,
			    "performs other calls out of the filter's sight") });
		break;
	case CLASS_PLAIN:
	case CLASS_ADDR:
	case CLASS_MACHINE:
	case CLASS_COUNT_:
		break;
	}
}

int plan_guards(const struct plan *plan, const struct syscall_row *row,
		struct plan_call *call)
{
	static const enum plan_verdict order[] = { PLAN_ERRNO, PLAN_NOTIFY };
	const unsigned slot = syscall_slot(row);
	struct guards g = { .count = 0 };
	struct plan_guard *list;
	unsigned n = 0;

	/* tgkill is how Go preempts, every 10 ms: it must not be notified. Its
	 * tgid must fit the tid, so comparing the tgid is enough. */
	call->self_guard_arg = !plan->landlock.signals && !plan->keeps_signals &&
			       (slot == SLOT_tgkill || slot == SLOT_rt_tgsigqueueinfo) ?
			       0 : -1;
	if (!add_specials(&g, plan, row) && call->self_guard_arg < 0)
		add_class(&g, plan, row);
	if (!g.count)
		return 0;

	list = arena_calloc(plan->arena, g.count, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (unsigned o = 0; o < 2; o++)
		for (unsigned i = 0; i < g.count; i++)
			if (g.list[i].verdict == order[o])
				list[n++] = g.list[i];
	for (unsigned i = 0; i < n; i++)
		list[i].place = (struct rule_place){
			.file = "gosup", .section = "guard", .index = i,
			.id = plan->policy->rule_count,
		};
	call->guards = list;
	call->guard_count = n;
	return 0;
}
