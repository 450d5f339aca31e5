/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule_words.h"

#include <inttypes.h>
#include <string.h>

#include "policy/base/line.h"
#include "policy/names.h"

static void put_shown(struct line *line, const char *s)
{
	line_put_shown(line, s, strlen(s));
}

static void put_file_rule(struct line *line, const struct file_rule *rule)
{
	put_shown(line, rule->path);
	switch (rule->kind) {
	case FILE_ALLOW:
		line_printf(line, ": allow%s%s%s", rule->rights & ACCESS_READ ? " read" : "",
			    rule->rights & ACCESS_WRITE ? " write" : "",
			    rule->rights & ACCESS_EXEC ? " exec" : "");
		break;
	case FILE_DENY:
		line_printf(line, ": deny %s", errno_name(rule->deny_errno));
		break;
	case FILE_CONTENT:
		line_printf(line, ": content of %zu bytes", rule->content_len);
		break;
	case FILE_FROM:
	case FILE_MAP:
		line_puts(line, rule->kind == FILE_MAP ? ": map " : ": from ");
		put_shown(line, rule->target);
		break;
	case FILE_HIDE:
		line_puts(line, ": hide");
		break;
	}
}

static void put_exec_rule(struct line *line, const struct exec_rule *rule)
{
	put_shown(line, rule->path);
	if (rule->deny_errno)
		line_printf(line, ": start deny %s", errno_name(rule->deny_errno));
	else
		line_printf(line, ": start allow%s", rule->hashed ? " if its sha256 fits" :
			    rule->loader ? " as a loader" : "");
}

static void put_number(struct line *line, uint64_t n)
{
	/* Signs are lost by narrowing; small negative numbers show better. */
	if (n <= 9999)
		line_printf(line, "%" PRIu64, n);
	else if (n >= (uint64_t)-9999)
		line_printf(line, "%" PRId64, (int64_t)n);
	else
		line_printf(line, "0x%" PRIx64, n);
}

static void put_cond(struct line *line, const struct arg_cond *cond)
{
	static const char *const ops[] = {
		[COND_EQ] = "==", [COND_NE] = "!=", [COND_LT] = "<",
		[COND_LE] = "<=", [COND_GT] = ">", [COND_GE] = ">=",
		[COND_MASKED_EQ] = "==",
	};

	line_printf(line, "arg%u ", cond->arg);
	if (cond->op == COND_MASKED_EQ) {
		line_puts(line, "& ");
		put_number(line, cond->mask);
		line_puts(line, " ");
	}
	line_printf(line, "%s ", ops[cond->op]);
	put_number(line, cond->value);
}

static void put_call_rule(struct line *line, const struct call_rule *rule)
{
	line_printf(line, "%s: ", rule->row->name);
	switch (rule->verdict) {
	case CALL_ALLOW:
		line_puts(line, "allow");
		break;
	case CALL_ERRNO:
		line_printf(line, "deny %s", errno_name((int)rule->value));
		break;
	case CALL_RETURN:
		line_printf(line, "return %" PRId64, rule->value);
		break;
	case CALL_KILL:
		line_puts(line, "kill");
		break;
	case CALL_LOG:
		line_puts(line, "log");
		break;
	}
	for (unsigned i = 0; i < rule->cond_count; i++) {
		line_puts(line, i ? " and " : " when ");
		put_cond(line, &rule->conds[i]);
	}
}

const struct rule_place *rule_words_get(const struct policy *policy, size_t i,
					struct rule_words *ret)
{
	size_t exec = i - policy->file_count, call = exec - policy->exec_count;
	char place[RULE_WORDS_SIZE];
	const struct rule_place *at;
	struct line where, what;

	line_init(&where, ret->where, sizeof(ret->where));
	line_init(&what, ret->what, sizeof(ret->what));
	if (i < policy->file_count) {
		at = &policy->files[i].place;
		put_file_rule(&what, &policy->files[i]);
	} else if (exec < policy->exec_count) {
		at = &policy->execs[exec].place;
		put_exec_rule(&what, &policy->execs[exec]);
	} else if (call < policy->call_count) {
		at = &policy->calls[call].place;
		put_call_rule(&what, &policy->calls[call]);
	} else {
		return NULL;
	}
	put_shown(&where, rule_place_format(at, place, sizeof(place)));
	return at;
}
