/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "policy/path_tree.h"

static struct path_tree *tree_of(const char *const *paths, size_t count)
{
	struct path_tree *t = path_tree_new();

	assert_non_null(t);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(path_tree_add(t, paths[i], (int)i, NULL), 0);
	return t;
}

static struct path_match find(const struct path_tree *t, const char *path)
{
	return path_tree_find(t, path, strlen(path));
}

static void check(const struct path_tree *t, const char *path, int value,
		  size_t length, bool exact, bool below)
{
	struct path_match m = find(t, path);

	if (m.value != value || m.rules_below != below || m.exact != exact ||
	    (value >= 0 && m.length != length))
		fail_msg("%s: value %d length %zu exact %d below %d", path,
			 m.value, m.length, m.exact, m.rules_below);
}

static void test_longest_match(void **state)
{
	static const char *const paths[] = {
		"/usr", "/usr/lib/x", "/srv/data", "/srv/data/key",
	};
	struct path_tree *t = tree_of(paths, 4);

	(void)state;
	check(t, "/usr", 0, 4, true, true);
	check(t, "/usr/bin", 0, 4, false, false);
	check(t, "/usr/lib", 0, 4, false, true);
	check(t, "/usr/lib/x", 1, 10, true, false);
	check(t, "/usr/lib/xy", 0, 4, false, false);
	check(t, "/usrx", -1, 0, false, false);
	check(t, "/srv", -1, 0, false, true);
	check(t, "/srv/data/key/below", 3, 13, false, false);
	check(t, "/", -1, 0, false, true);
	check(t, "/other", -1, 0, false, false);
	path_tree_destroy(t);
}

static void test_root_rule(void **state)
{
	static const char *const paths[] = { "/", "/a" };
	struct path_tree *t = tree_of(paths, 2);

	(void)state;
	check(t, "/", 0, 1, true, true);
	check(t, "/b/c", 0, 0, false, false);
	check(t, "/a/c", 1, 2, false, false);
	path_tree_destroy(t);
}

static void test_wildcards(void **state)
{
	static const char *const paths[] = {
		"/home/*/.ssh", "/home/ann", "/home/*/mail/*/new",
		"/home/ann/mail", "/proc/*/mem", "/proc/self/*", "/x/*",
	};
	struct path_tree *t = tree_of(paths, 7);

	(void)state;
	/* The literal child does not hide what the wildcard matches deeper. */
	check(t, "/home/ann/.ssh/id", 0, 14, false, false);
	check(t, "/home/ann/mail/in/new", 2, 21, true, false);
	check(t, "/home/ann/mail/in", 3, 14, false, true);
	check(t, "/home/bob/mail/in", -1, 0, false, true);
	/* Two matches of one length: the earlier literal component wins. */
	check(t, "/proc/self/mem", 5, 14, true, false);
	check(t, "/proc/1/mem", 4, 11, true, false);
	check(t, "/proc/1/maps", -1, 0, false, false);
	/* One component, not none and not two at once. */
	check(t, "/x", -1, 0, false, true);
	check(t, "/x/y/z", 6, 4, false, false);
	check(t, "/home/*/.ssh", 0, 12, true, false);
	path_tree_destroy(t);
}

static void test_add_refuses(void **state)
{
	static const char *const bad[] = {
		"", "a", "a/b", "//", "/a/", "/a//b", "/.", "/a/..", "/./a",
		"/../a",
	};
	char name[NAME_MAX + 3];
	struct path_tree *t = path_tree_new();
	int old = -1;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(path_tree_add(t, bad[i], 1, &old), -EINVAL);
	name[0] = '/';
	memset(name + 1, 'n', NAME_MAX + 1);
	name[NAME_MAX + 2] = '\0';
	assert_int_equal(path_tree_add(t, name, 1, &old), -EINVAL);
	name[NAME_MAX + 1] = '\0';
	assert_int_equal(path_tree_add(t, name, 1, &old), 0);
	assert_int_equal(path_tree_add(t, "/a", -1, &old), -EINVAL);
	assert_int_equal(old, -1);
	assert_int_equal(path_tree_add(t, "/a/*", 3, &old), 0);
	assert_int_equal(path_tree_add(t, "/a/*", 4, &old), -EEXIST);
	assert_int_equal(old, 3);
	assert_int_equal(find(t, "/a/b").value, 3);
	assert_int_equal(path_tree_add(t, "/...", 5, NULL), 0);
	assert_int_equal(find(t, "/.../x").value, 5);
	path_tree_destroy(t);
	path_tree_destroy(NULL);
}

