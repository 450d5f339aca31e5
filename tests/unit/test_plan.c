/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/btrfs.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "policy/decide.h"
#include "policy/explain.h"

#define NEWUSER 0x10000000
#define NEWNS	0x00020000
#define NEWNET	0x40000000
#define JUNK	0xabcdef0100000000u

/* A policy and its plan. */
struct made {
	struct policy *policy;
	struct plan *plan;
	struct diag diag;
	int err;
};

static const struct plan_features all_features = { .notify = true };

static struct made make_with(const char *text, struct plan_features features)
{
	struct made m = { .policy = NULL };
	char buf[1024];

	if (policy_parse("p.json", text, strlen(text), &m.policy, &m.diag))
		fail_msg("%s", diag_format(&m.diag, buf, sizeof(buf)));
	m.err = plan_make(m.policy, &features, &m.plan, &m.diag);
	return m;
}

static struct made make(const char *text)
{
	struct made m = make_with(text, all_features);

	if (m.err)
		fail_msg("%s", m.diag.message);
	return m;
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

/* What a filter made from the plan does: all branches are tried, since a
 * filter has no order, and may not disagree. */
struct result {
	enum plan_verdict verdict;
	int error;
};

static bool branch_holds(const struct plan_branch *b,
			 const uint64_t args[SYSCALL_ARGS])
{
	for (unsigned i = 0; i < b->cond_count; i++) {
		const struct arg_cond *c = &b->conds[i];
		uint64_t arg = args[c->arg];

		switch (c->op) {
		case COND_EQ:
			if (arg != c->value)
				return false;
			break;
		case COND_NE:
			if (arg == c->value)
				return false;
			break;
		case COND_MASKED_EQ:
			if ((arg & c->mask) != c->value)
				return false;
			break;
		default:
			fail_msg("operator %d is not for filters", c->op);
		}
	}
	return true;
}

static struct result filter(const struct plan_call *call,
			    const uint64_t args[SYSCALL_ARGS])
{
	struct result r = { call->verdict, call->error };
	const struct plan_branch *first = NULL;

	for (unsigned i = 0; i < call->branch_count; i++) {
		const struct plan_branch *b = &call->branches[i];

		if (!branch_holds(b, args))
			continue;
		if (first && (b->verdict != PLAN_NOTIFY ||
			      first->verdict != PLAN_NOTIFY))
			fail_msg("%s: two branches hold", call->row->name);
		first = b;
		r = (struct result){ b->verdict, b->error };
	}
	return r;
}

static struct result ask(const struct made *m, const char *name, uint64_t a0,
			 uint64_t a1, uint64_t a2)
{
	const uint64_t args[SYSCALL_ARGS] = { a0, a1, a2, 0, 0, 0 };

	return filter(call_of(m, name), args);
}

static void check(const struct made *m, const char *name, uint64_t a0,
		  uint64_t a1, enum plan_verdict verdict, int error)
{
	struct result r = ask(m, name, a0, a1, 0);

	if (r.verdict != verdict || r.error != error)
		fail_msg("%s(%#llx, %#llx): verdict %d error %d", name,
			 (unsigned long long)a0, (unsigned long long)a1,
			 r.verdict, r.error);
}

/* Everything that launcher/ takes for granted about any plan. */
static void check_form(const struct made *m)
{
	unsigned total = 0;

	for (unsigned i = 0; i < syscall_count; i++) {
		const struct plan_call *call = &m->plan->calls[i];
		enum layer layer = LAYER_NATIVE;

		assert_ptr_equal(call->row, &syscall_rows[i]);
		if (call->branch_count)
			assert_int_equal(call->verdict, PLAN_ALLOW);
		if (call->verdict == PLAN_NOTIFY)
			layer = LAYER_NOTIFY_SCALAR;
		else if (call->verdict != PLAN_ALLOW)
			layer = LAYER_BPF;
		for (unsigned b = 0; b < call->branch_count; b++) {
			const struct plan_branch *br = &call->branches[b];
			unsigned seen = 0;

			assert_int_not_equal(br->verdict, PLAN_ALLOW);
			assert_in_range(br->error, 0, 4095);
			total += br->cond_count;
			for (unsigned c = 0; c < br->cond_count; c++) {
				assert_false(seen & 1u << br->conds[c].arg);
				seen |= 1u << br->conds[c].arg;
			}
			if (br->verdict == PLAN_NOTIFY)
				layer = LAYER_NOTIFY_SCALAR;
			else if (layer < LAYER_BPF)
				layer = LAYER_BPF;
		}
		if (layer == LAYER_NOTIFY_SCALAR &&
		    call->layer == LAYER_NOTIFY_PERFORM)
			layer = LAYER_NOTIFY_PERFORM;
		if (call->layer != layer)
			fail_msg("%s: layer %s, branches need %s",
				 call->row->name, layer_name(call->layer),
				 layer_name(layer));
		assert_int_equal(!!call->why, layer >= LAYER_NOTIFY_SCALAR);
		if (layer > LAYER_NATIVE)
			assert_non_null(call->reason);
	}
	assert_int_equal(total, m->plan->cond_total);
	for (unsigned i = 0; i < m->policy->rule_count; i++)
		assert_non_null(m->plan->notes[i].reason);
}

static void test_no_rules(void **state)
{
	static const char *const native[] = {
		"openat", "execve", "stat", "fchmod", "mount", "bpf", "setuid",
		"io_uring_setup", "clone", "clone3", "settimeofday", "umask",
		"sched_getaffinity", "getpgid", "connect", "chroot",
	};
	struct made m = make("{}");

	(void)state;
	check_form(&m);
	for (size_t i = 0; i < sizeof(native) / sizeof(native[0]); i++) {
		assert_int_equal(call_of(&m, native[i])->layer, LAYER_NATIVE);
		check(&m, native[i], 1, 1, PLAN_ALLOW, 0);
	}
	assert_false(m.plan->restricts);
	assert_false(m.plan->refuse_foreign_abi);
	assert_false(m.plan->refuse_bypass);
	assert_false(m.plan->mediates_files);
	assert_true(m.plan->no_new_privs);
	drop(&m);

	m = make_with("{}", (struct plan_features){
		.notify = true, .privileged = true });
	assert_false(m.plan->no_new_privs);
	drop(&m);
	m = make_with("{\"syscalls\": {\"getpid\": {\"log\": true}}}",
		      (struct plan_features){ .notify = true,
					      .privileged = true });
	assert_true(m.plan->no_new_privs);
	drop(&m);
}

static void test_self_protection(void **state)
{
	struct made m = make("{}");

	(void)state;
	check(&m, "kill", 5, SIGTERM, PLAN_NOTIFY, 0);
	check(&m, "tkill", 5, 0, PLAN_NOTIFY, 0);
	check(&m, "rt_sigqueueinfo", 5, 0, PLAN_NOTIFY, 0);
	/* Go preempts with tgkill, so only its target is compared. */
	check(&m, "tgkill", 5, 5, PLAN_ALLOW, 0);
	assert_int_equal(call_of(&m, "tgkill")->self_guard_arg, 0);
	assert_int_equal(call_of(&m, "rt_tgsigqueueinfo")->self_guard_arg, 0);
	assert_int_equal(call_of(&m, "kill")->self_guard_arg, -1);
	assert_int_equal(call_of(&m, "read")->self_guard_arg, -1);

	check(&m, "pidfd_send_signal", 3, SIGTERM, PLAN_ALLOW, 0);
	check(&m, "pidfd_send_signal", 3, SIGKILL, PLAN_NOTIFY, 0);
	check(&m, "pidfd_send_signal", 3, JUNK | SIGSTOP, PLAN_NOTIFY, 0);
	check(&m, "ptrace", 0, 0, PLAN_ALLOW, 0);
	check(&m, "ptrace", 16, 77, PLAN_NOTIFY, 0);
	check(&m, "ptrace", 0x4206, 77, PLAN_NOTIFY, 0);
	check(&m, "prlimit64", 0, 7, PLAN_ALLOW, 0);
	check(&m, "prlimit64", 77, 7, PLAN_NOTIFY, 0);
	check(&m, "pidfd_open", 77, 0, PLAN_NOTIFY, 0);
	check(&m, "pidfd_getfd", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "process_madvise", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "kcmp", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "process_vm_writev", 77, 0, PLAN_NOTIFY, 0);
	check(&m, "setpriority", 0, 77, PLAN_NOTIFY, 0);
	check(&m, "setpriority", 0, 0, PLAN_ALLOW, 0);
	check(&m, "perf_event_open", 0, 0, PLAN_ALLOW, 0);
	check(&m, "perf_event_open", 0, (uint64_t)-1, PLAN_NOTIFY, 0);
	assert_int_equal(call_of(&m, "prlimit64")->why, WHY_SELF);

	/* The signal of a file's owner: F_SETSIG is 10. */
	assert_int_equal(ask(&m, "fcntl", 3, 10, SIGKILL).verdict, PLAN_ERRNO);
	assert_int_equal(ask(&m, "fcntl", 3, JUNK | 10, JUNK | SIGSTOP).error,
			 EPERM);
	assert_int_equal(ask(&m, "fcntl", 3, 10, SIGIO).verdict, PLAN_ALLOW);
	assert_int_equal(ask(&m, "fcntl", 3, 4, SIGKILL).verdict, PLAN_ALLOW);
	drop(&m);
}

static void test_files(void **state)
{
	static const char text[] = "{\"files\": [{\"path\": \"/etc/hosts\", "
				   "\"content\": \"x\"}]}";
	struct made m = make(text);

	(void)state;
	check_form(&m);
	assert_true(m.plan->mediates_files);
	assert_false(m.plan->confines_files);
	assert_true(m.plan->refuse_bypass && m.plan->refuse_foreign_abi);
	for (unsigned i = 0; i < syscall_count; i++) {
		const struct plan_call *call = &m.plan->calls[i];
		enum call_class class = call->row->class;

		if (class != CLASS_PATH && class != CLASS_FDMETA &&
		    class != CLASS_EXEC)
			continue;
		assert_int_equal(call->verdict, PLAN_NOTIFY);
		assert_int_equal(call->layer, LAYER_NOTIFY_PERFORM);
		assert_int_equal(call->why, WHY_FILES);
	}
	assert_int_equal(m.plan->notes[0].layer, LAYER_NOTIFY_PERFORM);
	check(&m, "read", 0, 0, PLAN_ALLOW, 0);
	check(&m, "ftruncate", 0, 0, PLAN_ALLOW, 0);
	check(&m, "io_uring_setup", 0, 0, PLAN_ERRNO, ENOSYS);
	check(&m, "io_uring_enter", 0, 0, PLAN_ERRNO, ENOSYS);
	check(&m, "mount", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "setns", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "clone3", 0, 0, PLAN_ERRNO, ENOSYS);
	check(&m, "clone", 0x50f00, 0, PLAN_ALLOW, 0);
	check(&m, "clone", NEWNET | 17, 0, PLAN_ALLOW, 0);
	check(&m, "clone", NEWUSER | 17, 0, PLAN_ERRNO, EPERM);
	check(&m, "clone", NEWNS, 0, PLAN_ERRNO, EPERM);
	check(&m, "clone", NEWNS | NEWUSER | NEWNET, 0, PLAN_ERRNO, EPERM);
	check(&m, "unshare", 0x200, 0, PLAN_ALLOW, 0);
	check(&m, "unshare", NEWNS, 0, PLAN_ERRNO, EPERM);
	check(&m, "unshare", NEWUSER, 0, PLAN_ERRNO, EPERM);
	check(&m, "chroot", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "setresuid", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "umask", 0, 0, PLAN_NOTIFY, 0);
	assert_int_equal(call_of(&m, "umask")->why, WHY_TRACK);
	assert_int_equal(call_of(&m, "umask")->layer, LAYER_NOTIFY_SCALAR);
	check(&m, "getuid", 0, 0, PLAN_ALLOW, 0);
	check(&m, "bpf", 0, 0, PLAN_ALLOW, 0);
	/* A view takes no rights away, so attributes may be changed. */
	check(&m, "ioctl", 3, 0x40086602, PLAN_ALLOW, 0);
	drop(&m);

	m = make("{\"files\": [{\"path\": \"/x\", \"allow\": \"read\"}]}");
	assert_true(m.plan->confines_files);
	check(&m, "ioctl", 3, 0x40086602, PLAN_ERRNO, EPERM);
	check(&m, "ioctl", 3, JUNK | 0x40086602, PLAN_ERRNO, EPERM);
	check(&m, "ioctl", 3, 0x80086601, PLAN_ALLOW, 0);
	check(&m, "ioctl", 3, 0x5412, PLAN_ERRNO, EPERM);
	check(&m, "ioctl", 3, 0x5413, PLAN_ALLOW, 0);
	drop(&m);
}

/* Rules for programs alone leave all other paths alone. */
static void test_exec(void **state)
{
	static const char text[] = "{\"exec\": [{\"path\": \"/a\", \"deny\": true}]}";
	struct plan_features features = all_features;
	struct made m;

	(void)state;
	features.landlock_abi = 2;
	m = make_with(text, features);
	check(&m, "execve", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "execveat", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "openat", 0, 0, PLAN_ALLOW, 0);
	check(&m, "unlink", 0, 0, PLAN_ALLOW, 0);
	check(&m, "mount", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "chroot", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "setuid", 0, 0, PLAN_NOTIFY, 0);
	assert_true(m.plan->refuse_foreign_abi && m.plan->refuse_bypass);
	assert_true(m.plan->judges_exec && m.plan->keeps_apart && m.plan->landlock.apart);
	assert_false(m.plan->mediates_files);
	drop(&m);
	/* Without Landlock others' memory is reached by a path. */
	features.landlock_abi = 1;
	m = make_with(text, features);
	assert_true(m.plan->mediates_files && m.plan->keeps_apart);
	assert_false(m.plan->landlock.apart);
	check(&m, "openat", 0, 0, PLAN_NOTIFY, 0);
	drop(&m);
}

static void test_default_deny(void **state)
{
	struct made m = make("{\"default\": \"deny\"}");

	(void)state;
	check_form(&m);
	assert_true(m.plan->mediates_files && m.plan->confines_files);
	check(&m, "openat", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "execve", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "bpf", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "perf_event_open", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "userfaultfd", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "keyctl", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "settimeofday", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "clock_gettime", 0, 0, PLAN_ALLOW, 0);
	check(&m, "ioctl", 0, 0x5412, PLAN_ERRNO, EPERM);
	check(&m, "ioctl", 0, JUNK | 0x5412, PLAN_ERRNO, EPERM);
	check(&m, "ioctl", 0, 0x5413, PLAN_ALLOW, 0);
	check(&m, "tgkill", 1, 1, PLAN_ALLOW, 0);
	drop(&m);

	/* An explicit "allow" lifts the default, but no protection. */
	m = make("{\"default\": \"deny\", \"syscalls\": {"
		 "\"bpf\": {\"allow\": true}, \"mount\": {\"allow\": true},"
		 "\"openat\": {\"allow\": true}, \"kill\": {\"allow\": true},"
		 "\"perf_event_open\": {\"allow\": true},"
		 "\"io_uring_setup\": {\"allow\": true},"
		 "\"keyctl\": {\"allow\": true, \"when\": {\"arg0\": 3}}}}");
	check_form(&m);
	check(&m, "bpf", 0, 0, PLAN_ALLOW, 0);
	check(&m, "mount", 0, 0, PLAN_ERRNO, EPERM);
	check(&m, "openat", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "kill", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "perf_event_open", 0, 0, PLAN_ALLOW, 0);
	check(&m, "perf_event_open", 0, 9, PLAN_NOTIFY, 0);
	check(&m, "io_uring_setup", 0, 0, PLAN_ERRNO, ENOSYS);
	check(&m, "keyctl", 3, 0, PLAN_ALLOW, 0);
	check(&m, "keyctl", 4, 0, PLAN_ERRNO, EPERM);
	drop(&m);
}

/* What the kernel would do past the rules: where rules take something away. */
static void test_around_the_rules(void **state)
{
	static const char denies[] = "{\"files\": [{\"path\": \"/x\", \"deny\": true}]}";
	static const char shows[] = "{\"files\": [{\"path\": \"/x\", \"content\": \"\"}]}";
	const struct plan_features features = { .notify = true, .cores_in_cwd = true };
	struct made m = make_with(denies, features);
	struct result r;

	(void)state;
	check_form(&m);
	assert_true(m.plan->no_cores);
	assert_in_range(m.plan->cond_total, 1, 100);
	check(&m, "setrlimit", RLIMIT_CORE, 8, PLAN_ERRNO, 0);
	check(&m, "setrlimit", JUNK | RLIMIT_CORE, 8, PLAN_ERRNO, 0);
	check(&m, "setrlimit", RLIMIT_NOFILE, 8, PLAN_ALLOW, 0);
	check(&m, "prlimit64", 0, RLIMIT_CORE, PLAN_NOTIFY, 0);
	check(&m, "prlimit64", 0, RLIMIT_NOFILE, PLAN_ALLOW, 0);
	check(&m, "prlimit64", 7, RLIMIT_NOFILE, PLAN_NOTIFY, 0);
	r = ask(&m, "mknod", 8, S_IFBLK | 0600, 8);
	assert_int_equal(r.verdict, PLAN_NOTIFY);
	check(&m, "landlock_restrict_self", 3, 0, PLAN_ERRNO, EOPNOTSUPP);
	check(&m, "prctl", PR_SET_DUMPABLE, 0, PLAN_ERRNO, EPERM);
	check(&m, "prctl", PR_SET_DUMPABLE, 1, PLAN_ALLOW, 0);
	check(&m, "ioctl", 3, BTRFS_IOC_SEND, PLAN_ERRNO, EPERM);
	check(&m, "ioctl", 3, BTRFS_IOC_TREE_SEARCH, PLAN_ERRNO, EPERM);
	check(&m, "ioctl", 3, BTRFS_IOC_TREE_SEARCH_V2, PLAN_ERRNO, EPERM);
	check(&m, "ioctl", 3, 0xc038586b, PLAN_ERRNO, EPERM);	/* XFS_IOC_OPEN_BY_HANDLE */
	check(&m, "ioctl", 3, BTRFS_IOC_INO_PATHS, PLAN_ALLOW, 0);
	drop(&m);

	m = make_with(denies, (struct plan_features){ .notify = true, .reads_any = true });
	assert_false(m.plan->no_cores);
	check(&m, "prctl", PR_SET_DUMPABLE, 0, PLAN_ALLOW, 0);
	check(&m, "setrlimit", RLIMIT_CORE, 8, PLAN_ALLOW, 0);
	drop(&m);
	m = make_with(shows, features);
	assert_false(m.plan->no_cores);
	r = ask(&m, "mknod", 8, S_IFBLK | 0600, 8);
	assert_int_equal(r.verdict, PLAN_NOTIFY);
	drop(&m);
}

static void test_call_rules(void **state)
{
	struct made m = make(
		"{\"syscalls\": {"
		"\"getpid\": {\"return\": 1}, \"getppid\": {\"return\": 0},"
		"\"getuid\": {\"deny\": \"ENOSYS\"}, \"sync\": {\"kill\": true},"
		"\"getgid\": {\"log\": true}, \"pause\": {\"allow\": true},"
		"\"socket\": [{\"allow\": true, \"when\": {\"arg0\": 2}},"
		"  {\"allow\": true, \"when\": {\"arg0\": 10}},"
		"  {\"kill\": true, \"when\": {\"arg0\": 17}},"
		"  {\"deny\": \"EAFNOSUPPORT\"}, {\"log\": true}],"
		"\"listen\": [{\"log\": true, \"when\": {\"arg1\": 5}},"
		"  {\"deny\": \"EPERM\", \"when\": {\"arg1\": {\"gt\": 5}}}]}}");
	const struct plan_rule_note *notes = m.plan->notes;

	(void)state;
	check_form(&m);
	check(&m, "getpid", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "getppid", 0, 0, PLAN_ERRNO, 0);
	check(&m, "getuid", 0, 0, PLAN_ERRNO, ENOSYS);
	check(&m, "sync", 0, 0, PLAN_KILL, 0);
	check(&m, "getgid", 0, 0, PLAN_NOTIFY, 0);
	assert_int_equal(call_of(&m, "pause")->layer, LAYER_NATIVE);
	assert_int_equal(call_of(&m, "getuid")->branch_count, 0);

	check(&m, "socket", 2, 0, PLAN_ALLOW, 0);
	check(&m, "socket", JUNK | 10, 0, PLAN_ALLOW, 0);
	check(&m, "socket", 17, 0, PLAN_KILL, 0);
	check(&m, "socket", 1, 0, PLAN_ERRNO, EAFNOSUPPORT);
	check(&m, "socket", JUNK | 0xffffffff, 0, PLAN_ERRNO, EAFNOSUPPORT);
	assert_int_equal(call_of(&m, "socket")->layer, LAYER_BPF);
	check(&m, "listen", 1, 5, PLAN_NOTIFY, 0);
	check(&m, "listen", 1, 6, PLAN_ERRNO, EPERM);
	check(&m, "listen", 1, JUNK | 4, PLAN_ALLOW, 0);
	assert_int_equal(call_of(&m, "listen")->layer, LAYER_NOTIFY_SCALAR);

	for (unsigned i = 0; i < m.policy->call_count; i++) {
		const struct call_rule *rule = &m.policy->calls[i];
		bool last_of_socket = rule->verdict == CALL_LOG &&
				      !strcmp(rule->row->name, "socket");

		assert_int_equal(notes[rule->place.id].unreachable,
				 last_of_socket);
	}
	assert_false(m.plan->mediates_files);
	assert_true(m.plan->refuse_bypass);
	check(&m, "io_uring_setup", 0, 0, PLAN_ERRNO, ENOSYS);
	drop(&m);
}

static void test_rules_on_guarded_calls(void **state)
{
	struct made m = make(
		"{\"files\": [{\"path\": \"/x\", \"deny\": \"EACCES\"}],"
		"\"syscalls\": {"
		"\"open\": {\"deny\": \"EPERM\"},"
		"\"openat\": {\"deny\": \"EROFS\", \"when\": {\"arg2\": "
		"  {\"mask\": 3, \"eq\": 1}}},"
		"\"prlimit64\": {\"deny\": \"EPERM\", \"when\": {\"arg1\": 7}},"
		"\"tgkill\": {\"log\": true, \"when\": {\"arg2\": 9}},"
		"\"clone\": {\"kill\": true, \"when\": {\"arg0\": "
		"  {\"mask\": \"CLONE_NEWNET\", \"eq\": \"CLONE_NEWNET\"}}}}}");

	(void)state;
	check_form(&m);
	check(&m, "open", 0, 0, PLAN_ERRNO, EPERM);
	assert_int_equal(ask(&m, "openat", 0, 0, 1).error, EROFS);
	assert_int_equal(ask(&m, "openat", 0, 0, 0).verdict, PLAN_NOTIFY);
	assert_int_equal(ask(&m, "openat", 0, 0, 2).verdict, PLAN_NOTIFY);
	assert_int_equal(call_of(&m, "openat")->layer, LAYER_NOTIFY_PERFORM);
	check(&m, "prlimit64", 0, 7, PLAN_ERRNO, EPERM);
	check(&m, "prlimit64", 9, 7, PLAN_ERRNO, EPERM);
	check(&m, "prlimit64", 9, 6, PLAN_NOTIFY, 0);
	check(&m, "prlimit64", 0, 6, PLAN_ALLOW, 0);
	/* Both a notified branch and pids to compare: the handler does it. */
	check(&m, "tgkill", 1, 1, PLAN_NOTIFY, 0);
	assert_int_equal(call_of(&m, "tgkill")->self_guard_arg, -1);
	check(&m, "clone", NEWNET | NEWUSER, 0, PLAN_KILL, 0);
	check(&m, "clone", NEWUSER, 0, PLAN_ERRNO, EPERM);
	check(&m, "clone", 0, 0, PLAN_ALLOW, 0);
	drop(&m);

	m = make("{\"syscalls\": {\"tgkill\": {\"deny\": \"EPERM\", \"when\": "
		 "{\"arg2\": 9}}}}");
	assert_int_equal(call_of(&m, "tgkill")->self_guard_arg, 0);
	assert_int_equal(ask(&m, "tgkill", 1, 1, 9).verdict, PLAN_ERRNO);
	drop(&m);
}

static void test_observe(void **state)
{
	struct made m = make(
		"{\"mode\": \"observe\", \"default\": \"deny\","
		"\"syscalls\": {\"getpid\": {\"deny\": \"EPERM\"},"
		"\"getppid\": {\"return\": 0}, \"sync\": {\"kill\": true},"
		"\"fcntl\": {\"log\": true},"
		"\"socket\": {\"deny\": \"EPERM\", \"when\": {\"arg0\": 1}}}}");

	(void)state;
	check_form(&m);
	check(&m, "getpid", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "getppid", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "sync", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "socket", 1, 0, PLAN_NOTIFY, 0);
	check(&m, "socket", 2, 0, PLAN_ALLOW, 0);
	check(&m, "bpf", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "mount", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "io_uring_setup", 0, 0, PLAN_NOTIFY, 0);
	check(&m, "clone", NEWUSER, 0, PLAN_NOTIFY, 0);
	check(&m, "clone", 0, 0, PLAN_ALLOW, 0);
	check(&m, "openat", 0, 0, PLAN_NOTIFY, 0);
	assert_int_equal(call_of(&m, "bpf")->why, WHY_DEFAULT);
	assert_false(m.plan->refuse_bypass || m.plan->refuse_foreign_abi);
	/* The supervisor's own safety is not only observed. */
	assert_int_equal(ask(&m, "fcntl", 3, 10, SIGKILL).verdict, PLAN_ERRNO);
	assert_int_equal(ask(&m, "fcntl", 3, 1, 0).verdict, PLAN_NOTIFY);
	assert_int_equal(call_of(&m, "tgkill")->self_guard_arg, 0);
	drop(&m);
}

static void test_without_notifications(void **state)
{
	const struct plan_features none = { .notify = false };
	static const char files[] = "{%s\"files\": [{\"path\": \"/x\",\n"
				    "\"deny\": \"EACCES\"}]}";
	static const char log[] = "{%s\"syscalls\": {\"getpid\": {\"log\": "
				  "true}, \"getuid\": {\"deny\": \"EPERM\"}}}";
	char text[256];
	struct made m;

	(void)state;
	m = make_with("{}", none);
	assert_int_equal(m.err, -EOPNOTSUPP);
	assert_non_null(strstr(m.diag.message, "supervisor"));
	drop(&m);

	snprintf(text, sizeof(text), files, "");
	m = make_with(text, none);
	assert_int_equal(m.err, -EOPNOTSUPP);
	assert_null(m.plan);
	assert_string_equal(m.diag.file, "p.json");
	assert_int_equal(m.diag.line, 1);
	assert_non_null(strstr(m.diag.message, "files"));
	drop(&m);

	snprintf(text, sizeof(text), files, "\"degrade\": true, ");
	m = make_with(text, none);
	assert_int_equal(m.err, 0);
	check_form(&m);
	assert_true(m.plan->notes[0].unenforced);
	assert_false(m.plan->mediates_files);
	check(&m, "openat", 0, 0, PLAN_ALLOW, 0);
	check(&m, "io_uring_setup", 0, 0, PLAN_ERRNO, ENOSYS);
	drop(&m);

	snprintf(text, sizeof(text), log, "\"degrade\": true, ");
	m = make_with(text, none);
	assert_int_equal(m.err, 0);
	check(&m, "getpid", 0, 0, PLAN_ALLOW, 0);
	check(&m, "getuid", 0, 0, PLAN_ERRNO, EPERM);
	for (unsigned i = 0; i < m.policy->call_count; i++) {
		const struct call_rule *rule = &m.policy->calls[i];

		assert_int_equal(m.plan->notes[rule->place.id].unenforced,
				 rule->verdict == CALL_LOG);
	}
	drop(&m);

	m = make_with("{\"default\": \"deny\"}", none);
	assert_int_equal(m.err, -EOPNOTSUPP);
	assert_non_null(strstr(m.diag.message, "default"));
	drop(&m);
}

/* A policy of random rules for one call, in JSON. */
static void random_rules(char *out, size_t size, const char *name,
			 unsigned args, unsigned *seed)
{
	static const char *const verbs[] = {
		"\"allow\": true", "\"deny\": \"EPERM\"", "\"log\": true",
		"\"deny\": \"EACCES\"", "\"kill\": true", "\"return\": 0",
		"\"return\": 5",
	};
	static const char *const ops[] = { "eq", "ne", "lt", "le", "gt", "ge" };
	static const unsigned values[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 100, 255, 32767, 65535,
	};
	unsigned rules = 1 + (unsigned)rand_r(seed) % 4;
	size_t n = (size_t)snprintf(out, size, "{%s\"syscalls\": {\"%s\": [",
				    rand_r(seed) % 4 ? "" :
				    "\"default\": \"deny\", ", name);

	for (unsigned r = 0; r < rules; r++) {
		unsigned conds = (unsigned)rand_r(seed) % 3;

		n += (size_t)snprintf(out + n, size - n, "%s{%s", r ? ", " : "",
				      verbs[(unsigned)rand_r(seed) % 7]);
		for (unsigned c = 0; c < conds && c < args; c++) {
			unsigned v = values[(unsigned)rand_r(seed) % 13];
			unsigned mask = 1 + (unsigned)rand_r(seed) % 15;

			n += (size_t)snprintf(out + n, size - n, "%s\"arg%u\": ",
					      c ? ", " : ", \"when\": {", c);
			if (rand_r(seed) % 4)
				n += (size_t)snprintf(out + n, size - n,
					"{\"%s\": %u}",
					ops[(unsigned)rand_r(seed) % 6], v);
			else
				n += (size_t)snprintf(out + n, size - n,
					"{\"mask\": %u, \"eq\": %u}", mask,
					v & mask);
		}
		n += (size_t)snprintf(out + n, size - n, "%s}",
				      conds && args ? "}" : "");
	}
	snprintf(out + n, size - n, "]}}");
}

/* The filter may ask, but never answer anything else than decide_scalar(). */
static void compare(const struct plan_call *call, const uint64_t args[SYSCALL_ARGS],
		    const char *text)
{
	struct result r = filter(call, args);
	struct decision d = decide_scalar(call, args);
	bool same = false;

	switch (r.verdict) {
	case PLAN_NOTIFY:
		same = true;
		break;
	case PLAN_ALLOW:
		same = d.verdict == VERDICT_ALLOW && !d.log;
		break;
	case PLAN_KILL:
		same = d.verdict == VERDICT_KILL;
		break;
	case PLAN_ERRNO:
		same = r.error ? d.verdict == VERDICT_ERRNO &&
				 d.error == r.error :
				 d.verdict == VERDICT_RETURN && !d.value;
		break;
	}
	if (!same)
		fail_msg("%s\n(%llx, %llx): filter %d/%d, decision %d/%d", text,
			 (unsigned long long)args[0],
			 (unsigned long long)args[1], r.verdict, r.error,
			 d.verdict, d.error);
}

static void test_filter_agrees_with_decision(void **state)
{
	static const char *const names[] = {
		"socket", "lseek", "fchmod", "clone", "getpid", "fcntl",
		"keyctl", "prlimit64", "setuid",
	};
	static const uint64_t values[] = {
		0, 1, 2, 3, 5, 7, 8, 9, 10, 15, 16, 17, 19, 99, 100, 101, 255,
		256, 32767, 32768, 65535, 65536, 0x7fffffff, 0x80000000,
		0xffffffff, NEWUSER, NEWNS, JUNK, JUNK | 1, JUNK | 16,
		UINT64_MAX,
	};
	const unsigned count = sizeof(values) / sizeof(values[0]);
	unsigned seed = 42, asked = 0, notified = 0;

	(void)state;
	for (int round = 0; round < 1500; round++) {
		const char *name = names[round % 9];
		char text[1024];
		struct made m;

		random_rules(text, sizeof(text), name,
			     !strcmp(name, "getpid") ? 0 :
			     !strcmp(name, "setuid") ? 1 : 2, &seed);
		m = make(text);
		if (round % 50 == 0)
			check_form(&m);
		for (int i = 0; i < 100; i++) {
			const uint64_t args[SYSCALL_ARGS] = {
				values[(unsigned)rand_r(&seed) % count],
				values[(unsigned)rand_r(&seed) % count],
				values[(unsigned)rand_r(&seed) % count],
			};

			compare(call_of(&m, name), args, text);
			notified += filter(call_of(&m, name), args).verdict ==
				    PLAN_NOTIFY;
			asked++;
		}
		drop(&m);
	}
	/* Notifying everything would agree, too. */
	assert_true(notified < asked / 2);
}

static void test_too_much_for_a_filter(void **state)
{
	char text[8192] = "{\"syscalls\": {\"lseek\": [";
	size_t n = strlen(text);
	struct made m;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "{\"allow\": true, \"when\": {\"arg0\": "
				      "{\"ne\": %u}, \"arg1\": %u}}, ", i,
				      i * 7919);
	snprintf(text + n, sizeof(text) - n, "{\"deny\": \"EPERM\"}]}}");
	m = make(text);
	check_form(&m);
	assert_int_equal(call_of(&m, "lseek")->verdict, PLAN_NOTIFY);
	assert_int_equal(call_of(&m, "lseek")->branch_count, 0);
	assert_int_equal(m.plan->notes[40].layer, LAYER_NOTIFY_SCALAR);
	drop(&m);
}

