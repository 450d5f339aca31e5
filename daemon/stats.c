/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: both formats are made from the same rows. Calls that no
 * receiver saw have none; rules that a cheaper layer enforces have a row but
 * no count, since nobody counts there.
 */
#include "daemon/stats.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "emul/reply.h"
#include "policy/rule_words.h"

/* ---- numbers ---- */

/* The service time in microseconds under which 99 % of calls stayed: the
 * middle of the histogram's bucket. */
static double p99_us(const struct call_stats *s)
{
	uint64_t want = s->received - s->received / 100;
	uint64_t seen = 0, low = 0;
	unsigned i;

	for (i = 0; i < STATS_BUCKETS; i++) {
		seen += s->histogram[i];
		if (seen >= want)
			break;
		low = stats_bucket_ns(i);
	}
	if (!s->received || i == STATS_BUCKETS)
		return 0;
	return ((double)low + (double)stats_bucket_ns(i)) / 2000;
}

static double mean_us(const struct call_stats *s)
{
	return s->received ? (double)s->nanoseconds / (double)s->received / 1000 : 0;
}

void call_stats_add(struct call_stats *to, const struct call_stats *from)
{
	unsigned i;

	to->received += from->received;
	to->nanoseconds += from->nanoseconds;
	for (i = 0; i < OUTCOME_KIND_COUNT_; i++)
		to->by_outcome[i] += from->by_outcome[i];
	for (i = 0; i < STATS_BUCKETS; i++)
		to->histogram[i] += from->histogram[i];
}

/* For qsort_r(): most calls first, then as in the table. */
static int by_count(const void *a, const void *b, void *arg)
{
	const struct call_stats *stats = arg;
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	if (stats[x].received != stats[y].received)
		return stats[x].received < stats[y].received ? 1 : -1;
	return x < y ? -1 : x > y;
}

/* The slots of calls that were notified. Return: to be freed; NULL if there is
 * no memory, and then *ret_count is 0. */
static unsigned *sorted_slots(const struct receiver_totals *t, unsigned *ret_count)
{
	unsigned *slots = calloc(syscall_count, sizeof(*slots));
	unsigned i, count = 0;

	for (i = 0; slots && i < syscall_count; i++)
		if (t->stats[i].received)
			slots[count++] = i;
	if (count)
		qsort_r(slots, count, sizeof(*slots), by_count, t->stats);
	*ret_count = count;
	return slots;
}

static bool adds_up(const struct receiver_totals *t)
{
	return t->received == t->answered + t->gone;
}

/* ---- rules ---- */

/* Whether receivers see what rule @id decides. */
static bool counted(const struct plan *plan, unsigned id)
{
	return !plan->notes || plan->notes[id].layer >= LAYER_NOTIFY_SCALAR;
}

/* ---- text ---- */

#define COLUMNS 10
#define CELL_SIZE 40

struct table_row {
	char cells[COLUMNS][CELL_SIZE];
};

/* Widths in characters: the headings have a µ. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void fill_row(struct table_row *row, const char *name, const struct call_stats *s)
{
	static const enum outcome_kind kinds[] = {
		OUTCOME_VALUE, OUTCOME_FD, OUTCOME_ERRNO, OUTCOME_CONTINUE,
		OUTCOME_KILL, OUTCOME_GONE,
	};
	unsigned i;

	snprintf(row->cells[0], CELL_SIZE, "%s", name);
	snprintf(row->cells[1], CELL_SIZE, "%" PRIu64, s->received);
	for (i = 0; i < 6; i++)
		snprintf(row->cells[2 + i], CELL_SIZE, "%" PRIu64,
			 s->by_outcome[kinds[i]]);
	snprintf(row->cells[8], CELL_SIZE, "%.1f", mean_us(s));
	snprintf(row->cells[9], CELL_SIZE, "%.1f", p99_us(s));
}

static void print_rows(const struct table_row *rows, unsigned count, FILE *out)
{
	size_t widths[COLUMNS] = { 0 };
	unsigned i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < COLUMNS; k++)
			if (width(rows[i].cells[k]) > widths[k])
				widths[k] = width(rows[i].cells[k]);
	for (i = 0; i < count; i++) {
		const struct table_row *row = &rows[i];

		fprintf(out, "%-*s", (int)widths[0], row->cells[0]);
		for (k = 1; k < COLUMNS; k++)
			fprintf(out, "  %*s%s",
				(int)(widths[k] - width(row->cells[k])), "",
				row->cells[k]);
		fputc('\n', out);
	}
}

static void print_calls(const struct receiver_totals *t, FILE *out)
{
	static const struct table_row heading = { {
		"syscall", "notified", "value", "fd", "errno", "continued",
		"killed", "gone", "mean µs", "p99 µs",
	} };
	unsigned i, count;
	unsigned *slots = sorted_slots(t, &count);
	struct table_row *rows = calloc(count + 2, sizeof(*rows));
	struct call_stats total = { 0 };

	if (!rows) {
		free(slots);
		return;
	}
	rows[0] = heading;
	for (i = 0; i < count; i++) {
		fill_row(&rows[1 + i], syscall_rows[slots[i]].name, &t->stats[slots[i]]);
		call_stats_add(&total, &t->stats[slots[i]]);
	}
	fill_row(&rows[1 + count], "total", &total);
	print_rows(rows, count + 2, out);
	free(rows);
	free(slots);
}

static void print_rules(const struct receiver_totals *t, const struct plan *plan, FILE *out)
{
	const struct policy *policy = plan->policy;
	const struct rule_place *place;
	struct rule_words words;
	size_t i;

	if (!policy->rule_count && !t->rule_hits[0])
		return;
	fprintf(out, "\n%8s  rule\n", "hits");
	for (i = 0; (place = rule_words_get(policy, i, &words)); i++) {
		if (counted(plan, place->id))
			fprintf(out, "%8" PRIu64 "  %s: %s\n", t->rule_hits[place->id],
				words.where, words.what);
		else
			fprintf(out, "%8s  %s: %s (%s: not counted)\n", "-", words.where,
				words.what, layer_name(plan->notes[place->id].layer));
	}
	/* The place of what is no rule of the policy, see plan_guards(). */
	if (t->rule_hits[policy->rule_count])
		fprintf(out, "%8" PRIu64 "  gosup's own\n", t->rule_hits[policy->rule_count]);
}

