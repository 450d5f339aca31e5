/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_COMMANDS_H
#define GOSUP_LAUNCHER_COMMANDS_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The subcommands. Each gets the arguments from its own name on and returns an
 * exit status.
 */
struct command {
	const char *name;
	const char *arguments;	/* for the usage line */
	const char *summary;	/* one line */
	const struct option_help *options; /* ended by a NULL name */
	int (*main)(const struct command *self, int argc, char **argv);
};

/* One option, from which both parsing and help are made. */
struct option_help {
	const char *name;	/* long, without dashes */
	char letter;		/* 0: none; also the value while parsing; not 'h' */
	int value;		/* what parsing returns, if there is no letter */
	int has_arg;		/* no_argument, ... of getopt.h */
	const char *arg;	/* its name in the help */
	const char *help;
};

extern const struct command commands[];	/* ended by a NULL name */

int cmd_run(const struct command *self, int argc, char **argv);
int cmd_check(const struct command *self, int argc, char **argv);
int cmd_explain(const struct command *self, int argc, char **argv);
int cmd_probe(const struct command *self, int argc, char **argv);
int cmd_reload(const struct command *self, int argc, char **argv);
int cmd_status(const struct command *self, int argc, char **argv);
int cmd_doctor(const struct command *self, int argc, char **argv);
int cmd_help(const struct command *self, int argc, char **argv);
int cmd_version(const struct command *self, int argc, char **argv);

/* gosup's own failure, as of env(1) and timeout(1). */
#define EXIT_GOSUP	125
#define EXIT_CANNOT_EXEC 126
#define EXIT_NOT_FOUND	127

/**
 * command_getopt() - the next option of @self, as getopt_long(3) gives it.
 * Stops at the first argument that is no option. Answers -h and --help itself.
 * Return: letter or value of the option, -1 at the end, '?' if unknown (said).
 */
int command_getopt(const struct command *self, int argc, char **argv);

/* Whether there are no arguments behind the options; if there are, that is said. */
bool command_takes_no_more(const struct command *self, int argc, char **argv);

#endif
