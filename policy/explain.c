/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"

#include <string.h>

#include "policy/base/line.h"
#include "policy/names.h"
#include "policy/rule_words.h"

#define LINE_WIDTH	78

static int widest(size_t width, size_t len, size_t limit)
{
	if (len > limit)
		len = limit;
	return (int)(len > width ? len : width);
}

static void explain_rules(const struct plan *plan, FILE *out)
{
	const struct policy *policy = plan->policy;
	const struct rule_place *place;
	struct rule_words words;
	int where = 0, what = 0;

	fprintf(out, "\nRules\n");
	if (!rule_words_get(policy, 0, &words))
		fprintf(out, "  none\n");
	for (size_t i = 0; rule_words_get(policy, i, &words); i++) {
		where = widest((size_t)where, strlen(words.where), 40);
		what = widest((size_t)what, strlen(words.what), 48);
	}
	for (size_t i = 0; (place = rule_words_get(policy, i, &words)); i++) {
		const struct plan_rule_note *note = &plan->notes[place->id];

		fprintf(out, "  %-*s  %-*s  %d %-9s  %s\n", where, words.where, what,
			words.what, (int)note->layer, layer_name(note->layer),
			note->reason);
	}
}

/* A list of calls in lines of bounded width. */
struct call_list {
	FILE *out;
	size_t column;
	unsigned count;
};

static void list_call(struct call_list *list, const struct plan_call *call,
		      bool partly)
{
	size_t width = strlen(call->row->name) + (partly ? 3 : 2);

	if (!list->count || list->column + width > LINE_WIDTH) {
		fprintf(list->out, "%s\n     ", list->count ? "," : "");
		list->column = 5;
	} else {
		fputc(',', list->out);
	}
	fprintf(list->out, " %s%s", call->row->name, partly ? "*" : "");
	list->column += width;
	list->count++;
}

/* Whether any of the filter's verdicts on @call is @verdict. */
static bool gets(const struct plan_call *call, enum plan_verdict verdict)
{
	if (call->verdict == verdict)
		return true;
	for (unsigned i = 0; i < call->branch_count; i++)
		if (call->branches[i].verdict == verdict)
			return true;
	return false;
}

static void explain_notified(const struct plan *plan, FILE *out)
{
	static const struct {
		enum notify_why why;
		const char *title;
	} groups[] = {
		{ WHY_FILES, "to judge what they do to files" },
		{ WHY_SYSCALLS, "by rules of \"syscalls\"" },
		{ WHY_SELF, "to keep the program from its supervisor" },
		{ WHY_SIGNALS, "to keep signals within the program's tree" },
		{ WHY_TRACK, "to know as whom the program acts" },
		{ WHY_DEFAULT, "because \"default\": \"deny\" would refuse them" },
		{ WHY_BYPASS, "because they would go round the filter" },
		{ WHY_SERVICE, "to tell when the program is ready" },
	};

	fprintf(out, "\nNotified calls (*: for some arguments only; all others "
		"go on natively)\n");
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		struct call_list list = { .out = out };

		for (unsigned i = 0; i < syscall_count; i++) {
			const struct plan_call *call = &plan->calls[i];

			if (!(call->why & groups[g].why))
				continue;
			if (!list.count)
				fprintf(out, "  %s", groups[g].title);
			list_call(&list, call, call->verdict != PLAN_NOTIFY);
		}
		if (list.count)
			fputc('\n', out);
	}
}

/* Whether guard @g of @call, which refuses, got into the filter. */
static bool refuses(const struct plan *plan, const struct plan_call *call,
		    const struct plan_guard *g)
{
	return g->verdict == PLAN_ERRNO && gets(call, PLAN_ERRNO) &&
	       (plan->policy->mode == MODE_ENFORCE || g->why == WHY_SELF);
}

/* The calls that gosup refuses for @reason. Return: whether there are any. */
static void list_refused(const struct plan *plan, const char *reason, FILE *out)
{
	struct call_list list = { .out = out };

	for (unsigned i = 0; i < syscall_count; i++) {
		const struct plan_call *call = &plan->calls[i];

		for (unsigned g = 0; g < call->guard_count; g++) {
			const struct plan_guard *guard = &call->guards[g];

			if (guard->reason != reason ||
			    !refuses(plan, call, guard))
				continue;
			if (!list.count)
				fprintf(out, "  %s: %s", guard->error ?
					errno_name(guard->error) : "not done", reason);
			list_call(&list, call, guard->cond_count);
			break;
		}
	}
	fputc('\n', out);
}

