/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "policy/explain.h"
#include "policy/plan_landlock.h"

#define RULES(...) "{\"default\": \"deny\", \"files\": [" __VA_ARGS__ "]}"
#define ALLOW(path_, rights_) "{\"path\": \"" path_ "\", \"allow\": \"" rights_ "\"}"

static const struct plan_features all_features = { .notify = true, .landlock_abi = 7 };

struct made {
	struct policy *policy;
	struct plan *plan;
};

static struct made make_with(const char *text, struct plan_features features)
{
	struct made m = { .policy = NULL };
	struct diag diag = { .line = 0 };

	if (policy_parse("p.json", text, strlen(text), &m.policy, &diag) ||
	    plan_make(m.policy, &features, &m.plan, &diag))
		fail_msg("%s: %s", text, diag.message);
	return m;
}

static struct made make(const char *text)
{
	return make_with(text, all_features);
}

static void drop(struct made *m)
{
	plan_destroy(m->plan);
	policy_destroy(m->policy);
}

static const struct plan_call *call_of(const struct made *m, const char *name)
{
	const struct syscall_row *row = syscall_by_name(name);

	if (!row)
		fail_msg("no row for %s", name);
	return &m->plan->calls[syscall_slot(row)];
}

/* Whether the filter notifies a call of @name with @args. */
static bool asks(const struct made *m, const char *name, const uint64_t args[SYSCALL_ARGS])
{
	const struct plan_call *call = call_of(m, name);

	if (call->verdict == PLAN_NOTIFY)
		return true;
	for (unsigned i = 0; i < call->branch_count; i++)
		if (call->branches[i].verdict == PLAN_NOTIFY &&
		    conds_hold(call->row, call->branches[i].conds,
			       call->branches[i].cond_count, args))
			return true;
	return false;
}

static bool asks_ever(const struct made *m, const char *name)
{
	return call_of(m, name)->layer >= LAYER_NOTIFY_SCALAR;
}

/* What is lowered: files, exec, exec_alone as "fea". */
static void check(const char *text, const char *want, const char *culprit)
{
	struct made m = make(text);
	const struct plan_landlock *l = &m.plan->landlock;
	const struct rule_place *place = l->not_files ? l->files_culprit : l->exec_culprit;
	const struct file_rule *rule = NULL;

	if (l->files != !!strchr(want, 'f') || l->exec != !!strchr(want, 'e') ||
	    l->exec_alone != !!strchr(want, 'a'))
		fail_msg("%s: files %d exec %d alone %d (%s; %s)", text, l->files, l->exec,
			 l->exec_alone, l->not_files ? l->not_files : "",
			 l->not_exec ? l->not_exec : "");
	assert_int_equal(!l->not_files, l->files);
	for (size_t i = 0; i < m.policy->file_count; i++)
		if (place == &m.policy->files[i].place)
			rule = &m.policy->files[i];
	if (!culprit != !rule || (rule && strcmp(rule->path, culprit) != 0))
		fail_msg("%s: the culprit is %s", text, rule ? rule->path : "nobody");
	drop(&m);
}

