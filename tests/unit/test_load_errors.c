/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "policy/policy.h"

/*
 * What users read when a policy is wrong, whole messages with their places. In
 * the tables ' stands for ", and ` for '.
 */

struct row {
	const char *text;
	const char *expected;
};

#include "load_errors.h"

#define ROWS(table) (table), sizeof(table) / sizeof((table)[0])

static void requote(const char *in, char *out, size_t size)
{
	size_t i;

	assert_true(strlen(in) < size);
	for (i = 0; in[i]; i++)
		out[i] = in[i] == '\'' ? '"' : in[i] == '`' ? '\'' : in[i];
	out[i] = '\0';
}

/* Load @text and compare the whole message with @expected. */
static void expect(const char *text, size_t len, const char *expected)
{
	struct policy *policy = NULL;
	char got[1024], wanted[1024];
	struct diag diag;
	int err;

	err = policy_parse_with("p.json", text, len, NULL, &policy, &diag);
	if (!err) {
		policy_destroy(policy);
		fail_msg("accepted: %s", text);
	}
	assert_int_equal(err, -EINVAL);
	assert_null(policy);
	diag_format(&diag, got, sizeof(got));
	snprintf(wanted, sizeof(wanted), "p.json:%s", expected);
	if (strcmp(got, wanted) != 0)
		fail_msg("%s\n  gives    %s\n  expected %s", text, got, wanted);
}

static void check(const char *before, const struct row *rows, size_t count,
		  const char *after)
{
	char text[1024], part[1024], expected[1024];
	size_t i;
	int len;

	for (i = 0; i < count; i++) {
		requote(rows[i].text, part, sizeof(part));
		requote(rows[i].expected, expected, sizeof(expected));
		len = snprintf(text, sizeof(text), "%s%s%s", before, part,
			       after);
		assert_in_range(len, 0, sizeof(text) - 1);
		expect(text, (size_t)len, expected);
	}
}

static void wrong_syntax(void **state)
{
	(void)state;
	check("", ROWS(syntax), "");
}

static void wrong_exec(void **state)
{
	(void)state;
	check("", ROWS(exec), "");
}

static void wrong_top(void **state)
{
	(void)state;
	check("", ROWS(top), "");
}

static void wrong_files(void **state)
{
	(void)state;
	check("", ROWS(files), "");
}

static void wrong_syscalls(void **state)
{
	(void)state;
	check("", ROWS(syscalls), "");
}

static void wrong_conditions(void **state)
{
	(void)state;
	check("{\"syscalls\": {\"socket\": {\"kill\": true, \"when\":\n",
	      ROWS(conditions), "}}}");
}

static void wrong_signals(void **state)
{
	(void)state;
	check("", ROWS(signals_section), "");
}

static void wrong_log(void **state)
{
	(void)state;
	check("", ROWS(log_section), "");
}