/* Many calls with many branches must not outgrow a BPF program. */
static void test_branch_budget(void **state)
{
	static const char *const names[] = {
		"lseek", "dup", "listen", "shutdown", "fsync", "flock",
		"fchdir", "ftruncate", "alarm", "semget", "msgget", "shmget",
		"getitimer", "timer_delete", "timerfd_create", "eventfd",
		"readahead", "socket", "dup2", "dup3", "epoll_create1",
		"syncfs",
	};
	char text[4096] = "{\"syscalls\": {";
	size_t n = strlen(text);
	struct made m;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s\"%s\": {\"deny\": \"EPERM\", "
				      "\"when\": {\"arg0\": {\"ne\": 5}}}",
				      i ? ", " : "", names[i]);
	snprintf(text + n, sizeof(text) - n, "}}");
	m = make(text);
	check_form(&m);
	assert_in_range(m.plan->cond_total, 500, 560);
	check(&m, "lseek", 6, 0, PLAN_ERRNO, EPERM);
	check(&m, "lseek", 5, 0, PLAN_ALLOW, 0);
	check(&m, "syncfs", 6, 0, PLAN_NOTIFY, 0);
	drop(&m);
}

/* What a FILE * function writes, to be freed. */
static char *written(void (*fn)(const struct plan *plan, FILE *out),
		     const struct plan *plan)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fn(plan, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void warn(const struct plan *plan, FILE *out)
{
	unsigned count = plan_warnings(plan, out);

	fprintf(out, "count %u\n", count);
}

static void expect(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text ? text : "");
}

