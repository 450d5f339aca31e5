/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/arena.h"
#include "policy/base/error.h"
#include "policy/base/log.h"

static void diag_places(void **state)
{
	struct diag d = { .message = "wrong" };
	char buf[128];

	(void)state;
	assert_string_equal(diag_format(&d, buf, sizeof(buf)), "wrong");
	strcpy(d.file, "a.json");
	assert_string_equal(diag_format(&d, buf, sizeof(buf)),
			    "a.json: wrong");
	d.line = 3;
	assert_string_equal(diag_format(&d, buf, sizeof(buf)),
			    "a.json:3: wrong");
	d.column = 7;
	assert_string_equal(diag_format(&d, buf, sizeof(buf)),
			    "a.json:3:7: wrong");
	assert_string_equal(diag_format(&d, buf, 6), "a.jso");
}

static void diag_message(void **state)
{
	struct diag d = { .line = 9 };
	char file[128];

	(void)state;
	assert_int_equal(diag_set(&d, -EINVAL, "%s %d", "x", 5), -EINVAL);
	assert_string_equal(d.message, "x 5");
	assert_int_equal(d.line, 9);
	/* A terminal must not act on what a policy says. */
	diag_set(&d, 0, "a\033[2Jb\nc\x7f");
	assert_string_equal(d.message, "a?[2Jb?c?");
	/* Nor on C1 controls, nor may text run backwards. */
	diag_set(&d, 0, "\xc2\x9b" "2J \u202eabc\u202c \u2066 \xff é€😀");
	assert_string_equal(d.message, "?2J ?abc? ? ? é€😀");
	strcpy(d.file, "a\033.json");
	assert_string_equal(diag_format(&d, file, sizeof(file)),
			    "a?.json:9: ?2J ?abc? ? ? é€😀");
}

/* A message that does not fit ends with a whole character. */
static void diag_cut(void **state)
{
	static const char *const chars[] = { "x", "é", "€", "😀" };
	char text[700];
	struct diag d;
	size_t i, shift, len;

	(void)state;
	memset(&d, 0, sizeof(d));
	for (i = 0; i < 4; i++) {
		for (shift = 0; shift < 4; shift++) {
			memset(text, '-', shift);
			for (len = shift; len < 650; len += strlen(chars[i]))
				strcpy(text + len, chars[i]);
			diag_set(&d, 0, "%s", text);
			len = strlen(d.message);
			assert_in_range(len, sizeof(d.message) - 4,
					sizeof(d.message) - 1);
			assert_int_equal((len - shift) % strlen(chars[i]), 0);
		}
	}
}

static void arena_contents(void **state)
{
	struct arena *arena = arena_new();
	static const size_t sizes[] = {
		0, 1, 7, 100, 16384, 16385, 65536, 1000000
	};
	char *p[64], *s;
	size_t i, k;

	(void)state;
	assert_non_null(arena);
	for (i = 0; i < 64; i++) {
		size_t size = sizes[i % 8];

		p[i] = arena_alloc(arena, size);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		for (k = 0; k < size; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], (int)i, size);
	}
	for (i = 0; i < 64; i++)
		for (k = 0; k < sizes[i % 8]; k++)
			assert_int_equal(p[i][k], (char)i);
	s = arena_strndup(arena, "abc\0def", 7);
	assert_memory_equal(s, "abc\0def\0", 8);
	assert_string_equal(arena_strdup(arena, "x"), "x");
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_calloc(arena, SIZE_MAX / 2, 3));
	arena_destroy(arena);
	arena_destroy(NULL);
}

/* What @fn writes to stderr, and how it exits, in a child of its own. */
static int child_says(void (*fn)(void), char *buf, size_t size)
{
	int fds[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		fn();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void say_levels(void)
{
	log_error("one %d", 1);
	log_warn("two");
	log_info("three");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("four");
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("five");
}

static void log_levels(void **state)
{
	char buf[256];

	(void)state;
	assert_int_equal(child_says(say_levels, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "gosup: one 1\ngosup: two\ngosup: four\n");
}

static void say_long(void)
{
	char text[5000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	errno = EBADF;
	log_error("%s", text);
	if (errno != EBADF)
		_exit(1);
	log_error("end");
}

static void log_long(void **state)
{
	char buf[8192], *end;

	(void)state;
	assert_int_equal(child_says(say_long, buf, sizeof(buf)), 0);
	end = strchr(buf, '\n');
	assert_non_null(end);
	assert_in_range(end - buf, 1000, 4096);
	assert_string_equal(end + 1, "gosup: end\n");
}

static void die_plain(void)
{
	die(0, "no %s", "way");
}

static void die_errno(void)
{
	die(ENOENT, "no way");
}

static void die_negative(void)
{
	die(-ENOENT, "no way");
}

static void dying(void **state)
{
	char buf[256];

	(void)state;
	assert_int_equal(child_says(die_plain, buf, sizeof(buf)), 125);
	assert_string_equal(buf, "gosup: no way\n");
	assert_int_equal(child_says(die_errno, buf, sizeof(buf)), 125);
	assert_string_equal(buf, "gosup: no way: No such file or directory\n");
	assert_int_equal(child_says(die_negative, buf, sizeof(buf)), 125);
	assert_string_equal(buf, "gosup: no way: No such file or directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(diag_places),
		cmocka_unit_test(diag_message),
		cmocka_unit_test(diag_cut),
		cmocka_unit_test(arena_contents),
		cmocka_unit_test(log_levels),
		cmocka_unit_test(log_long),
		cmocka_unit_test(dying),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
