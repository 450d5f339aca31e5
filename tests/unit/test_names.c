/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include "policy/names.h"

static void errno_both_ways(void **state)
{
	(void)state;
	assert_int_equal(errno_by_name("EACCES"), EACCES);
	assert_int_equal(errno_by_name("EPERM"), 1);
	assert_int_equal(errno_by_name("EHWPOISON"), 133);
	assert_int_equal(errno_by_name("EWOULDBLOCK"), EAGAIN);
	assert_int_equal(errno_by_name("ENOTSUP"), EOPNOTSUPP);
	assert_int_equal(errno_by_name("eacces"), 0);
	assert_int_equal(errno_by_name("EACCESS"), 0);
	assert_int_equal(errno_by_name(""), 0);
	assert_string_equal(errno_name(EACCES), "EACCES");
	assert_string_equal(errno_name(EAGAIN), "EAGAIN");
	assert_string_equal(errno_name(EDEADLK), "EDEADLK");
	assert_string_equal(errno_name(EOPNOTSUPP), "EOPNOTSUPP");
	assert_string_equal(errno_name(0), "E?");
	assert_string_equal(errno_name(-1), "E?");
	assert_string_equal(errno_name(512), "E?");
}

/* 41 and 58 are not in use: EWOULDBLOCK and EDEADLOCK are aliases. */
static void errno_complete(void **state)
{
	int err;

	(void)state;
	for (err = 1; err <= 133; err++) {
		const char *name = errno_name(err);

		if (err == 41 || err == 58) {
			assert_string_equal(name, "E?");
			continue;
		}
		assert_string_not_equal(name, "E?");
		assert_int_equal(errno_by_name(name), err);
	}
}

static void errno_candidates(void **state)
{
	const char *name;
	size_t i;

	(void)state;
	for (i = 0; (name = errno_candidate(NULL, i)) != NULL; i++)
		assert_int_not_equal(errno_by_name(name), 0);
	assert_true(i > 130);
}

static void signals(void **state)
{
	int sig;

	(void)state;
	assert_int_equal(signal_by_name("SIGTERM"), SIGTERM);
	assert_int_equal(signal_by_name("TERM"), SIGTERM);
	assert_int_equal(signal_by_name("SIGCLD"), SIGCHLD);
	assert_int_equal(signal_by_name("SIGPOLL"), SIGIO);
	assert_int_equal(signal_by_name("SIGRTMIN"), 34);
	assert_int_equal(signal_by_name("RTMIN+3"), 37);
	assert_int_equal(signal_by_name("SIGRTMAX"), 64);
	assert_int_equal(signal_by_name("SIGRTMAX-30"), 34);
	assert_int_equal(signal_by_name("SIGRTMIN+30"), 64);
	assert_int_equal(signal_by_name("SIGRTMIN+31"), 0);
	assert_int_equal(signal_by_name("SIGRTMIN-1"), 0);
	assert_int_equal(signal_by_name("SIGRTMIN+"), 0);
	assert_int_equal(signal_by_name("SIGRTMIN+1x"), 0);
	assert_int_equal(signal_by_name("SIGRTMIN+99999999999"), 0);
	assert_int_equal(signal_by_name("SIG"), 0);
	assert_int_equal(signal_by_name("sigterm"), 0);
	assert_int_equal(signal_by_name(""), 0);
	assert_string_equal(signal_name(SIGKILL), "SIGKILL");
	assert_string_equal(signal_name(SIGCHLD), "SIGCHLD");
	assert_string_equal(signal_name(SIGIO), "SIGIO");
	assert_string_equal(signal_name(SIGABRT), "SIGABRT");
	assert_string_equal(signal_name(37), "SIGRTMIN+3");
	assert_string_equal(signal_name(64), "SIGRTMAX");
	assert_null(signal_name(0));
	assert_null(signal_name(32));
	assert_null(signal_name(33));
	assert_null(signal_name(65));
	for (sig = 1; sig <= 64; sig++)
		if (sig != 32 && sig != 33)
			assert_int_equal(signal_by_name(signal_name(sig)), sig);
}

