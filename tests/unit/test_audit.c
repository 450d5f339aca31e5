/* SPDX-License-Identifier: Apache-2.0 */
/* What records say, and that nothing a program does gets out of its quotes. */
#include "audit_event.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "daemon/audit.h"
#include "daemon/audit_format.h"
#include "policy/base/line.h"

static const char deny_policy[] =
	"{\"version\": 1, \"default\": \"deny\",\n"
	" \"files\": [\n"
	"  {\"path\": \"/usr\", \"allow\": \"read exec\"},\n"
	"  {\"path\": \"/etc/shadow\", \"deny\": \"EPERM\"},\n"
	"  {\"path\": \"/etc/hosts\", \"content\": \"x\"},\n"
	"  {\"path\": \"/etc/ssl\", \"from\": \"/opt/ssl\"},\n"
	"  {\"path\": \"/home\", \"hide\": true}\n"
	" ],\n"
	" \"syscalls\": {\n"
	"  \"socket\": [{\"deny\": \"EACCES\", \"when\": {\"arg0\": \"AF_PACKET\"}},\n"
	"             {\"log\": true}],\n"
	"  \"getppid\": {\"return\": 7},\n"
	"  \"ptrace\": {\"kill\": true}\n"
	" }}\n";

static char line[65536];

static void check_text(struct scene *s, const char *format)
{
	size_t len = audit_format_text(&s->event, line, sizeof(line));
	char want[1024];

	snprintf(want, sizeof(want), format, (int)getpid());
	assert_int_equal(len, strlen(line));
	assert_string_equal(line, want);
}

/* The event as JSON. */
static json_t *as_json(struct scene *s)
{
	size_t len = audit_format_json(&s->event, line, sizeof(line));
	json_error_t error;
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s in %s", error.text, line);
	assert_null(memchr(line, '\n', len));
	return json;
}

static void check_member(struct scene *s, const char *key, const char *want)
{
	json_t *json = as_json(s);
	const char *is = json_string_value(json_object_get(json, key));

	if (!want)
		assert_null(json_object_get(json, key));
	else if (!is || strcmp(is, want))
		fail_msg("\"%s\" is %s, not %s", key, is ? is : "absent", want);
	json_decref(json);
}

/* ---- texts ---- */

static void test_files(void **state)
{
	struct scene *s = scene_new(deny_policy);

	(void)state;
	scene_open(s, "/srv/key", O_RDONLY);
	check_text(s, "gosup: denied: openat read \"/srv/key\" by tester[%d]: EACCES "
		   "(no rule names it); to allow it, add "
		   "{\"path\": \"/srv/key\", \"allow\": \"read\"} to files");
	scene_open(s, "/usr/bin/x", O_WRONLY);
	check_text(s, "gosup: denied: openat write \"/usr/bin/x\" by tester[%d]: EACCES "
		   "(p.json:3 files[0]); to allow it, add {\"path\": \"/usr/bin/x\", "
		   "\"allow\": \"read write exec\"} to files");
	scene_open(s, "/etc/shadow", O_RDWR);
	check_text(s, "gosup: denied: openat write \"/etc/shadow\" by tester[%d]: EPERM "
		   "(p.json:4 files[1]); to allow it, make that rule "
		   "{\"path\": \"/etc/shadow\", \"allow\": \"read write\"}");
	scene_open(s, "/etc/hosts", O_RDONLY);
	check_text(s, "gosup: redirected: openat read \"/etc/hosts\" by tester[%d] "
		   "to the rule's content (p.json:5 files[2])");
	scene_open(s, "/etc/hosts", O_WRONLY);
	check_text(s, "gosup: denied: openat write \"/etc/hosts\" by tester[%d]: EROFS "
		   "(p.json:5 files[2])");
	scene_open(s, "/etc/ssl/a", O_RDONLY);
	check_text(s, "gosup: redirected: openat read \"/etc/ssl/a\" by tester[%d] "
		   "to \"/opt/ssl/a\" (p.json:6 files[3])");
	scene_open(s, "/etc/ssl/a", O_WRONLY);
	check_text(s, "gosup: denied: openat write \"/etc/ssl/a\" by tester[%d]: EROFS "
		   "(p.json:6 files[3]); to allow it, make that rule "
		   "{\"path\": \"/etc/ssl\", \"map\": \"/opt/ssl\"}");
	scene_open(s, "/usr/bin/x", O_RDONLY);
	s->event.result = -ENOENT;
	check_text(s, "gosup: allowed: openat read \"/usr/bin/x\" by tester[%d]: ENOENT "
		   "(p.json:3 files[0])");
	scene_free(s);
}