/* Calls whose target the filter compares with the supervisor's pids. */
static void list_self_guards(const struct plan *plan, FILE *out)
{
	struct call_list list = { .out = out };

	for (unsigned i = 0; i < syscall_count; i++) {
		if (plan->calls[i].self_guard_arg < 0)
			continue;
		if (!list.count)
			fprintf(out, "  EPERM: would signal the supervisor");
		list_call(&list, &plan->calls[i], true);
	}
	if (list.count)
		fputc('\n', out);
}

static void explain_refused(const struct plan *plan, FILE *out)
{
	const char *seen[32];
	unsigned count = 0, s;

	fprintf(out, "\nRefused in the filter by gosup itself (*: for some "
		"arguments only)\n");
	list_self_guards(plan, out);
	for (unsigned i = 0; i < syscall_count; i++) {
		const struct plan_call *call = &plan->calls[i];

		for (unsigned g = 0; g < call->guard_count; g++) {
			const struct plan_guard *guard = &call->guards[g];

			if (!refuses(plan, call, guard))
				continue;
			for (s = 0; s < count; s++)
				if (seen[s] == guard->reason)
					break;
			if (s < count || s == 32)
				continue;
			seen[count++] = guard->reason;
			list_refused(plan, guard->reason, out);
		}
	}
}

/* What becomes of calls of a class that no rule names. */
static const char *class_meaning(const struct plan *plan, enum call_class class)
{
	bool deny = plan->policy->def == DEFAULT_DENY;
	bool files = plan->judges_exec;

	switch (class) {
	case CLASS_PLAIN:
		return "concern the caller alone: allowed";
	case CLASS_PATH:
		if (deny)
			return "paths without a rule may be looked at, "
			       "not opened, executed or changed";
		return "paths without a rule are as without gosup";
	case CLASS_FDMETA:
		return deny ? "objects without a rule may not be changed" :
			      "objects without a rule are as without gosup";
	case CLASS_EXEC:
		return deny ? "programs without a rule do not start" :
		       plan->policy->exec_count ?
			      "programs without a rule start; a copy of one with a rule has none" :
			      "programs without a rule start";
	case CLASS_ADDR:
		return plan->confines_files || plan->shifts_paths ?
		       "paths of UNIX sockets are judged as files; others have no rules yet" :
		       "addresses have no rules yet: allowed";
	case CLASS_PROCESS:
		return plan->landlock.signals || (plan->keeps_signals && plan->keeps_apart) ?
		       "other processes can be neither signalled nor traced" :
		       plan->keeps_signals ? "other processes cannot be signalled" :
		       plan->keeps_apart ? "other processes can be signalled, not traced; "
					   "the supervisor is out of reach" :
		       "other processes are in reach as the kernel permits, "
		       "the supervisor is not";
	case CLASS_IDS:
		return files ? "allowed and followed" : "allowed";
	case CLASS_CLOCK:
		return deny ? "clocks may be read, not set" : "allowed";
	case CLASS_MACHINE:
		return "allowed";
	case CLASS_NAMESPACE:
		return files ? "refused, but for unshare of what is harmless" :
			       "allowed";
	case CLASS_ADMIN:
		return deny ? "administer the machine: refused" : "allowed";
	case CLASS_BYPASS:
		return plan->refuse_bypass ? "refused" : "allowed";
	case CLASS_COUNT_:
		break;
	}
	return "?";
}

static void explain_default(const struct plan *plan, FILE *out)
{
	fprintf(out, "\nCalls that no rule names, by class\n");
	for (int c = 0; c < CLASS_COUNT_; c++) {
		unsigned count = 0;

		for (unsigned i = 0; i < syscall_count; i++)
			count += (int)syscall_rows[i].class == c;
		fprintf(out, "  %-9s %4u  %s\n", call_class_name(c), count,
			class_meaning(plan, c));
	}
	fprintf(out, "  unknown      -  calls that this gosup does not know: "
		"refused\n");
}

