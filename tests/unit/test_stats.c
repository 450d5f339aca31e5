/* SPDX-License-Identifier: Apache-2.0 */
/* The statistics that a run prints at its end. */
#include "audit_event.h"

#include <jansson.h>
#include <stdio.h>

#include "daemon/stats.h"
#include "emul/reply.h"

static const char policy[] =
	"{\"version\": 1,\n"
	" \"files\": [\n"
	"  {\"path\": \"/etc/hosts\", \"content\": \"x\"},\n"
	"  {\"path\": \"/srv\", \"deny\": \"EPERM\"},\n"
	"  {\"path\": \"/a\\u001b\", \"from\": \"/b\"}\n"
	" ],\n"
	" \"syscalls\": {\"getppid\": {\"return\": 7}, \"uname\": {\"deny\": \"ENOSYS\"}}}";

struct fixture {
	struct scene *scene;
	struct receiver_totals totals;
};

/* @count answers of @kind to @name, each after @ns. */
static void count(struct receiver_totals *t, const char *name, enum outcome_kind kind,
		  uint64_t calls, uint64_t ns)
{
	const struct syscall_row *row = syscall_by_name(name);
	struct call_stats *s;

	assert_non_null(row);
	s = &t->stats[syscall_slot(row)];
	s->received += calls;
	s->by_outcome[kind] += calls;
	s->nanoseconds += calls * ns;
	s->histogram[stats_bucket(ns)] += (uint32_t)calls;
	t->received += calls;
	if (kind == OUTCOME_GONE)
		t->gone += calls;
	else
		t->answered += calls;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct receiver_totals *t;

	assert_non_null(f);
	f->scene = scene_new(policy);
	t = &f->totals;
	t->threads = 3;
	t->stats = calloc(syscall_count, sizeof(*t->stats));
	t->rule_hits = calloc(f->scene->policy->rule_count + 1, sizeof(*t->rule_hits));
	assert_true(t->stats && t->rule_hits);
	count(t, "stat", OUTCOME_VALUE, 10, 4000);
	count(t, "openat", OUTCOME_FD, 985, 10000);
	count(t, "openat", OUTCOME_ERRNO, 15, 2000000);
	count(t, "getppid", OUTCOME_VALUE, 5, 1000);
	count(t, "kill", OUTCOME_CONTINUE, 4, 1000);
	count(t, "kill", OUTCOME_KILL, 1, 1000);
	count(t, "kill", OUTCOME_GONE, 2, 1000);
	t->rule_hits[0] = 900;
	t->rule_hits[1] = 15;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->totals.stats);
	free(f->totals.rule_hits);
	scene_free(f->scene);
	free(f);
	return 0;
}

static char *print(struct fixture *f, bool json)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (json)
		stats_print_json(&f->totals, f->scene->plan, out);
	else
		stats_print_text(&f->totals, f->scene->plan, out);
	fclose(out);
	return text;
}

static json_t *print_json(struct fixture *f)
{
	char *text = print(f, true);
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s in %s", error.text, text);
	free(text);
	return json;
}

static json_int_t integer(const json_t *json, const char *key)
{
	json_t *value = json_object_get(json, key);

	if (!json_is_integer(value))
		fail_msg("no number \"%s\"", key);
	return json_integer_value(value);
}

static void test_text(void **state)
{
	char *text = print(*state, false);

	assert_non_null(strstr(text,
		"syscall  notified  value   fd  errno  continued  killed  gone  mean µs  p99 µs\n"
		"openat       1000      0  985     15          0       0     0     39.9  "));
	assert_non_null(strstr(text,
		"\nstat           10     10    0      0          0       0     0      4.0     "));
	assert_non_null(strstr(text,
		"\nkill            7      0    0      0          4       1     2      1.0     "));
	assert_non_null(strstr(text,
		"\ntotal        1022     15  985     15          4       1     2     "));
	assert_non_null(strstr(text, "     900  p.json:3 files[0]: /etc/hosts: content of 1 bytes\n"));
	assert_non_null(strstr(text, "      15  p.json:4 files[1]: /srv: deny EPERM\n"));
	assert_non_null(strstr(text, "       0  p.json:5 files[2]: /a\\x1b: from /b\n"));
	assert_non_null(strstr(text, "getppid: return 7\n"));
	assert_non_null(strstr(text, "uname: deny ENOSYS (filter: not counted)\n"));
	assert_non_null(strstr(text, "\nreceived 1022 = answered 1020 + gone 2; receiver threads: 3\n"));
	assert_null(strstr(text, "ERROR"));
	/* Most calls first. */
	assert_true(strstr(text, "\nopenat") < strstr(text, "\nstat "));
	free(text);
}