static void test_exec(void **state)
{
	static const unsigned char digest[SHA256_SIZE] = { 0xab, 0xcd };
	struct scene *s = scene_new(
		"{\"default\": \"deny\", \"exec\": [\n"
		"{\"path\": \"/usr/bin/nc\", \"deny\": \"EPERM\"},\n"
		"{\"path\": \"/opt\", \"deny\": true},\n"
		"{\"path\": \"/usr/bin/id\", \"allow\": true}]}");

	(void)state;
	scene_exec(s, "/usr/bin/cat");
	check_text(s, "gosup: denied: execve exec \"/usr/bin/cat\" by tester[%d]: EACCES "
		   "(no rule names it); to allow it, add {\"path\": \"/usr/bin/cat\", "
		   "\"allow\": true} to exec");
	scene_exec(s, "/usr/bin/nc");
	check_text(s, "gosup: denied: execve exec \"/usr/bin/nc\" by tester[%d]: EPERM "
		   "(p.json:2 exec[0]); to allow it, make that rule "
		   "{\"path\": \"/usr/bin/nc\", \"allow\": true}");
	scene_exec(s, "/opt/tool");
	check_text(s, "gosup: denied: execve exec \"/opt/tool\" by tester[%d]: EACCES "
		   "(p.json:3 exec[1]); to allow it, add {\"path\": \"/opt/tool\", "
		   "\"allow\": true} to exec");
	scene_exec(s, "/usr/bin/id");
	check_text(s, "gosup: executed: execve exec \"/usr/bin/id\" by tester[%d] "
		   "(p.json:4 exec[2])");
	/* Other bytes than the rule's. */
	s->event.kind = EVENT_DENY;
	s->event.result = -EACCES;
	s->notif.decision.verdict = VERDICT_ERRNO;
	s->notif.digest = digest;
	check_text(s, "gosup: denied: execve exec \"/usr/bin/id\" by tester[%d]: EACCES "
		   "(p.json:4 exec[2]: other bytes); to allow it, make that rule "
		   "{\"path\": \"/usr/bin/id\", \"allow\": true, \"sha256\": \"abcd0000"
		   "00000000000000000000000000000000000000000000000000000000\"}");
	scene_free(s);
}

static void test_syscalls(void **state)
{
	struct scene *s = scene_new(deny_policy);

	(void)state;
	scene_scalar(s, "socket", (uint64_t[6]){ 17, 3, 768 });
	check_text(s, "gosup: denied: socket(17, 3, 768) by tester[%d]: EACCES "
		   "(p.json:10 syscalls[0]); to allow it, put "
		   "{\"socket\": {\"allow\": true}} in syscalls");
	scene_scalar(s, "socket", (uint64_t[6]){ 2, 1, 0 });
	check_text(s, "gosup: logged: socket(2, 1, 0) by tester[%d] (p.json:11 syscalls[1])");
	scene_scalar(s, "getppid", (uint64_t[6]){ 0 });
	check_text(s, "gosup: redirected: getppid() by tester[%d]: answered 7 "
		   "(p.json:12 syscalls[2])");
	scene_scalar(s, "ptrace", (uint64_t[6]){ 0, 5, 0x7f0000001000, 1 });
	assert_true(audit_format_text(&s->event, line, sizeof(line)) > 0);
	assert_non_null(strstr(line, "denied: ptrace("));
	assert_non_null(strstr(line, ": killed (p.json:13 syscalls[3])"));
	check_member(s, "errno", NULL);
	scene_free(s);
}

/* What no rule decided. */
static void test_built_in(void **state)
{
	struct scene *s = scene_new("{\"version\": 1, \"syscalls\": {\"kill\": {\"allow\": true}}}");

	(void)state;
	scene_scalar(s, "kill", (uint64_t[6]){ 5, 9 });
	s->notif.operation = "would reach the supervisor";
	s->event.kind = EVENT_DENY;
	s->event.result = -EPERM;
	check_text(s, "gosup: denied: kill(5, 9) by tester[%d]: EPERM "
		   "(would reach the supervisor); no rule can allow it");
	check_member(s, "why", "would reach the supervisor");
	check_member(s, "rule", "built-in");
	check_member(s, "operation", NULL);
	check_member(s, "allow_with", NULL);

	s->notif.row = NULL;
	s->notif.nr = 4711;
	s->notif.operation = "is unknown to this gosup";
	s->event.result = -ENOSYS;
	check_text(s, "gosup: denied: system call 4711 by tester[%d]: ENOSYS "
		   "(is unknown to this gosup); no rule can allow it");
	scene_free(s);
}

