/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gosup run: everything that can fail because of what the user wrote is done
 * before anything is started.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/mirror.h"
#include "daemon/service_open.h"
#include "daemon/session.h"
#include "daemon/stats.h"
#include "emul/kernel.h"
#include "launcher/amend.h"
#include "launcher/commands.h"
#include "launcher/exit_map.h"
#include "launcher/features.h"
#include "launcher/spawn.h"
#include "launcher/termlog.h"
#include "policy/amend.h"
#include "policy/base/cleanup.h"
#include "policy/base/log.h"
#include "policy/names.h"
#include "policy/plan.h"

enum stats_format { STATS_NONE, STATS_TEXT, STATS_JSON };

/* What the options say of signals goes over what the policy says. */
struct signal_wish {
	int sig;
	struct signal_rule rule;
};

struct run_options {
	const char *policy;
	const char *log;
	enum stats_format stats;
	const char *stats_file;
	unsigned delay_us;
	bool reloadable;
	const char *termination_log;
	struct service_wishes service;
	unsigned landlock_abi;	/* none newer than this */
	struct signal_wish signals[SIGNAL_COUNT];
	unsigned signal_count;
	struct exit_map exit_map;
	enum signal_to signals_to;
	int parent_death;	/* a signal, or 0 */
	bool warn_reaped, close_fds;
	bool wait_tree;
	unsigned grace_ms;	/* for SIGTERM; 0: as the policy says */
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

static int parse_ready(const char *arg, enum ready_when *ret)
{
	*ret = !strcmp(arg, "start") ? READY_START : !strcmp(arg, "listen") ? READY_LISTEN :
	       !strcmp(arg, "notify") ? READY_NOTIFY : READY_UNSET;
	if (*ret != READY_UNSET)
		return 0;
	log_error("--ready=%s: a program is ready at start, listen or notify", arg);
	return -EINVAL;
}

/* A number for @option, up to @max. */
static int parse_number(const char *option, const char *arg, unsigned max, unsigned *ret)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(arg, &end, 10);
	if (errno || end == arg || *end || n > max) {
		log_error("--%s=%s: not a number up to %u", option, arg, max);
		return -EINVAL;
	}
	*ret = (unsigned)n;
	return 0;
}

/* A signal's name that is part of @option. */
static int parse_signal_name(const char *option, const char *name, int *ret)
{
	const char *near;

	*ret = signal_by_name(name);
	if (*ret)
		return 0;
	near = nearest_name(name, signal_candidate, NULL);
	log_error("--%s: no signal is called \"%s\"%s%s%s", option, name,
		  near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return -EINVAL;
}

/* --signal SIGTERM=SIGINT, or =ignore */
static int parse_signal(const char *arg, struct signal_wish *ret)
{
	const char *equals = strchr(arg, '=');
	char name[32];

	*ret = (struct signal_wish){ .sig = 0 };
	if (!equals) {
		log_error("--signal %s: write it like SIGTERM=SIGINT or SIGHUP=ignore", arg);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(equals - arg), arg);
	if (parse_signal_name("signal", name, &ret->sig))
		return -EINVAL;
	if (!signal_can_have_rule(ret->sig)) {
		log_error("--signal %s: %s is not gosup's to pass on", arg, name);
		return -EINVAL;
	}
	ret->rule.ignore = !strcmp(equals + 1, "ignore");
	return ret->rule.ignore ? 0 : parse_signal_name("signal", equals + 1, &ret->rule.as);
}

static int parse_signals_to(const char *arg, enum signal_to *ret)
{
	static const char *const words[] = {
		[SIGNAL_TO_APP] = "app", [SIGNAL_TO_GROUP] = "group", [SIGNAL_TO_TREE] = "tree",
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], arg) == 0) {
			*ret = (enum signal_to)i;
			return 0;
		}
	}
	log_error("--signals-to=%s: signals go to app, group or tree", arg);
	return -EINVAL;
}

static int parse_grace(const char *arg, unsigned *ret_ms)
{
	if (duration_by_text(arg, ret_ms))
		return 0;
	log_error("--grace %s: write a time such as 500ms, 30s or 2m", arg);
	return -EINVAL;
}

static int parse_options(const struct command *self, int argc, char **argv,
			 struct run_options *ret)
{
	int c, err = 0;