static void test_odd_lookups(void **state)
{
	static const char *const paths[] = { "/*", "/a/*", "/\xff\x01" };
	struct path_tree *t = tree_of(paths, 3);

	(void)state;
	assert_int_equal(path_tree_find(t, "", 0).value, -1);
	check(t, "a", -1, 0, false, false);
	check(t, "/a/", 0, 2, false, false);
	check(t, "//a", -1, 0, false, false);
	check(t, "/\xff\x01", 2, 3, true, false);
	/* Only @len bytes are looked at. */
	assert_int_equal((int)path_tree_find(t, "/a/b", 2).length, 2);
	assert_true(path_tree_find(t, "/a/b", 2).rules_below);
	path_tree_destroy(t);
}

struct names {
	char text[256];
	int stop_at;
};

static int collect(void *arg, const char *name, size_t len, int value)
{
	struct names *n = arg;
	size_t used = strlen(n->text);

	snprintf(n->text + used, sizeof(n->text) - used, "%.*s=%d ", (int)len,
		 name, value);
	return value == n->stop_at ? 7 : 0;
}

static void test_children(void **state)
{
	static const char *const paths[] = {
		"/d/a", "/d/b/c", "/*/a", "/*/z", "/d/*", "/d/b/c/e",
	};
	struct path_tree *t = tree_of(paths, 6);
	struct names n = { .stop_at = -1 };

	(void)state;
	assert_int_equal(path_tree_children(t, "/d", 2, collect, &n), 0);
	/* "a" once, by the preferred rule; "b" has no rule of its own. */
	assert_non_null(strstr(n.text, "a=0 "));
	assert_non_null(strstr(n.text, "z=3 "));
	assert_int_equal((int)strlen(n.text), 8);

	n = (struct names){ .stop_at = 1 };
	assert_int_equal(path_tree_children(t, "/d/b", 4, collect, &n), 7);
	assert_string_equal(n.text, "c=1 ");
	n = (struct names){ .stop_at = -1 };
	assert_int_equal(path_tree_children(t, "/", 1, collect, &n), 0);
	assert_string_equal(n.text, "");
	assert_int_equal(path_tree_children(t, "/none/x", 7, collect, &n), 0);
	assert_string_equal(n.text, "");
	path_tree_destroy(t);
}

/* What path_tree.h promises, written down without any cleverness. */

#define MAX_PARTS 8

static size_t split(const char *path, char parts[][4])
{
	size_t n = 0;

	while (*path == '/' && path[1]) {
		size_t len = strcspn(++path, "/");

		memcpy(parts[n], path, len);
		parts[n++][len] = '\0';
		path += len;
	}
	return n;
}

/* Whether @rule matches the first parts of @path, all of its own. */
static bool covers(char rule[][4], size_t rule_n, char path[][4], size_t path_n)
{
	if (rule_n > path_n)
		return false;
	for (size_t i = 0; i < rule_n; i++)
		if (strcmp(rule[i], "*") && strcmp(rule[i], path[i]))
			return false;
	return true;
}

/* Of two rules of one length: whether @a has the earlier literal. */
static bool preferred(char a[][4], char b[][4], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool wild_a = !strcmp(a[i], "*"), wild_b = !strcmp(b[i], "*");

		if (wild_a != wild_b)
			return wild_b;
	}
	return false;
}

static struct path_match brute(char (*rules)[32], size_t count,
			       const char *path)
{
	struct path_match m = { .value = -1 };
	char p[MAX_PARTS][4], r[MAX_PARTS][4], best[MAX_PARTS][4];
	size_t pn = split(path, p), best_n = 0;

	for (size_t i = 0; i < count; i++) {
		size_t rn = split(rules[i], r);

		if (rn > pn && covers(p, 0, r, rn) && covers(r, pn, p, pn))
			m.rules_below = true;
		if (!covers(r, rn, p, pn))
			continue;
		if (m.value < 0 || rn > best_n ||
		    (rn == best_n && preferred(r, best, rn))) {
			m.value = (int)i;
			best_n = rn;
			memcpy(best, r, sizeof(best));
		}
	}
	m.exact = m.value >= 0 && best_n == pn;
	for (size_t i = 0; i < best_n; i++)
		m.length += 1 + strlen(p[i]);
	if (m.exact)
		m.length = strlen(path);
	return m;
}

static void random_path(char *out, bool rule, unsigned *seed)
{
	static const char *const parts[] = { "a", "b", "cc", "ab", "*" };
	unsigned depth = (unsigned)rand_r(seed) % 6;
	char *p = out;

	if (!depth)
		p += sprintf(p, "/");
	while (depth--)
		p += sprintf(p, "/%s", parts[rand_r(seed) % (rule ? 5 : 4)]);
}

