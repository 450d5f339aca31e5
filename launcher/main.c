/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: which subcommands there are, and their help. What each
 * does is in its own file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/commands.h"
#include "launcher/init_names.h"
#include "policy/base/log.h"
#include "policy/names.h"

#define MAX_OPTIONS 32

static const struct option_help run_options[] = {
	{ "policy", 'p', 0, required_argument, "FILE|@NAME",
	  "the policy; @NAME is a built-in one, - reads it from stdin" },
	{ "log", 0, 'l', required_argument, "WHERE",
	  "record to stderr, journal, none or a file, whatever the policy says" },
	{ "stats", 0, 's', optional_argument, "FORMAT",
	  "at the end, print what was notified and which rules decided; text or json" },
	{ "stats-file", 0, 'S', required_argument, "FILE",
	  "print the statistics there instead of stderr" },
	{ "ready", 0, 'r', required_argument, "WHEN",
	  "when the program counts as ready: start, listen or notify" },
	{ "control", 0, 'c', required_argument, "PATH|ADDRESS:PORT",
	  "answer gosup probe and gosup reload there" },
	{ "signal", 0, 'k', required_argument, "SIGNAL=WHAT",
	  "pass this signal on as another one, or not at all: ignore" },
	{ "grace", 0, 'g', required_argument, "TIME",
	  "how long after SIGTERM to send SIGKILL, as in 30s" },
	{ "signals-to", 0, 'T', required_argument, "WHOM",
	  "whom to pass signals on to: app, its process group, or the whole tree" },
	{ "parent-death", 0, 'P', required_argument, "SIGNAL",
	  "treat the end of gosup's parent as this signal" },
	{ "warn-reaped", 0, 'n', no_argument, NULL,
	  "warn of each process that its parent left behind when it has ended" },
	{ "close-fds", 0, 'C', no_argument, NULL,
	  "let the program inherit no descriptors but 0 to 2 and passed sockets" },
	{ "wait", 0, 'W', required_argument, "WHOM",
	  "end when the program has ended, app, or all it has started, tree" },
	{ "exit-map", 0, 'x', required_argument, "FROM=TO,...",
	  "end otherwise than the program: statuses and signals" },
	{ "reloadable", 0, 'R', no_argument, NULL,
	  "keep rules where a reload can change them, which costs" },
	{ "watch-policy", 0, 'w', no_argument, NULL,
	  "reload when the policy's files change" },
	{ "termination-log", 0, 't', required_argument, "FILE",
	  "say there why gosup failed, or what rule ended the program" },
	{ "verbose", 'v', 0, no_argument, NULL, "say more about what gosup does" },
	{ "debug-delay", 0, 'D', required_argument, "USEC",
	  "hold every notified call up this long, to test programs" },
	{ "debug-landlock", 0, 'L', required_argument, "ABI",
	  "use no newer version of Landlock, 0 for none, for tests" },
	{ 0 },
};

static const struct option_help check_options[] = { { 0 } };

static const struct option_help control_options[] = {
	{ "control", 0, 'c', required_argument, "PATH|ADDRESS:PORT",
	  "where the run answers; the same as given to gosup run" },
	{ "timeout", 0, 'T', required_argument, "SECONDS",
	  "how long to wait for an answer; 5 if not given" },
	{ 0 },
};

static const struct option_help doctor_options[] = {
	{ "json", 0, 'j', no_argument, NULL, "print one JSON object" },
	{ 0 },
};

const struct command commands[] = {
	/* The first: what init names stand for. */
	{ "run", "[options] [--] app [argument...]",
	  "run a program under supervision", run_options, cmd_run },
	{ "check", "policy...",
	  "say what is wrong with a policy", check_options, cmd_check },
	{ "explain", "policy...",
	  "show how each rule is enforced, and what it costs", check_options, cmd_explain },
	{ "probe", "started|ready|live [options]",
	  "ask a run how its program is doing", control_options, cmd_probe },
	{ "reload", "[options]",
	  "make a run read its policy again", control_options, cmd_reload },
	{ "status", "[options]",
	  "print what a run knows about itself, as JSON", control_options, cmd_status },
	{ "doctor", "",
	  "show what this kernel and container allow", doctor_options, cmd_doctor },
	{ "version", "", "print the version", check_options, cmd_version },
	{ "help", "[command]", "print help", check_options, cmd_help },
	{ 0 },
};

static void print_options(const struct option_help *options)
{
	char left[64];

	for (; options->name; options++) {
		int n = 0;

		if (options->letter)
			n = snprintf(left, sizeof(left), "-%c, ", options->letter);
		n += snprintf(left + n, sizeof(left) - (size_t)n, "--%s", options->name);
		if (options->arg && options->has_arg == optional_argument)
			n += snprintf(left + n, sizeof(left) - (size_t)n, "[=%s]", options->arg);
		else if (options->arg)
			n += snprintf(left + n, sizeof(left) - (size_t)n, " %s", options->arg);
		printf("  %-26s %s%s", left, n > 26 ? "\n                             " : "",
		       options->help);
		putchar('\n');
	}
	printf("  %-26s %s\n", "-h, --help", "print this help");
}