static void test_what_can_be_expressed(void **state)
{
	(void)state;
	check("{\"default\": \"deny\"}", "fea", NULL);
	check(RULES(ALLOW("/usr", "read exec") "," ALLOW("/srv", "read write")), "fea", NULL);
	/* More below what may not be written is more for the same objects. */
	check(RULES(ALLOW("/", "read") "," ALLOW("/usr/bin", "read exec") ","
		    ALLOW("/srv/a", "read write exec")), "fea", NULL);
	check(RULES(ALLOW("/srv", "read write") "," ALLOW("/srv/a/b", "read write")),
	      "fea", NULL);
	/* Nothing is ever taken away. */
	check(RULES(ALLOW("/srv", "read write") "," ALLOW("/srv/key", "read")), "", "/srv/key");
	check(RULES(ALLOW("/srv", "read") "," ALLOW("/srv/drop", "write")), "", "/srv/drop");
	/* Another object could be put into the place. */
	check(RULES(ALLOW("/srv", "read write") "," ALLOW("/srv/bin", "read write exec")),
	      "", "/srv/bin");
	/* Exec can be with the supervisor, unless a move could give it. */
	check(RULES(ALLOW("/usr", "read exec") "," ALLOW("/usr/share", "read")), "f",
	      "/usr/share");
	check(RULES(ALLOW("/usr", "read exec") "," ALLOW("/usr/share", "read") ","
		    ALLOW("/work", "read write exec")), "", "/usr/share");
	check(RULES(ALLOW("/home/*/x", "read")), "", "/home/*/x");
	check(RULES(ALLOW("/srv", "read") ",{\"path\": \"/srv/key\", \"deny\": true}"), "",
	      "/srv/key");
	/* To execute is to read, for Landlock. */
	check(RULES(ALLOW("/usr", "exec")), "", "/usr");
	check("{\"default\": \"deny\", \"files\": [" ALLOW("/usr", "read") "],"
	      "\"exec\": [{\"path\": \"/opt/a\", \"allow\": true}]}", "", NULL);
	check("{\"default\": \"deny\", \"files\": [" ALLOW("/usr", "read exec") "],"
	      "\"exec\": [{\"path\": \"/usr/bin/git\", \"allow\": true}]}", "f", NULL);
	check(RULES("{\"path\": \"/etc/hosts\", \"content\": \"x\"}"), "", "/etc/hosts");
	check(RULES("{\"path\": \"/a\", \"hide\": true}"), "", "/a");
	check(RULES("{\"path\": \"/a\", \"from\": \"/b\"}"), "", "/a");
	check(RULES("{\"path\": \"/a\", \"map\": \"/b\"}"), "", "/a");
}

static void test_settings_that_need_the_supervisor(void **state)
{
	static const char *const logs[][2] = {
		{ "{\"to\": \"none\"}", "fea" },
		{ "{\"to\": \"none\", \"events\": \"all\"}", "fea" },
		{ "{\"events\": []}", "fea" },
		{ "{\"events\": [\"log\", \"signal\"]}", "fea" },
		{ "{\"events\": [\"exec\"]}", "fe" },
		{ "{\"to\": \"journal\"}", "" },
		{ "{\"events\": [\"deny\"]}", "" },
		{ "{\"events\": [\"allow\"]}", "" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		snprintf(text, sizeof(text), "{\"default\": \"deny\", \"log\": %s}", logs[i][0]);
		check(text, logs[i][1], NULL);
	}
	check("{\"default\": \"deny\", \"mode\": \"enforce\"}", "fea", NULL);
}

static void none(const char *text, struct plan_features features)
{
	struct made m = make_with(text, features);

	assert_false(m.plan->landlock.files);
	assert_false(m.plan->landlock.exec);
	if (m.policy->file_count)
		assert_int_equal(m.plan->notes[0].layer, LAYER_NOTIFY_PERFORM);
	assert_true(asks_ever(&m, "kill"));
	drop(&m);
}

static void test_where_landlock_is_not_used(void **state)
{
	struct plan_features features = all_features;

	(void)state;
	none("{\"files\": [" ALLOW("/a", "read") "]}", features);
	none("{\"default\": \"deny\", \"mode\": \"observe\", \"files\": ["
	     ALLOW("/a", "read") "]}", features);
	features.reloadable = true;
	none(RULES(ALLOW("/a", "read")), features);
	features.reloadable = false;
	for (int abi = 0; abi < 3; abi++) {
		features.landlock_abi = abi;
		none(RULES(ALLOW("/a", "read")), features);
	}
}

/* Where rules take something away, some ruleset is needed, and is where Landlock
 * allows moves between directories. */
static void test_apart(void **state)
{
	static const struct {
		const char *text;
		bool kept;
	} cases[] = {
		{ "{}", false },
		{ "{\"syscalls\": {\"getppid\": {\"return\": 7}}}", false },
		{ "{\"files\": [{\"path\": \"/a\", \"content\": \"x\"}]}", false },
		{ "{\"files\": [{\"path\": \"/a\", \"deny\": true}]}", true },
		{ "{\"mode\": \"observe\", \"files\": [{\"path\": \"/a\", \"deny\": true}]}", false },
		{ "{\"exec\": [{\"path\": \"/a\", \"deny\": true}]}", true },
		{ RULES(ALLOW("/a", "read")), true },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int abi = 1; abi < 4; abi++) {
			struct plan_features features = all_features;
			struct made m;

			features.landlock_abi = abi;
			m = make_with(cases[i].text, features);
			assert_int_equal(m.plan->keeps_apart, cases[i].kept);
			assert_int_equal(m.plan->landlock.apart, cases[i].kept && abi > 1);
			drop(&m);
		}
	}
}

