/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/load.h"
#include "policy/names.h"

/*
 * Conditions of the section `syscalls`: {"arg0": "AF_PACKET", "arg1": {"ge":
 * 1024}}. Only arguments that are numbers can be judged: the kernel copied
 * those, while memory behind a pointer can change after any look at it.
 *
 * Values are narrowed as the kernel narrows the argument, so that both sides of
 * a comparison are alike. Comparisons are of unsigned numbers.
 */

static const char *const arg_keys[] = {
	"arg0", "arg1", "arg2", "arg3", "arg4", "arg5", NULL
};
static const char *const cond_keys[] = {
	[COND_EQ] = "eq", [COND_NE] = "ne", [COND_LT] = "lt",
	[COND_LE] = "le", [COND_GT] = "gt", [COND_GE] = "ge",
	[COND_MASKED_EQ] = "mask", NULL
};

#define WORD_SIZE 64

/* One word between the bars of "O_CREAT|O_EXCL": a number or a constant. */
static int parse_word(struct load *l, const struct json_node *node,
		      const char *s, size_t len, uint64_t *ret)
{
	char word[WORD_SIZE], *end;

	while (len && isspace((unsigned char)s[0]))
		s++, len--;
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	if (!len)
		return load_fail(l, node, "%s: there is nothing before or "
				 "after \"|\"",
				 load_quote(json_string_value(node->json)).s);
	if (len >= sizeof(word))
		len = sizeof(word) - 1;
	memcpy(word, s, len);
	word[len] = '\0';
	if (isdigit((unsigned char)word[0])) {
		errno = 0;
		*ret = strtoull(word, &end, 0);
		if (errno == ERANGE)
			return load_fail(l, node, "%s does not fit into 64 "
					 "bits", load_quote(word).s);
		/* Some C libraries read "0b11" as binary, others do not. */
		if (*end || tolower((unsigned char)word[1]) == 'b')
			return load_fail(l, node, "%s is not a number: write "
					 "16, \"0x10\" or \"020\"",
					 load_quote(word).s);
		return 0;
	}
	if (constant_by_name(word, ret))
		return 0;
	return load_fail(l, node, "unknown constant %s%s; a number does as "
			 "well", load_quote(word).s,
			 load_hint(word, constant_candidate, NULL).s);
}

/* A number, in 64 bits, negative ones sign-extended. */
static int parse_number(struct load *l, const struct json_node *node,
			uint64_t *ret)
{
	const char *s = json_string_value(node->json);
	uint64_t value = 0, word = 0;
	size_t len;
	int err;

	if (json_is_integer(node->json)) {
		*ret = (uint64_t)json_integer_value(node->json);
		return 0;
	}
	if (!s || !*s)
		return load_fail_type(l, node, "a number, or constants such as "
				      "\"O_CREAT|O_EXCL\"");
	for (;;) {
		len = strcspn(s, "|");
		err = parse_word(l, node, s, len, &word);
		if (err)
			return err;
		value |= word;
		if (!s[len])
			break;
		s += len + 1;
	}
	*ret = value;
	return 0;
}

/* An argument that a condition is about. */
struct subject {
	const struct syscall_row *row;
	unsigned arg;
};

/* Whether the argument, as wide as the kernel takes it, can have the value. */
static bool fits(uint64_t value, unsigned bits)
{
	uint64_t max = UINT64_MAX >> (64 - bits);

	return value <= max || (bits == 32 && value >= (uint64_t)INT32_MIN);
}

static unsigned arg_bits(const struct subject *subject)
{
	switch (syscall_arg_width(subject->row, subject->arg)) {
	case WIDTH_S32:
	case WIDTH_U32:
		return 32;
	case WIDTH_U16:
		return 16;
	case WIDTH_64:
		break;
	}
	return 64;
}

/* A number that the argument can be equal to, narrowed. */
static int parse_operand(struct load *l, const struct json_node *node,
			 const struct subject *subject, uint64_t *ret)
{
	uint64_t value = 0;
	unsigned bits;
	int err;

	err = parse_number(l, node, &value);
	if (err)
		return err;
	bits = arg_bits(subject);
	if (!fits(value, bits))
		return load_fail(l, node, "argument %u of %s has %u bits and "
				 "never this value", subject->arg,
				 subject->row->name, bits);
	*ret = syscall_narrow(subject->row, subject->arg, value);
	return 0;
}