	*ret = (struct run_options){ .policy = "@default", .landlock_abi = UINT_MAX };
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
		case 'r':
			err = parse_ready(optarg, &ret->service.ready);
			break;
		case 'c':
			ret->service.control = optarg;
			break;
		case 'R':
			ret->reloadable = true;
			break;
		case 'w':
			ret->service.watch = true;
			break;
		case 't':
			ret->termination_log = optarg;
			break;
		case 'k':
			if (ret->signal_count == SIGNAL_COUNT)
				ret->signal_count--;
			err = parse_signal(optarg, &ret->signals[ret->signal_count++]);
			break;
		case 'g':
			err = parse_grace(optarg, &ret->grace_ms);
			break;
		case 'T':
			err = parse_signals_to(optarg, &ret->signals_to);
			break;
		case 'P':
			err = parse_signal_name("parent-death", optarg, &ret->parent_death);
			break;
		case 'n':
			ret->warn_reaped = true;
			break;
		case 'C':
			ret->close_fds = true;
			break;
		case 'x':
			err = exit_map_parse(&ret->exit_map, optarg);
			if (err)
				log_error("--exit-map %s: write it like 143=0,SIGKILL=1", optarg);
			break;
		case 'W':
			ret->wait_tree = !strcmp(optarg, "tree");
			err = ret->wait_tree || !strcmp(optarg, "app") ? 0 : -EINVAL;
			if (err)
				log_error("--wait=%s: wait for app or for the whole tree", optarg);
			break;
		case 'v':
			log_set_level(LOG_LEVEL_INFO);
			break;
		case 'D':
			err = parse_number("debug-delay", optarg, 10000000, &ret->delay_us);
			break;
		case 'L':
			err = parse_number("debug-landlock", optarg, 99, &ret->landlock_abi);
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
	policy->log.asked = true;
	/* Who asks for a record by hand wants to see all of it. */
	if (policy->log.to == LOG_TO_FILE)
		policy->log.events |= EVENT_DENY | EVENT_REDIRECT | EVENT_LOG;
}

static int override_signals(struct policy *policy, const struct run_options *opt)
{
	const struct signal_rule *term;
	struct signal_rule rule = { .as = SIGTERM };
	int err = 0;

	for (unsigned i = 0; !err && i < opt->signal_count; i++)
		err = policy_set_signal(policy, opt->signals[i].sig, &opt->signals[i].rule);
	if (err || !opt->grace_ms)
		return err;
	term = policy->signals[SIGTERM];
	if (term)
		rule = *term;
	rule.grace_ms = opt->grace_ms;
	if (!rule.then_count)
		rule.then[rule.then_count++] = SIGKILL;
	return policy_set_signal(policy, SIGTERM, &rule);
}

/* What is known of the run when its policy is read, now and again. */
struct run {
	struct run_options opt;
	char **argv;
	FILE *stats;		/* where to print them; NULL: nowhere */
};

static int load_policy(const struct run *run, struct policy **ret, struct diag *diag)
{
	struct policy *policy;
	int err = policy_load(run->opt.policy, &policy, diag);

	if (err)
		return err;
	override_log(policy, run->opt.log);
	if (override_signals(policy, &run->opt) < 0 || amend_policy(policy, run->argv[0]) < 0) {
		policy_destroy(policy);
		return diag_set(diag, -ENOMEM, "out of memory");
	}
	*ret = policy;
	return 0;
}

static int make_plan(const struct run *run, const struct policy *policy, struct plan **ret,
		     struct diag *diag)
{
	const struct service_wishes *service = &run->opt.service;
	struct plan_features features;
	int err, why;

	features_probe(&features);
	features.reloadable = run->opt.reloadable;
	if ((unsigned)features.landlock_abi > run->opt.landlock_abi)
		features.landlock_abi = (int)run->opt.landlock_abi;
	features.notify_listen = service_is_asked(service) &&
				 service_ready_when(service, policy) == READY_LISTEN;
	err = plan_make(policy, &features, ret, diag);
	if (err == -EOPNOTSUPP && !features.notify && (why = features_listener_error()) < 0)
		diag_append(diag, "; %s", features_listener_hint(why));
	return err;
}

static int check_proc(const struct plan *plan, struct diag *diag)
{
	const char *why = features_foreign_proc();

	if (why && plan->restricts)
		return diag_set(diag, -ENOTSUP, "no rule can be enforced: %s", why);
	if (why)
		log_warn("jobs and groups of processes may be taken for others: %s", why);
	return 0;
}

/* Make a policy ready to be enforced, by the filter of @installed if there is
 * one already. */
static int prepare(void *arg, const struct plan *installed, struct ruleset_parts *ret,
		   struct diag *diag)
{
	const struct run *run = arg;
	struct ruleset_parts parts = { .policy = NULL };
	int err = load_policy(run, &parts.policy, diag);

