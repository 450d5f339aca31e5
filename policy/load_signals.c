/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>

#include "policy/load.h"
#include "policy/names.h"

/*
 * The section `signals`: what becomes of signals that gosup is to pass on, and whom
 * the program may send some. A signal's rule counts as a whole: a file that has one
 * replaces that of what it includes.
 */

#define SIGNAL "a signal such as \"SIGINT\""

static const char *const rule_keys[] = {
	"as", "to", "drain", "grace", "then", NULL
};

bool signal_can_have_rule(int sig)
{
	/* Those that cannot be held up, and those of job control's machinery. */
	return sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD && sig != SIGCONT;
}

static int load_duration(struct load *l, const struct json_node *node, unsigned *ret_ms)
{
	const char *text = json_string_value(node->json);

	if (!text || !duration_by_text(text, ret_ms))
		return load_fail_type(l, node, "a time such as \"500ms\", \"30s\" or \"2m\", "
				      "a day at most");
	return 0;
}

static int load_to(struct load *l, const struct json_node *node, struct signal_rule *rule)
{
	static const char *const words[] = {
		[SIGNAL_TO_APP] = "app", [SIGNAL_TO_GROUP] = "group",
		[SIGNAL_TO_TREE] = "tree", NULL
	};
	unsigned i;
	int err = load_choice(l, node, words, &i);

	if (!err)
		rule->to = (enum signal_to)i;
	return err;
}

static int load_then(struct load *l, const struct json_node *node, struct signal_rule *rule)
{
	size_t i, count = json_array_size(node->json);
	int err = 0;

	if (!json_is_array(node->json))
		return load_fail_type(l, node, "an array such as [\"SIGQUIT\", \"SIGKILL\"]");
	if (count > SIGNAL_STEPS)
		return load_fail(l, node, "more than %d signals, one after the other",
				 SIGNAL_STEPS);
	for (i = 0; !err && i < count; i++) {
		struct json_node item = json_node_item(node->json, i);

		err = load_signal(l, &item, SIGNAL, &rule->then[i]);
	}
	rule->then_count = (unsigned)count;
	return err;
}

static int load_member(struct load *l, const struct json_node *node, struct signal_rule *rule)
{
	if (strcmp(node->key, "as") == 0)
		return load_signal(l, node, SIGNAL, &rule->as);
	if (strcmp(node->key, "to") == 0)
		return load_to(l, node, rule);
	if (strcmp(node->key, "drain") == 0)
		return load_duration(l, node, &rule->drain_ms);
	if (strcmp(node->key, "grace") == 0)
		return load_duration(l, node, &rule->grace_ms);
	if (strcmp(node->key, "then") == 0)
		return load_then(l, node, rule);
	return load_fail_unknown(l, node, rule_keys);
}

static int load_object(struct load *l, const struct json_node *node, struct signal_rule *rule)
{
	struct json_node member = { .parent = node->json };
	struct json_node then = json_node_member(node->json, "then");
	json_t *json;
	int err;

	json_object_foreach((json_t *)node->json, member.key, json) {
		member.json = json;
		err = load_member(l, &member, rule);
		if (err)
			return err;
	}
	if (then.json && !rule->grace_ms)
		return load_fail_key(l, &then, "\"then\" goes with \"grace\", the time that "
				     "the program has before each");
	if (rule->grace_ms && !rule->then_count)
		rule->then[rule->then_count++] = SIGKILL;
	return 0;
}

static int load_rule(struct load *l, const struct json_node *node, struct signal_rule *rule)
{
	static const char *const words[] = { "forward", "ignore", NULL };
	unsigned i;
	int err;

	if (json_is_object(node->json))
		return load_object(l, node, rule);
	if (!json_is_string(node->json))
		return load_fail_type(l, node, "\"forward\", \"ignore\", or an object such as "
				      "{\"as\": \"SIGINT\", \"grace\": \"30s\"}");
	err = load_choice(l, node, words, &i);
	if (!err)
		rule->ignore = i == 1;
	return err;
}

static int load_send(struct load *l, const struct json_node *node)
{
	static const char *const words[] = {
		[SIGNAL_SEND_ANY - 1] = "any", [SIGNAL_SEND_TREE - 1] = "tree", NULL
	};
	unsigned i;
	int err;

	if (!json_is_string(node->json))
		return load_fail_type(l, node, "\"any\" or \"tree\"");
	err = load_choice(l, node, words, &i);
	if (!err)
		l->policy->signal_send = (enum signal_send)(i + 1);
	return err;
}

static int load_one(struct load *l, const struct json_node *node)
{
	int sig = signal_by_name(node->key);
	struct signal_rule rule = { .as = sig };
	struct signal_rule *copy;
	int err;

	if (!sig)
		return load_fail_key(l, node, "no signal is called %s%s",
				     load_quote(node->key).s,
				     load_hint(node->key, signal_candidate, NULL).s);
	if (!signal_can_have_rule(sig))
		return load_fail_key(l, node, "%s is not gosup's to pass on", node->key);
	err = load_rule(l, node, &rule);
	if (err)
		return err;
	copy = arena_alloc(l->arena, sizeof(*copy));
	if (!copy)
		return load_fail_memory(l);
	*copy = rule;
	l->policy->signals[sig] = copy;
	return 0;
}

int load_signals(struct load *l, const struct json_node *node)
{
	struct json_node member = { .parent = node->json };
	json_t *json;
	int err;

	if (!json_is_object(node->json))
		return load_fail_type(l, node, "an object such as "
				      "{\"SIGHUP\": \"ignore\"}");
	json_object_foreach((json_t *)node->json, member.key, json) {
		member.json = json;
		err = strcmp(member.key, "send") ? load_one(l, &member) :
						   load_send(l, &member);
		if (err)
			return err;
	}
	return 0;
}
