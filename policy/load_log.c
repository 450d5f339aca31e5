/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policy/load.h"

/*
 * The section `log`: where records go and what is recorded. Each of its keys
 * counts by itself: a file that sets one keeps the other of what it includes.
 */

static const char *const log_keys[] = { "to", "events", NULL };

static int parse_file(struct load *l, const struct json_node *node)
{
	struct json_node file = json_node_member(node->json, "file");
	struct json_node member = { .parent = node->json };
	static const char *const keys[] = { "file", NULL };
	const char *path;
	json_t *json;
	int err;

	json_object_foreach((json_t *)node->json, member.key, json) {
		member.json = json;
		if (strcmp(member.key, "file") != 0)
			return load_fail_unknown(l, &member, keys);
	}
	if (!file.json)
		return load_fail(l, node, "\"to\" names no file; write "
				 "{\"file\": \"/var/log/app.log\"}");
	err = load_string(l, &file, "/var/log/app.log", &path);
	if (err)
		return err;
	l->policy->log.file = arena_strdup(l->arena, path);
	if (!l->policy->log.file)
		return load_fail_memory(l);
	l->policy->log.to = LOG_TO_FILE;
	return 0;
}

static int parse_to(struct load *l, const struct json_node *node)
{
	static const char *const words[] = {
		"stderr", "journal", "none", NULL
	};
	static const enum log_to values[] = {
		LOG_TO_STDERR, LOG_TO_JOURNAL, LOG_TO_NONE
	};
	const char *word = json_string_value(node->json);
	unsigned i;
	int err;

	if (json_is_object(node->json))
		return parse_file(l, node);
	if (!word)
		return load_fail_type(l, node, "\"stderr\", \"journal\", "
				      "\"none\" or {\"file\": \"...\"}");
	if (strchr(word, '/'))
		return load_fail(l, node, "a file is written as {\"file\": %s}",
				 load_quote(word).s);
	err = load_choice(l, node, words, &i);
	if (err)
		return err;
	l->policy->log.to = values[i];
	l->policy->log.file = NULL;
	return 0;
}

static int parse_events(struct load *l, const struct json_node *node)
{
	static const char *const words[] = {
		"deny", "redirect", "allow", "log", "exec", "signal", NULL
	};
	static const unsigned bits[] = {
		EVENT_DENY, EVENT_REDIRECT, EVENT_ALLOW, EVENT_LOG, EVENT_EXEC,
		EVENT_SIGNAL
	};
	const char *all = json_string_value(node->json);
	unsigned events = 0, i;
	size_t n;
	int err;

	if (all && strcmp(all, "all") == 0) {
		for (i = 0; words[i]; i++)
			events |= bits[i];
		l->policy->log.events = events;
		return 0;
	}
	if (!json_is_array(node->json))
		return load_fail_type(l, node, "\"all\" or an array of deny, "
				      "redirect, allow, log, exec, signal");
	for (n = 0; n < json_array_size(node->json); n++) {
		struct json_node item = json_node_item(node->json, n);

		err = load_choice(l, &item, words, &i);
		if (err)
			return err;
		events |= bits[i];
	}
	l->policy->log.events = events;
	return 0;
}

int load_log(struct load *l, const struct json_node *node)
{
	struct json_node member = { .parent = node->json };
	json_t *json;
	int err;

	if (!json_is_object(node->json))
		return load_fail_type(l, node, "an object such as "
				      "{\"to\": \"stderr\"}");
	l->policy->log.asked = true;
	json_object_foreach((json_t *)node->json, member.key, json) {
		member.json = json;
		if (strcmp(member.key, "to") == 0)
			err = parse_to(l, &member);
		else if (strcmp(member.key, "events") == 0)
			err = parse_events(l, &member);
		else
			err = load_fail_unknown(l, &member, log_keys);
		if (err)
			return err;
	}
	return 0;
}