/* Texts that no C string holds or that are not text at all. */
static void wrong_bytes(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *expected;
	} rows[] = {
		{ "{\"a\":\"\xff\"}", 8, "1:7: the text is not UTF-8" },
		{ "\xef\xbb\xbf{}", 5,
		  "1:1: the text begins with a byte order mark; save it as "
		  "UTF-8 without one" },
		{ "{\"mode\":\"a\0b\"}", 13,
		  "1:11: a NUL byte: this is not JSON in UTF-8" },
		{ "\0", 1, "1:1: a NUL byte: this is not JSON in UTF-8" },
		{ "{\0}\0", 4, "1:2: a NUL byte: this is not JSON in UTF-8" },
		{ "", 0, "1:1: the policy is empty; the smallest one is "
		  "{\"version\": 1}" },
		{ NULL, 0, "1:1: the policy is empty; the smallest one is "
		  "{\"version\": 1}" },
		{ "{\"mode\":\"\xed\xa0\x80\"}", 13,
		  "1:10: the text is not UTF-8" },
		{ "{\"mode\":\"\\ud800\"}", 17,
		  "1:9: invalid Unicode '\\uD800' near '\"\\ud800\"'" },
		{ "{\"mode\":\"a\nb\"}", 14,
		  "1:9: unexpected newline near '\"a'" },
		{ "{\"mode\":\"\nb\"}", 13,
		  "1:9: unexpected newline near '\"'" },
		{ "{\"mode\":\"a", 10,
		  "1:11: premature end of input near '\"a'" },
		{ "{\r\n\t\"mode\":\r\n\t1}", 16,
		  "3:2: \"mode\" must be \"enforce\" or \"observe\", not 1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(rows[i].text, rows[i].len, rows[i].expected);
}

static void nesting_bomb(void **state)
{
	static char text[1000001];

	(void)state;
	memset(text, '[', 1000000);
	text[1000000] = '\0';
	expect(text, 1000000, "1:2049: nested too deeply");
	memcpy(text, "{\"x\":", 5);
	expect(text, 1000000, "1:2053: nested too deeply");
	/* As deep as jansson goes: what is wrong is found all the same. */
	memcpy(text, "{\"files\":", 9);
	memset(text + 9, '[', 2000);
	memset(text + 2009, ']', 2000);
	strcpy(text + 4009, ",\"log\":1}");
	expect(text, strlen(text), "1:11: item 0 must be an object such as "
	       "{\"path\": \"/usr\", \"allow\": \"read exec\"}, not an array");
}

/* A path of @len bytes in components of @part bytes. */
static void path_rule(char *text, size_t len, size_t part)
{
	size_t i;
	char *p = text;

	p += sprintf(p, "{\"files\": [{\"hide\": true, \"path\": \"");
	for (i = 0; i < len; i++)
		*p++ = i % (part + 1) ? 'x' : '/';
	strcpy(p, "\"}]}");
}

static void long_paths(void **state)
{
	static char text[PATH_MAX + 200];
	struct policy *policy;
	struct diag diag;

	(void)state;
	path_rule(text, 256, 255);
	assert_int_equal(policy_parse("p", text, strlen(text), &policy, &diag),
			 0);
	assert_int_equal(strlen(policy->files[0].path), 256);
	policy_destroy(policy);
	path_rule(text, 257, 256);
	expect(text, strlen(text), "1:35: \"path\" has a component of 256 "
	       "bytes; file names have at most 255");
	path_rule(text, PATH_MAX - 1, 200);
	assert_int_equal(policy_parse("p", text, strlen(text), &policy, &diag),
			 0);
	assert_int_equal(strlen(policy->files[0].path), PATH_MAX - 1);
	policy_destroy(policy);
	path_rule(text, PATH_MAX, 200);
	expect(text, strlen(text), "1:35: \"path\" is 4096 bytes long; paths "
	       "have at most 4095");
}

/* Long words are quoted in part, and never act on the terminal. */
static void quoting(void **state)
{
	char text[1000] = "{\"log\": {\"", word[500];
	char expected[1024];

	(void)state;
	memset(word, 'w', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	strcat(strcat(text, word), "\": 1}}");
	word[90] = '\0';
	snprintf(expected, sizeof(expected), "1:10: unknown key \"%s...\"; "
		 "the keys here are to, events", word);
	expect(text, strlen(text), expected);
	strcpy(text, "{\"mode\": \"\\u001b[2J\"}");
	expect(text, strlen(text), "1:10: \"mode\" must be \"enforce\" or "
	       "\"observe\", not \"?[2J\"");
}

/* The place of rule number 50,000 is found as well as the first one's. */
static void far_place(void **state)
{
	const size_t count = 50000;
	char *text = malloc(count * 64 + 100), *p = text;
	size_t i;

	(void)state;
	assert_non_null(text);
	p += sprintf(p, "{\"files\": [\n");
	for (i = 0; i < count; i++)
		p += sprintf(p, "\t{\"path\": \"/d%zu\", \"hide\": true},\n", i);
	p += sprintf(p, "\t{\"path\": \"/d7\", \"hide\": true}\n]}");
	expect(text, (size_t)(p - text),
	       "50002:11: \"/d7\" has a rule already, at line 9");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_syntax),
		cmocka_unit_test(wrong_top),
		cmocka_unit_test(wrong_exec),
		cmocka_unit_test(wrong_files),
		cmocka_unit_test(wrong_syscalls),
		cmocka_unit_test(wrong_conditions),
		cmocka_unit_test(wrong_signals),
		cmocka_unit_test(wrong_log),
		cmocka_unit_test(wrong_bytes),
		cmocka_unit_test(nesting_bomb),
		cmocka_unit_test(long_paths),
		cmocka_unit_test(quoting),
		cmocka_unit_test(far_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