static void test_json(void **state)
{
	json_t *json = print_json(*state), *calls, *rules, *openat, *rule;

	assert_int_equal(integer(json, "received"), 1022);
	assert_int_equal(integer(json, "answered"), 1020);
	assert_int_equal(integer(json, "gone"), 2);
	assert_int_equal(integer(json, "threads"), 3);
	assert_true(json_is_true(json_object_get(json, "adds_up")));
	calls = json_object_get(json, "syscalls");
	assert_int_equal(json_array_size(calls), 4);
	openat = json_array_get(calls, 0);
	assert_string_equal(json_string_value(json_object_get(openat, "syscall")), "openat");
	assert_int_equal(integer(openat, "notified"), 1000);
	assert_int_equal(integer(openat, "fd"), 985);
	assert_int_equal(integer(openat, "errno"), 15);
	assert_int_equal(integer(openat, "value"), 0);
	rules = json_object_get(json, "rules");
	assert_int_equal(json_array_size(rules), 5);
	rule = json_array_get(rules, 0);
	assert_string_equal(json_string_value(json_object_get(rule, "rule")), "p.json:3 files[0]");
	assert_string_equal(json_string_value(json_object_get(rule, "layer")), "performed");
	assert_int_equal(integer(rule, "hits"), 900);
	rule = json_array_get(rules, 3);
	assert_string_equal(json_string_value(json_object_get(rule, "what")), "uname: deny ENOSYS");
	assert_true(json_is_null(json_object_get(rule, "hits")));
	json_decref(json);
}

/* The quantile is of the slow calls if they are more than 1 %. */
static void check_p99(void **state, double want)
{
	json_t *json = print_json(*state);
	json_t *openat = json_array_get(json_object_get(json, "syscalls"), 0);
	double p99 = json_real_value(json_object_get(openat, "p99_us"));

	if (p99 < want / 1.13 || p99 > want * 1.13)
		fail_msg("p99 is %f, not %f", p99, want);
	json_decref(json);
}

static void test_p99(void **state)
{
	struct fixture *f = *state;

	check_p99(state, 2000);
	count(&f->totals, "openat", OUTCOME_FD, 1000, 10000);
	check_p99(state, 10);
}

/* Every bucket holds its own times, in order, none left out. */
static void test_buckets(void **state)
{
	uint64_t ns;
	unsigned i;

	(void)state;
	assert_int_equal(stats_bucket(0), 0);
	for (i = 0; i + 1 < STATS_BUCKETS; i++) {
		assert_int_equal(stats_bucket(stats_bucket_ns(i)), i + 1);
		assert_int_equal(stats_bucket(stats_bucket_ns(i) - 1), i);
	}
	for (ns = 1; ns < UINT64_MAX / 3; ns = ns * 3 / 2 + 1)
		assert_true(stats_bucket(ns) < STATS_BUCKETS);
	assert_int_equal(stats_bucket(UINT64_MAX), STATS_BUCKETS - 1);
}

/* A lost call must not go unnoticed. */
static void test_lost(void **state)
{
	struct fixture *f = *state;
	json_t *json;
	char *text;

	f->totals.received++;
	text = print(f, false);
	assert_non_null(strstr(text, "ERROR: received 1023, but answered 1020 and gone 2"));
	free(text);
	json = print_json(f);
	assert_true(json_is_false(json_object_get(json, "adds_up")));
	json_decref(json);
}

/* Where nothing was counted in detail, the sum still stands. */
static void test_totals_only(void **state)
{
	struct fixture *f = *state, bare = { f->scene, { .received = 2, .answered = 2 } };
	char *text = print(&bare, false);
	json_t *json = print_json(&bare);

	assert_string_equal(text, "received 2 = answered 2 + gone 0; receiver threads: 0\n");
	assert_null(json_object_get(json, "syscalls"));
	free(text);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_p99, setup, teardown),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_totals_only, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
