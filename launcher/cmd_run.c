/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gosup run: everything that can fail because of what the user wrote is done
 * before anything is started.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/session.h"
#include "daemon/stats.h"
#include "launcher/amend.h"
#include "launcher/commands.h"
#include "launcher/features.h"
#include "launcher/spawn.h"
#include "policy/base/cleanup.h"
#include "policy/base/log.h"
#include "policy/plan.h"

enum stats_format { STATS_NONE, STATS_TEXT, STATS_JSON };

struct run_options {
	const char *policy;
	const char *log;
	enum stats_format stats;
	const char *stats_file;
	unsigned delay_us;
};

static int parse_stats(const char *arg, enum stats_format *ret)
{
	*ret = !arg || !strcmp(arg, "text") ? STATS_TEXT : STATS_JSON;
	if (arg && strcmp(arg, "text") && strcmp(arg, "json")) {
		log_error("--stats=%s: the formats are text and json", arg);
		return -EINVAL;
	}
	return 0;
}

static int parse_delay(const char *arg, unsigned *ret)
{
	char *end;
	unsigned long us;

	errno = 0;
	us = strtoul(arg, &end, 10);
	if (errno || end == arg || *end || us > 10000000) {
		log_error("--debug-delay=%s: not a number of microseconds up to 10000000", arg);
		return -EINVAL;
	}
	*ret = (unsigned)us;
	return 0;
}

static int parse_options(const struct command *self, int argc, char **argv,
			 struct run_options *ret)
{
	int c, err = 0;

	*ret = (struct run_options){ .policy = "@default" };
	while (!err && (c = command_getopt(self, argc, argv)) != -1) {
		switch (c) {
		case 'p':
			ret->policy = optarg;
			break;
		case 'l':
			ret->log = optarg;
			break;
		case 's':
			err = parse_stats(optarg, &ret->stats);
			break;
		case 'S':
			ret->stats_file = optarg;
			if (ret->stats == STATS_NONE)
				ret->stats = STATS_TEXT;
			break;
		case 'v':
			log_set_level(LOG_LEVEL_INFO);
			break;
		case 'D':
			err = parse_delay(optarg, &ret->delay_us);
			break;
		default:
			err = -EINVAL;
		}
	}
	if (!err && optind == argc) {
		log_error("run what? usage: gosup run %s", self->arguments);
		err = -EINVAL;
	}
	return err;
}

static void override_log(struct policy *policy, const char *to)
{
	if (!to)
		return;
	policy->log.to = !strcmp(to, "stderr") ? LOG_TO_STDERR :
			 !strcmp(to, "journal") ? LOG_TO_JOURNAL :
			 !strcmp(to, "none") ? LOG_TO_NONE : LOG_TO_FILE;
	policy->log.file = to;
	/* Who asks for a record by hand wants to see all of it. */
	if (policy->log.to == LOG_TO_FILE)
		policy->log.events |= EVENT_DENY | EVENT_REDIRECT | EVENT_LOG;
}

/* Load and lower; what is wrong is said. */
static int prepare(const struct run_options *opt, const char *program,
		   struct policy **ret_policy, struct plan **ret_plan)
{
	struct plan_features features;
	struct diag diag = { 0 };
	char text[1024];
	int err;

	features_probe(&features);
	err = policy_load(opt->policy, ret_policy, &diag);
	if (!err) {
		override_log(*ret_policy, opt->log);
		err = amend_policy(*ret_policy, program);
		if (err)
			diag_set(&diag, err, "out of memory");
	}
	if (!err)
		err = plan_make(*ret_policy, &features, ret_plan, &diag);
	if (err)
		log_error("%s", diag_format(&diag, text, sizeof(text)));
	return err;
}

static void say_spawn_failed(int err, const char *what)
{
	log_error("%s: %s", what, strerror(-err));
	if (err == -EBUSY || err == -EINVAL || err == -ENOSYS)
		log_error("%s", features_listener_hint(err));
	else
		log_error("`gosup doctor` shows what is missing here");
}

static void print_stats(const struct run_options *opt, const struct receiver_totals *totals,
			const struct plan *plan)
{
	FILE *out = opt->stats_file ? fopen(opt->stats_file, "we") : stderr;

	if (!out) {
		log_error("cannot write %s: %s", opt->stats_file, strerror(errno));
		return;
	}
	if (opt->stats == STATS_JSON)
		stats_print_json(totals, plan, out);
	else
		stats_print_text(totals, plan, out);
	if (opt->stats_file)
		fclose(out);
}

/* The shell's words for a program that could not be executed. */
static int say_exec_failed(const char *app, int error)
{
	log_error("%s: %s", app, error == ENOENT && !strchr(app, '/')
		  ? "not found in PATH" : strerror(error));
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC;
}

static int supervise(const struct run_options *opt, const struct plan *plan,
		     struct audit *audit, char **argv)
{
	struct session_config config = {
		.plan = plan, .audit = audit, .delay_us = opt->delay_us,
		.want_stats = opt->stats != STATS_NONE,
	};
	struct receiver_totals totals;
	struct spawn_shared *shared;
	struct session_end end;
	struct spawned spawned;
	const char *what;
	int err;

	err = spawn(plan, argv, &spawned, &shared, &what);
	if (err) {
		say_spawn_failed(err, what);
		return EXIT_GOSUP;
	}
	config.listener = spawned.listener;
	config.link = spawned.link;
	config.guard = spawned.guard;
	config.app = spawned.app;
	err = session_run(&config, &end, &totals);
	if (err) {
		log_error("cannot supervise: %s", strerror(-err));
		return EXIT_GOSUP;
	}
	audit_close(audit);
	err = spawn_exec_error(shared);
	if (err)
		return say_exec_failed(argv[0], err);
	if (opt->stats != STATS_NONE)
		print_stats(opt, &totals, plan);
	receiver_totals_finish(&totals);
	session_mirror(&end);
}

int cmd_run(const struct command *self, int argc, char **argv)
{
	struct run_options opt;
	struct policy *policy;
	struct plan *plan;
	struct audit *audit;
	struct diag diag = { 0 };
	char text[1024];
	int err;

	if (parse_options(self, argc, argv, &opt) || prepare(&opt, argv[optind], &policy, &plan))
		return EXIT_GOSUP;
	err = audit_open(policy, &audit, &diag);
	if (err) {
		log_error("%s", diag_format(&diag, text, sizeof(text)));
		return EXIT_GOSUP;
	}
	return supervise(&opt, plan, audit, argv + optind);
}