static void test_older_kernels(void **state)
{
	struct plan_features features = all_features;
	struct made m;

	(void)state;
	for (int abi = 3; abi < 8; abi++) {
		features.landlock_abi = abi;
		m = make_with(RULES(ALLOW("/a", "read")), features);
		assert_true(m.plan->landlock.files);
		assert_true(m.plan->landlock.exec);
		assert_int_equal(m.plan->landlock.exec_alone, abi >= 4);
		assert_int_equal(m.plan->landlock.signals, abi >= 6);
		assert_int_equal(asks_ever(&m, "kill"), abi < 6);
		assert_int_equal(asks_ever(&m, "execve"), abi < 4);
		assert_int_equal(asks_ever(&m, "memfd_create"), abi >= 4);
		drop(&m);
	}
	features.map_files = true;
	m = make_with(RULES(ALLOW("/a", "read")), features);
	assert_true(m.plan->landlock.exec && !m.plan->landlock.exec_alone);
	assert_true(asks_ever(&m, "execve") && asks_ever(&m, "execveat"));
	drop(&m);
}

static void test_signals_within_the_tree(void **state)
{
	static const char *const sends[] = {
		"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
		"pidfd_send_signal",
	};
	struct plan_features features = all_features;
	struct made m;

	(void)state;
	m = make_with("{\"signals\": {\"send\": \"tree\"}}", features);
	assert_true(m.plan->landlock.signals && !m.plan->landlock.files);
	assert_false(m.plan->keeps_signals || asks_ever(&m, "kill"));
	assert_true(m.plan->no_new_privs && m.plan->refuse_foreign_abi);
	drop(&m);
	m = make_with("{\"default\": \"deny\", \"signals\": {\"send\": \"any\"}}", features);
	assert_false(m.plan->landlock.signals || m.plan->keeps_signals);
	drop(&m);
	for (int older = 0; older < 2; older++) {
		features.landlock_abi = older ? 5 : 7;
		features.reloadable = !older;
		m = make_with("{\"signals\": {\"send\": \"tree\"}}", features);
		assert_true(m.plan->keeps_signals && !m.plan->landlock.signals);
		for (unsigned i = 0; i < sizeof(sends) / sizeof(sends[0]); i++)
			assert_true(asks_ever(&m, sends[i]));
		drop(&m);
	}
}