/* A guard of the plan is gosup's own, but some can be lifted. */
static void test_guard(void **state)
{
	struct scene *s = scene_new("{\"version\": 1, \"default\": \"deny\"}");

	(void)state;
	scene_scalar(s, "kexec_load", (uint64_t[6]){ 0 });
	assert_int_equal(s->event.kind, EVENT_DENY);
	check_member(s, "rule", "built-in");
	audit_format_text(&s->event, line, sizeof(line));
	assert_non_null(strstr(line, "put {\"kexec_load\": {\"allow\": true}} in syscalls"));
	scene_scalar(s, "mount", (uint64_t[6]){ 0 });
	assert_int_equal(s->event.kind, EVENT_DENY);
	audit_format_text(&s->event, line, sizeof(line));
	assert_non_null(strstr(line, "no rule can allow it"));
	scene_free(s);
}

/* Paths that no rule is about and no rule could allow. */
static void test_no_path(void **state)
{
	struct scene *s = scene_new("{\"version\": 1, \"files\": [{\"path\": \"/a/b\", "
				    "\"deny\": true}]}");
	struct decision *d = &s->notif.decision;

	(void)state;
	scene_call(s, "rmdir");
	s->notif.object = "/a";
	s->notif.operation = "write";
	*d = decide_path(s->policy, "/a", 2, (struct path_wish){ .op = OP_REMOVE });
	assert_int_equal(d->verdict, VERDICT_ERRNO);
	s->event.kind = EVENT_DENY;
	s->event.result = -EACCES;
	check_text(s, "gosup: denied: rmdir write \"/a\" by tester[%d]: EACCES "
		   "(rules are about what lies below); no rule can allow it");
	check_member(s, "rule", "built-in");

	scene_call(s, "openat");
	s->notif.object = "/proc/7/mem";
	*d = (struct decision){ .verdict = VERDICT_ERRNO, .error = ENOENT };
	s->event.result = -ENOENT;
	check_member(s, "why", "is one of gosup's own processes");

	scene_call(s, "execveat");
	s->notif.object = "/memfd:x";
	*d = (struct decision){ .verdict = VERDICT_ERRNO, .error = EACCES };
	check_member(s, "why", "has no path that a rule could name");
	check_member(s, "allow_with", NULL);

	/* A handler's own reason, for a call that is about a path. */
	s->notif.object = "/a/x";
	s->notif.operation = "cannot change into a mapped directory";
	d->verdict = VERDICT_REDIRECT;
	check_member(s, "why", "cannot change into a mapped directory");
	scene_free(s);
}

/* What rules call /proc/self is seen as /proc/PID. */
static void test_proc_self(void **state)
{
	struct scene *s = scene_new("{\"version\": 1, \"default\": \"deny\", \"files\": "
				    "[{\"path\": \"/proc/self/maps\", \"deny\": true}]}");
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)getpid());
	scene_open(s, path, O_RDONLY);
	audit_format_text(&s->event, line, sizeof(line));
	assert_non_null(strstr(line, "add {\"path\": \"/proc/self/mem\", \"allow\": \"read\"}"));
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)getpid());
	scene_open(s, path, O_RDONLY);
	s->notif.decision = decide_path(s->policy, "/proc/self/maps", 15, path_wish_open(O_RDONLY));
	audit_format_text(&s->event, line, sizeof(line));
	assert_non_null(strstr(line, "make that rule {\"path\": \"/proc/self/maps\""));
	/* Another process's is named by its number. */
	scene_open(s, "/proc/1/mem", O_RDONLY);
	audit_format_text(&s->event, line, sizeof(line));
	assert_non_null(strstr(line, "add {\"path\": \"/proc/1/mem\""));
	scene_free(s);
}

static void test_observe(void **state)
{
	struct scene *s = scene_new("{\"version\": 1, \"mode\": \"observe\", \"files\": "
				    "[{\"path\": \"/a\", \"deny\": \"EPERM\"}]}");

	(void)state;
	scene_open(s, "/a", O_RDONLY);
	check_text(s, "gosup: would be denied: openat read \"/a\" by tester[%d]: EPERM "
		   "(p.json:1 files[0]); to allow it, make that rule "
		   "{\"path\": \"/a\", \"allow\": \"read\"}");
	check_member(s, "mode", "observe");
	scene_free(s);
}

/* ---- JSON ---- */

