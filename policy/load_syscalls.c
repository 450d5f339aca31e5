/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "policy/load.h"

/*
 * The section `syscalls`: per system call one rule or several, tried in order.
 * What an including file says about a call replaces what included files say
 * about it, as a whole: rules of two files in one order would mean whatever
 * the order of the files happens to be.
 */

static const char *const rule_keys[] = {
	"deny", "return", "kill", "log", "allow", "when", NULL
};

static const char *row_candidate(void *arg, size_t i)
{
	(void)arg;
	return i < syscall_count ? syscall_rows[i].name : NULL;
}

/* What the call returns; errors are told apart by "deny". */
static int parse_return(struct load *l, const struct json_node *node,
			struct call_rule *rule)
{
	json_int_t value = json_integer_value(node->json);

	if (!json_is_integer(node->json))
		return load_fail_type(l, node, "an integer");
	if (value < 0)
		return load_fail(l, node, "\"return\" is a result, 0 or above; "
				 "for an error use \"deny\" with its name, such "
				 "as \"EPERM\"");
	rule->value = value;
	return 0;
}

static bool verb_of(const char *key, enum call_verdict *ret)
{
	static const char *const verbs[] = {
		[CALL_ALLOW] = "allow", [CALL_ERRNO] = "deny",
		[CALL_RETURN] = "return", [CALL_KILL] = "kill",
		[CALL_LOG] = "log",
	};
	unsigned i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(key, verbs[i]) == 0) {
			*ret = (enum call_verdict)i;
			return true;
		}
	}
	return false;
}

static int parse_verb(struct load *l, const struct json_node *node,
		      struct call_rule *rule)
{
	int err, number;

	switch (rule->verdict) {
	case CALL_ERRNO:
		err = load_errno(l, node, EPERM, &number);
		if (!err)
			rule->value = number;
		return err;
	case CALL_RETURN:
		return parse_return(l, node, rule);
	case CALL_ALLOW:
	case CALL_KILL:
	case CALL_LOG:
		return load_true(l, node);
	}
	return -EINVAL;
}

static int parse_rule(struct load *l, const struct json_node *node,
		      struct call_rule *rule)
{
	struct json_node member = { .parent = node->json };
	struct json_node verb = { .json = NULL }, when = { .json = NULL };
	enum call_verdict verdict;
	json_t *json;
	int err;

	if (!json_is_object(node->json))
		return load_fail_type(l, node, "an object such as "
				      "{\"deny\": \"EPERM\"}, or an array of "
				      "them");
	json_object_foreach((json_t *)node->json, member.key, json) {
		member.json = json;
		if (strcmp(member.key, "when") == 0)
			when = member;
		else if (!verb_of(member.key, &verdict))
			return load_fail_unknown(l, &member, rule_keys);
		else if (verb.json)
			return load_fail_key(l, &member, "\"%s\" beside "
					     "\"%s\": a rule does one thing",
					     member.key, verb.key);
		else
			verb = member, rule->verdict = verdict;
	}
	if (!verb.json)
		return load_fail(l, node, "the rule says nothing about the "
				 "call: add one of deny, return, kill, log, "
				 "allow");
	err = parse_verb(l, &verb, rule);
	if (!err && when.json)
		err = load_conditions(l, &when, rule);
	return err;
}

/*
 * The rules of one call. @c stands at the member's value; @index counts the
 * section's rules.
 */
static int parse_group(struct load *l, const struct json_node *node,
		       struct json_cursor c, const struct syscall_row *row,
		       unsigned *index)
{
	bool many = json_is_array(node->json);
	size_t count = many ? json_array_size(node->json) : 1, i;
	struct call_rule *rules;
	int err;

	if (!count)
		return load_fail(l, node, "no rule for %s: leave it out, or "
				 "write one such as {\"deny\": \"EPERM\"}",
				 row->name);
	rules = arena_calloc(l->arena, count, sizeof(*rules));
	if (!rules)
		return load_fail_memory(l);
	if (many)
		json_cursor_enter(&c);
	for (i = 0; i < count; i++) {
		struct json_node item = many ? json_node_item(node->json, i)
					     : *node;

		rules[i].place = (struct rule_place){
			.file = l->source->name,
			.line = c.line,
			.section = "syscalls",
			.index = (*index)++,
		};
		rules[i].row = row;
		err = parse_rule(l, &item, &rules[i]);
		if (err)
			return err;
		if (many)
			json_cursor_next(&c);
	}
	l->calls[syscall_slot(row)] = (struct call_group){
		.rules = rules,
		.count = count,
	};
	return 0;
}

int load_syscalls(struct load *l, const struct json_node *node)
{
	struct json_cursor c = load_place(l, node, JSON_PART_VALUE);
	struct json_node member = { .parent = node->json };
	const struct syscall_row *row;
	unsigned index = 0;
	json_t *json;
	int err;

	if (!json_is_object(node->json))
		return load_fail_type(l, node, "an object such as "
				      "{\"ptrace\": {\"deny\": \"EPERM\"}}");
	json_cursor_enter(&c);
	json_object_foreach((json_t *)node->json, member.key, json) {
		member.json = json;
		row = syscall_by_name(member.key);
		if (!row)
			return load_fail_key(l, &member, "unknown system call "
					     "%s%s",
					     load_quote(member.key).s,
					     load_hint(member.key,
						       row_candidate, NULL).s);
		json_cursor_value(&c);
		err = parse_group(l, &member, c, row, &index);
		if (err)
			return err;
		json_cursor_next(&c);
	}
	return 0;
}
