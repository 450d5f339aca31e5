/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A filter in force cannot be taken back, and a second
 * one would be another program's business. So a new plan has to do with what
 * the first one's filter does, call by call and part by part:
 *
 *   notified     any new verdict will do, for the supervisor gives it
 *   let through  only "let through" will do
 *   refused      only the same refusal will do
 *
 * Nor can Landlock be loosened: where it judges files, the rules must stay as
 * they were, and where it does not, it will not begin.
 *
 * Parts are compared as sets (policy/cube.h). Conditions that are no cube ("not
 * 0") appear in gosup's own rules alone, and there only as they are.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/cube.h"
#include "policy/plan.h"
#include "policy/plan_landlock.h"

/* One call in the old plan and in the new. */
struct pair {
	const struct plan *installed, *plan;
	const struct plan_call *old, *new;
	struct diag *diag;
};

/* What a call gets without any branch is a branch without conditions. */
static unsigned branches_of(const struct plan_call *call, struct plan_branch *whole,
			    const struct plan_branch **ret)
{
	*whole = (struct plan_branch){
		.verdict = call->verdict, .error = call->error,
		.rule_id = call->rule_id,
	};
	*ret = call->verdict == PLAN_ALLOW ? call->branches : whole;
	return call->verdict == PLAN_ALLOW ? call->branch_count : 1;
}

static bool is_cube(const struct plan_branch *b)
{
	for (unsigned i = 0; i < b->cond_count; i++)
		if (b->conds[i].op == COND_NE)
			return false;
	return true;
}

static bool same_conds(const struct plan_branch *a, const struct plan_branch *b)
{
	if (a->cond_count != b->cond_count)
		return false;
	for (unsigned i = 0; i < a->cond_count; i++) {
		const struct arg_cond *x = &a->conds[i], *y = &b->conds[i];

		if (x->arg != y->arg || x->op != y->op || x->mask != y->mask ||
		    x->value != y->value)
			return false;
	}
	return true;
}

static bool same_verdict(const struct plan_branch *a, const struct plan_branch *b)
{
	return a->verdict == b->verdict && a->error == b->error;
}

/*
 * Whether every call in branch @b of one plan is in a branch of @others that
 * does the same, or, if @any, that is notified.
 */
static bool covered(const struct syscall_row *row, const struct plan_branch *b,
		    const struct plan_branch *others, unsigned count, bool any)
{
	struct cubes left, part;
	bool comparable = is_cube(b);

	if (comparable) {
		cubes_from_conds(&left, row, b->conds, b->cond_count);
		comparable = !left.overflow;
	}
	for (unsigned i = 0; i < count; i++) {
		const struct plan_branch *o = &others[i];

		if (!same_verdict(b, o) && !(any && o->verdict == PLAN_NOTIFY))
			continue;
		if (same_conds(b, o) || !o->cond_count)
			return true;
		if (!comparable || !is_cube(o))
			continue;
		cubes_from_conds(&part, row, o->conds, o->cond_count);
		if (part.overflow)
			continue;
		cubes_subtract(&left, &part);
		if (left.overflow)
			return false;
		if (!left.count)
			return true;
	}
	return false;
}

static void set_place(struct diag *diag, const struct plan *plan, unsigned rule_id)
{
	const struct rule_place *place = policy_rule_place(plan->policy, rule_id);

	if (!place)
		return;
	snprintf(diag->file, sizeof(diag->file), "%s", place->file);
	diag->line = place->line;
	diag->column = 0;
}

static const char *words(const struct plan_branch *b)
{
	switch (b->verdict) {
	case PLAN_ALLOW:
		break;
	case PLAN_ERRNO:
		return "refuses";
	case PLAN_KILL:
		return "kills for";
	case PLAN_NOTIFY:
		return "asks gosup about";
	}
	return "lets through";
}

#define HOW_ELSE "; start the program anew, or start it with --reloadable where " \
	"rules are to be changed while it runs"

static int needs_more(const struct pair *p, const struct plan_branch *b)
{
	const char *why = p->new->reason;

	set_place(p->diag, p->plan, b->rule_id);
	return diag_set(p->diag, -EOPNOTSUPP, "%s would need a filter that %s it "
			"(%s), which the one installed at the start does not"
			HOW_ELSE, p->new->row->name, words(b),
			why ? why : "by a rule");
}

static int gives_more(const struct pair *p, const struct plan_branch *b)
{
	char place[300] = "gosup";

	if (policy_rule_place(p->installed->policy, b->rule_id))
		rule_place_format(policy_rule_place(p->installed->policy, b->rule_id),
				  place, sizeof(place));
	return diag_set(p->diag, -EOPNOTSUPP, "the filter installed at the start "
			"%s %s (%s), which this policy no longer does" HOW_ELSE,
			words(b), p->old->row->name, place);
}

static int compare_call(const struct pair *p)
{
	const struct plan_branch *old, *new;
	struct plan_branch old_whole, new_whole;
	unsigned old_count = branches_of(p->old, &old_whole, &old);
	unsigned new_count = branches_of(p->new, &new_whole, &new);
	unsigned i;

	for (i = 0; i < old_count; i++)
		if (old[i].verdict != PLAN_NOTIFY &&
		    !covered(p->old->row, &old[i], new, new_count, false))
			return gives_more(p, &old[i]);
	for (i = 0; i < new_count; i++)
		if (!covered(p->new->row, &new[i], old, old_count, true))
			return needs_more(p, &new[i]);
	/* Where the call as a whole is notified, its handler has the pids. */
	if (p->new->self_guard_arg >= 0 && p->old->self_guard_arg < 0 &&
	    old_whole.verdict != PLAN_NOTIFY)
		return needs_more(p, &new_whole);
	return 0;
}

static int compare(const struct plan *installed, const struct plan *plan,
		   struct diag *diag)
{
	struct pair p = { .installed = installed, .plan = plan, .diag = diag };
	int err = 0;

	if ((plan->refuse_foreign_abi && !installed->refuse_foreign_abi) ||
	    (plan->refuse_bypass && !installed->refuse_bypass) ||
	    (plan->no_new_privs && !installed->no_new_privs))
		return diag_set(diag, -EOPNOTSUPP, "the program was started with a "
				"policy that enforces nothing, so ways round a rule "
				"stand open" HOW_ELSE);
	if (!plan_landlock_same_files(installed, plan))
		return diag_set(diag, -EOPNOTSUPP, "the kernel judges files by the "
				"rules that were there at the start, by Landlock" HOW_ELSE);
	if (installed->landlock.signals && !plan->landlock.signals)
		return diag_set(diag, -EOPNOTSUPP, "the kernel keeps signals within the "
				"program's tree, by Landlock" HOW_ELSE);
	for (unsigned i = 0; i < syscall_count && !err; i++) {
		p.old = &installed->calls[i];
		p.new = &plan->calls[i];
		err = compare_call(&p);
	}
	return err;
}

int plan_remake(const struct policy *policy, const struct plan *installed,
		struct plan **ret, struct diag *diag)
{
	struct plan_features features = installed->features;
	struct plan *plan;
	int err;

	features.mediates_files = installed->mediates_files;
	features.confines_files = installed->confines_files;
	features.judges_exec = installed->judges_exec;
	features.restricts = installed->restricts;
	features.no_landlock_files = !installed->landlock.files;
	features.no_landlock_signals = !installed->landlock.signals;
	features.no_landlock_apart = !installed->landlock.apart;
	err = plan_make(policy, &features, &plan, diag);
	if (err)
		return err;
	err = compare(installed, plan, diag);
	if (err)
		plan_destroy(plan);
	else
		*ret = plan;
	return err;
}
