/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/decide.h"
#include "policy/names.h"

static struct policy *parse(const char *text)
{
	struct policy *policy = NULL;
	struct diag diag = { .line = 0 };
	char buf[1024];

	if (policy_parse("test", text, strlen(text), &policy, &diag))
		fail_msg("%s", diag_format(&diag, buf, sizeof(buf)));
	return policy;
}

#define R ACCESS_READ
#define W ACCESS_WRITE
#define X ACCESS_EXEC

/* What is asked and what must come of it: an errno, or 0 with a verdict. */
struct ask {
	const char *path;
	struct path_wish wish;
	enum verdict verdict;
	int error;
};

static void check(const struct policy *policy, const struct ask *asks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct ask *a = &asks[i];
		struct decision d = decide_path(policy, a->path,
						strlen(a->path), a->wish);
		int error = d.verdict == VERDICT_ERRNO ? d.error : 0;

		if (d.verdict != a->verdict || error != a->error)
			fail_msg("%s %s rights %u: verdict %d, %s", a->path,
				 path_op_name(a->wish.op), a->wish.rights,
				 d.verdict, errno_name(error));
		if ((d.rule == NULL) != (d.file == NULL))
			fail_msg("%s: rule and file rule disagree", a->path);
	}
}

#define CHECK(policy, asks) \
	check(policy, asks, sizeof(asks) / sizeof((asks)[0]))
#define OK VERDICT_ALLOW, 0
#define NO(errno_) VERDICT_ERRNO, errno_
#define GO(verdict_) VERDICT_##verdict_, 0