static void test_explain(void **state)
{
	struct made m = make(
		"{\"default\": \"deny\",\n"
		"\"files\": [{\"path\": \"/usr\", \"allow\": \"read exec\"},\n"
		"{\"path\": \"/etc/hosts\", \"content\": \"ab\"}],\n"
		"\"syscalls\": {\n"
		"\"socket\": {\"deny\": \"EPERM\", \"when\": {\"arg0\": 17}},\n"
		"\"getpid\": {\"return\": 3}}}");
	char *text = written(plan_explain, m.plan);

	(void)state;
	expect(text, "p.json:2 files[0]");
	expect(text, "/usr: allow read exec ");
	expect(text, "/etc/hosts: content of 2 bytes");
	expect(text, "socket: deny EPERM when arg0 == 17  1 filter ");
	expect(text, "3 judged ");
	expect(text, "4 performed ");
	expect(text, "prlimit64*");
	expect(text, "tgkill*");
	expect(text, " io_uring_setup, io_uring_enter");
	expect(text, "administer the machine: refused");
	free(text);
	drop(&m);

	m = make("{}");
	text = written(plan_explain, m.plan);
	expect(text, "Rules\n  none\n");
	expect(text, "as without gosup");
	free(text);
	text = written(warn, m.plan);
	assert_string_equal(text, "count 0\n");
	free(text);
	drop(&m);
}

