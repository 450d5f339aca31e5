/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"

#include <stdarg.h>
#include <string.h>

#include "policy/names.h"

#define TEXT_MAX	512
#define LINE_WIDTH	78

/* Text put together piece by piece; what does not fit is cut off. */
struct text {
	char s[TEXT_MAX];
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->s + t->len, sizeof(t->s) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < sizeof(t->s) - t->len ?
			  (size_t)n : sizeof(t->s) - t->len - 1;
}

static void put_number(struct text *t, uint64_t n)
{
	/* Signs are lost by narrowing; small negative numbers show better. */
	if (n <= 9999)
		put(t, "%llu", (unsigned long long)n);
	else if (n >= (uint64_t)-9999)
		put(t, "%lld", (long long)n);
	else
		put(t, "0x%llx", (unsigned long long)n);
}

static void put_cond(struct text *t, const struct arg_cond *cond)
{
	static const char *const ops[] = {
		[COND_EQ] = "==", [COND_NE] = "!=", [COND_LT] = "<",
		[COND_LE] = "<=", [COND_GT] = ">", [COND_GE] = ">=",
		[COND_MASKED_EQ] = "==",
	};

	put(t, "arg%u ", cond->arg);
	if (cond->op == COND_MASKED_EQ) {
		put(t, "& ");
		put_number(t, cond->mask);
		put(t, " ");
	}
	put(t, "%s ", ops[cond->op]);
	put_number(t, cond->value);
}

static void put_call_rule(struct text *t, const struct call_rule *rule)
{
	put(t, "%s: ", rule->row->name);
	switch (rule->verdict) {
	case CALL_ALLOW:
		put(t, "allow");
		break;
	case CALL_ERRNO:
		put(t, "deny %s", errno_name((int)rule->value));
		break;
	case CALL_RETURN:
		put(t, "return %lld", (long long)rule->value);
		break;
	case CALL_KILL:
		put(t, "kill");
		break;
	case CALL_LOG:
		put(t, "log");
		break;
	}
	for (unsigned i = 0; i < rule->cond_count; i++) {
		put(t, i ? " and " : " when ");
		put_cond(t, &rule->conds[i]);
	}
}

static void put_rights(struct text *t, unsigned rights)
{
	put(t, "allow%s%s%s%s", rights & ACCESS_READ ? " read" : "",
	    rights & ACCESS_WRITE ? " write" : "",
	    rights & ACCESS_EXEC ? " exec" : "", rights ? "" : " nothing");
}

static void put_file_rule(struct text *t, const struct file_rule *rule)
{
	put(t, "%s: ", rule->path);
	switch (rule->kind) {
	case FILE_ALLOW:
		put_rights(t, rule->rights);
		break;
	case FILE_DENY:
		put(t, "deny %s", errno_name(rule->deny_errno));
		break;
	case FILE_CONTENT:
		put(t, "content of %zu bytes", rule->content_len);
		break;
	case FILE_FROM:
		put(t, "from %s", rule->target);
		break;
	case FILE_MAP:
		put(t, "map %s", rule->target);
		break;
	case FILE_HIDE:
		put(t, "hide");
		break;
	}
}

static void put_exec_rule(struct text *t, const struct exec_rule *rule)
{
	put(t, "%s: start", rule->path);
	if (rule->deny_errno)
		put(t, " deny %s", errno_name(rule->deny_errno));
	else
		put(t, " allow%s", rule->hashed ? " if its sha256 fits" :
		    rule->loader ? " as a loader" : "");
}

/* One line of the table of rules. */
struct rule_line {
	const struct rule_place *place;
	struct text where, what;
};

static size_t rule_lines(const struct policy *policy)
{
	return policy->file_count + policy->exec_count + policy->call_count;
}