static void test_json(void **state)
{
	static const char *const keys[] = {
		"time", "event", "syscall", "operation", "object", "pid", "tid",
		"comm", "errno", "rule", "allow_with",
	};
	struct scene *s = scene_new(deny_policy);
	json_t *json;
	size_t i;

	(void)state;
	scene_open(s, "/srv/key", O_RDONLY);
	json = as_json(s);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!json_object_get(json, keys[i]))
			fail_msg("no \"%s\"", keys[i]);
	assert_int_equal(json_object_size(json), i);
	/* 2026-11-21T00:31:31.123456Z */
	assert_int_equal(json_string_length(json_object_get(json, "time")), 27);
	assert_int_equal(json_integer_value(json_object_get(json, "pid")), getpid());
	json_decref(json);
	check_member(s, "event", "deny");
	check_member(s, "object", "/srv/key");
	check_member(s, "comm", "tester");
	check_member(s, "errno", "EACCES");
	check_member(s, "rule", "default");

	scene_open(s, "/etc/ssl/a", O_RDONLY);
	check_member(s, "event", "redirect");
	check_member(s, "target", "/opt/ssl/a");
	check_member(s, "rule", "p.json:6 files[3]");
	check_member(s, "allow_with", NULL);

	scene_scalar(s, "socket", (uint64_t[6]){ 17, 3, 768 });
	json = as_json(s);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(json, "args"), 0)), 17);
	json_decref(json);
	scene_free(s);
}

/* Following the advice lets the very same call through. */
static void check_advice(const char *path, int flags)
{
	struct scene *s = scene_new(deny_policy), *after;
	json_t *json, *advice, *rule, *policy;
	char *text;

	scene_open(s, path, flags);
	assert_int_equal(s->event.kind, EVENT_DENY);
	json = as_json(s);
	advice = json_object_get(json, "allow_with");
	rule = json_array_get(json_object_get(advice, "files"), 0);
	assert_non_null(rule);
	/* Beside a rule for all that was denied before. */
	if (!strcmp(json_string_value(json_object_get(rule, "path")), "/"))
		policy = json_pack("{s:s, s:[O]}", "default", "deny", "files", rule);
	else
		policy = json_pack("{s:s, s:[{s:s, s:b}, O]}", "default", "deny",
				   "files", "path", "/", "deny", 1, rule);
	text = json_dumps(policy, 0);
	json_decref(policy);
	after = scene_new(text);
	scene_open(after, path, flags);
	if (after->notif.decision.verdict == VERDICT_ERRNO)
		fail_msg("%s does not allow %s", text, path);
	free(text);
	json_decref(json);
	scene_free(after);
	scene_free(s);
}

static void check_exec_advice(const char *path)
{
	static const char policy[] =
		"{\"default\": \"deny\", \"exec\": [{\"path\": \"/usr\", \"allow\": true},"
		"{\"path\": \"/usr/bin/nc\", \"deny\": true}]}";
	struct scene *s = scene_new(policy), *after;
	json_t *json, *advice;
	char *text;

	scene_exec(s, path);
	assert_int_equal(s->event.kind, EVENT_DENY);
	json = as_json(s);
	advice = json_object_get(json, "allow_with");
	json_object_set_new(advice, "default", json_string("deny"));
	text = json_dumps(advice, 0);
	after = scene_new(text);
	scene_exec(after, path);
	if (after->notif.decision.verdict == VERDICT_ERRNO)
		fail_msg("%s does not allow %s", text, path);
	free(text);
	json_decref(json);
	scene_free(after);
	scene_free(s);
}

static void test_advice_works(void **state)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR | O_CREAT, O_RDONLY | O_TRUNC };
	static const char *const paths[] = {
		"/srv/key", "/etc/shadow", "/etc/shadow/x", "/home", "/home/a b/\xc3\xbc",
		"/srv/\"quoted\\\"", "/srv/tab\tnewline\nescape\x1b[0m\x7f", "/srv/\xe2\x80\xae",
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		for (k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
			check_advice(paths[i], flags[k]);
	check_advice("/usr/lib/x", O_RDWR);
	check_exec_advice("/usr/bin/nc");
	check_exec_advice("/opt/tool");
}

/* ---- bytes ---- */

/* No line has anything in it that a terminal would act upon. */
static void check_harmless(size_t len)
{
	size_t i;

	assert_true(len > 0);
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c < 0x20 || c == 0x7f || c >= 0xf8 ||
		    (c == 0xc2 && (unsigned char)line[i + 1] < 0xa0))
			fail_msg("byte %02x at %zu of %s", c, i, line);
	}
}