static void test_warnings(void **state)
{
	struct made m = make(
		"{\"files\": [{\"path\": \"/f\", \"content\": \"x\"},\n"
		"{\"path\": \"/f/g\", \"hide\": true},\n"
		"{\"path\": \"/all\", \"allow\": \"read write exec\"}],\n"
		"\"syscalls\": {\n"
		"\"futex\": {\"deny\": \"EPERM\", \"when\": {\"arg1\": 99}},\n"
		"\"unlink\": {\"deny\": \"EPERM\"},\n"
		"\"rename\": {\"deny\": \"EPERM\"},"
		"\"renameat\": {\"deny\": \"EPERM\"},"
		"\"renameat2\": {\"deny\": \"EPERM\"},\n"
		"\"mount\": {\"allow\": true},\n"
		"\"getpid\": [{\"return\": 1},\n{\"deny\": \"EPERM\"}],\n"
		"\"epoll_ctl\": {\"log\": true}}}");
	char *text = written(warn, m.plan);

	(void)state;
	expect(text, "p.json:2 files[1]: is never reached: /f is a file by "
		     "p.json:1 files[0]");
	expect(text, "p.json:3 files[2]: allows what \"default\"");
	expect(text, "the Go runtime ends the program when futex fails; make");
	expect(text, "denies unlink, but not what does the same: unlinkat");
	expect(text, "mount stays refused: ");
	expect(text, "]: is never reached: rules before it");
	expect(text, "count 6\n");
	free(text);
	drop(&m);

	m = make_with("{\"degrade\": true, \"files\": [{\"path\": \"/f\", "
		      "\"hide\": true}]}", (struct plan_features){
		      .notify = false });
	text = written(warn, m.plan);
	expect(text, "files[0]: is not enforced");
	expect(text, "not protected");
	free(text);
	drop(&m);
}

