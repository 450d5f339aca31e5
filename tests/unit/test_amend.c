/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "policy/amend.h"

/* What a loaded policy learns afterwards: it must be as good as what was written,
 * and go with the rest. */

static const char text[] =
	"{\"version\": 1, \"default\": \"deny\","
	" \"files\": [{\"path\": \"/usr\", \"allow\": \"read exec\"},"
	"             {\"path\": \"/lib\", \"allow\": \"read\"}],"
	" \"exec\": [{\"path\": \"/usr/bin/git\", \"allow\": true}],"
	" \"syscalls\": {\"ptrace\": {\"deny\": \"EPERM\"}}}";

static int load(void **state)
{
	struct policy *policy;
	struct diag diag;

	if (policy_parse_with("p.json", text, strlen(text), NULL, &policy, &diag))
		return -1;
	*state = policy;
	return 0;
}

static int unload(void **state)
{
	policy_destroy(*state);
	return 0;
}

static const struct file_rule *find(const struct policy *policy, const char *path)
{
	struct path_match m = path_tree_find(policy->file_tree, path, strlen(path));

	return m.value < 0 ? NULL : &policy->files[m.value];
}

/* Every place stands where its id says, and is that of a rule. */
static void check_places(const struct policy *policy)
{
	size_t i;

	for (i = 0; i < policy->rule_count; i++)
		assert_int_equal(policy_rule_place(policy, (unsigned)i)->id, i);
	for (i = 0; i < policy->file_count; i++)
		assert_ptr_equal(policy_rule_place(policy, policy->files[i].place.id),
				 &policy->files[i].place);
	assert_ptr_equal(policy_rule_place(policy, policy->execs[0].place.id),
			 &policy->execs[0].place);
	assert_ptr_equal(policy_rule_place(policy, policy->calls[0].place.id),
			 &policy->calls[0].place);
}

static void allowed_path(void **state)
{
	struct policy *policy = *state;
	const struct file_rule *rule;
	char path[] = "/home/user/app0";

	check_places(policy);
	/* More than there was room for. */
	for (; path[14] <= '9'; path[14]++)
		assert_int_equal(policy_allow_path(policy, path, ACCESS_READ | ACCESS_EXEC), 0);
	assert_int_equal(policy->file_count, 12);
	assert_int_equal(policy->rule_count, 14);
	check_places(policy);
	rule = find(policy, "/home/user/app7");
	assert_non_null(rule);
	assert_string_equal(rule->path, "/home/user/app7");
	assert_int_equal(rule->rights, ACCESS_READ | ACCESS_EXEC);
	assert_string_equal(find(policy, "/usr/bin/cat")->path, "/usr");
}

/* What a rule is about already stays as its author wants it. */
static void path_with_a_rule(void **state)
{
	struct policy *policy = *state;

	assert_int_equal(policy_allow_path(policy, "/lib/app", ACCESS_ALL), 0);
	assert_int_equal(policy->file_count, 2);
	assert_int_equal(find(policy, "/lib/app")->rights, ACCESS_READ);
}

static void alias(void **state)
{
	struct policy *policy = *state;

	assert_int_equal(policy_alias(policy->file_tree, 1, "/usr/lib"), 0);
	assert_ptr_equal(find(policy, "/usr/lib/x"), &policy->files[1]);
	/* A rule written for that very path knows better. */
	assert_int_equal(policy_alias(policy->file_tree, 1, "/usr"), 0);
	assert_ptr_equal(find(policy, "/usr/bin"), &policy->files[0]);
	assert_int_equal(policy->rule_count, 4);
}

static void signal_rule(void **state)
{
	struct policy *policy = *state;
	struct signal_rule rule = { .as = SIGINT };

	assert_int_equal(policy_set_signal(policy, SIGTERM, &rule), 0);
	rule.as = SIGHUP;
	assert_int_equal(policy->signals[SIGTERM]->as, SIGINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(allowed_path, load, unload),
		cmocka_unit_test_setup_teardown(path_with_a_rule, load, unload),
		cmocka_unit_test_setup_teardown(alias, load, unload),
		cmocka_unit_test_setup_teardown(signal_rule, load, unload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
