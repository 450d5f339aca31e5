/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "policy/load.h"

/*
 * The section `exec`: which programs may be started. A rule is a path and
 * whether; with "allow" goes what bytes the program must have.
 */

static const char *const rule_keys[] = { "path", "allow", "deny", "sha256", NULL };

static int digit_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_sha256(struct load *l, const struct json_node *node, struct exec_rule *rule)
{
	const char *text = json_string_value(node->json);
	size_t i;

	if (!text || strlen(text) != 2 * (size_t)SHA256_SIZE)
		goto wrong;
	for (i = 0; i < SHA256_SIZE; i++) {
		int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			goto wrong;
		rule->sha256[i] = (unsigned char)(high << 4 | low);
	}
	rule->hashed = true;
	return 0;
wrong:
	return load_fail_type(l, node, "the 64 hexadecimal digits that sha256sum(1) prints");
}

static int parse_allow(struct load *l, const struct json_node *node, struct exec_rule *rule)
{
	const char *text = json_string_value(node->json);

	rule->loader = text && !strcmp(text, "loader");
	if (rule->loader || json_is_true(node->json))
		return 0;
	return load_fail_type(l, node, "true, or \"loader\" for what may be the loader of "
			      "other programs only");
}

static int parse_verb(struct load *l, const struct json_node *node, struct exec_rule *rule)
{
	struct json_node allow = json_node_member(node->json, "allow");
	struct json_node deny = json_node_member(node->json, "deny");
	struct json_node sha256 = json_node_member(node->json, "sha256");
	int err;

	if (allow.json && deny.json)
		return load_fail_key(l, &deny, "\"deny\" beside \"allow\": a rule does "
				     "one thing");
	if (!allow.json && !deny.json)
		return load_fail(l, node, "the rule says nothing about its path: add "
				 "\"allow\": true or \"deny\": true");
	if (deny.json && sha256.json)
		return load_fail_key(l, &sha256, "\"sha256\" goes with \"allow\" only: other "
				     "bytes would not be denied");
	if (deny.json)
		return load_errno(l, &deny, EACCES, &rule->deny_errno);
	err = parse_allow(l, &allow, rule);
	if (err || !sha256.json)
		return err;
	if (rule->loader)
		return load_fail_key(l, &sha256, "\"sha256\" goes with \"allow\": true only: "
				     "of a loader no bytes are verified");
	return parse_sha256(l, &sha256, rule);
}

static int parse_rule(struct load *l, const struct json_node *node, struct exec_rule *rule)
{
	struct json_node path, member = { .parent = node->json };
	const char *const *key;
	json_t *json;
	int err;

	if (!json_is_object(node->json))
		return load_fail_type(l, node, "an object such as {\"path\": "
				      "\"/usr/bin/git\", \"allow\": true}");
	json_object_foreach((json_t *)node->json, member.key, json) {
		member.json = json;
		for (key = rule_keys; *key && strcmp(*key, member.key); key++)
			;
		if (!*key)
			return load_fail_unknown(l, &member, rule_keys);
	}
	path = json_node_member(node->json, "path");
	if (!path.json)
		return load_fail(l, node, "the rule has no \"path\"");
	err = load_path(l, &path, true, &rule->path);
	return err ? err : parse_verb(l, node, rule);
}

static int add_rule(struct load *l, const struct json_node *node, const struct exec_rule *rule)
{
	struct exec_rule *execs = load_room(l, l->execs, l->exec_count, &l->exec_room, sizeof(*rule));
	size_t i;
	int err;

	if (!execs)
		return -ENOMEM;
	l->execs = execs;
	err = load_tree_add(l, node, l->policy->exec_tree, rule->path, l->exec_count,
			    &execs->place, sizeof(*rule), &i);
	if (err)
		return err;
	execs[i] = *rule;
	l->exec_count += i == l->exec_count;
	return 0;
}

static int load_rule(struct load *l, const struct json_node *item,
		     const struct rule_place *place)
{
	struct exec_rule rule = { .place = *place };
	int err = parse_rule(l, item, &rule);

	return err ? err : add_rule(l, item, &rule);
}

int load_exec(struct load *l, const struct json_node *node)
{
	return load_rules(l, node, "exec", load_rule);
}
