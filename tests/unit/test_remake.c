/* SPDX-License-Identifier: Apache-2.0 */
/* A plan for a program that already runs: what another policy may ask of the
 * filter that is installed. And the section `service`. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/decide.h"

struct made {
	struct policy *policy;
	struct plan *plan;
};

static const struct plan_features plain = { .notify = true };
static const struct plan_features reloadable = { .notify = true, .reloadable = true };

static struct policy *parse(const char *text)
{
	struct policy *policy = NULL;
	struct diag diag;
	char buf[1024];

	if (policy_parse("p.json", text, strlen(text), &policy, &diag))
		fail_msg("%s", diag_format(&diag, buf, sizeof(buf)));
	return policy;
}

static struct made start(const char *text, const struct plan_features *features)
{
	struct made m = { .policy = parse(text) };
	struct diag diag = { 0 };

	if (plan_make(m.policy, features, &m.plan, &diag))
		fail_msg("%s", diag.message);
	return m;
}

static void drop(struct made *m)
{
	plan_destroy(m->plan);
	policy_destroy(m->policy);
}

/* Reload @text over @m. Return: what plan_remake() did. */
static int reload(const struct made *m, const char *text, struct diag *diag)
{
	struct policy *policy = parse(text);
	struct plan *plan = NULL;
	int err;

	*diag = (struct diag){ .line = 0 };
	err = plan_remake(policy, m->plan, &plan, diag);
	if (err)
		assert_null(plan);
	plan_destroy(plan);
	policy_destroy(policy);
	return err;
}

static void accepts(const char *from, const char *to, const struct plan_features *f)
{
	struct made m = start(from, f);
	struct diag diag;
	char buf[1024];

	if (reload(&m, to, &diag))
		fail_msg("%s -> %s: %s", from, to, diag_format(&diag, buf, sizeof(buf)));
	drop(&m);
}

static void refuses(const char *from, const char *to, const struct plan_features *f,
		    const char *said)
{
	struct made m = start(from, f);
	struct diag diag;
	char buf[1024];

	assert_int_equal(reload(&m, to, &diag), -EOPNOTSUPP);
	diag_format(&diag, buf, sizeof(buf));
	if (!strstr(buf, said))
		fail_msg("%s -> %s: \"%s\" does not say \"%s\"", from, to, buf, said);
	drop(&m);
}

#define FILES_A "{\"files\": [{\"path\": \"/a\", \"deny\": true}]}"
#define FILES_B "{\"files\": [{\"path\": \"/b\", \"deny\": \"EIO\"}, " \
		"{\"path\": \"/c\", \"allow\": \"read\"}]}"
#define VIEWS_A "{\"files\": [{\"path\": \"/a\", \"content\": \"x\"}, " \
		"{\"path\": \"/b\", \"hide\": true}]}"
#define VIEWS_B "{\"files\": [{\"path\": \"/b\", \"from\": \"/c\"}]}"
#define NONE "{}"
#define CALL(name, rule) "{\"syscalls\": {\"" name "\": " rule "}}"
#define PTRACE CALL("ptrace", "{\"deny\": \"EPERM\"}")
#define NICE_LOG CALL("setpriority", "{\"log\": true}")
#define CONFINED "{\"default\": \"deny\", \"include\": [\"@base\"]}"

static void test_same(void **state)
{
	static const char *const texts[] = {
		NONE, FILES_A, PTRACE, NICE_LOG, CONFINED,
		CALL("socket", "[{\"deny\": \"EPERM\", \"when\": {\"arg0\": \"AF_PACKET\"}}, "
		     "{\"kill\": true, \"when\": {\"arg1\": {\"mask\": 15, \"eq\": 3}}}]"),
		CALL("getpid", "{\"return\": 4}"),
		CALL("kill", "{\"deny\": \"EPERM\", \"when\": {\"arg1\": 9}}"),
		"{\"mode\": \"observe\", \"default\": \"deny\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		accepts(texts[i], texts[i], &plain);
		accepts(texts[i], texts[i], &reloadable);
	}
}

static void test_files_change_freely(void **state)
{
	(void)state;
	accepts(FILES_A, FILES_B, &plain);
	accepts(FILES_B, FILES_B, &plain);
	accepts(VIEWS_A, VIEWS_B, &plain);
	accepts(VIEWS_A, FILES_B, &plain);
	/* Listings are left alone where no rule is about them. */
	refuses(FILES_A, VIEWS_A, &plain, "lists names");
	accepts(FILES_A, VIEWS_A, &reloadable);
	/* gosup's own precautions stay, so all rules may go. */
	accepts(FILES_A, NONE, &plain);
	accepts(CONFINED, "{\"default\": \"deny\", \"include\": [\"@base\", \"@tls\"]}",
		&plain);
}

