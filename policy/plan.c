/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/plan.h"

#include <errno.h>
#include <stdlib.h>

#include "policy/plan_guard.h"
#include "policy/plan_landlock.h"
#include "policy/plan_lower.h"

bool cond_holds(const struct syscall_row *row, const struct arg_cond *cond,
		const uint64_t args[SYSCALL_ARGS])
{
	uint64_t arg = syscall_narrow(row, cond->arg, args[cond->arg]);
	uint64_t value = syscall_narrow(row, cond->arg, cond->value);

	switch (cond->op) {
	case COND_EQ:
		return arg == value;
	case COND_NE:
		return arg != value;
	case COND_LT:
		return arg < value;
	case COND_LE:
		return arg <= value;
	case COND_GT:
		return arg > value;
	case COND_GE:
		return arg >= value;
	case COND_MASKED_EQ:
		return (arg & cond->mask) == (value & cond->mask);
	}
	return false;
}

bool conds_hold(const struct syscall_row *row, const struct arg_cond *conds,
		unsigned count, const uint64_t args[SYSCALL_ARGS])
{
	for (unsigned i = 0; i < count; i++)
		if (!cond_holds(row, &conds[i], args))
			return false;
	return true;
}

const char *layer_name(enum layer layer)
{
	switch (layer) {
	case LAYER_NATIVE:
		return "native";
	case LAYER_BPF:
		return "filter";
	case LAYER_LANDLOCK:
		return "landlock";
	case LAYER_NOTIFY_SCALAR:
		return "judged";
	case LAYER_NOTIFY_PERFORM:
		return "performed";
	}
	return "?";
}

bool policy_confines_files(const struct policy *policy)
{
	if (policy->def == DEFAULT_DENY)
		return true;
	for (size_t i = 0; i < policy->file_count; i++)
		if (policy->files[i].kind != FILE_CONTENT &&
		    policy->files[i].kind != FILE_MAP)
			return true;
	return false;
}

static bool has_kind(const struct policy *policy, enum file_kind kind)
{
	for (size_t i = 0; i < policy->file_count; i++)
		if (policy->files[i].kind == kind)
			return true;
	return false;
}

static bool shifts_paths(const struct policy *policy)
{
	return has_kind(policy, FILE_FROM) || has_kind(policy, FILE_MAP);
}

/* Whether what is in a directory, or its name, is not what the kernel says. */
static bool changes_names(const struct policy *policy)
{
	return shifts_paths(policy) || has_kind(policy, FILE_CONTENT) ||
	       has_kind(policy, FILE_HIDE);
}

static void set_flags(struct plan *plan)
{
	const struct policy *policy = plan->policy;
	bool enforce = policy->mode == MODE_ENFORCE;
	const struct plan_features *f = &plan->features;
	/* Where Landlock cannot keep processes apart, rules for programs alone need
	 * paths judged, too: others' memory has one. */
	bool wants_files = policy->file_count || policy->def == DEFAULT_DENY ||
			   (enforce && policy->exec_count && !plan_landlock_can_keep_apart(f));

	/* A reload may bring the first rule, so be prepared for any. */
	plan->restricts = f->reloadable || f->restricts || policy->rule_count ||
			  policy->def == DEFAULT_DENY ||
			  policy->signal_send == SIGNAL_SEND_TREE;
	plan->mediates_files = f->notify && (f->reloadable || f->mediates_files ||
					     wants_files);
	plan->confines_files = plan->mediates_files &&
			       (f->reloadable || f->confines_files ||
				policy_confines_files(policy));
	plan->judges_exec = plan->mediates_files ||
			    (f->notify && (f->judges_exec || policy->exec_count));
	plan->keeps_apart = enforce && (plan->confines_files ||
					(f->notify && policy->exec_count));
	plan->edits_lists = plan->mediates_files &&
			    (f->reloadable || changes_names(policy));
	plan->shifts_paths = plan->mediates_files &&
			     (f->reloadable || shifts_paths(policy));
	plan->refuse_foreign_abi = plan->restricts && enforce;
	plan->refuse_bypass = plan->restricts && enforce;
	plan->no_new_privs = !plan->features.privileged || plan->restricts;
}

static const char *file_reason(enum file_kind kind)
{
	switch (kind) {
	case FILE_ALLOW:
	case FILE_DENY:
	case FILE_HIDE:
		return "the path is judged, then used by the supervisor itself";
	case FILE_CONTENT:
		return "the supervisor opens a file of its own instead";
	case FILE_FROM:
	case FILE_MAP:
		return "the supervisor opens the other object instead";
	}
	return "?";
}

/* What is left to the supervisor differs by call, and is in the list of notified
 * calls; here it is said what judges most of them. */