static void put_culprit(const struct rule_place *place, FILE *out)
{
	char where[512];

	if (place)
		fprintf(out, " (%s)", line_shown(rule_place_format(place, where, sizeof(where))).s);
	fputc('\n', out);
}

/* What Landlock does, and why not more. */
static void explain_landlock(const struct plan *plan, FILE *out)
{
	const struct plan_landlock *l = &plan->landlock;

	if (!l->apart && !l->not_files)
		return;
	fprintf(out, "  Landlock                 judges %s%s%s%s\n",
		l->files ? "files" : "", l->exec ? ", programs" : "",
		l->files && l->signals ? ", signals" : l->signals ? "signals" :
		l->files || l->apart ? "" : "nothing",
		!l->apart ? "" : l->files || l->signals ? ", tracing" : "tracing");
	if (l->files)
		fprintf(out, "    denials                leave no record; with --log they do, and "
			"gosup judges\n");
	if (l->not_files) {
		fprintf(out, "    not files:             %s", l->not_files);
		put_culprit(l->files_culprit, out);
	} else if (l->not_exec) {
		fprintf(out, "    programs not alone:    %s", l->not_exec);
		put_culprit(l->exec_culprit, out);
	}
}

/* What becomes of a signal, in words. */
static void print_signal_rule(FILE *out, const struct signal_rule *rule, int sig)
{
	static const char *const to[] = {
		[SIGNAL_TO_APP] = "", [SIGNAL_TO_GROUP] = " to the program's group",
		[SIGNAL_TO_TREE] = " to all of the program's tree",
	};

	fprintf(out, "  %-12s ", signal_name(sig));
	if (rule->ignore) {
		fprintf(out, "ignored\n");
		return;
	}
	if (rule->drain_ms)
		fprintf(out, "not ready any more; after %u ms ", rule->drain_ms);
	fprintf(out, "passed on%s%s%s", rule->as != sig ? " as " : "",
		rule->as != sig ? signal_name(rule->as) : "", to[rule->to]);
	for (unsigned i = 0; i < rule->then_count; i++)
		fprintf(out, "; after %u ms %s", rule->grace_ms, signal_name(rule->then[i]));
	fputc('\n', out);
}

static void explain_signals(const struct plan *plan, FILE *out)
{
	bool any = false;

	if (plan->policy->signal_send)
		fprintf(out, "\nSignals of the program go to %s\n",
			plan->policy->signal_send == SIGNAL_SEND_ANY ?
			"any process but gosup's own" :
			plan->landlock.signals ?
			"its own tree alone, by Landlock" :
			plan->keeps_signals ?
			"its own tree alone, judged by the supervisor" :
			"any process: only observed");
	for (int sig = 1; sig < SIGNAL_COUNT; sig++) {
		const struct signal_rule *rule = plan->policy->signals[sig];

		if (!rule)
			continue;
		if (!any)
			fprintf(out, "\nSignals to gosup (all others are passed on)\n");
		any = true;
		print_signal_rule(out, rule, sig);
	}
}

void plan_explain(const struct plan *plan, FILE *out)
{
	const struct policy *policy = plan->policy;

	fprintf(out, "Policy %s: %s, default %s\n",
		policy->name ? line_shown(policy->name).s : "(none)",
		policy->mode == MODE_OBSERVE ? "observed only" : "enforced",
		policy->def == DEFAULT_DENY ? "deny" : "allow");
	fprintf(out, "  no_new_privs             %s\n", plan->no_new_privs ?
		"set: set-user-id programs gain nothing" : "not set");
	fprintf(out, "  32-bit and x32 calls     %s\n",
		plan->refuse_foreign_abi ? "refused" : "allowed");
	fprintf(out, "  io_uring                 %s\n",
		plan->refuse_bypass ? "refused" : "allowed");
	if (plan->no_cores)
		fprintf(out, "  core files               none: they would go where no "
			"rule is asked\n");
	explain_landlock(plan, out);
	if (!plan->features.notify)
		fprintf(out, "  notifications            do not work here\n");
	explain_rules(plan, out);
	explain_notified(plan, out);
	explain_refused(plan, out);
	explain_default(plan, out);
	explain_signals(plan, out);
}