static void constants(void **state)
{
	static const struct {
		const char *name;
		uint64_t value;
	} known[] = {
		{ "AF_INET", AF_INET },
		{ "AF_PACKET", AF_PACKET },
		{ "SOCK_RAW", SOCK_RAW },
		{ "CLONE_NEWUSER", CLONE_NEWUSER },
		{ "CLONE_IO", 0x80000000u },
		{ "O_CREAT", O_CREAT },
		{ "O_RDONLY", 0 },
		{ "PTRACE_ATTACH", PTRACE_ATTACH },
		{ "AT_FDCWD", (uint64_t)-100 },
		{ "SIGTERM", SIGTERM },
		{ "SIGRTMIN+1", 35 },
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		value = 12345;
		assert_true(constant_by_name(known[i].name, &value));
		assert_int_equal(value, known[i].value);
	}
	value = 12345;
	assert_false(constant_by_name("AF_NOPE", &value));
	assert_false(constant_by_name("TERM", &value));
	assert_false(constant_by_name("", &value));
	assert_int_equal(value, 12345);
}

/* No name twice: the second one would be dead. */
static void constants_once(void **state)
{
	const char *a, *b;
	uint64_t value;
	size_t i, j;

	(void)state;
	for (i = 0; (a = constant_candidate(NULL, i)) != NULL; i++) {
		assert_true(constant_by_name(a, &value));
		for (j = i + 1; (b = constant_candidate(NULL, j)) != NULL; j++)
			assert_string_not_equal(a, b);
	}
	assert_true(i > 700);
}

static void nearest(void **state)
{
	static const char *const words[] = {
		"files", "default", "syscalls", "log", "include", "EACCES", "to",
		NULL
	};
	static const struct {
		const char *word, *expected;
	} rows[] = {
		{ "files", "files" },
		{ "file", "files" },
		{ "fiels", "files" },		/* neighbours swapped */
		{ "defualt", "default" },
		{ "Default", "default" },
		{ "eacces", "EACCES" },
		{ "eacess", "EACCES" },
		{ "includes", "include" },
		{ "lgo", "log" },
		{ "logg", "log" },
		{ "ot", "to" },
		{ "t", "to" },
		{ "syscal", "syscalls" },
		{ "sys", NULL },		/* too far */
		{ "xyz", NULL },
		{ "", NULL },
		{ "a", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = nearest_name(rows[i].word, strings_candidate,
					       (void *)words);

		if (!rows[i].expected) {
			if (got)
				fail_msg("%s: got %s", rows[i].word, got);
			continue;
		}
		if (!got || strcmp(got, rows[i].expected) != 0)
			fail_msg("%s: got %s", rows[i].word, got ? got : "-");
	}
}

static void nearest_is_bounded(void **state)
{
	char word[4096];
	static const char *const words[] = { "files", NULL };

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(nearest_name(word, strings_candidate, (void *)words));
	word[64] = '\0';
	assert_null(nearest_name(word, strings_candidate, (void *)words));
	{
		const char *const same[] = { word, NULL };

		assert_ptr_equal(nearest_name(word, strings_candidate,
					      (void *)same), word);
	}
}

/* The nearest of several counts, not the first that is near enough. */
static void nearest_of_several(void **state)
{
	static const char *const words[] = {
		"openat2", "openat", "open", NULL
	};

	(void)state;
	assert_string_equal(nearest_name("opena", strings_candidate,
					 (void *)words), "openat");
	assert_string_equal(nearest_name("openta", strings_candidate,
					 (void *)words), "openat");
	assert_string_equal(nearest_name("openat3", strings_candidate,
					 (void *)words), "openat2");
}

static void durations(void **state)
{
	static const char *const wrong[] = {
		"", "0s", "0ms", "5", "s", "-1s", "+1s", " 1s", "1 s", "1.5s", "1S", "25h",
		"86400001ms", "99999999999999999999s", "1d",
	};
	unsigned ms, i;

	(void)state;
	assert_true(duration_by_text("1ms", &ms) && ms == 1);
	assert_true(duration_by_text("30s", &ms) && ms == 30000);
	assert_true(duration_by_text("2m", &ms) && ms == 120000);
	assert_true(duration_by_text("24h", &ms) && ms == 86400000);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (duration_by_text(wrong[i], &ms))
			fail_msg("\"%s\" is taken for %u ms", wrong[i], ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errno_both_ways),
		cmocka_unit_test(errno_complete),
		cmocka_unit_test(errno_candidates),
		cmocka_unit_test(signals),
		cmocka_unit_test(durations),
		cmocka_unit_test(constants),
		cmocka_unit_test(constants_once),
		cmocka_unit_test(nearest),
		cmocka_unit_test(nearest_is_bounded),
		cmocka_unit_test(nearest_of_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