static void test_against_reference(void **state)
{
	static char rules[40][32];
	unsigned seed = 20260101;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct path_tree *t = path_tree_new();
		size_t count = 0, want = (size_t)rand_r(&seed) % 40;

		while (want--) {
			random_path(rules[count], true, &seed);
			if (!path_tree_add(t, rules[count], (int)count, NULL))
				count++;
		}
		for (int i = 0; i < 50; i++) {
			char path[32];
			struct path_match m;

			random_path(path, false, &seed);
			m = brute(rules, count, path);
			check(t, path, m.value, m.length, m.exact,
			      m.rules_below);
		}
		path_tree_destroy(t);
	}
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* CPU time of as many look-ups as make it measurable. */
static double time_lookups(const struct path_tree *t)
{
	double start = seconds();

	for (int i = 0; i < 200000; i++)
		assert_int_equal(find(t, "/srv/d7/e3/f0/below").value, 703);
	return seconds() - start;
}

static void fill(struct path_tree *t, int from, int to)
{
	char path[64];

	for (int i = from; i < to; i++) {
		snprintf(path, sizeof(path), "/srv/d%d/e%d/f%d", i / 100 % 100,
			 i % 100, i / 10000);
		assert_int_equal(path_tree_add(t, path, i, NULL), 0);
	}
}

static void test_many_rules(void **state)
{
	struct path_tree *t = path_tree_new();
	double few, many, start;

	(void)state;
	fill(t, 0, 1000);
	few = time_lookups(t);
	start = seconds();
	fill(t, 1000, 100000);
	assert_true(seconds() - start < 0.5);
	many = time_lookups(t);
	/* A hundred times the rules; caches alone may cost something. */
	assert_true(many < few * 10 + 0.05);
	path_tree_destroy(t);
}

static void test_deep(void **state)
{
	enum { DEPTH = 100000 };
	char *path = malloc(2 * DEPTH + 1);
	char rule[4001];
	struct path_tree *t = path_tree_new();

	(void)state;
	for (size_t i = 0; i < DEPTH; i++)
		memcpy(path + 2 * i, "/a", 2);
	path[(size_t)2 * DEPTH] = '\0';
	for (size_t i = 0; i < 2000; i++)
		memcpy(rule + 2 * i, i % 2 ? "/*" : "/a", 2);
	rule[4000] = '\0';
	assert_int_equal(path_tree_add(t, rule, 1, NULL), 0);
	assert_int_equal((int)find(t, path).length, 4000);
	assert_int_equal(path_tree_find(t, path, 3998).value, -1);
	assert_true(path_tree_find(t, path, 3998).rules_below);
	path_tree_destroy(t);
	free(path);
}

static void test_normalise(void **state)
{
	static const struct { const char *in, *out; } good[] = {
		{ "/", "/" }, { "//", "/" }, { "/a", "/a" }, { "/a/", "/a" },
		{ "/a//b/./c/.", "/a/b/c" }, { "/a/../b", "/b" },
		{ "/..", "/" }, { "/../../a", "/a" }, { "/a/b/../..", "/" },
		{ "/a/...", "/a/..." }, { "/a/*/..b", "/a/*/..b" },
	};
	char long_in[PATH_MAX * 2], out[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(path_normalise(good[i].in, out, sizeof(out)), 0);
		assert_string_equal(out, good[i].out);
	}
	assert_int_equal(path_normalise("", out, sizeof(out)), -EINVAL);
	assert_int_equal(path_normalise("a/b", out, sizeof(out)), -EINVAL);
	assert_int_equal(path_normalise("/abc", out, 4), -ENAMETOOLONG);
	assert_int_equal(path_normalise("/abc", out, 5), 0);

	long_in[0] = '/';
	memset(long_in + 1, 'x', NAME_MAX + 1);
	long_in[NAME_MAX + 2] = '\0';
	assert_int_equal(path_normalise(long_in, out, sizeof(out)), -EINVAL);

	for (size_t i = 0; i < PATH_MAX; i += 2)
		memcpy(long_in + i, "/a", 2);
	long_in[PATH_MAX] = '\0';
	assert_int_equal(path_normalise(long_in, out, sizeof(out)),
			 -ENAMETOOLONG);
	long_in[PATH_MAX - 2] = '\0';
	assert_int_equal(path_normalise(long_in, out, sizeof(out)), 0);
	assert_string_equal(out, long_in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest_match),
		cmocka_unit_test(test_root_rule),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_add_refuses),
		cmocka_unit_test(test_odd_lookups),
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_against_reference),
		cmocka_unit_test(test_many_rules),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_normalise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
