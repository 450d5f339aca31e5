/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "policy/policy.h"

/* What policies mean once loaded. In texts ' stands for ". */

static void requote(char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			*s = '"';
}

static struct policy *parse(const char *text)
{
	char *copy = strdup(text), buf[1024];
	struct policy *policy = NULL;
	struct diag diag;

	assert_non_null(copy);
	requote(copy);
	if (policy_parse_with("p.json", copy, strlen(copy), NULL, &policy,
			      &diag))
		fail_msg("%s", diag_format(&diag, buf, sizeof(buf)));
	free(copy);
	return policy;
}

static const struct file_rule *find_rule(const struct policy *policy,
					 const char *path)
{
	struct path_match m = path_tree_find(policy->file_tree, path,
					     strlen(path));

	return m.value < 0 ? NULL : &policy->files[m.value];
}

static void empty(void **state)
{
	struct policy *policy = parse(" {} \n");

	(void)state;
	assert_string_equal(policy->name, "p.json");
	assert_int_equal(policy->def, DEFAULT_ALLOW);
	assert_int_equal(policy->mode, MODE_ENFORCE);
	assert_false(policy->degrade);
	assert_int_equal(policy->file_count, 0);
	assert_int_equal(policy->call_count, 0);
	assert_int_equal(policy->rule_count, 0);
	assert_int_equal(policy->log.to, LOG_TO_STDERR);
	assert_int_equal(policy->log.events, EVENT_DENY | EVENT_LOG);
	assert_null(policy_rule_place(policy, 0));
	assert_int_equal(path_tree_find(policy->file_tree, "/", 1).value, -1);
	policy_destroy(policy);
	policy_destroy(NULL);
}

static void settings(void **state)
{
	struct policy *policy = parse(
		"{'version': 1, '$schema': 'x', 'default': 'deny',\n"
		" 'mode': 'observe', 'degrade': true,\n"
		" 'log': {'to': {'file': 'out.log'}, 'events': 'all'}}");

	(void)state;
	assert_int_equal(policy->def, DEFAULT_DENY);
	assert_int_equal(policy->mode, MODE_OBSERVE);
	assert_true(policy->degrade);
	assert_int_equal(policy->log.to, LOG_TO_FILE);
	assert_string_equal(policy->log.file, "out.log");
	assert_int_equal(policy->log.events, EVENT_DENY | EVENT_REDIRECT |
			 EVENT_ALLOW | EVENT_LOG | EVENT_EXEC | EVENT_SIGNAL);
	policy_destroy(policy);
	policy = parse("{'log': {'to': 'none', 'events': []}}");
	assert_int_equal(policy->log.to, LOG_TO_NONE);
	assert_int_equal(policy->log.events, 0);
	policy_destroy(policy);
	policy = parse("{'log': {'to': 'journal',\n"
		       "'events': ['exec', 'redirect', 'exec']}}");
	assert_int_equal(policy->log.to, LOG_TO_JOURNAL);
	assert_int_equal(policy->log.events, EVENT_EXEC | EVENT_REDIRECT);
	policy_destroy(policy);
}

static void signals(void **state)
{
	struct policy *policy = parse(
		"{'signals': {'SIGHUP': 'ignore', 'INT': 'forward', 'SIGTERM':\n"
		"{'as': 'SIGINT', 'to': 'tree', 'drain': '2s', 'grace': '1m',\n"
		"'then': ['SIGQUIT', 'KILL']}, 'SIGUSR1': {'grace': '5ms'}}}");
	const struct signal_rule *rule = policy->signals[SIGTERM];

	(void)state;
	assert_true(policy->signals[SIGHUP]->ignore);
	assert_false(policy->signals[SIGINT]->ignore);
	assert_int_equal(policy->signals[SIGINT]->as, SIGINT);
	assert_null(policy->signals[SIGUSR2]);
	assert_int_equal(rule->as, SIGINT);
	assert_int_equal(rule->to, SIGNAL_TO_TREE);
	assert_int_equal(rule->drain_ms, 2000);
	assert_int_equal(rule->grace_ms, 60000);
	assert_int_equal(rule->then_count, 2);
	assert_int_equal(rule->then[0], SIGQUIT);
	assert_int_equal(rule->then[1], SIGKILL);
	/* A time without a word what then means the hard way. */
	rule = policy->signals[SIGUSR1];
	assert_int_equal(rule->as, SIGUSR1);
	assert_int_equal(rule->then_count, 1);
	assert_int_equal(rule->then[0], SIGKILL);
	policy_destroy(policy);
}

