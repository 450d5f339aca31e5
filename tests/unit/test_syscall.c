/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/syscall.h"

/* The handler column, which policy/ itself has no use for. */
static const char *const handlers[] = {
#define ROW(nr, name, class, op, args, handler, flags) #handler,
#include "policy/syscalls.def"
#undef ROW
};

static const char *handler_of(const struct syscall_row *row)
{
	return handlers[syscall_slot(row)];
}

static bool has_arg(const struct syscall_row *row, enum arg_kind kind)
{
	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		if (row->args[i] == kind)
			return true;
	return false;
}

static const struct syscall_row *by_name(const char *name)
{
	const struct syscall_row *row = syscall_by_name(name);

	if (!row)
		fail_msg("no row for %s", name);
	return row;
}

static void test_order_and_lookup(void **state)
{
	(void)state;
	assert_true(syscall_count > 360);
	for (unsigned i = 0; i < syscall_count; i++) {
		const struct syscall_row *row = &syscall_rows[i];

		if (i && row->nr <= row[-1].nr)
			fail_msg("%s is out of order", row->name);
		assert_ptr_equal(syscall_by_nr(row->nr), row);
		assert_ptr_equal(syscall_by_name(row->name), row);
		assert_int_equal(syscall_slot(row), i);
	}
	assert_null(syscall_by_nr(-1));
	assert_null(syscall_by_nr(387));
	assert_null(syscall_by_nr(512));
	assert_null(syscall_by_nr(syscall_rows[syscall_count - 1].nr + 1));
	assert_null(syscall_by_nr(0x40000000));
	assert_null(syscall_by_nr(INT32_MAX));
	assert_null(syscall_by_name(""));
	assert_null(syscall_by_name("Read"));
	assert_null(syscall_by_name("zzz"));
}

static FILE *open_header(void)
{
	FILE *f = fopen("/usr/include/asm/unistd_64.h", "re");

	return f ? f : fopen("/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
			     "re");
}

/* Every number that the installed headers know has the row it should have.
 * The header is parsed, not included, so that a newer one is checked without
 * a list here. */
static void test_agrees_with_headers(void **state)
{
	FILE *f = open_header();
	char line[256], name[64];
	unsigned seen = 0;
	int nr;

	(void)state;
	if (!f) {
		print_message("no asm/unistd_64.h: nothing to compare with\n");
		skip();
	}
	while (fgets(line, sizeof(line), f)) {
		const struct syscall_row *row;

		if (sscanf(line, "#define __NR_%63s %d", name, &nr) != 2)
			continue;
		seen++;
		row = syscall_by_nr(nr);
		if (!row || strcmp(row->name, name))
			fail_msg("policy/syscalls.def: %d should be %s, is %s",
				 nr, name, row ? row->name : "missing");
	}
	fclose(f);
	assert_true(seen > 300);
}

static void test_args_are_packed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < syscall_count; i++) {
		const struct syscall_row *row = &syscall_rows[i];
		bool ended = false;

		for (unsigned a = 0; a < SYSCALL_ARGS; a++) {
			assert_true(row->args[a] < ARG_KIND_COUNT_);
			if (ended && row->args[a] != ARG_NONE)
				fail_msg("%s has a gap", row->name);
			ended = row->args[a] == ARG_NONE;
			if (row->args[a] == ARG_SOCKADDR)
				assert_int_equal(row->args[a + 1], ARG_INT);
		}
	}
}

static void check_path_row(const struct syscall_row *row)
{
	/* open_by_handle_at names its file by a handle. */
	bool handle = !strcmp(row->name, "open_by_handle_at");

	if (!has_arg(row, ARG_PATH) && !handle)
		fail_msg("%s has no path", row->name);
	if (row->op == OP_NONE)
		fail_msg("%s does nothing to its path", row->name);
	if (!strcmp(handler_of(row), "none"))
		fail_msg("%s would run unjudged when notified", row->name);
}