	if (!err)
		err = installed ? plan_remake(parts.policy, installed, &parts.plan, diag) :
		      make_plan(run, parts.policy, &parts.plan, diag);
	if (!err && !installed)
		err = check_proc(parts.plan, diag);
	if (!err) {
		diag_clear_place(diag);
		err = audit_open(parts.policy, &parts.audit, diag);
	}
	if (err)
		ruleset_parts_finish(&parts);
	else
		*ret = parts;
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

static int open_stats(struct run *run, struct diag *diag)
{
	const char *name = run->opt.stats_file;

	run->stats = run->opt.stats == STATS_NONE ? NULL : !name ? stderr : fopen(name, "we");
	if (run->stats || run->opt.stats == STATS_NONE)
		return 0;
	return diag_set(diag, -errno, "cannot write the statistics to %s: %s", name,
			strerror(errno));
}

static void print_stats(const struct run *run, const struct receiver_totals *totals,
			const struct plan *plan)
{
	if (run->opt.stats == STATS_JSON)
		stats_print_json(totals, plan, run->stats);
	else
		stats_print_text(totals, plan, run->stats);
	if (run->stats == stderr)
		return;
	if (fflush(run->stats) != 0 || ferror(run->stats))
		log_error("cannot write the statistics to %s: %s", run->opt.stats_file,
			  strerror(errno));
	fclose(run->stats);
}

/* The shell's words for a program that could not be executed. */
static int say_exec_failed(const char *app, int error)
{
	log_error("%s: %s", app, error == ENOENT && !strchr(app, '/')
		  ? "not found in PATH" : strerror(error));
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC;
}

/* Run the program. Return: gosup's status if there is no other. */
static int supervise(struct run *run, struct ruleset_parts *rules,
		     const struct service_config *service)
{
	struct session_config config = {
		.rules = *rules, .service = service, .reload = { prepare, run },
		.delay_us = run->opt.delay_us, .want_stats = run->opt.stats != STATS_NONE,
		.wait_tree = run->opt.wait_tree, .signals_to = run->opt.signals_to,
		.warn_reaped = run->opt.warn_reaped,
	};
	struct receiver_totals totals;
	struct spawn_shared *shared;
	struct ruleset *last;
	struct session_end end;
	struct spawned spawned;
	const char *what;
	int err;

	err = spawn(rules->plan, run->argv, run->opt.warn_reaped, &spawned, &shared, &what);
	if (err) {
		ruleset_parts_finish(rules);
		say_spawn_failed(err, what);
		return EXIT_GOSUP;
	}
	config.listener = spawned.listener;
	config.link = spawned.link;
	config.guard = spawned.guard;
	config.app = spawned.app;
	config.unix_sockets = spawned.unix_sockets;
	config.executed = spawned.executed;
	config.exec_error = spawn_exec_error(shared);
	config.witness = spawned.witness;
	err = session_run(&config, &end, &totals, &last);
	if (err) {
		log_error("cannot supervise: %s", strerror(-err));
		return EXIT_GOSUP;
	}
	err = atomic_load(config.exec_error);
	if (!err && run->stats)
		print_stats(run, &totals, last->parts.plan);
	receiver_totals_finish(&totals);
	if (!err)
		termlog_program(&end, last->parts.policy);
	ruleset_destroy(last);
	if (err)
		return say_exec_failed(run->argv[0], err);
	end = exit_map_look_up(&run->opt.exit_map, end);
	session_mirror(&end);
}

static int start(struct run *run)
{
	struct service_config service;
	struct ruleset_parts rules;
	struct diag diag = { .line = 0 };
	char text[1024];
	int err;

	err = prepare(run, NULL, &rules, &diag);
	if (!err) {
		err = open_stats(run, &diag);
		if (!err)
			err = service_open(&service, &run->opt.service, rules.policy, &diag);
		if (!err)
			return supervise(run, &rules, &service);
		ruleset_parts_finish(&rules);
	}
	log_error("%s", diag_format(&diag, text, sizeof(text)));
	return EXIT_GOSUP;
}

/* What is this process's own to arrange, while it has opened nothing yet. */
static void prepare_process(const struct run_options *opt)
{
	const char *text = getenv("LISTEN_FDS");
	int passed = text ? atoi(text) : 0;

	if (opt->close_fds)
		kernel_close_range(3 + (passed > 0 ? (unsigned)passed : 0), ~0U, 0);
	if (opt->parent_death)
		prctl(PR_SET_PDEATHSIG, opt->parent_death);
}

int cmd_run(const struct command *self, int argc, char **argv)
{
	struct run run;
	int status;

	spawn_reserve_stdio();
	if (parse_options(self, argc, argv, &run.opt))
		return EXIT_GOSUP;
	run.argv = argv + optind;
	prepare_process(&run.opt);
	run.opt.service.program = run.argv[0];
	termlog_open(run.opt.termination_log);
	status = start(&run);
	termlog_failure();
	return status;
}