static void files(void **state)
{
	struct policy *policy = parse(
		"{'files': [\n"
		"{'path': '/usr', 'allow': 'read exec'},\n"
		"{'path': '/srv//./data/', 'allow': ' write  read '},\n"
		"{'path': '/srv/data/../key', 'deny': 'ENOENT'},\n"
		"{'path': '/a', 'deny': true},\n"
		"{'content': 'x\\u00e9\\n', 'path': '/etc/hosts'},\n"
		"{'path': '/m', 'content': '', 'mode': '0640'},\n"
		"{'path': '/etc/ssl/certs', 'from': '/opt/./ca/'},\n"
		"{'path': '/var/lib/app', 'map': '/srv/app/state'},\n\n"
		"{'path': '/home/*/.ssh', 'hide': true},\n"
		"{'path': '/', 'allow': 'read write exec'}]}");
	const struct file_rule *f = policy->files;

	(void)state;
	assert_int_equal(policy->file_count, 10);
	assert_int_equal(f[0].kind, FILE_ALLOW);
	assert_string_equal(f[0].path, "/usr");
	assert_int_equal(f[0].rights, ACCESS_READ | ACCESS_EXEC);
	assert_string_equal(f[1].path, "/srv/data");
	assert_int_equal(f[1].rights, ACCESS_READ | ACCESS_WRITE);
	assert_int_equal(f[2].kind, FILE_DENY);
	assert_string_equal(f[2].path, "/srv/key");
	assert_int_equal(f[2].deny_errno, ENOENT);
	assert_int_equal(f[3].deny_errno, EACCES);
	assert_int_equal(f[4].kind, FILE_CONTENT);
	assert_int_equal(f[4].content_len, 4);
	assert_memory_equal(f[4].content, "x\xc3\xa9\n", 5);
	assert_int_equal(f[4].mode, 0444);
	assert_int_equal(f[5].content_len, 0);
	assert_int_equal(f[5].mode, 0640);
	assert_int_equal(f[6].kind, FILE_FROM);
	assert_string_equal(f[6].target, "/opt/ca");
	assert_int_equal(f[7].kind, FILE_MAP);
	assert_string_equal(f[7].target, "/srv/app/state");
	assert_int_equal(f[7].place.line, 9);
	assert_int_equal(f[8].kind, FILE_HIDE);
	assert_int_equal(f[8].place.line, 11);
	assert_int_equal(f[9].rights, ACCESS_ALL);
	assert_ptr_equal(find_rule(policy, "/home/x/.ssh/id"), &f[8]);
	assert_ptr_equal(find_rule(policy, "/usr/bin"), &f[0]);
	assert_ptr_equal(find_rule(policy, "/other"), &f[9]);
	policy_destroy(policy);
}

static void exec(void **state)
{
	static const char digest[] = "\x01\x23\x45\x67\x89\xab\xcd\xef";
	struct policy *policy = parse(
		"{'exec': [\n"
		"{'path': '/usr/bin//git', 'allow': true},\n"
		"{'path': '/opt/*', 'deny': true}, {'path': '/a', 'deny': 'ENOENT'},\n"
		"{'path': '/b', 'allow': true, 'sha256': '0123456789abcdefABCDEF0000000000"
		"00000000000000000000000000000000'}]}");
	const struct exec_rule *e = policy->execs;

	(void)state;
	assert_int_equal(policy->exec_count, 4);
	assert_string_equal(e[0].path, "/usr/bin/git");
	assert_int_equal(e[0].deny_errno, 0);
	assert_false(e[0].hashed);
	assert_int_equal(e[1].deny_errno, EACCES);
	assert_int_equal(e[2].deny_errno, ENOENT);
	assert_int_equal(e[2].place.line, 3);
	assert_string_equal(e[2].place.section, "exec");
	assert_true(e[3].hashed);
	assert_memory_equal(e[3].sha256, digest, sizeof(digest) - 1);
	assert_int_equal(e[3].sha256[8], 0xab);
	assert_ptr_equal(policy_rule_place(policy, e[3].place.id), &e[3].place);
	assert_int_equal(path_tree_find(policy->exec_tree, "/opt/x/y", 8).value, 1);
	policy_destroy(policy);
}