/* A policy may be somebody else's, and these texts are to tell what it does. */
static void test_hostile_names(void **state)
{
	static const char text[] =
		"{\"files\": [{\"path\": \"/a\\n  p.json:9 fine\", \"content\": \"\"},"
		"{\"path\": \"/a\\n  p.json:9 fine/\\u001b[2J\", \"deny\": true},"
		"{\"path\": \"/b\", \"map\": \"/c\\u009b1m\\u202e\"}]}";
	struct made m = make(text);
	char *told = written(plan_explain, m.plan);

	(void)state;
	expect(told, "/a\\n  p.json:9 fine: content of 0 bytes");
	expect(told, "fine/\\x1b[2J: deny EACCES");
	expect(told, "/b: map /c\\xc2\\x9b1m\\xe2\\x80\\xae");
	free(told);
	told = written(warn, m.plan);
	expect(told, "is never reached: /a?  p.json:9 fine is a file");
	free(told);
	drop(&m);
}

static void test_warnings_of_exec(void **state)
{
	struct made m = make(
		"{\"default\": \"deny\", \"files\": [\n"
		"{\"path\": \"/usr\", \"allow\": \"read exec\"},\n"
		"{\"path\": \"/srv\", \"allow\": \"read write\"},\n"
		"{\"path\": \"/no\", \"deny\": true}],\n"
		"\"exec\": [{\"path\": \"/usr/bin/git\", \"allow\": true},\n"
		"{\"path\": \"/no/a\", \"allow\": true},\n"
		"{\"path\": \"/srv/a\", \"allow\": true},\n"
		"{\"path\": \"/srv/b\", \"allow\": true, \"sha256\": \"0123456789abcdef"
		"0123456789abcdef0123456789abcdef0123456789abcdef\"},\n"
		"{\"path\": \"/srv/c\", \"deny\": true},\n"
		"{\"path\": \"/lib64/ld-linux-x86-64.so.2\", \"allow\": true},\n"
		"{\"path\": \"/lib/ld-musl-x86_64.so.1\", \"allow\": \"loader\"}]}");
	char *text = written(warn, m.plan);

	(void)state;
	expect(text, "p.json:6 exec[1]: allows nothing: p.json:4 files[2] does");
	expect(text, "p.json:7 exec[2]: what may be started can be replaced");
	expect(text, "p.json:10 exec[5]: who may start a loader");
	expect(text, "count 3\n");
	free(text);
	drop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_rules),
		cmocka_unit_test(test_self_protection),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_default_deny),
		cmocka_unit_test(test_around_the_rules),
		cmocka_unit_test(test_call_rules),
		cmocka_unit_test(test_rules_on_guarded_calls),
		cmocka_unit_test(test_observe),
		cmocka_unit_test(test_without_notifications),
		cmocka_unit_test(test_filter_agrees_with_decision),
		cmocka_unit_test(test_too_much_for_a_filter),
		cmocka_unit_test(test_branch_budget),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_warnings_of_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