static void test_wish_of_open(void **state)
{
	static const struct { int flags; enum path_op op; unsigned rights; bool creates; } t[] = {
		{ O_RDONLY, OP_OPEN, R, false },
		{ O_WRONLY, OP_OPEN, W, false },
		{ O_RDWR, OP_OPEN, R | W, false },
		{ O_ACCMODE, OP_OPEN, R | W, false },
		{ O_RDONLY | O_TRUNC, OP_OPEN, R | W, false },
		{ O_RDONLY | O_CREAT, OP_OPEN, R, true },
		{ O_WRONLY | O_APPEND | O_CREAT | O_EXCL, OP_OPEN, W, true },
		{ O_RDWR | O_TMPFILE, OP_OPEN, R | W, true },
		{ O_RDONLY | O_DIRECTORY, OP_OPEN, R, false },
		{ O_PATH, OP_STAT, 0, false },
		{ O_PATH | O_RDWR | O_CREAT | O_TRUNC, OP_STAT, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct path_wish w = path_wish_open(t[i].flags);

		if (w.op != t[i].op || w.rights != t[i].rights ||
		    w.creates != t[i].creates || w.leaf)
			fail_msg("flags %#o: op %s rights %u creates %d",
				 (unsigned)t[i].flags, path_op_name(w.op),
				 w.rights, w.creates);
	}
}

static void test_default_deny(void **state)
{
	struct policy *policy = parse("{\"default\": \"deny\"}");
	static const struct ask asks[] = {
		{ "/x", { .op = OP_STAT }, OK },
		{ "/x", { .op = OP_READLINK }, OK },
		{ "/x", { .op = OP_CHDIR }, OK },
		{ "/", { .op = OP_STAT }, OK },
		{ "/x", { .op = OP_STAT, .rights = R }, NO(EACCES) },
		{ "/x", { .op = OP_OPEN, .rights = R }, NO(EACCES) },
		{ "/x", { .op = OP_OPEN, .rights = W }, NO(EACCES) },
		{ "/x", { .op = OP_LIST }, NO(EACCES) },
		{ "/x", { .op = OP_CREATE, .creates = true }, NO(EACCES) },
		{ "/x", { .op = OP_CREATE }, OK }, /* it exists: EEXIST */
		{ "/x", { .op = OP_REMOVE }, NO(EACCES) },
		{ "/x", { .op = OP_RENAME }, NO(EACCES) },
		{ "/x", { .op = OP_LINK }, NO(EACCES) },
		{ "/x", { .op = OP_TRUNCATE }, NO(EACCES) },
		{ "/x", { .op = OP_SETATTR }, NO(EACCES) },
		{ "/x", { .op = OP_EXEC }, NO(EACCES) },
		{ "/x", { .op = OP_CONNECT }, NO(EACCES) },
		{ "/x", { .op = OP_MOUNT }, NO(EACCES) },
		{ "/x", { .op = OP_NONE }, NO(EACCES) },
	};

	(void)state;
	CHECK(policy, asks);
	policy_destroy(policy);
}

static void test_default_allow(void **state)
{
	struct policy *policy = parse("{\"files\": [{\"path\": \"/a/b/c\", "
				      "\"deny\": \"ENOSPC\"}]}");
	static const struct ask asks[] = {
		{ "/x", { .op = OP_OPEN, .rights = R | W }, OK },
		{ "/x", { .op = OP_REMOVE }, OK },
		{ "/a/b", { .op = OP_SETATTR }, OK },
		{ "/a/b", { .op = OP_OPEN, .rights = R }, OK },
		{ "/a/b/c", { .op = OP_STAT }, NO(ENOSPC) },
		{ "/a/b/c", { .op = OP_CHDIR }, NO(ENOSPC) },
		{ "/a/b/c/d", { .op = OP_READLINK }, NO(ENOSPC) },
		{ "/a/b/c/d", { .op = OP_OPEN, .rights = R }, NO(ENOSPC) },
		{ "/a/b/c", { .op = OP_RENAME }, NO(ENOSPC) },
		{ "/a/b/cd", { .op = OP_OPEN, .rights = R }, OK },
		/* Moving the way to a rule's object away would free it. */
		{ "/a/b", { .op = OP_RENAME }, NO(EACCES) },
		{ "/a", { .op = OP_RENAME }, NO(EACCES) },
		{ "/", { .op = OP_REMOVE }, NO(EACCES) },
		{ "/a", { .op = OP_MOUNT }, NO(EACCES) },
		{ "/a/b", { .op = OP_REMOVE, .leaf = true }, OK },
		{ "/a/b", { .op = OP_LINK }, OK },
		{ "/a/b", { .op = OP_CREATE }, OK },
	};

	(void)state;
	CHECK(policy, asks);
	policy_destroy(policy);
}

static void test_allow_rules(void **state)
{
	struct policy *policy = parse(
		"{\"default\": \"deny\", \"files\": ["
		"{\"path\": \"/r\", \"allow\": \"read\"},"
		"{\"path\": \"/rw\", \"allow\": \"read write\"},"
		"{\"path\": \"/w\", \"allow\": \"write\"},"
		"{\"path\": \"/x\", \"allow\": \"exec\"},"
		"{\"path\": \"/rw/key\", \"deny\": \"EPERM\"}]}");
	static const struct ask asks[] = {
		{ "/r", { .op = OP_STAT }, OK },
		{ "/r/a", { .op = OP_OPEN, .rights = R }, OK },
		{ "/r/a", { .op = OP_OPEN, .rights = R | W }, NO(EACCES) },
		{ "/r/a", { .op = OP_OPEN, .rights = R, .creates = true },
		  NO(EACCES) },
		{ "/r/a", { .op = OP_STAT, .rights = W }, NO(EACCES) },
		{ "/r/a", { .op = OP_LIST }, OK },
		{ "/r/a", { .op = OP_EXEC }, NO(EACCES) },
		{ "/r/a", { .op = OP_SETATTR }, NO(EACCES) },
		{ "/r/a", { .op = OP_LINK }, NO(EACCES) },
		{ "/r/s", { .op = OP_CONNECT }, NO(EACCES) },
		{ "/rw/a", { .op = OP_OPEN, .rights = R | W, .creates = true },
		  OK },
		{ "/rw/a", { .op = OP_CREATE, .creates = true }, OK },
		{ "/rw/a", { .op = OP_REMOVE }, OK },
		{ "/rw/s", { .op = OP_CONNECT }, OK },
		{ "/rw/a", { .op = OP_MOUNT }, NO(EACCES) },
		{ "/rw/a", { .op = OP_EXEC }, NO(EACCES) },
		{ "/w/log", { .op = OP_OPEN, .rights = W, .creates = true },
		  OK },
		{ "/w/log", { .op = OP_OPEN, .rights = R }, NO(EACCES) },
		{ "/w/log", { .op = OP_READLINK }, OK },
		{ "/w", { .op = OP_CHDIR }, OK },
		{ "/w", { .op = OP_LIST }, NO(EACCES) },
		{ "/x/ls", { .op = OP_EXEC }, OK },
		{ "/x/ls", { .op = OP_OPEN, .rights = R }, NO(EACCES) },
		{ "/rw/key", { .op = OP_STAT }, NO(EPERM) },
		{ "/rw", { .op = OP_RENAME }, NO(EACCES) },
		{ "/rw/a", { .op = OP_RENAME }, OK },
	};
	struct decision d;

	(void)state;
	CHECK(policy, asks);
	d = decide_path(policy, "/rw/a/b", 7, path_wish_open(O_RDONLY));
	assert_string_equal(d.file->path, "/rw");
	assert_ptr_equal(d.rule, &d.file->place);
	assert_int_equal((int)d.match_len, 3);
	d = decide_path(policy, "/none", 5, path_wish_open(O_RDONLY));
	assert_null(d.rule);
	policy_destroy(policy);
}

/* The entry of a rule's own path belongs to the directory that holds it. */
static void test_own_entry(void **state)
{
	struct policy *policy = parse(
		"{\"default\": \"deny\", \"files\": ["
		"{\"path\": \"/var/log\", \"allow\": \"read write\"},"
		"{\"path\": \"/run/pid\", \"allow\": \"read write\"},"
		"{\"path\": \"/srv\", \"allow\": \"read write\"},"
		"{\"path\": \"/srv/tool\", \"allow\": \"read write exec\"},"
		"{\"path\": \"/m\", \"map\": \"/o\"},"
		"{\"path\": \"/m/in\", \"allow\": \"write\"}]}");
	static const struct ask asks[] = {
		{ "/run/pid", { .op = OP_OPEN, .rights = R | W }, OK },
		{ "/run/pid", { .op = OP_TRUNCATE }, OK },
		{ "/run/pid", { .op = OP_SETATTR }, OK },
		{ "/run/pid", { .op = OP_OPEN, .rights = W, .creates = true }, NO(EACCES) },
		{ "/run/pid", { .op = OP_CREATE, .creates = true }, NO(EACCES) },
		{ "/run/pid", { .op = OP_REMOVE, .leaf = true }, NO(EACCES) },
		{ "/run/pid", { .op = OP_RENAME, .leaf = true }, NO(EACCES) },
		{ "/run/pid", { .op = OP_LINK }, NO(EACCES) },
		{ "/var/log", { .op = OP_REMOVE }, NO(EACCES) },
		{ "/var/log/a", { .op = OP_REMOVE }, OK },
		{ "/srv/tool", { .op = OP_REMOVE }, OK },
		{ "/srv/tool", { .op = OP_OPEN, .rights = W, .creates = true }, OK },
		{ "/m/in", { .op = OP_REMOVE }, OK },
	};
	struct decision d;

	(void)state;
	CHECK(policy, asks);
	d = decide_path(policy, "/run/pid", 8, (struct path_wish){ .op = OP_REMOVE });
	assert_true(d.in_directory);
	assert_string_equal(d.file->path, "/run/pid");
	policy_destroy(policy);
	policy = parse("{\"files\": [{\"path\": \"/x\", \"allow\": \"read write\"}]}");
	d = decide_path(policy, "/x", 2, (struct path_wish){ .op = OP_REMOVE });
	assert_int_equal(d.verdict, VERDICT_ALLOW);
	policy_destroy(policy);
}

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define START { .op = OP_EXEC, .rights = X }

static struct decision started(const struct policy *policy, const char *path)
{
	return decide_path(policy, path, strlen(path), (struct path_wish)START);
}

static void check_started(const struct policy *policy, const char *path, int error)
{
	struct decision d = started(policy, path);
	int is = d.verdict == VERDICT_ERRNO ? d.error : 0;

	if (is != error || (!is && d.verdict != VERDICT_ALLOW))
		fail_msg("%s: %s", path, errno_name(is));
}

static void test_exec_under_default_deny(void **state)
{
	struct policy *policy = parse(
		"{\"default\": \"deny\", \"files\": ["
		"{\"path\": \"/usr\", \"allow\": \"read exec\"},"
		"{\"path\": \"/opt\", \"allow\": \"read\"},"
		"{\"path\": \"/usr/bin/no\", \"deny\": \"EIO\"},"
		"{\"path\": \"/usr/bin/gone\", \"hide\": true},"
		"{\"path\": \"/usr/bin/text\", \"content\": \"x\"}],"
		"\"exec\": ["
		"{\"path\": \"/usr/bin/git\", \"allow\": true},"
		"{\"path\": \"/usr/bin/no\", \"allow\": true},"
		"{\"path\": \"/usr/bin/gone\", \"allow\": true},"
		"{\"path\": \"/usr/bin/text\", \"allow\": true},"
		"{\"path\": \"/opt\", \"allow\": true},"
		"{\"path\": \"/opt/bad\", \"deny\": \"EPERM\"},"
		"{\"path\": \"/new\", \"allow\": true}]}");
	struct path_wish access = { .op = OP_STAT, .rights = X, .leaf = true };
	struct decision d;

	(void)state;
	check_started(policy, "/usr/bin/git", 0);
	assert_ptr_equal(started(policy, "/usr/bin/git").exec, &policy->execs[0]);
	/* The right of `files` is not enough ... */
	check_started(policy, "/usr/bin/other", EACCES);
	assert_true(started(policy, "/usr/bin/other").unlisted);
	assert_null(started(policy, "/usr/bin/other").rule);
	/* ... and not needed, but what it takes away stays away. */
	check_started(policy, "/opt/tool", 0);
	check_started(policy, "/new", 0);
	check_started(policy, "/opt/bad/x", EPERM);
	check_started(policy, "/usr/bin/no", EIO);
	check_started(policy, "/usr/bin/gone", ENOENT);
	check_started(policy, "/usr/bin/text", EACCES);
	/* Other rights are not touched. */
	d = decide_path(policy, "/new", 4, (struct path_wish){ .op = OP_OPEN, .rights = R });
	assert_int_equal(d.verdict, VERDICT_ERRNO);
	assert_int_equal(decide_path(policy, "/opt/tool", 9, access).verdict, VERDICT_ALLOW);
	d = decide_path(policy, "/usr/bin/other", 14, access);
	assert_int_equal(d.verdict, VERDICT_ERRNO);
	access.leaf = false;	/* a directory, to be searched */
	assert_int_equal(decide_path(policy, "/usr/bin", 8, access).verdict, VERDICT_ALLOW);
	/* A loader is not a program, nor is it one that may be started. */
	assert_int_equal(decide_loader(policy, "/usr/lib/ld.so", 14).verdict, VERDICT_ALLOW);
	check_started(policy, "/usr/lib/ld.so", EACCES);
	assert_int_equal(decide_loader(policy, "/var/ld.so", 10).verdict, VERDICT_ERRNO);
	assert_int_equal(decide_anonymous(policy, (struct path_wish)START).error, EACCES);
	policy_destroy(policy);
}

static void test_exec_under_default_allow(void **state)
{
	struct policy *policy = parse(
		"{\"files\": [{\"path\": \"/srv\", \"allow\": \"read\"}],"
		"\"exec\": [{\"path\": \"/usr/bin/nc\", \"deny\": true}]}");
	struct policy *only = parse(
		"{\"exec\": [{\"path\": \"/\", \"deny\": \"EPERM\"},"
		"{\"path\": \"/usr/bin/git\", \"allow\": true},"
		"{\"path\": \"/opt/sure\", \"allow\": true, \"sha256\": \"" DIGEST "\"},"
		"{\"path\": \"/lib/ld.so\", \"allow\": \"loader\"}]}");

	(void)state;
	check_started(policy, "/usr/bin/nc", EACCES);
	check_started(policy, "/usr/bin/cat", 0);
	check_started(policy, "/srv/tool", EACCES);
	assert_int_equal(decide_anonymous(policy, (struct path_wish)START).verdict,
			 VERDICT_ALLOW);
	check_started(only, "/usr/bin/git", 0);
	check_started(only, "/usr/bin/cat", EPERM);
	/* What may be a loader only, and what only a program. */
	check_started(only, "/lib/ld.so", EACCES);
	assert_int_equal(decide_loader(only, "/lib/ld.so", 10).verdict, VERDICT_ALLOW);
	assert_int_equal(decide_loader(only, "/lib/other.so", 13).error, EPERM);
	check_started(only, "/opt/sure", 0);
	assert_int_equal(decide_loader(only, "/opt/sure", 9).error, EACCES);
	assert_int_equal(decide_anonymous(only, (struct path_wish)START).error, EPERM);
	policy_destroy(policy);
	policy_destroy(only);
}

static void test_hide_and_ancestors(void **state)
{
	struct policy *policy = parse(
		"{\"files\": ["
		"{\"path\": \"/h\", \"hide\": true},"
		"{\"path\": \"/h/in/open\", \"allow\": \"read\"},"
		"{\"path\": \"/d\", \"deny\": \"EACCES\"},"
		"{\"path\": \"/d/in\", \"allow\": \"read\"}]}");
	static const struct ask asks[] = {
		{ "/h/x", { .op = OP_STAT }, NO(ENOENT) },
		{ "/h/x", { .op = OP_OPEN, .rights = R }, NO(ENOENT) },
		{ "/h/x", { .op = OP_REMOVE }, NO(ENOENT) },
		{ "/h/x", { .op = OP_OPEN, .rights = W, .creates = true },
		  NO(EACCES) },
		{ "/h/x", { .op = OP_CREATE }, NO(EACCES) },
		{ "/h/x", { .op = OP_RENAME, .creates = true }, NO(EACCES) },
		/* The way to what is allowed below can be looked at. */
		{ "/h", { .op = OP_STAT }, OK },
		{ "/h/in", { .op = OP_STAT }, OK },
		{ "/h/in", { .op = OP_STAT, .rights = R }, NO(ENOENT) },
		{ "/h/in", { .op = OP_LIST }, NO(ENOENT) },
		{ "/h/in", { .op = OP_RENAME }, NO(ENOENT) },
		{ "/h/in/other", { .op = OP_STAT }, NO(ENOENT) },
		{ "/h/in/open", { .op = OP_OPEN, .rights = R }, OK },
		{ "/d", { .op = OP_STAT }, OK },
		{ "/d", { .op = OP_CHDIR }, NO(EACCES) },
		{ "/d/other", { .op = OP_STAT }, NO(EACCES) },
		{ "/d/in/x", { .op = OP_STAT }, OK },
	};

	(void)state;
	CHECK(policy, asks);
	policy_destroy(policy);
}

static void test_content(void **state)
{
	struct policy *policy = parse("{\"files\": [{\"path\": \"/etc/hosts\","
				      " \"content\": \"x\"}]}");
	static const struct ask asks[] = {
		{ "/etc/hosts", { .op = OP_OPEN, .rights = R }, GO(CONTENT) },
		{ "/etc/hosts", { .op = OP_STAT }, GO(CONTENT) },
		{ "/etc/hosts", { .op = OP_STAT, .rights = R }, GO(CONTENT) },
		{ "/etc/hosts", { .op = OP_LIST }, GO(CONTENT) },
		{ "/etc/hosts",
		  { .op = OP_OPEN, .rights = R, .creates = true }, GO(CONTENT) },
		{ "/etc/hosts", { .op = OP_OPEN, .rights = R | W }, NO(EROFS) },
		{ "/etc/hosts", { .op = OP_STAT, .rights = W }, NO(EROFS) },
		{ "/etc/hosts", { .op = OP_STAT, .rights = X }, NO(EACCES) },
		{ "/etc/hosts", { .op = OP_EXEC }, NO(EACCES) },
		{ "/etc/hosts", { .op = OP_TRUNCATE }, NO(EROFS) },
		{ "/etc/hosts", { .op = OP_SETATTR }, NO(EROFS) },
		{ "/etc/hosts", { .op = OP_LINK }, NO(EROFS) },
		{ "/etc/hosts", { .op = OP_CREATE }, NO(EEXIST) },
		{ "/etc/hosts", { .op = OP_REMOVE }, NO(EBUSY) },
		{ "/etc/hosts", { .op = OP_RENAME, .leaf = true }, NO(EBUSY) },
		{ "/etc/hosts", { .op = OP_READLINK }, NO(EINVAL) },
		{ "/etc/hosts", { .op = OP_CHDIR }, NO(ENOTDIR) },
		{ "/etc/hosts", { .op = OP_CONNECT }, NO(ECONNREFUSED) },
		{ "/etc/hosts/x", { .op = OP_STAT }, NO(ENOTDIR) },
		{ "/etc", { .op = OP_RENAME }, NO(EACCES) },
		{ "/etc/host", { .op = OP_OPEN, .rights = W }, OK },
	};

	(void)state;
	CHECK(policy, asks);
	policy_destroy(policy);
}

static void test_from_and_map(void **state)
{
	struct policy *policy = parse(
		"{\"default\": \"deny\", \"files\": ["
		"{\"path\": \"/f\", \"from\": \"/opt/f\"},"
		"{\"path\": \"/m\", \"map\": \"/opt/m\"},"
		"{\"path\": \"/m/sub\", \"hide\": true}]}");
	static const struct ask asks[] = {
		{ "/f/a", { .op = OP_OPEN, .rights = R }, GO(REDIRECT) },
		{ "/f/a", { .op = OP_EXEC }, GO(REDIRECT) },
		{ "/f", { .op = OP_STAT }, GO(REDIRECT) },
		{ "/f/a", { .op = OP_OPEN, .rights = W }, NO(EROFS) },
		{ "/f/a", { .op = OP_CREATE, .creates = true }, NO(EROFS) },
		{ "/f/a", { .op = OP_REMOVE }, NO(EROFS) },
		{ "/f", { .op = OP_REMOVE }, NO(EBUSY) },
		{ "/m/a", { .op = OP_OPEN, .rights = R | W }, GO(REDIRECT) },
		{ "/m/a", { .op = OP_REMOVE }, GO(REDIRECT) },
		{ "/m/a", { .op = OP_RENAME }, GO(REDIRECT) },
		{ "/m", { .op = OP_CHDIR }, GO(REDIRECT) },
		{ "/m", { .op = OP_SETATTR }, GO(REDIRECT) },
		{ "/m", { .op = OP_RENAME }, NO(EACCES) },
		{ "/m/sub", { .op = OP_STAT }, NO(ENOENT) },
		{ "/opt/m", { .op = OP_OPEN, .rights = R }, NO(EACCES) },
	};
	struct decision d;

	(void)state;
	CHECK(policy, asks);
	d = decide_path(policy, "/m/a/b", 6, path_wish_open(O_RDWR));
	assert_string_equal(d.file->target, "/opt/m");
	assert_int_equal((int)d.match_len, 2);
	policy_destroy(policy);

	policy = parse("{\"files\": [{\"path\": \"/m\", \"map\": \"/o\"}]}");
	d = decide_path(policy, "/m", 2, (struct path_wish){ .op = OP_REMOVE });
	assert_int_equal(d.error, EBUSY);
	policy_destroy(policy);
}

static int move(const struct policy *policy, const char *from, const char *to)
{
	struct decision d = decide_move(policy, from, strlen(from), to,
					strlen(to));

	return d.verdict == VERDICT_ALLOW ? 0 : d.error;
}

static void test_moves(void **state)
{
	struct policy *policy = parse(
		"{\"default\": \"deny\", \"files\": ["
		"{\"path\": \"/w\", \"allow\": \"write\"},"
		"{\"path\": \"/rw\", \"allow\": \"read write\"},"
		"{\"path\": \"/all\", \"allow\": \"read write exec\"},"
		"{\"path\": \"/m\", \"map\": \"/o\"}]}");

	(void)state;
	assert_int_equal(move(policy, "/rw/a", "/rw/b"), 0);
	assert_int_equal(move(policy, "/all/a", "/rw/b"), 0);
	assert_int_equal(move(policy, "/rw/a", "/w/b"), 0);
	/* What could only be written would become readable, or run. */
	assert_int_equal(move(policy, "/w/a", "/rw/b"), EXDEV);
	assert_int_equal(move(policy, "/rw/a", "/all/b"), EXDEV);
	assert_int_equal(move(policy, "/rw/a", "/m/b"), EXDEV);
	assert_int_equal(move(policy, "/none", "/w/b"), EXDEV);
	assert_int_equal(move(policy, "/all/a", "/m/b"), 0);
	policy_destroy(policy);

	policy = parse("{\"files\": [{\"path\": \"/r\", \"allow\": \"read\"}]}");
	assert_int_equal(move(policy, "/r/a", "/tmp/b"), EXDEV);
	assert_int_equal(move(policy, "/tmp/b", "/r/a"), 0);
	assert_int_equal(move(policy, "/tmp/b", "/home/a"), 0);
	policy_destroy(policy);
}

static const struct plan_call *call_of(const struct plan *plan, const char *name)
{
	return &plan->calls[syscall_slot(syscall_by_name(name))];
}

static struct decision judge(const struct plan *plan, const char *name,
			     uint64_t a0, uint64_t a1)
{
	const uint64_t args[SYSCALL_ARGS] = { a0, a1, 0, 0, 0, 0 };

	return decide_scalar(call_of(plan, name), args);
}

static struct plan *plan_of(const struct policy *policy)
{
	const struct plan_features features = { .notify = true };
	struct diag diag = { .line = 0 };
	struct plan *plan = NULL;

	if (plan_make(policy, &features, &plan, &diag))
		fail_msg("%s", diag.message);
	return plan;
}

static void test_scalar(void **state)
{
	struct policy *policy = parse(
		"{\"default\": \"deny\", \"syscalls\": {"
		"\"socket\": [{\"allow\": true, \"when\": {\"arg0\": 2}},"
		" {\"deny\": \"EACCES\", \"when\": {\"arg0\": {\"ge\": 10}}},"
		" {\"log\": true}],"
		"\"getpid\": {\"return\": 7}, \"getppid\": {\"kill\": true},"
		"\"reboot\": {\"allow\": true}, \"bpf\": {\"log\": true},"
		"\"mount\": {\"allow\": true}}}");
	struct plan *plan = plan_of(policy);
	struct decision d;

	(void)state;
	/* Junk in the upper half of the register is not the argument. */
	d = judge(plan, "socket", 0xdead00000002, 0);
	assert_int_equal(d.verdict, VERDICT_ALLOW);
	assert_int_equal(d.rule->index, 0);
	assert_false(d.log);
	d = judge(plan, "socket", 17, 0);
	assert_int_equal(d.verdict, VERDICT_ERRNO);
	assert_int_equal(d.error, EACCES);
	assert_int_equal(d.rule->index, 1);
	d = judge(plan, "socket", 1, 0);
	assert_int_equal(d.verdict, VERDICT_ALLOW);
	assert_true(d.log);
	assert_int_equal(d.rule->index, 2);

	d = judge(plan, "getpid", 0, 0);
	assert_int_equal(d.verdict, VERDICT_RETURN);
	assert_int_equal(d.value, 7);
	assert_int_equal(judge(plan, "getppid", 0, 0).verdict, VERDICT_KILL);
	d = judge(plan, "getuid", 0, 0);
	assert_int_equal(d.verdict, VERDICT_ALLOW);
	assert_null(d.rule);

	/* "allow" lifts what the default refuses, but not what files need. */
	assert_int_equal(judge(plan, "reboot", 0, 0).verdict, VERDICT_ALLOW);
	d = judge(plan, "bpf", 0, 0);
	assert_int_equal(d.error, EPERM);
	assert_true(d.log);
	assert_int_equal(d.rule->line, 0);
	assert_int_equal(judge(plan, "mount", 0, 0).error, EPERM);
	assert_int_equal(judge(plan, "io_uring_setup", 0, 0).error, ENOSYS);
	assert_int_equal(judge(plan, "clone", 0x10000000, 0).error, EPERM);
	assert_int_equal(judge(plan, "clone", 0x11, 0).verdict, VERDICT_ALLOW);
	plan_destroy(plan);
	policy_destroy(policy);
}

static void test_conditions(void **state)
{
	const struct syscall_row *kill = syscall_by_name("kill");
	const struct syscall_row *lseek = syscall_by_name("lseek");
	const struct syscall_row *chmod = syscall_by_name("chmod");
	const uint64_t args[SYSCALL_ARGS] = { 0xff00000005, 0xf00000001ed, 0 };
	static const struct { enum cond_op op; uint64_t value; bool int_holds, long_holds; } t[] = {
		{ COND_EQ, 5, true, false },	{ COND_NE, 5, false, true },
		{ COND_LT, 5, false, false },	{ COND_LT, 6, true, false },
		{ COND_LE, 5, true, false },	{ COND_LE, 4, false, false },
		{ COND_GT, 4, true, true },	{ COND_GT, 5, false, true },
		{ COND_GE, 5, true, true },	{ COND_GE, 6, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arg_cond c = {
			.op = t[i].op, .value = t[i].value, .mask = UINT64_MAX,
		};
		const uint64_t lseek_args[SYSCALL_ARGS] = { 0, args[0], 0 };

		assert_int_equal(cond_holds(kill, &c, args), t[i].int_holds);
		c.arg = 1;
		assert_int_equal(cond_holds(lseek, &c, lseek_args),
				 t[i].long_holds);
	}
	assert_true(cond_holds(chmod, &(struct arg_cond){
		.arg = 1, .op = COND_EQ, .value = 0x1ed }, args));
	assert_true(cond_holds(chmod, &(struct arg_cond){
		.arg = 1, .op = COND_MASKED_EQ, .mask = 0xf, .value = 0xd },
		args));
	assert_false(cond_holds(chmod, &(struct arg_cond){
		.arg = 1, .op = COND_MASKED_EQ, .mask = 0xf, .value = 0xc },
		args));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wish_of_open),
		cmocka_unit_test(test_default_deny),
		cmocka_unit_test(test_default_allow),
		cmocka_unit_test(test_allow_rules),
		cmocka_unit_test(test_own_entry),
		cmocka_unit_test(test_exec_under_default_deny),
		cmocka_unit_test(test_exec_under_default_allow),
		cmocka_unit_test(test_hide_and_ancestors),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_from_and_map),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_scalar),
		cmocka_unit_test(test_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