void stats_print_text(const struct receiver_totals *t, const struct plan *plan, FILE *out)
{
	if (t->stats && t->rule_hits) {
		print_calls(t, out);
		print_rules(t, plan, out);
		fputc('\n', out);
	}
	fprintf(out, "received %" PRIu64 " = answered %" PRIu64 " + gone %" PRIu64
		"; receiver threads: %u\n", t->received, t->answered, t->gone, t->threads);
	if (!adds_up(t))
		fprintf(out, "ERROR: received %" PRIu64 ", but answered %" PRIu64
			" and gone %" PRIu64 ": gosup has lost count of a call; please "
			"report this\n", t->received, t->answered, t->gone);
}

/* ---- JSON ---- */

/* Whole numbers of jansson are signed; no run counts that far. */
static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* Microseconds with three places, not the 17 of a double. */
static json_t *microseconds(double us)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", us);
	return json_real(strtod(text, NULL));
}

static json_t *json_call(const char *name, const struct call_stats *s)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "syscall", name,
			 "notified", number(s->received),
			 "value", number(s->by_outcome[OUTCOME_VALUE]),
			 "fd", number(s->by_outcome[OUTCOME_FD]),
			 "errno", number(s->by_outcome[OUTCOME_ERRNO]),
			 "continued", number(s->by_outcome[OUTCOME_CONTINUE]),
			 "killed", number(s->by_outcome[OUTCOME_KILL]),
			 "gone", number(s->by_outcome[OUTCOME_GONE]),
			 "mean_us", microseconds(mean_us(s)),
			 "p99_us", microseconds(p99_us(s)));
}

static json_t *json_calls(const struct receiver_totals *t)
{
	unsigned i, count;
	unsigned *slots = sorted_slots(t, &count);
	json_t *calls = json_array();

	for (i = 0; i < count; i++)
		json_array_append_new(calls, json_call(syscall_rows[slots[i]].name,
						       &t->stats[slots[i]]));
	free(slots);
	return calls;
}

static json_t *json_rules(const struct receiver_totals *t, const struct plan *plan)
{
	json_t *rules = json_array();
	const struct rule_place *place;
	struct rule_words words;
	size_t i;

	for (i = 0; (place = rule_words_get(plan->policy, i, &words)); i++)
		json_array_append_new(rules, json_pack("{s:s, s:s, s:s, s:o}",
			"rule", words.where, "what", words.what,
			"layer", plan->notes ? layer_name(plan->notes[place->id].layer) : "",
			"hits", counted(plan, place->id) ? number(t->rule_hits[place->id])
							 : json_null()));
	return rules;
}

void stats_print_json(const struct receiver_totals *t, const struct plan *plan, FILE *out)
{
	json_t *root = json_pack("{s:o, s:o, s:o, s:b, s:i}",
				 "received", number(t->received),
				 "answered", number(t->answered),
				 "gone", number(t->gone),
				 "adds_up", adds_up(t),
				 "threads", (int)t->threads);

	if (t->stats && t->rule_hits) {
		json_object_set_new(root, "syscalls", json_calls(t));
		json_object_set_new(root, "rules", json_rules(t, plan));
		json_object_set_new(root, "own_hits",
				    number(t->rule_hits[plan->policy->rule_count]));
	}
	json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	fputc('\n', out);
	json_decref(root);
}
