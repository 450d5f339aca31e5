/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Rules of a call are in order, the first that holds
 * decides; a filter built with libseccomp has no order and, per argument, only
 * comparisons under a mask that can be told to look at 32 bits. So each rule is
 * turned into the set of calls that it decides (policy/cube.h): its conditions,
 * less what the rules before it decide. The sets do not overlap and become
 * branches. gosup's own rules (guards) follow, on what the policy did not
 * refuse. Where the sets get too many, the whole call is notified and
 * decide_scalar() tries the rules in order.
 *
 * What Landlock enforces has no guard, so it is not met here (policy/plan_guard.c).
 */
#include "policy/plan_lower.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/cube.h"

struct lowering {
	struct plan *plan;
	struct plan_call *call;
	struct diag *diag;
	struct cubes decided;	/* calls that do not simply go on */
	struct cubes allowed;	/* by an "allow" of the policy */
	struct plan_branch branches[CUBES_MAX];
	unsigned count;
	bool too_complex;
	bool total;		/* some branch is for all the rest */
};

static const char in_filter[] = "decided in the filter, on numbers alone";
static const char intricate[] =
	"its conditions and those before it are too many for a filter";

int plan_cannot_notify(const struct plan *plan, const struct rule_place *place,
		       const char *what, struct diag *diag)
{
	const char *file = place ? place->file : plan->policy->name;

	snprintf(diag->file, sizeof(diag->file), "%s", file ? file : "");
	diag->line = place ? place->line : 0;
	diag->column = 0;
	return diag_set(diag, -EOPNOTSUPP, "%s needs system call notifications "
			"(seccomp user notification), which do not work here; "
			"\"degrade\": true runs without", what);
}

static bool observes(const struct lowering *l)
{
	return l->plan->policy->mode == MODE_OBSERVE;
}

/* A guard that refuses, but not in the filter: refusals are only recorded, or
 * it is the policy's and a reload may lift it. */
static bool guard_asks(const struct lowering *l, const struct plan_guard *guard)
{
	return (observes(l) && guard->why != WHY_SELF) ||
	       (l->plan->features.reloadable && guard->why == WHY_DEFAULT);
}

static struct plan_rule_note *note_of(struct lowering *l,
				      const struct rule_place *place)
{
	return &l->plan->notes[place->id];
}

/* What the filter does about a rule, and whether gosup must be asked. */
static enum plan_verdict verdict_of(const struct plan *plan,
				    const struct call_rule *rule, int *ret_error)
{
	bool ask = plan->policy->mode == MODE_OBSERVE || plan->features.reloadable;

	*ret_error = 0;
	switch (rule->verdict) {
	case CALL_ALLOW:
		return PLAN_ALLOW;
	case CALL_LOG:
		return PLAN_NOTIFY;
	case CALL_ERRNO:
		if (ask)
			return PLAN_NOTIFY;
		*ret_error = (int)rule->value;
		return PLAN_ERRNO;
	case CALL_RETURN:
		/* SECCOMP_RET_ERRNO can answer 0 but no other success. */
		return ask || rule->value ? PLAN_NOTIFY : PLAN_ERRNO;
	case CALL_KILL:
		return ask ? PLAN_NOTIFY : PLAN_KILL;
	}
	return PLAN_NOTIFY;
}

static const char *reason_to_notify(const struct plan *plan,
				    const struct call_rule *rule)
{
	if (plan->policy->mode == MODE_OBSERVE && rule->verdict != CALL_LOG)
		return "observe mode: recorded, not enforced";
	if (rule->verdict == CALL_LOG)
		return "a filter cannot record";
	if (plan->features.reloadable)
		return "kept where a reload can change it";
	return "a filter can answer 0 or an errno, not this value";
}

/*
 * May the call be notified for @place? If not, either the run is refused, or
 * the loss accepted and noted. Return: 1, 0 or a negative errno.
 */
static int may_notify(struct lowering *l, const struct rule_place *place,
		      const char *what)
{
	if (l->plan->features.notify)
		return 1;
	if (!l->plan->policy->degrade)
		return plan_cannot_notify(l->plan, place, what, l->diag);
	if (place) {
		struct plan_rule_note *note = note_of(l, place);

		note->unenforced = true;
		note->layer = LAYER_NATIVE;
		note->reason = "not enforced: notifications do not work here";
	}
	return 0;
}

static int add_branch(struct lowering *l, const struct cube *cube,
		      const struct plan_branch *like,
		      const struct arg_cond *extra)
{
	struct plan_branch *b = &l->branches[l->count];
	struct arg_cond *conds;
	unsigned n = 0;

	if (l->count == CUBES_MAX) {
		l->too_complex = true;
		return 0;
	}
	conds = arena_calloc(l->plan->arena, SYSCALL_ARGS, sizeof(*conds));
	if (!conds)
		return -ENOMEM;
	for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
		if (cube->mask[i])
			conds[n++] = (struct arg_cond){
				.arg = i, .mask = cube->mask[i],
				.op = cube->mask[i] == UINT64_MAX ?
				      COND_EQ : COND_MASKED_EQ,
				.value = cube->value[i],
			};
		else if (extra && extra->arg == i)
			conds[n++] = *extra;
	}
	*b = *like;
	b->conds = conds;
	b->cond_count = n;
	l->count++;
	return 0;
}