static bool row_in(const struct syscall_row *row, const char *names)
{
	size_t len = strlen(row->name);
	const char *at = names;

	while ((at = strstr(at, row->name))) {
		if ((at == names || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
		at += len;
	}
	return false;
}

static void check_process_row(const struct syscall_row *row)
{
	bool query = row->flags & ROW_QUERY;
	bool none = !strcmp(handler_of(row), "none");

	if (!has_arg(row, ARG_PID) && !has_arg(row, ARG_TID) &&
	    !has_arg(row, ARG_PIDFD))
		fail_msg("%s names no process", row->name);
	if (query != none)
		fail_msg("%s: a handler if and only if it does something",
			 row->name);
}

static void test_classes_agree_with_columns(void **state)
{
	(void)state;
	for (unsigned i = 0; i < syscall_count; i++) {
		const struct syscall_row *row = &syscall_rows[i];
		const char *handler = handler_of(row);

		switch (row->class) {
		case CLASS_PATH:
			check_path_row(row);
			break;
		case CLASS_FDMETA:
			assert_int_equal(row->args[0], ARG_FD);
			assert_string_not_equal(handler, "none");
			break;
		case CLASS_EXEC:
			assert_true(has_arg(row, ARG_PATH));
			assert_string_not_equal(handler, "none");
			break;
		case CLASS_PROCESS:
			check_process_row(row);
			break;
		case CLASS_IDS:
			assert_string_equal(handler, row->flags & ROW_QUERY ?
					    "none" : "track");
			break;
		case CLASS_NAMESPACE:
			assert_string_not_equal(handler, "none");
			break;
		case CLASS_PLAIN:
			/* Those that a guard may want notified. */
			if (!row_in(row, "listen getdents getdents64 getcwd memfd_create socket socketpair"))
				assert_string_equal(handler, "none");
			break;
		case CLASS_CLOCK:
		case CLASS_MACHINE:
		case CLASS_BYPASS:
			assert_string_equal(handler, "none");
			break;
		case CLASS_ADDR:
		case CLASS_ADMIN:
			break;
		case CLASS_COUNT_:
		default:
			fail_msg("%s has no class", row->name);
		}
		/* A path that no class sends to a judge would be a hole. */
		if (has_arg(row, ARG_PATH) && row->class != CLASS_PATH &&
		    row->class != CLASS_EXEC && row->class != CLASS_NAMESPACE)
			fail_msg("%s takes a path unjudged", row->name);
	}
}

/* Calls whose place in the table security hangs on, spelled out so that a slip
 * in the table does not go by unseen. */
static void test_critical_rows(void **state)
{
	static const struct {
		const char *name;
		enum call_class class;
	} rows[] = {
		{ "openat2", CLASS_PATH },
		{ "creat", CLASS_PATH },
		{ "name_to_handle_at", CLASS_PATH },
		{ "open_by_handle_at", CLASS_PATH },
		{ "fanotify_mark", CLASS_PATH },
		{ "utimensat", CLASS_PATH },
		{ "futimesat", CLASS_PATH },
		{ "fchmodat2", CLASS_PATH },
		{ "setxattrat", CLASS_PATH },
		{ "file_setattr", CLASS_PATH },
		{ "swapon", CLASS_PATH },
		{ "fchmod", CLASS_FDMETA },
		{ "fchown", CLASS_FDMETA },
		{ "fsetxattr", CLASS_FDMETA },
		{ "fremovexattr", CLASS_FDMETA },
		{ "ftruncate", CLASS_PLAIN },
		{ "memfd_create", CLASS_PLAIN },
		{ "execveat", CLASS_EXEC },
		{ "uselib", CLASS_EXEC },
		{ "bind", CLASS_ADDR },
		{ "connect", CLASS_ADDR },
		{ "sendto", CLASS_ADDR },
		{ "sendmsg", CLASS_ADDR },
		{ "sendmmsg", CLASS_ADDR },
		{ "pidfd_getfd", CLASS_PROCESS },
		{ "process_vm_writev", CLASS_PROCESS },
		{ "pidfd_send_signal", CLASS_PROCESS },
		{ "rt_tgsigqueueinfo", CLASS_PROCESS },
		{ "setgroups", CLASS_IDS },
		{ "capset", CLASS_IDS },
		{ "umask", CLASS_IDS },
		{ "chroot", CLASS_NAMESPACE },
		{ "unshare", CLASS_NAMESPACE },
		{ "move_mount", CLASS_NAMESPACE },
		{ "open_tree_attr", CLASS_NAMESPACE },
		{ "perf_event_open", CLASS_ADMIN },
		{ "bpf", CLASS_ADMIN },
		{ "userfaultfd", CLASS_ADMIN },
		{ "io_uring_setup", CLASS_BYPASS },
		{ "io_uring_enter", CLASS_BYPASS },
		{ "io_uring_register", CLASS_BYPASS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct syscall_row *row = by_name(rows[i].name);

		if (row->class != rows[i].class)
			fail_msg("%s: class %s", row->name,
				 call_class_name(row->class));
	}
	/* A handle names its file without a path that could be judged. */
	assert_string_equal(handler_of(by_name("open_by_handle_at")), "refuse");
}

static void test_narrowing(void **state)
{
	const uint64_t junk = 0xdeadbeefffffff9cu; /* AT_FDCWD under junk */
	const struct syscall_row *openat = by_name("openat");
	const struct syscall_row *kill = by_name("kill");
	const struct syscall_row *socket = by_name("socket");

	(void)state;
	assert_true(syscall_narrow(openat, 0, junk) == (uint64_t)-100);
	assert_true(syscall_narrow(openat, 1, junk) == junk);
	assert_true(syscall_narrow(openat, 2, 0x100000241u) == 0x241);
	assert_true(syscall_narrow(openat, 3, 0xffff01edu) == 0x01ed);
	assert_true(syscall_narrow(kill, 0, 0x1ffffffffu) == (uint64_t)-1);
	assert_true(syscall_narrow(kill, 1, 0xffff000000000009u) == 9);
	assert_true(syscall_narrow(socket, 0, 0x700000002u) == 2);
	assert_true(syscall_narrow(by_name("setuid"), 0, ~0ull) == 0xffffffff);
	assert_true(syscall_narrow(by_name("lseek"), 1, ~0ull) == ~0ull);
	assert_true(syscall_narrow(by_name("ptrace"), 0, ~0ull) == ~0ull);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < CLASS_COUNT_; i++)
		assert_non_null(call_class_name(i));
	for (int i = 0; i < OP_COUNT_; i++)
		assert_non_null(path_op_name(i));
	assert_string_equal(call_class_name(CLASS_PROCESS), "process");
	assert_string_equal(path_op_name(OP_SETATTR), "setattr");
	assert_string_equal(call_class_name(CLASS_COUNT_), "?");
	assert_string_equal(path_op_name(OP_COUNT_), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_lookup),
		cmocka_unit_test(test_agrees_with_headers),
		cmocka_unit_test(test_args_are_packed),
		cmocka_unit_test(test_classes_agree_with_columns),
		cmocka_unit_test(test_critical_rows),
		cmocka_unit_test(test_narrowing),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
