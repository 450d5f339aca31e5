/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/json_memory.h"

/*
 * From a policy's text to struct policy.
 *
 * The files that a policy includes are read before its own rules, each once,
 * depth first. What is read later replaces what an earlier file says about the
 * same thing: a path, a system call, a setting. So the including file has the
 * last word, and among includes the later one.
 *
 * The rules are collected in struct load and become the policy's arrays, with
 * their ids, when everything has been read.
 */

static int load_schema(struct load *l, const struct json_node *node)
{
	if (json_is_string(node->json))
		return 0; /* for editors */
	return load_fail_type(l, node, "a string, the schema's address");
}

static int load_version(struct load *l, const struct json_node *node)
{
	if (json_is_integer(node->json) && json_integer_value(node->json) == 1)
		return 0;
	if (json_is_integer(node->json))
		return load_fail(l, node, "version %" JSON_INTEGER_FORMAT
				 " is not known; this gosup reads version 1",
				 json_integer_value(node->json));
	return load_fail_type(l, node, "the number 1");
}

static int load_default(struct load *l, const struct json_node *node)
{
	static const char *const words[] = {
		[DEFAULT_ALLOW] = "allow", [DEFAULT_DENY] = "deny", NULL
	};
	unsigned i;
	int err = load_choice(l, node, words, &i);

	if (!err)
		l->policy->def = (enum policy_default)i;
	return err;
}

static int load_mode(struct load *l, const struct json_node *node)
{
	static const char *const words[] = {
		[MODE_ENFORCE] = "enforce", [MODE_OBSERVE] = "observe", NULL
	};
	unsigned i;
	int err = load_choice(l, node, words, &i);

	if (!err)
		l->policy->mode = (enum policy_mode)i;
	return err;
}

static int load_degrade(struct load *l, const struct json_node *node)
{
	return load_bool(l, node, &l->policy->degrade);
}

/*
 * Every key of a policy, in the order of reading. Keys of version 1 that are
 * not possible yet have no function: they are refused, because a rule that is
 * passed over is a rule that its author believes in.
 */