static void test_first_rule_needs_a_start(void **state)
{
	(void)state;
	refuses(NONE, FILES_A, &plain, "enforces nothing");
	refuses(PTRACE, "{\"syscalls\": {\"ptrace\": {\"deny\": \"EPERM\"}}, "
		"\"files\": [{\"path\": \"/a\", \"deny\": true}]}", &plain,
		"which the one installed at the start does not");
	accepts(NONE, FILES_A, &reloadable);
	accepts(NONE, CONFINED, &reloadable);
	accepts(CONFINED, NONE, &reloadable);
}

static void test_filtered_calls_stay(void **state)
{
	(void)state;
	refuses(PTRACE, CALL("ptrace", "{\"deny\": \"EACCES\"}"), &plain,
		"refuses ptrace (p.json:1 syscalls[0])");
	refuses(PTRACE, CALL("ptrace", "{\"kill\": true}"), &plain, "refuses ptrace");
	refuses(CALL("ptrace", "{\"kill\": true}"), PTRACE, &plain, "kills for ptrace");
	refuses(PTRACE, "{\"files\": [{\"path\": \"/a\", \"deny\": true}]}", &plain,
		"does not");
	refuses(FILES_A, "{\"files\": [{\"path\": \"/a\", \"deny\": true}], "
		"\"syscalls\": {\"socket\": {\"deny\": \"EPERM\"}}}", &plain, "socket");
	refuses("{\"syscalls\": {\"socket\": {\"deny\": \"EPERM\"}, \"ptrace\": {\"deny\": "
		"\"EPERM\"}}}", PTRACE, &plain,
		"refuses socket (p.json:1 syscalls[0]), which this policy no longer does");
	/* Whoever asked for it has rules where they can change... */
	accepts(PTRACE, CALL("ptrace", "{\"deny\": \"EACCES\"}"), &reloadable);
	accepts(PTRACE, CALL("ptrace", "{\"kill\": true}"), &reloadable);
	accepts(PTRACE, NONE, &reloadable);
	/* ... but not every call is notified just in case. */
	refuses(PTRACE, CALL("socket", "{\"deny\": \"EPERM\"}"), &reloadable, "socket");
}

static void test_parts_of_a_call(void **state)
{
#define SOCKET(...) CALL("socket", "[" __VA_ARGS__ "]")
#define DENY(n) "{\"deny\": \"EPERM\", \"when\": {\"arg0\": " n "}}"
#define LOG(n) "{\"log\": true, \"when\": {\"arg0\": " n "}}"
	(void)state;
	/* The same set, cut otherwise. */
	accepts(SOCKET(DENY("{\"lt\": 2}")), SOCKET(DENY("0") "," DENY("1")), &plain);
	accepts(SOCKET(DENY("0") "," DENY("1")), SOCKET(DENY("{\"lt\": 2}")), &plain);
	refuses(SOCKET(DENY("0")), SOCKET(DENY("{\"lt\": 2}")), &plain, "socket");
	refuses(SOCKET(DENY("{\"lt\": 2}")), SOCKET(DENY("0")), &plain, "no longer");
	/* Within what is notified all is possible, beyond it nothing. */
	accepts(SOCKET(LOG("{\"lt\": 8}")), SOCKET(DENY("3")), &plain);
	accepts(SOCKET(LOG("{\"lt\": 8}")), SOCKET(LOG("{\"lt\": 4}")), &plain);
	refuses(SOCKET(LOG("{\"lt\": 8}")), SOCKET(DENY("8")), &plain, "socket");
	/* What is notified as a whole. */
	accepts(CALL("socket", "{\"log\": true}"), SOCKET(DENY("8")), &plain);
}

static void test_mode_and_default(void **state)
{
	(void)state;
	refuses(CONFINED, "{\"default\": \"allow\", \"include\": [\"@base\"]}", &plain,
		"no longer");
	refuses(FILES_A, CONFINED, &plain, "which the one installed at the start does not");
	refuses("{\"mode\": \"observe\", \"files\": [{\"path\": \"/a\", \"deny\": true}]}",
		FILES_A, &plain, "enforces nothing");
	accepts(FILES_A, CONFINED, &reloadable);
}

/* Whatever a reload is made of, what the supervisor then answers for a call
 * that the old filter notifies is what the new policy says. */