/* Every rule has an id, and its place by it. */
static void places(void **state)
{
	struct policy *policy = parse(
		"{'syscalls': {'ptrace': {'deny': 'EPERM'},\n"
		"  'bpf':\n"
		"    [{'kill': true},\n {'log': true}]},\n"
		"'files': [{'path': '/a', 'hide': true},\n"
		"{'path': '/b', 'hide': true}]}");
	char buf[64];
	unsigned id;

	(void)state;
	assert_int_equal(policy->rule_count, 5);
	for (id = 0; id < 5; id++)
		assert_int_equal(policy_rule_place(policy, id)->id, id);
	assert_null(policy_rule_place(policy, 5));
	assert_ptr_equal(policy_rule_place(policy, 1), &policy->files[1].place);
	assert_string_equal(rule_place_format(policy_rule_place(policy, 1), buf,
					      sizeof(buf)),
			    "p.json:6 files[1]");
	assert_string_equal(rule_place_format(&policy->calls[0].place, buf,
					      sizeof(buf)),
			    "p.json:1 syscalls[0]");
	assert_string_equal(rule_place_format(&policy->calls[1].place, buf,
					      sizeof(buf)),
			    "p.json:3 syscalls[1]");
	assert_string_equal(rule_place_format(&policy->calls[2].place, buf,
					      sizeof(buf)),
			    "p.json:4 syscalls[2]");
	policy_destroy(policy);
}

/* Lines are counted right whatever stands in strings. */
static void lines(void **state)
{
	struct policy *policy = parse(
		"\r\n{ 'files' :\n[ {\n'path' : '/a]}{[\\\\\\\\', 'content':\n"
		"'\\\\\\'[\\\\n]},{' } ,\n\n\t{'path': '/b', 'hide': true}\n,"
		"{'path': '/c', 'hide': true} ] }\n");

	(void)state;
	assert_int_equal(policy->file_count, 3);
	assert_string_equal(policy->files[0].path, "/a]}{[\\\\");
	assert_string_equal(policy->files[0].content, "\\\"[\\n]},{");
	assert_int_equal(policy->files[0].place.line, 3);
	assert_int_equal(policy->files[1].place.line, 7);
	assert_int_equal(policy->files[2].place.line, 8);
	policy_destroy(policy);
}

static const struct call_rule *only_call(const struct policy *policy)
{
	assert_int_equal(policy->call_count, 1);
	return policy->calls;
}

static void verdicts(void **state)
{
	static const struct {
		const char *rule;
		enum call_verdict verdict;
		int64_t value;
	} rows[] = {
		{ "{'deny': 'ENOSYS'}", CALL_ERRNO, ENOSYS },
		{ "{'deny': true}", CALL_ERRNO, EPERM },
		{ "{'return': 0}", CALL_RETURN, 0 },
		{ "{'return': 9223372036854775807}", CALL_RETURN, INT64_MAX },
		{ "{'kill': true}", CALL_KILL, 0 },
		{ "{'log': true}", CALL_LOG, 0 },
		{ "{'allow': true}", CALL_ALLOW, 0 },
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy *policy;
		const struct call_rule *call;

		snprintf(text, sizeof(text), "{'syscalls': {'getppid': %s}}",
			 rows[i].rule);
		policy = parse(text);
		call = only_call(policy);
		assert_int_equal(call->verdict, rows[i].verdict);
		assert_int_equal(call->value, rows[i].value);
		assert_int_equal(call->cond_count, 0);
		assert_string_equal(call->row->name, "getppid");
		policy_destroy(policy);
	}
}

#define ALL UINT64_MAX

