/* SPDX-License-Identifier: Apache-2.0 */
/* The first line of a script, as tests/integ/test_exec_views.py has it compared
 * with the kernel's own reading. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "emul/script.h"

static int parse(const char *text, size_t len, struct script *ret)
{
	char head[SCRIPT_HEAD] = "";

	memcpy(head, text, len < SCRIPT_HEAD ? len : SCRIPT_HEAD);
	return script_parse(head, ret);
}

static void test_lines(void **state)
{
	static const struct {
		const char *text;
		int ret;
		const char *interpreter, *argument;
	} t[] = {
		{ "", 1, NULL, NULL },
		{ "#", 1, NULL, NULL },
		{ " #!/bin/sh\n", 1, NULL, NULL },
		{ "#!/bin/sh\necho\n", 0, "/bin/sh", NULL },
		{ "#!/bin/sh", 0, "/bin/sh", NULL },
		{ "#! \t/bin/sh\n", 0, "/bin/sh", NULL },
		{ "#!/bin/sh \t\n", 0, "/bin/sh", NULL },
		{ "#!/bin/sh -e\n", 0, "/bin/sh", "-e" },
		{ "#!/bin/sh  -e -u \t\n", 0, "/bin/sh", "-e -u" },
		{ "#!/usr/bin/env\tpython3\n", 0, "/usr/bin/env", "python3" },
		{ "#!/bin/sh -e", 0, "/bin/sh", "-e" },
		{ "#!/bin/sh ", 0, "/bin/sh", "" },
		{ "#!sh\n", 0, "sh", NULL },
		{ "#!/bin/sh\r\n", 0, "/bin/sh\r", NULL },
		{ "#!", 0, "", NULL },
		{ "#!\n", -ENOEXEC, NULL, NULL },
		{ "#! \t \n", -ENOEXEC, NULL, NULL },
	};
	struct script s;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int ret = parse(t[i].text, strlen(t[i].text), &s);

		if (ret != t[i].ret)
			fail_msg("\"%s\": %d", t[i].text, ret);
		if (ret)
			continue;
		assert_string_equal(s.interpreter, t[i].interpreter);
		if (s.has_argument != !!t[i].argument)
			fail_msg("\"%s\": has an argument: %d", t[i].text, s.has_argument);
		if (s.has_argument)
			assert_string_equal(s.argument, t[i].argument);
	}
}

/* What does not fit into the bytes that the kernel reads. */
static void test_long_lines(void **state)
{
	char text[2 * SCRIPT_HEAD];
	struct script s;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "#!/", 3);
	assert_int_equal(parse(text, sizeof(text), &s), -ENOEXEC);
	text[SCRIPT_HEAD - 1] = '\n';
	assert_int_equal(parse(text, sizeof(text), &s), 0);
	assert_int_equal(strlen(s.interpreter), SCRIPT_HEAD - 3);
	text[SCRIPT_HEAD - 1] = ' ';
	assert_int_equal(parse(text, sizeof(text), &s), 0);
	assert_int_equal(strlen(s.interpreter), SCRIPT_HEAD - 3);
	assert_false(s.has_argument);
	/* An argument is cut off. */
	text[SCRIPT_HEAD - 1] = 'x';
	text[10] = ' ';
	assert_int_equal(parse(text, sizeof(text), &s), 0);
	assert_string_equal(s.interpreter, "/xxxxxxx");
	assert_int_equal(strlen(s.argument), SCRIPT_HEAD - 1 - 11);
	memset(text + 2, ' ', sizeof(text) - 2);
	assert_int_equal(parse(text, sizeof(text), &s), -ENOEXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