static const struct section {
	const char *key;
	int (*load)(struct load *l, const struct json_node *node);
} sections[] = {
	{ "version",	load_version },
	{ "$schema",	load_schema },
	{ "include",	load_include },
	{ "default",	load_default },
	{ "mode",	load_mode },
	{ "degrade",	load_degrade },
	{ "files",	load_files },
	{ "exec",	load_exec },
	{ "syscalls",	load_syscalls },
	{ "log",	load_log },
	{ "service",	load_service },
	{ "signals",	load_signals },
	{ "network",	NULL },
	{ "machine",	NULL },
	{ "clock",	NULL },
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static const char *section_candidate(void *arg, size_t i)
{
	(void)arg;
	return i < SECTIONS ? sections[i].key : NULL;
}

static int check_key(struct load *l, const struct json_node *node)
{
	const char *keys[SECTIONS + 1];
	struct hint hint;
	size_t n = 0, i;

	for (i = 0; i < SECTIONS; i++) {
		if (strcmp(sections[i].key, node->key) != 0) {
			if (sections[i].load)
				keys[n++] = sections[i].key;
			continue;
		}
		if (sections[i].load)
			return 0;
		return load_fail_key(l, node, "\"%s\" is not supported yet",
				     node->key);
	}
	keys[n] = NULL;
	hint = load_hint(node->key, section_candidate, NULL);
	if (!hint.s[0])
		return load_fail_unknown(l, node, keys);
	return load_fail_key(l, node, "unknown key %s%s",
			     load_quote(node->key).s, hint.s);
}

int load_sections(struct load *l)
{
	const json_t *root = l->source->root;
	struct json_node node = json_node_root(root);
	json_t *json;
	size_t i;
	int err;

	if (!json_is_object(root))
		return load_fail_type(l, &node, "an object such as "
				      "{\"version\": 1}");
	/* Another version may have other keys, so it is looked at first. */
	node = json_node_member(root, "version");
	if (node.json) {
		err = load_version(l, &node);
		if (err)
			return err;
	}
	node.parent = root;
	json_object_foreach((json_t *)root, node.key, json) {
		node.json = json;
		err = check_key(l, &node);
		if (err)
			return err;
	}
	for (i = 0; i < SECTIONS; i++) {
		node = json_node_member(root, sections[i].key);
		if (!node.json)
			continue;
		err = sections[i].load(l, &node);
		if (err)
			return err;
	}
	return 0;
}

/* --- from the collected rules to the policy --- */

static void finish_paths(struct load *l)
{
	struct policy *policy = l->policy;

	policy->files = l->files;
	policy->file_count = l->file_count;
	l->files = NULL;
	policy->execs = l->execs;
	policy->exec_count = l->exec_count;
	l->execs = NULL;
}

static int finish_calls(struct load *l)
{
	struct policy *policy = l->policy;
	struct call_rule *calls;
	size_t count = 0, n = 0;
	unsigned slot;

	for (slot = 0; slot < syscall_count; slot++)
		count += l->calls[slot].count;
	calls = arena_calloc(l->arena, count, sizeof(*calls));
	if (!calls)
		return load_fail_memory(l);
	for (slot = 0; slot < syscall_count; slot++) {
		struct call_group *group = &l->calls[slot];

		if (group->count)
			memcpy(&calls[n], group->rules,
			       group->count * sizeof(*calls));
		n += group->count;
	}
	policy->calls = calls;
	policy->call_count = count;
	return 0;
}

static bool names_file(const char *name)
{
	return name[0] != '@' && strcmp(name, "<stdin>") != 0;
}

static int list_sources(struct load *l)
{
	const char **names;
	size_t i, n = 0;

	names = arena_calloc(l->arena, l->included_count, sizeof(*names));
	if (!names)
		return load_fail_memory(l);
	for (i = 0; i < l->included_count; i++)
		if (names_file(l->included[i].name))
			names[n++] = l->included[i].name;
	l->policy->sources = names;
	l->policy->source_count = n;
	return 0;
}

/* Give every rule its id, and find it by that. */
static int number_rules(struct load *l)
{
	struct policy *policy = l->policy;
	size_t count = policy->file_count + policy->exec_count + policy->call_count, i;
	struct file_rule *files = (struct file_rule *)policy->files;
	struct exec_rule *execs = (struct exec_rule *)policy->execs;
	struct call_rule *calls = (struct call_rule *)policy->calls;
	const struct rule_place **places;
	unsigned id = 0;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	places = arena_calloc(l->arena, count, sizeof(*places));
	if (!places)
		return load_fail_memory(l);
	for (i = 0; i < policy->file_count; i++) {
		files[i].place.id = id;
		places[id++] = &files[i].place;
	}
	for (i = 0; i < policy->exec_count; i++) {
		execs[i].place.id = id;
		places[id++] = &execs[i].place;
	}
	for (i = 0; i < policy->call_count; i++) {
		calls[i].place.id = id;
		places[id++] = &calls[i].place;
	}
	policy->rule_places = places;
	policy->rule_count = id;
	return 0;
}

/* --- the public side --- */

/* The policy lives in its own arena, so one thing is freed. */
static struct policy *policy_new(void)
{
	struct arena *arena = arena_new();
	struct policy *policy = arena ? arena_alloc(arena, sizeof(*policy))
				      : NULL;

	if (!policy) {
		arena_destroy(arena);
		return NULL;
	}
	policy->arena = arena;
	policy->log.to = LOG_TO_STDERR;
	policy->log.events = EVENT_DENY | EVENT_LOG;
	policy->file_tree = path_tree_new();
	policy->exec_tree = path_tree_new();
	if (!policy->file_tree || !policy->exec_tree) {
		policy_destroy(policy);
		return NULL;
	}
	return policy;
}

void policy_destroy(struct policy *policy)
{
	if (!policy)
		return;
	path_tree_destroy(policy->file_tree);
	path_tree_destroy(policy->exec_tree);
	free((struct file_rule *)policy->files);
	free((struct exec_rule *)policy->execs);
	arena_destroy(policy->arena);
}

/* @text is NULL if @name is to be read. */
static int load(const char *name, const char *text, size_t len,
		const struct policy_reader *reader, struct policy **ret,
		struct diag *diag)
{
	struct load l = { .diag = diag, .reader = reader };
	int err;

	*diag = (struct diag){ .line = 0 };
	l.policy = policy_new();
	l.calls = calloc(syscall_count, sizeof(*l.calls));
	l.values = arena_new();
	if (!l.policy || !l.calls || !l.values) {
		err = load_fail_memory(&l);
		goto out;
	}
	json_memory_use(l.values);
	l.arena = l.policy->arena;
	err = text ? load_text(&l, name, text, len) : load_outermost(&l, name);
	if (!err) {
		finish_paths(&l);
		err = finish_calls(&l);
	}
	if (!err)
		err = number_rules(&l);
	if (!err)
		err = list_sources(&l);
	if (!err) {
		*ret = l.policy;
		l.policy = NULL;
	}
out:
	json_memory_use(NULL);
	arena_destroy(l.values);
	policy_destroy(l.policy);
	free(l.files);
	free(l.execs);
	free(l.calls);
	free(l.included);
	return err;
}

int policy_load(const char *name, struct policy **ret, struct diag *diag)
{
	return load(name, NULL, 0, &load_file_reader, ret, diag);
}

int policy_parse(const char *name, const char *text, size_t len,
		 struct policy **ret, struct diag *diag)
{
	return load(name, text ? text : "", len, &load_file_reader, ret,
		    diag);
}

int policy_parse_with(const char *name, const char *text, size_t len,
		      const struct policy_reader *reader, struct policy **ret,
		      struct diag *diag)
{
	return load(name, text ? text : "", len, reader, ret, diag);
}

char *rule_place_format(const struct rule_place *place, char *buf, size_t size)
{
	if (place->line)
		snprintf(buf, size, "%s:%u %s[%u]", place->file, place->line,
			 place->section, place->index);
	else
		snprintf(buf, size, "%s %s[%u]", place->file, place->section,
			 place->index);
	return buf;
}

const struct rule_place *policy_rule_place(const struct policy *policy,
					   unsigned id)
{
	return id < policy->rule_count ? policy->rule_places[id] : NULL;
}
