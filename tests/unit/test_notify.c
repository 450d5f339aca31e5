/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/notify.h"

static void translates(const char *text, bool live, const char *expected)
{
	char out[NOTIFY_SIZE];
	struct notify_said said;
	size_t len = notify_translate(text, strlen(text), 77, live, out, &said);

	if (len != strlen(expected) || memcmp(out, expected, len) != 0)
		fail_msg("\"%s\" became \"%.*s\"", text, (int)len, out);
}

static void test_translate(void **state)
{
	(void)state;
	translates("READY=1", true, "READY=1");
	translates("READY=1\nSTATUS=all is well\n", true, "READY=1\nSTATUS=all is well");
	translates("MAINPID=5\nREADY=1", true, "MAINPID=77\nREADY=1");
	translates("MAINPIDFDID=123\nX=1", true, "X=1");
	translates("WATCHDOG=1", true, "WATCHDOG=1");
	translates("WATCHDOG=1", false, "");
	translates("WATCHDOG=1\nSTATUS=x", false, "STATUS=x");
	/* That one is to be heard at any time. */
	translates("WATCHDOG=trigger", false, "WATCHDOG=trigger");
	translates("\n\n", true, "");
	translates("", true, "");
	translates("FDSTORE=1\nFDNAME=a", true, "FDSTORE=1\nFDNAME=a");
}

static struct notify_said said_by(const char *text)
{
	char out[NOTIFY_SIZE];
	struct notify_said said;

	notify_translate(text, strlen(text), 77, true, out, &said);
	return said;
}

static void test_said(void **state)
{
	struct notify_said said = said_by("READY=1\nWATCHDOG_USEC=2000000\nWATCHDOG=1");

	(void)state;
	assert_true(said.ready && said.alive && !said.stopping);
	assert_int_equal(said.watchdog_us, 2000000);
	said = said_by("READY=0\nSTOPPING=1\nREADY=1x\nXREADY=1");
	assert_true(!said.ready && said.stopping && !said.alive);
	assert_int_equal(said_by("WATCHDOG_USEC=99999999999999999999").watchdog_us, 0);
	assert_int_equal(said_by("WATCHDOG_USEC=1s").watchdog_us, 0);
}

/* A line that grows must not push a later one over the end. */
static void test_full(void **state)
{
	char text[NOTIFY_SIZE], out[NOTIFY_SIZE];
	struct notify_said said;
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "MAINPID=1\n", 10);
	len = notify_translate(text, sizeof(text), 1234567, true, out, &said);
	assert_int_equal(len, strlen("MAINPID=1234567"));
	memset(text, 'x', sizeof(text));
	len = notify_translate(text, sizeof(text), 1, true, out, &said);
	assert_int_equal(len, sizeof(text));
}

static void test_addresses(void **state)
{
	char name[200];
	struct notify n = { .fd = -1 };

	(void)state;
	assert_int_equal(notify_open(&n, "vsock:2:99"), -EAFNOSUPPORT);
	assert_int_equal(notify_open(&n, "relative"), -EAFNOSUPPORT);
	assert_int_equal(notify_open(&n, ""), -EAFNOSUPPORT);
	memset(name, 'a', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(notify_open(&n, name), -ENAMETOOLONG);
	assert_int_equal(n.fd, -1);
	assert_int_equal(notify_send(&n, "READY=1", 7, NULL, 0, false), 0);
}

/* Text, sender and descriptors arrive; what is too long does not. */
static void test_socket(void **state)
{
	char address[NOTIFY_ADDRESS_SIZE], byte;
	static char large[NOTIFY_SIZE + 1];
	struct notify_message m;
	int fd = notify_listen(address);
	struct notify to;
	int pipes[2], i, before;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(address[0], '@');
	assert_int_equal(notify_open(&to, address), 0);
	assert_int_equal(notify_receive(fd, &m), -EAGAIN);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(notify_send(&to, "FDSTORE=1", 9, &pipes[1], 1, false), 0);
	assert_int_equal(notify_receive(fd, &m), 0);
	assert_int_equal(m.len, 9);
	assert_memory_equal(m.text, "FDSTORE=1", 9);
	assert_int_equal(m.pid, getpid());
	assert_int_equal(m.fd_count, 1);
	assert_int_equal(fcntl(m.fds[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(m.fds[0], "x", 1), 1);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	notify_message_finish(&m);
	/* Neither too long a text nor what came with it is kept. */
	before = dup(0);
	close(before);
	assert_int_equal(notify_send(&to, large, sizeof(large), pipes, 2, false), 0);
	assert_int_equal(notify_receive(fd, &m), -EMSGSIZE);
	i = dup(0);
	assert_int_equal(i, before);
	close(i);
	notify_close(&to);
	assert_int_equal(to.fd, -1);
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_translate),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