static int add_branches(struct lowering *l, const struct cubes *set,
			const struct plan_branch *like,
			const struct arg_cond *extra)
{
	int err = 0;

	l->too_complex |= set->overflow;
	for (unsigned i = 0; i < set->count && !err && !l->too_complex; i++)
		err = add_branch(l, &set->cube[i], like, extra);
	return err;
}

/* The call needs at least this layer. The first to need it names the reason. */
static void need_layer(struct plan_call *call, enum layer layer,
		       const char *reason, unsigned why)
{
	if (layer > call->layer) {
		call->layer = layer;
		call->reason = reason;
	}
	if (layer >= LAYER_NOTIFY_SCALAR)
		call->why |= why;
}

static int lower_rule(struct lowering *l, const struct call_rule *rule)
{
	struct plan_rule_note *note = note_of(l, &rule->place);
	struct plan_branch like = { .rule_id = rule->place.id };
	struct cubes set;
	int may;

	cubes_from_conds(&set, l->call->row, rule->conds, rule->cond_count);
	cubes_subtract(&set, &l->decided);
	cubes_subtract(&set, &l->allowed);
	if (!set.overflow && !set.count) {
		note->unreachable = true;
		note->reason = "never reached: nothing is left to it";
		return 0;
	}
	like.verdict = verdict_of(l->plan, rule, &like.error);
	if (like.verdict == PLAN_ALLOW) {
		note->reason = "goes on as without gosup";
		cubes_append(&l->allowed, &set);
		l->too_complex |= l->allowed.overflow;
		return 0;
	}
	note->layer = LAYER_BPF;
	note->reason = in_filter;
	if (like.verdict == PLAN_NOTIFY) {
		may = may_notify(l, &rule->place, "this rule");
		if (may <= 0)
			return may;
		note->layer = LAYER_NOTIFY_SCALAR;
		note->reason = reason_to_notify(l->plan, rule);
	}
	need_layer(l->call, note->layer, note->reason, WHY_SYSCALLS);
	l->total |= !rule->cond_count;
	cubes_append(&l->decided, &set);
	l->too_complex |= l->decided.overflow;
	return add_branches(l, &set, &like, NULL);
}

static int lower_notify_guard(struct lowering *l, const struct plan_guard *guard)
{
	struct plan_branch like = {
		.rule_id = PLAN_NO_RULE, .verdict = PLAN_NOTIFY,
	};
	const struct arg_cond *other = NULL;
	struct cubes set;
	int may;

	/* Where "not 0" would become 32 cubes it is left as it is, and left
	 * out where the argument is tested anyhow: notified too often is
	 * harmless, for the handler looks again. */
	if (guard->cond_count == 1 && guard->conds[0].op == COND_NE)
		other = &guard->conds[0];
	cubes_from_conds(&set, l->call->row, guard->conds,
			 other ? 0 : guard->cond_count);
	cubes_subtract(&set, &l->decided);
	if (!set.overflow && !set.count)
		return 0;
	may = may_notify(l, NULL, guard->why & WHY_SELF ?
			 "keeping the program from ending its supervisor" :
			 guard->why & WHY_DEFAULT ? (observes(l) ? "observe mode" :
						     "a run that can be reloaded") :
			 guard->why & WHY_SIGNALS ? "keeping signals within the tree" :
			 guard->why & WHY_SERVICE ? "telling when the program listens" :
			 "judging paths");
	if (may <= 0)
		return may;
	need_layer(l->call, guard->perform ? LAYER_NOTIFY_PERFORM :
		   LAYER_NOTIFY_SCALAR, guard->reason, guard->why);
	l->total |= !guard->cond_count;
	return add_branches(l, &set, &like, other);
}

static int lower_guard(struct lowering *l, const struct plan_guard *guard)
{
	struct plan_branch like = {
		.rule_id = PLAN_NO_RULE, .verdict = PLAN_ERRNO,
		.error = guard->error,
	};
	struct cubes set;

	if (guard->verdict == PLAN_NOTIFY || guard_asks(l, guard))
		return lower_notify_guard(l, guard);
	cubes_from_conds(&set, l->call->row, guard->conds, guard->cond_count);
	cubes_subtract(&set, &l->decided);
	if (guard->liftable)
		cubes_subtract(&set, &l->allowed);
	if (!set.overflow && !set.count)
		return 0;
	need_layer(l->call, LAYER_BPF, guard->reason, 0);
	l->total |= !guard->cond_count;
	cubes_append(&l->decided, &set);
	l->too_complex |= l->decided.overflow;
	return add_branches(l, &set, &like, NULL);
}

