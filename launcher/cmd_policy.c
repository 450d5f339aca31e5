/* SPDX-License-Identifier: Apache-2.0 */
/* gosup check and gosup explain: a policy looked at, nothing run. */
#include <stdio.h>
#include <stdlib.h>

#include "launcher/amend.h"
#include "launcher/commands.h"
#include "launcher/features.h"
#include "policy/base/log.h"
#include "policy/explain.h"
#include "policy/plan.h"

/* Load and lower @name, say what is wrong. Return: whether all went well. */
static bool open_policy(const char *name, struct policy **ret_policy, struct plan **ret_plan)
{
	struct plan_features features;
	struct diag diag = { 0 };
	char text[1024];
	int err;

	features_probe(&features);
	err = policy_load(name, ret_policy, &diag);
	if (!err) {
		err = amend_policy(*ret_policy, NULL);
		if (err)
			diag_set(&diag, err, "out of memory");
		else
			err = plan_make(*ret_policy, &features, ret_plan, &diag);
		if (err)
			policy_destroy(*ret_policy);
	}
	if (err)
		fprintf(stderr, "%s\n", diag_format(&diag, text, sizeof(text)));
	return !err;
}

/* For each policy named: check it, or explain it. */
static int each(const struct command *self, int argc, char **argv, bool explain)
{
	int status = EXIT_SUCCESS;
	int i;

	if (command_getopt(self, argc, argv) != -1)
		return EXIT_GOSUP;
	if (optind == argc) {
		log_error("%s what? usage: gosup %s %s", self->name, self->name, self->arguments);
		return EXIT_GOSUP;
	}
	for (i = optind; i < argc; i++) {
		struct policy *policy;
		struct plan *plan;

		if (!open_policy(argv[i], &policy, &plan)) {
			status = EXIT_FAILURE;
			continue;
		}
		if (explain)
			plan_explain(plan, stdout);
		plan_warnings(plan, stderr);
		if (!explain)
			printf("%s: ok, %u rule%s\n", argv[i], policy->rule_count,
			       policy->rule_count == 1 ? "" : "s");
		plan_destroy(plan);
		policy_destroy(policy);
	}
	return status;
}

int cmd_check(const struct command *self, int argc, char **argv)
{
	return each(self, argc, argv, false);
}

int cmd_explain(const struct command *self, int argc, char **argv)
{
	return each(self, argc, argv, true);
}
