/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>

#include "policy/load.h"

/*
 * The section `service`: how gosup deals with whatever runs the program as a
 * service. Each of its keys counts by itself: a file that sets one keeps the
 * others of what it includes.
 */

static int load_ready(struct load *l, const struct json_node *node)
{
	static const char *const words[] = { "start", "listen", "notify", NULL };
	static const enum ready_when values[] = {
		READY_START, READY_LISTEN, READY_NOTIFY
	};
	unsigned i;
	int err = load_choice(l, node, words, &i);

	if (!err)
		l->policy->service.ready = values[i];
	return err;
}

/* A signal whose default action or meaning to gosup leaves it no choice cannot
 * mean anything else. */
static bool can_mean_reload(int sig)
{
	switch (sig) {
	case SIGKILL: case SIGSTOP: case SIGCHLD: case SIGCONT:
	case SIGSEGV: case SIGBUS: case SIGILL: case SIGFPE:
	case SIGTRAP: case SIGSYS: case SIGABRT:
		return false;
	default:
		return true;
	}
}

static int load_reload(struct load *l, const struct json_node *node)
{
	int sig, err;

	if (json_is_false(node->json)) {
		l->policy->service.reload_signal = 0;
		return 0;
	}
	err = load_signal(l, node, "a signal such as \"SIGHUP\", or false", &sig);
	if (err)
		return err;
	if (!can_mean_reload(sig))
		return load_fail(l, node, "%s cannot ask for a reload; use "
				 "SIGHUP, SIGUSR1 or SIGUSR2",
				 json_string_value(node->json));
	l->policy->service.reload_signal = sig;
	return 0;
}

static int load_watchdog(struct load *l, const struct json_node *node)
{
	static const char *const words[] = { "gosup", "app", NULL };
	unsigned i;
	int err = load_choice(l, node, words, &i);

	if (!err)
		l->policy->service.app_watchdog = i;
	return err;
}

static const struct service_key {
	const char *key;
	int (*load)(struct load *l, const struct json_node *node);
} service_keys[] = {
	{ "ready",	load_ready },
	{ "reload",	load_reload },
	{ "watchdog",	load_watchdog },
};

static int load_key(struct load *l, const struct json_node *node)
{
	static const char *const names[] = { "ready", "reload", "watchdog", NULL };

	for (size_t i = 0; i < sizeof(service_keys) / sizeof(service_keys[0]); i++)
		if (strcmp(service_keys[i].key, node->key) == 0)
			return service_keys[i].load(l, node);
	return load_fail_unknown(l, node, names);
}

int load_service(struct load *l, const struct json_node *node)
{
	struct json_node member = { .parent = node->json };
	json_t *json;
	int err;

	if (!json_is_object(node->json))
		return load_fail_type(l, node, "an object such as "
				      "{\"ready\": \"listen\"}");
	json_object_foreach((json_t *)node->json, member.key, json) {
		member.json = json;
		err = load_key(l, &member);
		if (err)
			return err;
	}
	return 0;
}