static void conditions(void **state)
{
	static const struct {
		const char *call, *when;
		struct arg_cond conds[2];
		unsigned count;
	} rows[] = {
		{ "socket", "{'arg0': 'AF_PACKET'}",
		  { { 0, COND_EQ, ALL, AF_PACKET } }, 1 },
		{ "socket", "{'arg1': 'SOCK_RAW|SOCK_CLOEXEC'}",
		  { { 1, COND_EQ, ALL, SOCK_RAW | SOCK_CLOEXEC } }, 1 },
		{ "socket", "{'arg2': ' 0x10 | 020 | 1 | SOCK_RAW '}",
		  { { 2, COND_EQ, ALL, 0x13 } }, 1 },
		{ "socket", "{'arg1': 3, 'arg0': {'ne': 'AF_UNIX'}}",
		  { { 1, COND_EQ, ALL, 3 }, { 0, COND_NE, ALL, 1 } }, 2 },
		{ "socket", "{'arg0': {'ge': 1024, 'lt': '0x800'}}",
		  { { 0, COND_GE, ALL, 1024 }, { 0, COND_LT, ALL, 2048 } }, 2 },
		{ "socket", "{'arg0': {'gt': 1, 'le': 2}}",
		  { { 0, COND_GT, ALL, 1 }, { 0, COND_LE, ALL, 2 } }, 2 },
		{ "unshare",
		  "{'arg0': {'mask': 'CLONE_NEWUSER', 'eq': 'CLONE_NEWUSER'}}",
		  { { 0, COND_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER } }, 1 },
		{ "unshare", "{'arg0': {'eq': 0, 'mask': 'CLONE_NEWUSER'}}",
		  { { 0, COND_MASKED_EQ, CLONE_NEWUSER, 0 } }, 1 },
		{ "kill", "{'arg0': -1, 'arg1': 'SIGTERM'}",
		  { { 0, COND_EQ, ALL, (uint64_t)-1 },
		    { 1, COND_EQ, ALL, 15 } }, 2 },
		{ "openat", "{'arg0': 'AT_FDCWD'}",
		  { { 0, COND_EQ, ALL, (uint64_t)-100 } }, 1 },
		{ "openat", "{'arg0': 4294967196}",
		  { { 0, COND_EQ, ALL, (uint64_t)-100 } }, 1 },
		{ "mmap", "{'arg1': '0xffffffffffffffff'}",
		  { { 1, COND_EQ, ALL, UINT64_MAX } }, 1 },
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy *policy;
		const struct call_rule *call;
		unsigned n;

		snprintf(text, sizeof(text),
			 "{'syscalls': {'%s': {'kill': true, 'when': %s}}}",
			 rows[i].call, rows[i].when);
		policy = parse(text);
		call = only_call(policy);
		assert_int_equal(call->cond_count, rows[i].count);
		for (n = 0; n < rows[i].count; n++) {
			const struct arg_cond *got = &call->conds[n];
			const struct arg_cond *wanted = &rows[i].conds[n];

			assert_int_equal(got->arg, wanted->arg);
			assert_int_equal(got->op, wanted->op);
			assert_int_equal(got->mask, wanted->mask);
			assert_int_equal(got->value, wanted->value);
		}
		policy_destroy(policy);
	}
}

/* The order of the file is the order of trying. */
static void call_order(void **state)
{
	struct policy *policy = parse(
		"{'syscalls': {'socket': [\n"
		"{'allow': true, 'when': {'arg0': 'AF_UNIX'}},\n"
		"{'deny': 'EPERM', 'when': {'arg0': 'AF_INET'}},\n"
		"{'kill': true}], 'bpf': {'deny': 'ENOSYS'}}}");
	const struct call_rule *calls = policy->calls;
	size_t i = 0;

	(void)state;
	assert_int_equal(policy->call_count, 4);
	if (strcmp(calls[0].row->name, "bpf") == 0)
		i = 1;
	assert_int_equal(calls[i].verdict, CALL_ALLOW);
	assert_int_equal(calls[i + 1].verdict, CALL_ERRNO);
	assert_int_equal(calls[i + 2].verdict, CALL_KILL);
	for (; i < 3; i++)
		assert_string_equal(calls[i].row->name, "socket");
	policy_destroy(policy);
}

/* Whether @big covers what @rule allows. */
static bool covers(const struct file_rule *big, const struct file_rule *rule)
{
	return big->kind == FILE_ALLOW && rule->kind == FILE_ALLOW &&
	       !(rule->rights & ~big->rights);
}