/* Too much for a filter: ask the supervisor each time. */
static int notify_always(struct lowering *l)
{
	struct plan_call *call = l->call;

	for (unsigned i = 0; i < call->rule_count; i++) {
		const struct call_rule *rule = &call->rules[i];
		struct plan_rule_note *note = note_of(l, &rule->place);
		int may;

		if (note->unreachable || rule->verdict == CALL_ALLOW)
			continue;
		may = may_notify(l, &rule->place, "a rule with so many "
				 "conditions, or after so many,");
		if (may < 0)
			return may;
		if (!may)
			continue;
		note->layer = LAYER_NOTIFY_SCALAR;
		if (!note->reason || note->reason == in_filter)
			note->reason = intricate;
	}
	if (!l->plan->features.notify) {
		call->layer = LAYER_NATIVE;
		return 0;
	}
	need_layer(call, LAYER_NOTIFY_SCALAR, intricate, WHY_SYSCALLS);
	call->why |= WHY_SYSCALLS;
	call->verdict = PLAN_NOTIFY;
	call->self_guard_arg = -1;
	return 0;
}

/* Whether one verdict without conditions says it all. */
static bool is_uniform(const struct lowering *l)
{
	if (l->count == 1 && !l->branches[0].cond_count)
		return true;
	for (unsigned i = 1; i < l->count; i++)
		if (l->branches[i].verdict != l->branches[0].verdict ||
		    l->branches[i].error != l->branches[0].error)
			return false;
	return l->total && !l->allowed.count;
}

static bool has_notify(const struct lowering *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->branches[i].verdict == PLAN_NOTIFY)
			return true;
	return false;
}

/* An "allow" ends the rules after it, but not what the rest of the policy or
 * the supervisor's safety demands. */
static void note_allowed(struct lowering *l)
{
	const struct plan_call *call = l->call;

	for (unsigned i = 0; i < call->rule_count; i++) {
		struct plan_rule_note *note = note_of(l, &call->rules[i].place);

		if (call->rules[i].verdict != CALL_ALLOW || note->unreachable)
			continue;
		for (unsigned g = 0; g < call->guard_count; g++) {
			const struct plan_guard *guard = &call->guards[g];

			if (guard->liftable || guard->why == WHY_SELF ||
			    call->layer == LAYER_NATIVE)
				continue;
			note->layer = guard->perform ? LAYER_NOTIFY_PERFORM :
				      guard->verdict == PLAN_ERRNO &&
				      !guard_asks(l, guard) ? LAYER_BPF :
				      LAYER_NOTIFY_SCALAR;
			note->reason = guard->reason;
		}
	}
}

static unsigned count_conds(const struct lowering *l)
{
	unsigned n = 0;

	for (unsigned i = 0; i < l->count; i++)
		n += l->branches[i].cond_count;
	return n;
}

static int finish(struct lowering *l)
{
	struct plan_call *call = l->call;
	struct plan_branch *branches;

	if (!l->count && !l->too_complex)
		return 0;
	if (!l->too_complex && is_uniform(l)) {
		call->verdict = l->branches[0].verdict;
		call->error = l->branches[0].error;
		call->rule_id = l->branches[0].rule_id;
		call->self_guard_arg = -1;
		return 0;
	}
	/* The filter would find a guarded pid in two branches that disagree;
	 * the handler of such a call knows the pids, too. */
	if (call->self_guard_arg >= 0 && has_notify(l))
		l->too_complex = true;
	if (l->too_complex ||
	    l->plan->cond_total + count_conds(l) > PLAN_CONDS_MAX)
		return notify_always(l);

	branches = arena_calloc(l->plan->arena, l->count, sizeof(*branches));
	if (!branches)
		return -ENOMEM;
	memcpy(branches, l->branches, l->count * sizeof(*branches));
	call->branches = branches;
	call->branch_count = l->count;
	l->plan->cond_total += count_conds(l);
	return 0;
}

static bool comes_first(const struct plan_guard *guard)
{
	return guard->verdict == PLAN_ERRNO && guard->why == WHY_SELF;
}

int plan_lower_call(struct plan *plan, struct plan_call *call,
		    struct diag *diag)
{
	struct lowering l;
	int err = 0;

	call->rule_id = PLAN_NO_RULE;
	if (!call->rule_count && !call->guard_count)
		return 0;
	l.plan = plan;
	l.call = call;
	l.diag = diag;
	l.decided.count = l.allowed.count = l.count = 0;
	l.decided.overflow = l.allowed.overflow = false;
	l.too_complex = l.total = false;

	/* Where refusals are only recorded, the supervisor's own safety is not
	 * left to the handlers but comes first. */
	for (unsigned i = 0; i < call->guard_count && !err; i++)
		if (observes(&l) && comes_first(&call->guards[i]))
			err = lower_guard(&l, &call->guards[i]);
	for (unsigned i = 0; i < call->rule_count && !err; i++)
		err = lower_rule(&l, &call->rules[i]);
	for (unsigned i = 0; i < call->guard_count && !err; i++)
		if (!observes(&l) || !comes_first(&call->guards[i]))
			err = lower_guard(&l, &call->guards[i]);
	if (err)
		return err;
	note_allowed(&l);
	return finish(&l);
}
