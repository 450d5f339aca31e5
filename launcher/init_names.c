/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gosup in the place of tini(1) or dumb-init(1), by a link of that name: an image
 * can swap them without another change. Their options and variables become
 * those of gosup run. What differs: descendants that outlive the program are
 * ended, and dumb-init's session of its own is not made: its signals go to the
 * program's group, gosup's own processes aside.
 */
#include "launcher/init_names.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/names.h"
#include "policy/policy.h"

struct translation {
	const char *name;	/* of the program that gosup stands for */
	char **argv;		/* of gosup run, with room for all there can be */
	int argc;
	int status;		/* -1: go on */
};

/* These live as long as the process. */
__attribute__((format(printf, 2, 3)))
static void add(struct translation *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	t->argv[t->argc++] = text;
}

static void fail(struct translation *t, const char *option, const char *value)
{
	fprintf(stderr, "%s (gosup): not a valid value of -%s: %s\n", t->name, option, value);
	t->status = EXIT_FAILURE;
}

/* Both end with 128 plus its number where the program died by a signal. */
static void add_shell_statuses(struct translation *t)
{
	char map[1024];
	size_t len = 0;
	int sig;

	for (sig = 1; sig < SIGNAL_COUNT && signal_name(sig); sig++)
		len += (size_t)snprintf(map + len, sizeof(map) - len, "%s%s=%d", sig > 1 ? "," : "",
					signal_name(sig), 128 + sig);
	add(t, "--exit-map=%s", map);
}

/* ---- tini ---- */

static void tini_usage(FILE *out)
{
	fprintf(out, "usage: tini [-s] [-p SIGNAL] [-v] [-w] [-g] [-e CODE] [--] program "
		"[argument...]\n\nThis is gosup in the place of tini; see gosup(1).\n");
}

static void tini_code(struct translation *t, const char *code)
{
	char *end;
	unsigned long n = strtoul(code, &end, 10);

	if (end == code || *end || n > 255)
		fail(t, "e", code);
	else
		add(t, "--exit-map=%lu=0", n);
}

static void tini_parent(struct translation *t, const char *name)
{
	int sig = signal_by_name(name);

	if (!sig)
		fail(t, "p", name);
	else
		add(t, "--parent-death=%s", signal_name(sig));
}

static void tini_option(struct translation *t, int option)
{
	switch (option) {
	case 'h':
		tini_usage(stdout);
		t->status = EXIT_SUCCESS;
		break;
	case 'l':
		puts("gosup: Apache-2.0");
		t->status = EXIT_SUCCESS;
		break;
	case 'V':
		puts("tini version 0.19.0 (gosup " GOSUP_VERSION ")");
		t->status = EXIT_SUCCESS;
		break;
	case 'p':
		tini_parent(t, optarg);
		break;
	case 'e':
		tini_code(t, optarg);
		break;
	case 'g':
		add(t, "--signals-to=group");
		break;
	case 'w':
		add(t, "--warn-reaped");
		break;
	case 's':	/* always so */
	case 'v':
		break;
	default:
		tini_usage(stderr);
		t->status = EXIT_FAILURE;
	}
}

static void tini(struct translation *t, int argc, char **argv)
{
	static const struct option options[] = { { "version", no_argument, NULL, 'V' }, { 0 } };
	int option;

	add_shell_statuses(t);
	if (getenv("TINI_KILL_PROCESS_GROUP"))
		add(t, "--signals-to=group");
	while (t->status < 0 &&
	       (option = getopt_long(argc, argv, "+hvswgle:p:", options, NULL)) != -1)
		tini_option(t, option);
	if (t->status < 0 && optind == argc) {
		tini_usage(stderr);
		t->status = EXIT_FAILURE;
	}
}

/* ---- dumb-init ---- */

static void dumb_init_usage(FILE *out)
{
	fprintf(out, "usage: dumb-init [-c] [-r S:R] [-v] [--] program [argument...]\n\n"
		"This is gosup in the place of dumb-init; see gosup(1).\n");
}

/* S:R, both numbers; R may be 0. */
static void dumb_init_rewrite(struct translation *t, const char *text)
{
	unsigned from, to;
	char rest;

	if (sscanf(text, "%2u:%2u%c", &from, &to, &rest) != 2 || !from || from > 31 || to > 31 ||
	    !signal_can_have_rule((int)from)) {
		fail(t, "r", text);
		return;
	}
	add(t, "--signal=%s=%s", signal_name((int)from),
	    to ? signal_name((int)to) : "ignore");
}

static void dumb_init(struct translation *t, int argc, char **argv)
{
	static const struct option options[] = {
		{ "single-child", no_argument, NULL, 'c' },
		{ "rewrite", required_argument, NULL, 'r' },
		{ "verbose", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' }, { 0 }
	};
	const char *setsid = getenv("DUMB_INIT_SETSID");
	bool group = !setsid || strcmp(setsid, "0") != 0;
	int option;

	add_shell_statuses(t);
	while (t->status < 0 &&
	       (option = getopt_long(argc, argv, "+hvVcr:", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			dumb_init_usage(stdout);
			t->status = EXIT_SUCCESS;
			break;
		case 'V':
			puts("dumb-init v1.2.5 (gosup " GOSUP_VERSION ")");
			t->status = EXIT_SUCCESS;
			break;
		case 'c':
			group = false;
			break;
		case 'r':
			dumb_init_rewrite(t, optarg);
			break;
		case 'v':
			break;
		default:
			dumb_init_usage(stderr);
			t->status = EXIT_FAILURE;
		}
	}
	if (t->status < 0 && optind == argc) {
		dumb_init_usage(stderr);
		t->status = EXIT_FAILURE;
	}
	if (group)
		add(t, "--signals-to=group");
}

static const struct init_name {
	const char *name;
	void (*translate)(struct translation *t, int argc, char **argv);
} init_names[] = {
	{ "tini", tini },
	{ "tini-static", tini },
	{ "dumb-init", dumb_init },
};

bool init_arguments(int argc, char **argv, int *ret, int *ret_argc, char ***ret_argv)
{
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc ? argv[0] : "";
	const size_t count = sizeof(init_names) / sizeof(init_names[0]);
	static struct translation t;	/* what it holds lives as long as the process */
	size_t i = 0;

	t = (struct translation){ .name = name, .status = -1 };
	while (i < count && strcmp(init_names[i].name, name))
		i++;
	if (i == count)
		return false;
	/* Each argument gives at most one. */
	t.argv = calloc((size_t)argc + 8, sizeof(*t.argv));
	if (!t.argv)
		abort();
	add(&t, "run");
	init_names[i].translate(&t, argc, argv);
	add(&t, "--");
	while (optind < argc)
		t.argv[t.argc++] = argv[optind++];
	optind = 0;	/* from the beginning, getopt(3) */
	*ret = t.status < 0 ? 0 : t.status;
	if (t.status == EXIT_SUCCESS)
		exit(EXIT_SUCCESS);
	*ret_argc = t.argc;
	*ret_argv = t.argv;
	return true;
}