static void builtins(void **state)
{
	static const char *const fragments[] = {
		"@base", "@glibc", "@dns", "@tls"
	};
	struct policy *policy;
	struct diag diag;
	size_t i;

	(void)state;
	for (i = 0; policy_builtin_names[i]; i++) {
		assert_non_null(policy_builtin_text(policy_builtin_names[i]));
		assert_int_equal(policy_load(policy_builtin_names[i], &policy,
					     &diag), 0);
		assert_string_equal(policy->name, policy_builtin_names[i]);
		policy_destroy(policy);
	}
	assert_int_equal(policy_load("@default", &policy, &diag), 0);
	assert_int_equal(policy->def, DEFAULT_ALLOW);
	assert_int_equal(policy->rule_count, 0);
	policy_destroy(policy);
	for (i = 0; i < 4; i++) {
		char text[64];

		assert_non_null(policy_builtin_text(fragments[i]));
		snprintf(text, sizeof(text), "{'include': ['%s']}",
			 fragments[i]);
		policy = parse(text);
		assert_int_equal(policy->def, DEFAULT_ALLOW);
		assert_true(policy->file_count > 5);
		assert_string_equal(policy->files[0].place.file, fragments[i]);
		assert_int_equal(policy->files[0].place.line, 4);
		assert_int_equal(policy->files[1].place.line, 5);
		policy_destroy(policy);
	}
}

/*
 * @confined is all allow-rules, none of which takes away what a rule above it
 * gives: so Landlock alone can enforce it. And it tells nobody secrets.
 */
static void confined(void **state)
{
	const struct file_rule *rule;
	struct policy *policy;
	struct diag diag;
	char above[256];
	size_t i;

	(void)state;
	assert_int_equal(policy_load("@confined", &policy, &diag), 0);
	assert_int_equal(policy->def, DEFAULT_DENY);
	for (i = 0; i < policy->file_count; i++) {
		assert_int_equal(policy->files[i].kind, FILE_ALLOW);
		snprintf(above, sizeof(above), "%s", policy->files[i].path);
		while (strrchr(above, '/') > above) {
			*strrchr(above, '/') = '\0';
			rule = find_rule(policy, above);
			if (rule && !covers(&policy->files[i], rule))
				fail_msg("%s narrows %s", policy->files[i].path,
					 rule->path);
		}
	}
	assert_int_equal(find_rule(policy, "/usr/bin/env")->rights,
			 ACCESS_READ | ACCESS_EXEC);
	assert_int_equal(find_rule(policy, "/tmp/x")->rights,
			 ACCESS_READ | ACCESS_WRITE);
	assert_non_null(find_rule(policy, "/etc/resolv.conf"));
	assert_null(find_rule(policy, "/etc/shadow"));
	assert_null(find_rule(policy, "/etc/ssl/private/key.pem"));
	assert_null(find_rule(policy, "/etc/pki/tls/private/key.pem"));
	assert_null(find_rule(policy, "/root/.ssh"));
	assert_null(find_rule(policy, "/proc/1/environ"));
	policy_destroy(policy);
}

static double ms_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)(now.tv_sec - start->tv_sec) * 1e3 +
	       (double)(now.tv_nsec - start->tv_nsec) / 1e6;
}

/* A hundred thousand rules load in under a second of CPU time. Sanitizers and
 * valgrind are slower; the bound leaves them room. */
static void many_rules(void **state)
{
	const size_t count = 100000;
	char *text = malloc(count * 100 + 100), *p = text;
	struct timespec start;
	struct policy *policy;
	struct diag diag;
	double ms;
	size_t i;

	(void)state;
	assert_non_null(text);
	p += sprintf(p, "{\"files\": [\n");
	for (i = 0; i < count; i++)
		p += sprintf(p, "%s{\"path\": \"/srv/d%zu/e%zu/f%zu\", "
			     "\"allow\": \"read write\"}", i ? ",\n" : "",
			     i % 97, i % 1009, i);
	p += sprintf(p, "]}");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	assert_int_equal(policy_parse("p", text, (size_t)(p - text), &policy,
				      &diag), 0);
	ms = ms_since(&start);
	print_message("%zu rules: %.0f ms\n", count, ms);
	assert_int_equal(policy->rule_count, count);
	assert_int_equal(policy->files[count - 1].place.line, count + 1);
	assert_true(ms < 5000);
	policy_destroy(policy);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(settings),
		cmocka_unit_test(signals),
		cmocka_unit_test(files),
		cmocka_unit_test(exec),
		cmocka_unit_test(places),
		cmocka_unit_test(lines),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(conditions),
		cmocka_unit_test(call_order),
		cmocka_unit_test(builtins),
		cmocka_unit_test(confined),
		cmocka_unit_test(many_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