static void rule_line_get(const struct policy *policy, size_t i, struct rule_line *ret)
{
	size_t exec = i - policy->file_count, call = exec - policy->exec_count;

	*ret = (struct rule_line){ .where.len = 0 };
	if (i < policy->file_count) {
		ret->place = &policy->files[i].place;
		put_file_rule(&ret->what, &policy->files[i]);
	} else if (exec < policy->exec_count) {
		ret->place = &policy->execs[exec].place;
		put_exec_rule(&ret->what, &policy->execs[exec]);
	} else {
		ret->place = &policy->calls[call].place;
		put_call_rule(&ret->what, &policy->calls[call]);
	}
	rule_place_format(ret->place, ret->where.s, sizeof(ret->where.s));
	ret->where.len = strlen(ret->where.s);
}

static int widest(size_t width, size_t len, size_t limit)
{
	if (len > limit)
		len = limit;
	return (int)(len > width ? len : width);
}

static void explain_rules(const struct plan *plan, FILE *out)
{
	const struct policy *policy = plan->policy;
	int where = 0, what = 0;
	struct rule_line line;

	fprintf(out, "\nRules\n");
	if (!rule_lines(policy))
		fprintf(out, "  none\n");
	for (size_t i = 0; i < rule_lines(policy); i++) {
		rule_line_get(policy, i, &line);
		where = widest((size_t)where, line.where.len, 40);
		what = widest((size_t)what, line.what.len, 48);
	}
	for (size_t i = 0; i < rule_lines(policy); i++) {
		const struct plan_rule_note *note;

		rule_line_get(policy, i, &line);
		note = &plan->notes[line.place->id];
		fprintf(out, "  %-*s  %-*s  %d %-9s  %s\n", where, line.where.s,
			what, line.what.s, (int)note->layer,
			layer_name(note->layer), note->reason);
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
		return "addresses have no rules yet: allowed";
	case CLASS_PROCESS:
		return plan->landlock.signals ?
		       "other processes can be neither signalled nor traced" :
		       plan->keeps_signals ? "other processes cannot be signalled" :
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
	char where[TEXT_MAX];

	if (place)
		fprintf(out, " (%s)", rule_place_format(place, where, sizeof(where)));
	fputc('\n', out);
}

/* What Landlock does, and why not more. */
static void explain_landlock(const struct plan *plan, FILE *out)
{
	const struct plan_landlock *l = &plan->landlock;

	if (!l->files && !l->signals && !l->not_files)
		return;
	fprintf(out, "  Landlock                 judges %s%s%s\n",
		l->files ? "files" : "", l->exec ? ", programs" : "",
		l->files && l->signals ? ", signals" : l->signals ? "signals" :
		l->files ? "" : "nothing");
	if (l->not_files) {
		fprintf(out, "    not files:             %s", l->not_files);
		put_culprit(l->files_culprit, out);
	} else if (l->not_exec) {
		fprintf(out, "    programs not alone:    %s", l->not_exec);
		put_culprit(l->exec_culprit, out);
	}
}

/* What becomes of a signal, in words. */
static void put_signal_rule(struct text *t, const struct signal_rule *rule, int sig)
{
	static const char *const to[] = {
		[SIGNAL_TO_APP] = "", [SIGNAL_TO_GROUP] = " to the program's group",
		[SIGNAL_TO_TREE] = " to all of the program's tree",
	};

	if (rule->ignore) {
		put(t, "ignored");
		return;
	}
	if (rule->drain_ms)
		put(t, "not ready any more; after %u ms ", rule->drain_ms);
	put(t, "passed on%s%s%s", rule->as != sig ? " as " : "",
	    rule->as != sig ? signal_name(rule->as) : "", to[rule->to]);
	for (unsigned i = 0; i < rule->then_count; i++)
		put(t, "; after %u ms %s", rule->grace_ms, signal_name(rule->then[i]));
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
		struct text t = { .len = 0 };

		if (!rule)
			continue;
		if (!any)
			fprintf(out, "\nSignals to gosup (all others are passed on)\n");
		any = true;
		put_signal_rule(&t, rule, sig);
		fprintf(out, "  %-12s %s\n", signal_name(sig), t.s);
	}
}

void plan_explain(const struct plan *plan, FILE *out)
{
	const struct policy *policy = plan->policy;

	fprintf(out, "Policy %s: %s, default %s\n",
		policy->name ? policy->name : "(none)",
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
