/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "launcher/commands.h"
#include "launcher/features.h"
#include "launcher/probe.h"
#include "policy/base/log.h"
#include "policy/names.h"

/*
 * `gosup doctor`: try what gosup relies on, here and now, and say what follows
 * for the user. Three parts: kernel features, the limits around this process,
 * and what works with them.
 */

/* What a user wants to do, and the probes that must all work for it. A name
 * with '|' needs one of its parts. */
struct ability {
	const char *name;
	const char *needs[8];
	bool essential;		/* without it gosup cannot run */
};

static const struct ability abilities[] = {
	{ "run a program under rules",
	  { "filter", "listener", "continue", "proc", "pidfd-open" }, true },
	{ "allow, deny or kill by number and scalar arguments",
	  { "filter" }, true },
	{ "answer calls in the program's place, and log them",
	  { "listener", "continue" }, true },
	{ "judge paths, show virtual and mapped files",
	  { "listener", "addfd", "proc", "thread-fs", "vm-readv|mem-read" }, true },
	{ "write results into the program's memory",
	  { "listener", "mem-write" }, false },
	{ "have file rules enforced by the kernel at native speed",
	  { "landlock" }, false },
	{ "have rules for files where the program uses UNIX sockets",
	  { "listener", "pidfd-getfd" }, false },
	{ "verify which program an execve started",
	  { "listener", "ptrace-seize", "wait-killable" }, false },
	{ "hold calls of Go programs without their starting anew",
	  { "wait-killable" }, false },
};

#define ABILITY_COUNT (sizeof(abilities) / sizeof(abilities[0]))

struct checkup {
	struct probe_result *results;	/* by index into probes[] */
	bool fit;
};

static const struct probe_result *result_of(const struct checkup *checkup,
					    const char *name, size_t len)
{
	for (unsigned i = 0; i < probe_count; i++)
		if (strncmp(probes[i].name, name, len) == 0 &&
		    probes[i].name[len] == '\0')
			return &checkup->results[i];
	return NULL;
}

/* Whether @need, one name or several with '|' between, is met. What could
 * not be tried counts as met: gosup itself will find out. */
static bool need_met(const struct checkup *checkup, const char *need)
{
	for (;;) {
		size_t len = strcspn(need, "|");
		const struct probe_result *r = result_of(checkup, need, len);

		if (r && r->state != PROBE_FAILS)
			return true;
		if (need[len] == '\0')
			return false;
		need += len + 1;
	}
}

/* Return: the first need of @ability that is not met, or NULL. */
static const char *missing(const struct checkup *checkup,
			   const struct ability *ability)
{
	for (unsigned i = 0; i < 8 && ability->needs[i]; i++)
		if (!need_met(checkup, ability->needs[i]))
			return ability->needs[i];
	return NULL;
}

static int examine(struct checkup *ret)
{
	struct checkup checkup = { .fit = true };

	checkup.results = calloc(probe_count, sizeof(*checkup.results));
	if (!checkup.results)
		return -ENOMEM;
	for (unsigned i = 0; i < probe_count; i++)
		checkup.results[i] = probe_run(&probes[i]);
	for (unsigned i = 0; i < ABILITY_COUNT; i++)
		if (abilities[i].essential && missing(&checkup, &abilities[i]))
			checkup.fit = false;
	*ret = checkup;
	return 0;
}

static const char *state_word(const struct probe *probe,
			      const struct probe_result *result)
{
	switch (result->state) {
	case PROBE_WORKS:
		return probe->weight == PROBE_FACT ? "-" : "ok";
	case PROBE_UNKNOWN:
		return "unknown";
	case PROBE_FAILS:
		break;
	}
	return probe->weight == PROBE_NEEDED ? "MISSING" :
	       probe->weight == PROBE_USEFUL ? "missing" : "absent";
}

static void print_probe(const struct probe *probe,
			const struct probe_result *result)
{
	bool failed = result->state == PROBE_FAILS;

	printf("  %-8s %-31s", state_word(probe, result), probe->title);
	if (failed && result->error)
		printf(" %s%s", errno_name(result->error),
		       result->note[0] ? ": " : "");
	printf("%s%s\n", failed && result->error ? "" : " ", result->note);
	if (!failed || !probe->without)
		return;
	printf("           -> %s%s%s%s\n", probe->without,
	       probe->since ? " (Linux " : "", probe->since ? probe->since : "",
	       probe->since ? " or newer has it)" : "");
}

static void print_group(const struct checkup *checkup, enum probe_group group,
			const char *heading)
{
	printf("%s\n", heading);
	for (unsigned i = 0; i < probe_count; i++)
		if (probes[i].group == group)
			print_probe(&probes[i], &checkup->results[i]);
	printf("\n");
}

