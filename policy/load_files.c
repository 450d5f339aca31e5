/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "policy/load.h"
#include "policy/names.h"

/*
 * The section `files`. A rule is one path and one verb. Two rules for a path
 * cannot both be meant, so within a file that is an error; between files the
 * later one counts, which is how an including file overrides what it includes.
 */

static const char *const rule_keys[] = {
	"path", "allow", "deny", "content", "from", "map", "hide", "mode", NULL
};

static int parse_rights(struct load *l, const struct json_node *node,
			unsigned *ret)
{
	static const char *const words[] = { "read", "write", "exec", NULL };
	const char *text, *part;
	unsigned rights = 0, bit;
	char word[64];
	size_t len;

	if (!json_is_string(node->json))
		return load_fail_type(l, node,
				      "some of \"read write exec\" in a string");
	text = json_string_value(node->json);
	for (part = text; *part; part += len) {
		part += strspn(part, " ");
		len = strcspn(part, " ");
		if (!len)
			break;
		for (bit = 0; words[bit]; bit++)
			if (strlen(words[bit]) == len &&
			    memcmp(words[bit], part, len) == 0)
				break;
		if (!words[bit]) {
			size_t n = len < sizeof(word) ? len : sizeof(word) - 1;

			memcpy(word, part, n);
			word[n] = '\0';
			return load_fail(l, node, "unknown right %s%s; the "
					 "rights are read, write and exec",
					 load_quote(word).s,
					 load_hint(word, strings_candidate,
						   (void *)words).s);
		}
		if (rights & (1u << bit))
			return load_fail(l, node, "\"%s\" stands twice in "
					 "\"allow\"", words[bit]);
		rights |= 1u << bit;
	}
	if (!rights)
		return load_fail(l, node, "\"allow\" names no right; to allow "
				 "nothing, use \"deny\": true");
	*ret = rights;
	return 0;
}

static int parse_content(struct load *l, const struct json_node *node,
			 struct file_rule *rule)
{
	size_t len = json_string_length(node->json);
	char *copy;

	if (!json_is_string(node->json))
		return load_fail_type(l, node, "a string, the file's bytes");
	copy = arena_strndup(l->arena, json_string_value(node->json), len);
	if (!copy)
		return load_fail_memory(l);
	rule->content = copy;
	rule->content_len = len;
	return 0;
}

static int parse_mode(struct load *l, const struct json_node *node,
		      struct file_rule *rule)
{
	const char *text = json_string_value(node->json), *p;
	mode_t mode = 0;

	if (!text || text[0] != '0' || strlen(text) != 4)
		goto wrong;
	for (p = text; *p; p++) {
		if (*p < '0' || *p > '7')
			goto wrong;
		mode = (mode << 3) | (mode_t)(*p - '0');
	}
	rule->mode = mode;
	return 0;
wrong:
	return load_fail_type(l, node,
			      "four octal digits such as \"0644\"");
}

static int parse_verb(struct load *l, const struct json_node *node,
		      struct file_rule *rule)
{
	switch (rule->kind) {
	case FILE_ALLOW:
		return parse_rights(l, node, &rule->rights);
	case FILE_DENY:
		return load_errno(l, node, EACCES, &rule->deny_errno);
	case FILE_CONTENT:
		return parse_content(l, node, rule);
	case FILE_FROM:
	case FILE_MAP:
		return load_path(l, node, false, &rule->target);
	case FILE_HIDE:
		return load_true(l, node);
	}
	return -EINVAL;
}

static bool verb_kind(const char *key, enum file_kind *ret)
{
	static const char *const verbs[] = {
		[FILE_ALLOW] = "allow", [FILE_DENY] = "deny",
		[FILE_CONTENT] = "content", [FILE_FROM] = "from",
		[FILE_MAP] = "map", [FILE_HIDE] = "hide",
	};
	unsigned i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(key, verbs[i]) == 0) {
			*ret = (enum file_kind)i;
			return true;
		}
	}
	return false;
}

/* The members of a rule; .json is NULL for those it has not. */
struct rule_members {
	struct json_node path, verb, mode;
	enum file_kind kind;
};

static int sort_members(struct load *l, const struct json_node *node,
			struct rule_members *m)
{
	struct json_node member = { .parent = node->json };
	json_t *json;
	enum file_kind kind;

	*m = (struct rule_members){ .kind = FILE_ALLOW };
	json_object_foreach((json_t *)node->json, member.key, json) {
		member.json = json;
		if (strcmp(member.key, "path") == 0) {
			m->path = member;
		} else if (strcmp(member.key, "mode") == 0) {
			m->mode = member;
		} else if (!verb_kind(member.key, &kind)) {
			return load_fail_unknown(l, &member, rule_keys);
		} else if (m->verb.json) {
			return load_fail_key(l, &member, "\"%s\" beside "
					     "\"%s\": a rule does one thing",
					     member.key, m->verb.key);
		} else {
			m->verb = member;
			m->kind = kind;
		}
	}
	if (!m->path.json)
		return load_fail(l, node, "the rule has no \"path\"");
	if (!m->verb.json)
		return load_fail(l, node, "the rule says nothing about its "
				 "path: add one of allow, deny, content, from, "
				 "map, hide");
	if (m->mode.json && m->kind != FILE_CONTENT)
		return load_fail_key(l, &m->mode, "\"mode\" goes with "
				     "\"content\" only, not with \"%s\"",
				     m->verb.key);
	return 0;
}

static int parse_rule(struct load *l, const struct json_node *node,
		      struct file_rule *rule)
{
	struct rule_members m;
	int err;

	if (!json_is_object(node->json))
		return load_fail_type(l, node, "an object such as {\"path\": "
				      "\"/usr\", \"allow\": \"read exec\"}");
	err = sort_members(l, node, &m);
	if (err)
		return err;
	rule->kind = m.kind;
	rule->mode = 0444;
	err = load_path(l, &m.path, m.kind != FILE_MAP, &rule->path);
	if (!err)
		err = parse_verb(l, &m.verb, rule);
	if (!err && m.mode.json)
		err = parse_mode(l, &m.mode, rule);
	if (err)
		return err;
	if (rule->target && strcmp(rule->target, rule->path) == 0)
		return load_fail(l, &m.verb, "\"%s\" names the rule's own path",
				 m.verb.key);
	if (rule->kind == FILE_CONTENT && strcmp(rule->path, "/") == 0)
		return load_fail_key(l, &m.verb, "the root directory cannot be "
				     "a file: \"content\" needs another path");
	return 0;
}

static int add_rule(struct load *l, const struct json_node *node,
		    const struct file_rule *rule)
{
	struct file_rule *files = load_room(l, l->files, l->file_count, &l->file_room, sizeof(*rule));
	size_t i;
	int err;

	if (!files)
		return -ENOMEM;
	l->files = files;
	err = load_tree_add(l, node, l->policy->file_tree, rule->path, l->file_count,
			    &files->place, sizeof(*rule), &i);
	if (err)
		return err;
	files[i] = *rule;
	l->file_count += i == l->file_count;
	return 0;
}

static int load_rule(struct load *l, const struct json_node *item,
		     const struct rule_place *place)
{
	struct file_rule rule = { .place = *place };
	int err = parse_rule(l, item, &rule);

	return err ? err : add_rule(l, item, &rule);
}

int load_files(struct load *l, const struct json_node *node)
{
	return load_rules(l, node, "files", load_rule);
}