static void print_command_help(const struct command *c)
{
	printf("usage: gosup %s %s\n\n%s.\n\noptions:\n", c->name, c->arguments, c->summary);
	print_options(c->options);
}

static void print_help(void)
{
	const struct command *c;

	printf("usage: gosup COMMAND [argument...]\n\n"
	       "Supervises unmodified programs at the system-call boundary.\n\ncommands:\n");
	for (c = commands; c->name; c++)
		printf("  %-10s %s\n", c->name, c->summary);
	printf("\n`gosup COMMAND --help` tells more; the manual is gosup(1), policies are\n"
	       "described in gosup-policy(5).\n");
}

/* What could not be written (a full disk, a closed descriptor) was not done. */
static int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	log_error("cannot write to stdout: %s", strerror(errno));
	return EXIT_GOSUP;
}

static const char *option_name(void *arg, size_t i)
{
	return ((const struct option_help *)arg)[i].name;
}

/* Say what is wrong with the option that getopt_long(3) has just looked at. */
static void say_wrong_option(const struct command *self, const char *word, int letter,
			     bool lacks_argument)
{
	char name[64];
	const char *near = NULL;

	if (letter && strncmp(word, "--", 2) != 0)
		snprintf(name, sizeof(name), "-%c", letter);
	else
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	if (!letter)
		near = nearest_name(name + 2, option_name, (void *)self->options);
	if (lacks_argument)
		log_error("%s: %s needs an argument", self->name, name);
	else if (letter && strchr(word, '='))
		log_error("%s: %s takes no argument", self->name, name);
	else if (near)
		log_error("%s: no option is called %s (did you mean --%s?)", self->name, name, near);
	else
		log_error("%s: no option is called %s; `gosup %s --help` lists them", self->name,
			  name, self->name);
}

int command_getopt(const struct command *self, int argc, char **argv)
{
	struct option options[MAX_OPTIONS] = { 0 };
	char letters[2 * MAX_OPTIONS] = "+:h";
	/* The word that is looked at: what optind is afterwards depends on it. */
	const char *word = argv[optind ? optind : 1];
	size_t n, l = 3;
	int c;

	for (n = 0; n < MAX_OPTIONS - 3 && self->options[n].name; n++) {
		const struct option_help *o = &self->options[n];

		options[n] = (struct option){ o->name, o->has_arg, NULL,
					      o->letter ? o->letter : o->value };
		if (o->letter)
			letters[l++] = o->letter;
		if (o->letter && o->has_arg == required_argument)
			letters[l++] = ':';
	}
	options[n] = (struct option){ "help", no_argument, NULL, 'h' };
	opterr = 0;
	c = getopt_long(argc, argv, letters, options, NULL);
	if (c == 'h') {
		print_command_help(self);
		exit(finish_output(EXIT_SUCCESS));
	}
	if (c != '?' && c != ':')
		return c;
	say_wrong_option(self, word, optopt, c == ':');
	return '?';
}

bool command_takes_no_more(const struct command *self, int argc, char **argv)
{
	if (optind == argc)
		return true;
	log_error("%s: what is \"%s\"? usage: gosup %s %s", self->name, argv[optind], self->name,
		  self->arguments);
	return false;
}

static const struct command *find(const char *name)
{
	const struct command *c;

	for (c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static const char *command_name(void *arg, size_t i)
{
	(void)arg;
	return commands[i].name;
}

static int unknown(const char *name)
{
	const char *near = nearest_name(name, command_name, NULL);

	if (near)
		log_error("no command is called \"%s\" (did you mean \"%s\"?)", name, near);
	else
		log_error("no command is called \"%s\"; `gosup help` lists them", name);
	return EXIT_GOSUP;
}

int cmd_help(const struct command *self, int argc, char **argv)
{
	const struct command *c = NULL;

	if (command_getopt(self, argc, argv) != -1)
		return EXIT_GOSUP;
	if (optind < argc) {
		c = find(argv[optind]);
		if (!c)
			return unknown(argv[optind]);
		optind++;
	}
	if (!command_takes_no_more(self, argc, argv))
		return EXIT_GOSUP;
	if (c)
		print_command_help(c);
	else
		print_help();
	return EXIT_SUCCESS;
}

int cmd_version(const struct command *self, int argc, char **argv)
{
	if (command_getopt(self, argc, argv) != -1 || !command_takes_no_more(self, argc, argv))
		return EXIT_GOSUP;
	printf("gosup %s\n", GOSUP_VERSION);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const struct command *c;
	const char *name;
	int status;

	if (init_arguments(argc, argv, &status, &argc, &argv))
		return status ? status : cmd_run(commands, argc, argv);
	name = argc > 1 ? argv[1] : "help";
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	c = find(name);
	if (!c)
		return unknown(name);
	if (argc > 1) {
		argc--;
		argv++;
	}
	return finish_output(c->main(c, argc, argv));
}