static void note_file(struct plan *plan, const struct file_rule *rule)
{
	struct plan_rule_note *note = &plan->notes[rule->place.id];

	note->layer = LAYER_NOTIFY_PERFORM;
	note->reason = plan->policy->mode == MODE_OBSERVE ?
		       "observe mode: recorded, not enforced" :
		       file_reason(rule->kind);
	if (plan->landlock.files) {
		note->layer = LAYER_LANDLOCK;
		note->reason = plan_is_own_proc(rule->path) ?
			       "judged by the kernel; for the program itself, not "
			       "for others that it starts" : "judged by the kernel";
	}
	if (!plan->features.notify) {
		note->layer = LAYER_NATIVE;
		note->reason = "not enforced: notifications do not work here";
		note->unenforced = true;
	}
}

static void note_exec(struct plan *plan, const struct exec_rule *rule)
{
	struct plan_rule_note *note = &plan->notes[rule->place.id];

	note->layer = LAYER_NOTIFY_PERFORM;
	note->reason = plan->policy->mode == MODE_OBSERVE ?
		       "observe mode: recorded, not enforced" : rule->hashed ?
		       "what is started is hashed before its first instruction" :
		       "what is started is judged again before its first instruction";
	if (!plan->features.notify) {
		note->layer = LAYER_NATIVE;
		note->reason = "not enforced: notifications do not work here";
		note->unenforced = true;
	}
}

static int lower_exec(struct plan *plan, struct diag *diag)
{
	const struct policy *policy = plan->policy;

	if (policy->exec_count && !plan->features.notify && !policy->degrade)
		return plan_cannot_notify(plan, &policy->execs[0].place,
					  "a rule for programs", diag);
	for (size_t i = 0; i < policy->exec_count; i++)
		note_exec(plan, &policy->execs[i]);
	return 0;
}

static int lower_files(struct plan *plan, struct diag *diag)
{
	const struct policy *policy = plan->policy;
	bool wanted = policy->file_count || policy->def == DEFAULT_DENY;

	if (wanted && !plan->features.notify && !policy->degrade)
		return plan_cannot_notify(plan, policy->file_count ?
					  &policy->files[0].place : NULL,
					  policy->file_count ? "a rule for files" :
					  "\"default\": \"deny\"", diag);
	for (size_t i = 0; i < policy->file_count; i++)
		note_file(plan, &policy->files[i]);
	return 0;
}

/* Rules come grouped by call: hand each call its group. */
static void hand_out_rules(struct plan *plan)
{
	const struct policy *policy = plan->policy;

	for (size_t i = 0; i < policy->call_count; i++) {
		const struct call_rule *rule = &policy->calls[i];
		struct plan_call *call = &plan->calls[syscall_slot(rule->row)];

		if (!call->rule_count)
			call->rules = rule;
		call->rule_count++;
	}
}

static int lower_calls(struct plan *plan, struct diag *diag)
{
	int err = 0;

	for (unsigned i = 0; i < syscall_count; i++)
		plan->calls[i].row = &syscall_rows[i];
	hand_out_rules(plan);
	for (unsigned i = 0; i < syscall_count && !err; i++) {
		err = plan_guards(plan, &syscall_rows[i], &plan->calls[i]);
		if (!err)
			err = plan_lower_call(plan, &plan->calls[i], diag);
	}
	return err;
}

int plan_make(const struct policy *policy, const struct plan_features *features,
	      struct plan **ret, struct diag *diag)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	int err = -ENOMEM;

	if (!plan)
		return diag_set(diag, -ENOMEM, "out of memory");
	plan->policy = policy;
	plan->features = *features;
	plan->arena = arena_new();
	if (!plan->arena)
		goto fail;
	plan->calls = arena_calloc(plan->arena, syscall_count,
				   sizeof(*plan->calls));
	plan->notes = arena_calloc(plan->arena, policy->rule_count,
				   sizeof(*plan->notes));
	if (!plan->calls || !plan->notes)
		goto fail;
	set_flags(plan);
	plan_landlock(plan);
	plan->keeps_signals = policy->signal_send == SIGNAL_SEND_TREE &&
			      policy->mode == MODE_ENFORCE && !plan->landlock.signals;
	/* Landlock judges these, too: do_coredump() opens as the process. */
	plan->no_cores = features->cores_in_cwd && plan->confines_files &&
			 !plan->landlock.files && policy->mode == MODE_ENFORCE;
	err = lower_files(plan, diag);
	if (!err)
		err = lower_exec(plan, diag);
	if (!err)
		err = lower_calls(plan, diag);
	if (err)
		goto fail;
	*ret = plan;
	return 0;
fail:
	plan_destroy(plan);
	return err == -ENOMEM ? diag_set(diag, err, "out of memory") : err;
}

void plan_destroy(struct plan *plan)
{
	if (!plan)
		return;
	arena_destroy(plan->arena);
	free(plan);
}