static void test_new_policy_decides(void **state)
{
	static const uint64_t args[SYSCALL_ARGS] = { 0 };
	struct made m = start(PTRACE, &reloadable);
	struct policy *policy = parse(CALL("ptrace", "{\"deny\": \"EACCES\"}"));
	const struct syscall_row *row = syscall_by_name("ptrace");
	struct plan *plan;
	struct diag diag;
	struct decision d;

	(void)state;
	assert_int_equal(m.plan->calls[syscall_slot(row)].verdict, PLAN_NOTIFY);
	assert_int_equal(plan_remake(policy, m.plan, &plan, &diag), 0);
	d = decide_scalar(&plan->calls[syscall_slot(row)], args);
	assert_int_equal(d.verdict, VERDICT_ERRNO);
	assert_int_equal(d.error, EACCES);
	plan_destroy(plan);
	policy_destroy(policy);
	drop(&m);
}

/* Under --reloadable "deny" can come later, so what it refuses is asked about,
 * and allowed while it has not come. */
static void test_reloadable_default(void **state)
{
	static const uint64_t args[SYSCALL_ARGS] = { 0 };
	const struct syscall_row *row = syscall_by_name("init_module");
	struct made allow = start(NONE, &reloadable), deny = start(CONFINED, &reloadable);
	const struct plan_call *a = &allow.plan->calls[syscall_slot(row)];
	const struct plan_call *d = &deny.plan->calls[syscall_slot(row)];

	(void)state;
	assert_int_equal(a->verdict, PLAN_NOTIFY);
	assert_int_equal(d->verdict, PLAN_NOTIFY);
	assert_int_equal(decide_scalar(a, args).verdict, VERDICT_ALLOW);
	assert_int_equal(decide_scalar(d, args).verdict, VERDICT_ERRNO);
	drop(&allow);
	drop(&deny);
}

static void test_listen(void **state)
{
	const struct syscall_row *row = syscall_by_name("listen");
	struct plan_features features = { .notify = true, .notify_listen = true };
	struct made with = start(NONE, &features), without = start(NONE, &plain);

	(void)state;
	assert_int_equal(with.plan->calls[syscall_slot(row)].verdict, PLAN_NOTIFY);
	assert_int_equal(without.plan->calls[syscall_slot(row)].verdict, PLAN_ALLOW);
	/* It restricts nothing. */
	assert_false(with.plan->restricts);
	drop(&with);
	drop(&without);
}

/* --- the section `service` --- */

static void test_service(void **state)
{
	struct policy *p = parse("{\"service\": {\"ready\": \"listen\", \"reload\": \"HUP\", "
				 "\"watchdog\": \"app\"}}");

	(void)state;
	assert_int_equal(p->service.ready, READY_LISTEN);
	assert_int_equal(p->service.reload_signal, SIGHUP);
	assert_true(p->service.app_watchdog);
	policy_destroy(p);
	p = parse("{\"service\": {\"reload\": false, \"ready\": \"start\"}}");
	assert_int_equal(p->service.reload_signal, 0);
	assert_int_equal(p->service.ready, READY_START);
	assert_false(p->service.app_watchdog);
	policy_destroy(p);
	p = parse(NONE);
	assert_int_equal(p->service.ready, READY_UNSET);
	policy_destroy(p);
}

static void test_service_errors(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "{\"service\": 1}", "must be an object such as" },
		{ "{\"service\": {\"redy\": \"start\"}}", "did you mean \"ready\"?" },
		{ "{\"service\": {\"ready\": \"lisen\"}}", "\"listen\"" },
		{ "{\"service\": {\"ready\": true}}", "start" },
		{ "{\"service\": {\"reload\": \"SIGHUPP\"}}", "did you mean \"SIGHUP\"?" },
		{ "{\"service\": {\"reload\": \"SIGKILL\"}}", "cannot ask for a reload" },
		{ "{\"service\": {\"reload\": true}}", "a signal such as \"SIGHUP\"" },
		{ "{\"service\": {\"watchdog\": \"none\"}}", "watchdog" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy *policy = NULL;
		struct diag diag;

		assert_int_equal(policy_parse("p.json", cases[i].text, strlen(cases[i].text),
					      &policy, &diag), -EINVAL);
		assert_int_equal(diag.line, 1);
		if (!strstr(diag.message, cases[i].said))
			fail_msg("\"%s\" does not say \"%s\"", diag.message, cases[i].said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_files_change_freely),
		cmocka_unit_test(test_first_rule_needs_a_start),
		cmocka_unit_test(test_filtered_calls_stay),
		cmocka_unit_test(test_parts_of_a_call),
		cmocka_unit_test(test_mode_and_default),
		cmocka_unit_test(test_new_policy_decides),
		cmocka_unit_test(test_reloadable_default),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_service_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