static int parse_masked(struct load *l, const struct json_node *node,
			const struct subject *subject, struct arg_cond *cond)
{
	struct json_node mask = json_node_member(node->json, "mask");
	struct json_node eq = json_node_member(node->json, "eq");
	int err;

	if (!eq.json || json_object_size(node->json) != 2)
		return load_fail_key(l, &mask, "\"mask\" goes with \"eq\" and "
				     "nothing else: {\"mask\": \"CLONE_NEWUSER"
				     "\", \"eq\": \"CLONE_NEWUSER\"}");
	*cond = (struct arg_cond){ .op = COND_MASKED_EQ };
	err = parse_operand(l, &mask, subject, &cond->mask);
	if (!err)
		err = parse_operand(l, &eq, subject, &cond->value);
	if (err)
		return err;
	if (!cond->mask)
		return load_fail(l, &mask, "a mask of 0 selects no bits");
	if (cond->value & ~cond->mask)
		return load_fail(l, &eq, "\"eq\" has bits outside \"mask\", so "
				 "the condition never holds");
	return 0;
}

static int parse_comparison(struct load *l, const struct json_node *node,
			    const struct subject *subject,
			    struct arg_cond *cond)
{
	unsigned op;
	int err;

	for (op = 0; cond_keys[op]; op++)
		if (strcmp(cond_keys[op], node->key) == 0)
			break;
	if (!cond_keys[op])
		return load_fail_unknown(l, node, cond_keys);
	*cond = (struct arg_cond){ .op = (enum cond_op)op, .mask = UINT64_MAX };
	err = parse_operand(l, node, subject, &cond->value);
	if (err)
		return err;
	if (op != COND_EQ && op != COND_NE && json_is_integer(node->json) &&
	    json_integer_value(node->json) < 0)
		return load_fail(l, node, "\"%s\" compares unsigned numbers; a "
				 "negative one goes with \"eq\" or \"ne\"",
				 node->key);
	return 0;
}

/* All conditions on one argument. @conds has room. */
static int parse_argument(struct load *l, const struct json_node *node,
			  const struct subject *subject,
			  struct arg_cond *conds, unsigned *count)
{
	struct json_node member = { .parent = node->json };
	unsigned first = *count;
	json_t *json;
	int err;

	if (!json_is_object(node->json)) {
		conds[first] = (struct arg_cond){ .mask = UINT64_MAX };
		err = parse_operand(l, node, subject, &conds[first].value);
		*count = first + 1;
	} else if (json_object_get(node->json, "mask")) {
		err = parse_masked(l, node, subject, &conds[first]);
		*count = first + 1;
	} else {
		err = json_object_size(node->json) ? 0 :
		      load_fail(l, node, "no condition: add one of eq, ne, lt, "
				"le, gt, ge, or mask with eq");
		json_object_foreach((json_t *)node->json, member.key, json) {
			member.json = json;
			if (!err)
				err = parse_comparison(l, &member, subject,
						       &conds[(*count)++]);
		}
	}
	for (; first < *count; first++)
		conds[first].arg = subject->arg;
	return err;
}

static int check_argument(struct load *l, const struct json_node *node,
			  const struct subject *subject)
{
	const char *what = "memory";
	const char *instead = "only arguments that are numbers can be judged";
	const char *name = subject->row->name;

	switch ((enum arg_kind)subject->row->args[subject->arg]) {
	case ARG_NONE:
		return load_fail_key(l, node, "%s has no argument %u", name,
				     subject->arg);
	case ARG_PATH:
		what = "a path";
		instead = "use rules of \"files\"";
		break;
	case ARG_SOCKADDR:
		what = "an address";
		break;
	case ARG_STR:
	case ARG_BUF:
	case ARG_STRUCT:
		break;
	default:
		return 0;
	}
	return load_fail_key(l, node, "argument %u of %s points to %s, which "
			     "the program can change after the check; %s",
			     subject->arg, name, what, instead);
}

/* How many conditions @when has at most. */
static size_t count_conditions(const json_t *when)
{
	const char *key;
	size_t count = 0;
	json_t *json;

	json_object_foreach((json_t *)when, key, json)
		count += json_is_object(json) ? json_object_size(json) : 1;
	return count;
}

int load_conditions(struct load *l, const struct json_node *when,
		    struct call_rule *rule)
{
	struct json_node member = { .parent = when->json };
	struct subject subject = { .row = rule->row };
	struct arg_cond *conds;
	unsigned count = 0;
	json_t *json;
	int err;

	if (!json_is_object(when->json) || !json_object_size(when->json))
		return load_fail_type(l, when, "an object such as "
				      "{\"arg0\": \"AF_PACKET\"}");
	conds = arena_calloc(l->arena, count_conditions(when->json),
			     sizeof(*conds));
	if (!conds)
		return load_fail_memory(l);
	json_object_foreach((json_t *)when->json, member.key, json) {
		member.json = json;
		for (subject.arg = 0; arg_keys[subject.arg]; subject.arg++)
			if (strcmp(arg_keys[subject.arg], member.key) == 0)
				break;
		if (!arg_keys[subject.arg])
			return load_fail_unknown(l, &member, arg_keys);
		err = check_argument(l, &member, &subject);
		if (!err)
			err = parse_argument(l, &member, &subject, conds,
					     &count);
		if (err)
			return err;
	}
	rule->conds = conds;
	rule->cond_count = count;
	return 0;
}