/* What to do about the listener, which is what fails most often. */
static const char *listener_hint(const struct checkup *checkup)
{
	const struct probe_result *r = result_of(checkup, "listener", 8);
	int err;

	if (!r || r->state != PROBE_FAILS)
		return NULL;
	err = r->error ? -r->error : features_listener_error();
	return err ? features_listener_hint(err) : NULL;
}

static void print_text(const struct checkup *checkup)
{
	const char *hint = listener_hint(checkup);
	struct utsname uts;

	if (uname(&uts) == 0)
		printf("gosup %s on %s %s %s\n\n", GOSUP_VERSION, uts.sysname,
		       uts.release, uts.machine);
	print_group(checkup, PROBE_KERNEL, "Kernel features");
	print_group(checkup, PROBE_LIMITS, "Limits around this process");
	printf("With these, a policy can\n");
	for (unsigned i = 0; i < ABILITY_COUNT; i++) {
		const char *lacks = missing(checkup, &abilities[i]);

		printf("  %-8s %s", lacks ? "no" : "yes", abilities[i].name);
		if (lacks)
			printf(" (needs %s)", lacks);
		printf("\n");
	}
	printf("\n%s\n", checkup->fit ? "gosup can run here." :
					"gosup cannot run here.");
	if (hint)
		printf("Listener: %s.\n", hint);
}

static json_t *probe_json(const struct probe *probe,
			  const struct probe_result *result)
{
	static const char *const states[] = {
		[PROBE_WORKS] = "works",
		[PROBE_FAILS] = "fails",
		[PROBE_UNKNOWN] = "unknown",
	};
	static const char *const weights[] = {
		[PROBE_NEEDED] = "needed",
		[PROBE_USEFUL] = "useful",
		[PROBE_FACT] = "fact",
	};
	json_t *obj = json_pack("{s:s, s:s, s:s, s:s}",
				"name", probe->name, "title", probe->title,
				"state", states[result->state],
				"weight", weights[probe->weight]);

	if (result->error)
		json_object_set_new(obj, "errno",
				    json_string(errno_name(result->error)));
	if (result->state == PROBE_WORKS && result->note[0])
		json_object_set_new(obj, "value", json_integer(result->value));
	if (result->note[0])
		json_object_set_new(obj, "note", json_string(result->note));
	if (result->state == PROBE_FAILS && probe->without)
		json_object_set_new(obj, "without", json_string(probe->without));
	return obj;
}

static json_t *group_json(const struct checkup *checkup, enum probe_group group)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < probe_count; i++)
		if (probes[i].group == group)
			json_array_append_new(list,
					      probe_json(&probes[i],
							 &checkup->results[i]));
	return list;
}

static json_t *abilities_json(const struct checkup *checkup)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ABILITY_COUNT; i++) {
		const char *lacks = missing(checkup, &abilities[i]);
		json_t *obj = json_pack("{s:s, s:b}",
					"can", abilities[i].name,
					"works", lacks == NULL);

		if (lacks)
			json_object_set_new(obj, "needs", json_string(lacks));
		json_array_append_new(list, obj);
	}
	return list;
}

/* Return: 0 or a negative errno. What cannot be written is told later. */
static int print_json(const struct checkup *checkup)
{
	const char *hint = listener_hint(checkup);
	struct utsname uts;
	json_t *root;

	if (uname(&uts) < 0)
		return -errno;
	root = json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o}",
			 "gosup", GOSUP_VERSION, "kernel", uts.release,
			 "machine", uts.machine, "fit", checkup->fit,
			 "features", group_json(checkup, PROBE_KERNEL),
			 "limits", group_json(checkup, PROBE_LIMITS),
			 "abilities", abilities_json(checkup));
	if (!root)
		return -ENOMEM;
	if (hint)
		json_object_set_new(root, "hint", json_string(hint));
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
	return 0;
}

int cmd_doctor(const struct command *self, int argc, char **argv)
{
	struct checkup checkup;
	bool json = false;
	int c, err = 0;

	while ((c = command_getopt(self, argc, argv)) != -1) {
		if (c != 'j')
			return EXIT_GOSUP;
		json = true;
	}
	if (!command_takes_no_more(self, argc, argv))
		return EXIT_GOSUP;
	if (examine(&checkup) < 0) {
		log_error("doctor: out of memory");
		return EXIT_GOSUP;
	}
	if (json)
		err = print_json(&checkup);
	else
		print_text(&checkup);
	free(checkup.results);
	if (err) {
		log_error("doctor: cannot make the report: %s", strerror(-err));
		return EXIT_GOSUP;
	}
	return checkup.fit ? 0 : 1;
}