/* The object of a record as the bytes that it was. */
static void check_object(struct scene *s, const char *path, size_t len)
{
	json_t *json = as_json(s);
	const char *text = json_string_value(json_object_get(json, "object"));
	const char *hex = json_string_value(json_object_get(json, "object_hex"));
	size_t i;

	if (!hex) {
		assert_string_equal(text, path);
	} else {
		assert_int_equal(strlen(hex), 2 * len);
		for (i = 0; i < len; i++) {
			char byte[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

			assert_int_equal(strtoul(byte, NULL, 16), (unsigned char)path[i]);
		}
	}
	json_decref(json);
}

static void test_bytes(void **state)
{
	struct scene *s = scene_new(deny_policy);
	char path[64] = "/srv/";
	unsigned seed = 1;
	int round;
	size_t i, len;

	(void)state;
	for (round = 0; round < 5000; round++) {
		len = 6 + (size_t)round % 20;
		for (i = 5; i < len; i++) {
			seed = seed * 1103515245 + 12345;
			path[i] = (char)(seed >> 16);
			if (path[i] == '\0' || path[i] == '/')
				path[i] = 'x';
		}
		path[len] = '\0';
		scene_open(s, path, O_RDONLY);
		check_harmless(audit_format_text(&s->event, line, sizeof(line)));
		check_harmless(audit_format_json(&s->event, line, sizeof(line)));
		check_object(s, path, len);
	}
	/* A path that no JSON can hold is said to be so. */
	scene_open(s, "/srv/\xff", O_RDONLY);
	check_text(s, "gosup: denied: openat read \"/srv/\\xff\" by tester[%d]: EACCES "
		   "(no rule names it); to allow it, write a rule for its directory, "
		   "as its own path is not UTF-8");
	check_member(s, "allow_with", NULL);
	scene_free(s);
}

static void test_comm_is_escaped(void **state)
{
	struct scene *s = scene_new(deny_policy);

	(void)state;
	prctl(PR_SET_NAME, "\x1b]0;x\a\n\xff");
	scene_open(s, "/srv/key", O_RDONLY);
	check_harmless(audit_format_text(&s->event, line, sizeof(line)));
	check_harmless(audit_format_json(&s->event, line, sizeof(line)));
	prctl(PR_SET_NAME, "tester");
	s->notif.tgid = s->notif.tid = 0x3fffffff;	/* nobody */
	check_member(s, "comm", "?");
	scene_free(s);
}

/* ---- sizes ---- */

static void test_every_size(void **state)
{
	struct scene *s = scene_new(deny_policy);
	static char path[8000];
	size_t size, len;

	(void)state;
	path[0] = '/';
	memset(path + 1, '\x1b', sizeof(path) - 2);
	scene_open(s, path, O_RDONLY);
	for (size = 1; size < 2 * AUDIT_LINE_MIN; size += 7) {
		char *buf = malloc(size);	/* its end is guarded by ASan */
		json_error_t error;
		json_t *json;

		assert_non_null(buf);
		len = audit_format_text(&s->event, buf, size);
		assert_true(len < size);
		assert_true(len > 0 || size < AUDIT_LINE_MIN);
		len = audit_format_json(&s->event, buf, size);
		assert_true(len < size);
		assert_true(len > 0 || size < AUDIT_LINE_MIN);
		json = len ? json_loadb(buf, len, 0, &error) : NULL;
		assert_true(!len || json_is_true(json_object_get(json, "object_cut")));
		json_decref(json);
		free(buf);
	}
	scene_free(s);
}

/* The size that is asked for before a line is made is enough for it. */
static void test_json_size(void **state)
{
	struct scene *s = scene_new(deny_policy);
	static char path[8190];
	struct audit_facts facts;
	struct line made;
	char *buf;

	(void)state;
	memcpy(path, "/etc/ssl/", 9);
	memset(path + 9, '\x01', sizeof(path) - 10);
	scene_open(s, path, O_RDONLY);
	audit_facts_get(&s->event, &facts);
	buf = malloc(audit_json_size(&facts));
	assert_non_null(buf);
	line_init(&made, buf, audit_json_size(&facts));
	audit_put_json(&made, &facts);
	assert_non_null(strstr(buf, "\"target\""));
	assert_null(strstr(buf, "object_cut"));
	free(buf);
	scene_free(s);
}

static int name_self(void **state)
{
	(void)state;
	return prctl(PR_SET_NAME, "tester");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_syscalls),
		cmocka_unit_test(test_built_in),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_no_path),
		cmocka_unit_test(test_proc_self),
		cmocka_unit_test(test_observe),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_advice_works),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_comm_is_escaped),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_json_size),
	};

	return cmocka_run_group_tests(tests, name_self, NULL);
}