static void test_who_judges_what(void **state)
{
	static const char *const native[] = {
		"stat", "lstat", "newfstatat", "statx", "statfs", "readlink", "readlinkat",
		"creat", "mkdir", "mkdirat", "symlink", "symlinkat", "unlink",
		"unlinkat", "rmdir", "rename", "renameat2", "link", "linkat", "truncate",
		"chdir", "getxattr", "execve", "execveat", "kill", "tkill", "tgkill",
		"pidfd_send_signal", "rt_sigqueueinfo",
	};
	static const char *const asked[] = {
		"chmod", "fchmod", "fchmodat2", "chown", "utimensat", "setxattr",
		"fremovexattr", "inotify_add_watch", "fanotify_mark", "open_by_handle_at",
		"openat2", "ptrace", "setpriority", "prlimit64",
	};
	uint64_t at[SYSCALL_ARGS] = { 0 };
	struct made m = make(RULES(ALLOW("/a", "read")));

	(void)state;
	for (size_t i = 0; i < sizeof(native) / sizeof(native[0]); i++)
		if (asks_ever(&m, native[i]))
			fail_msg("%s is notified", native[i]);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (!asks_ever(&m, asked[i]))
			fail_msg("%s is not notified", asked[i]);
	assert_int_equal(call_of(&m, "tgkill")->self_guard_arg, -1);

	at[2] = S_IFREG | 0600;
	assert_false(asks(&m, "mknodat", at));
	at[2] = S_IFCHR | 0600;
	assert_true(asks(&m, "mknodat", at));
	at[2] = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
	assert_false(asks(&m, "openat", at));
	/* A program's start waits for the filter, whose making takes as long. */
	assert_in_range(m.plan->cond_total, 1, 100);
	at[2] = O_ACCMODE | O_CLOEXEC;
	assert_true(asks(&m, "openat", at));
	at[2] = O_RDONLY | O_TRUNC;
	assert_true(asks(&m, "openat", at));
	at[1] = O_WRONLY | O_TRUNC;
	assert_false(asks(&m, "open", at));
	at[1] = O_RDONLY | O_TRUNC;
	assert_true(asks(&m, "open", at));
	at[1] = 0;
	assert_false(asks(&m, "access", at));
	assert_true(asks(&m, "memfd_create", at));
	at[1] = 4;
	assert_true(asks(&m, "access", at));
	at[1] = 8 | 1;
	assert_false(asks(&m, "memfd_create", at));
	drop(&m);
}

static void test_notes(void **state)
{
	struct made m = make(RULES(ALLOW("/a", "read") "," ALLOW("/proc/self/fd", "read")));

	(void)state;
	assert_int_equal(m.plan->notes[0].layer, LAYER_LANDLOCK);
	assert_int_equal(m.plan->notes[1].layer, LAYER_LANDLOCK);
	assert_non_null(strstr(m.plan->notes[1].reason, "the program itself"));
	assert_true(plan_is_own_proc("/proc/self"));
	assert_false(plan_is_own_proc("/proc/selfish"));
	drop(&m);
}

static int remake(const char *before, const char *after)
{
	struct made m = make(before);
	struct policy *policy;
	struct plan *plan = NULL;
	struct diag diag;
	int err;

	assert_int_equal(policy_parse("q", after, strlen(after), &policy, &diag), 0);
	err = plan_remake(policy, m.plan, &plan, &diag);
	plan_destroy(plan);
	policy_destroy(policy);
	drop(&m);
	return err;
}

/* What the kernel was told it keeps. */
static void test_remake(void **state)
{
	const char *allow = RULES(ALLOW("/a", "read"));

	(void)state;
	assert_int_equal(remake(allow, allow), 0);
	assert_int_equal(remake(allow, RULES(ALLOW("/a", "read write"))), -EOPNOTSUPP);
	assert_int_equal(remake(allow, RULES(ALLOW("/a", "read") "," ALLOW("/b", "read"))),
			 -EOPNOTSUPP);
	assert_int_equal(remake(allow, RULES(ALLOW("/a", "read")
			 ",{\"path\": \"/a/b\", \"deny\": true}")), -EOPNOTSUPP);
	assert_int_equal(remake(allow, "{}"), -EOPNOTSUPP);
	/* Where the supervisor judges, it goes on to do so. */
	assert_int_equal(remake(RULES("{\"path\": \"/b\", \"hide\": true}"), allow), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_can_be_expressed),
		cmocka_unit_test(test_settings_that_need_the_supervisor),
		cmocka_unit_test(test_where_landlock_is_not_used),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_older_kernels),
		cmocka_unit_test(test_signals_within_the_tree),
		cmocka_unit_test(test_who_judges_what),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_remake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
