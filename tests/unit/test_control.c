/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "daemon/control.h"

static void test_requests(void **state)
{
	static const struct {
		const char *line;
		enum control_request request;
	} cases[] = {
		{ "{\"request\": \"started\"}", CONTROL_STARTED },
		{ "{\"request\": \"ready\"}", CONTROL_READY },
		{ " {\"request\":\"live\"}\r", CONTROL_LIVE },
		{ "{\"request\": \"reload\"}", CONTROL_RELOAD },
		{ "{\"request\": \"status\"}", CONTROL_STATUS },
	};
	enum control_request request;
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(control_parse(cases[i].line, strlen(cases[i].line),
					       &request, &diag), 0);
		assert_int_equal(request, cases[i].request);
	}
}

static void test_bad_requests(void **state)
{
	static const struct {
		const char *line, *said;
	} cases[] = {
		{ "", "not JSON" },
		{ "ready", "not JSON" },
		{ "{\"request\": \"ready\"", "not JSON" },
		{ "{\"request\": \"ready\"} {}", "not JSON" },
		{ "{\"request\": \"ready\", \"request\": \"live\"}", "not JSON" },
		{ "{\"request\": \"\xff\"}", "not JSON" },
		{ "[\"ready\"]", "a request is an object" },
		{ "{}", "there is no \"request\"" },
		{ "{\"request\": 1}", "must be a string" },
		{ "{\"request\": null}", "must be a string" },
		{ "{\"request\": \"raedy\"}", "did you mean \"ready\"?" },
		{ "{\"request\": \"\"}", "there are started, ready" },
		{ "{\"request\": \"ready\", \"pid\": 1}", "unknown key \"pid\"" },
	};
	enum control_request request;
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (control_parse(cases[i].line, strlen(cases[i].line), &request,
				  &diag) != -EINVAL)
			fail_msg("accepted: %s", cases[i].line);
		if (!strstr(diag.message, cases[i].said))
			fail_msg("%s: \"%s\"", cases[i].line, diag.message);
	}
	/* Bytes that would end a C string are no end. */
	assert_int_equal(control_parse("{\"request\": \"ready\"}\0x", 23, &request, &diag),
			 -EINVAL);
}

static int http(const char *head, enum control_request *ret)
{
	struct diag diag;
	int status;

	return control_parse_http(head, strlen(head), ret, &status, &diag) ? status : 200;
}

static void test_http(void **state)
{
	enum control_request request;

	(void)state;
	assert_int_equal(http("GET /ready HTTP/1.1\r\nHost: x\r\n\r\n", &request), 200);
	assert_int_equal(request, CONTROL_READY);
	assert_int_equal(http("GET /live HTTP/1.0\r\n\r\n", &request), 200);
	assert_int_equal(request, CONTROL_LIVE);
	assert_int_equal(http("GET / HTTP/1.1\r\n\r\n", &request), 404);
	assert_int_equal(http("GET /ready/ HTTP/1.1\r\n\r\n", &request), 404);
	assert_int_equal(http("POST /ready HTTP/1.1\r\n\r\n", &request), 405);
	/* What changes something is not offered. */
	assert_int_equal(http("GET /reload HTTP/1.1\r\n\r\n", &request), 404);
	assert_int_equal(http("GET /status HTTP/1.1\r\n\r\n", &request), 404);
	assert_int_equal(http("GET\r\n\r\n", &request), 400);
	assert_int_equal(http("GET /ready\r\n\r\n", &request), 400);
	assert_int_equal(http("GET ready HTTP/1.1\r\n\r\n", &request), 400);
	assert_int_equal(http("GET /ready  \r\n\r\n", &request), 400);
}

static void test_replies(void **state)
{
	char buf[CONTROL_SIZE], why[2000];
	json_t *root;
	size_t len;

	(void)state;
	len = control_put_answer(buf, true, NULL);
	assert_string_equal(buf, "{\"ok\": true}\n");
	assert_int_equal(len, strlen(buf));
	control_put_error(buf, "say \"please\"");
	assert_string_equal(buf, "{\"error\": \"say \\\"please\\\"\"}\n");
	/* Whatever the text, it is one line of JSON that fits. */
	memset(why, 1, sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	len = control_put_answer(buf, false, why);
	assert_true(len <= CONTROL_SIZE);
	assert_ptr_equal(memchr(buf, '\n', len), buf + len - 1);
	root = json_loadb(buf, len, 0, NULL);
	assert_non_null(root);
	assert_true(json_is_false(json_object_get(root, "ok")));
	json_decref(root);
}

static void fails(const char *address, int err, const char *said)
{
	struct control_socket made = { .fd = -1 };
	struct diag diag;

	assert_int_equal(control_bind(address, &made, &diag), err);
	assert_int_equal(made.fd, -1);
	if (!strstr(diag.message, said))
		fail_msg("%s: \"%s\"", address, diag.message);
}

static void test_bind(void **state)
{
	char dir[] = "/tmp/gosup-control-XXXXXX", path[64];
	struct control_socket a, b;
	struct diag diag;
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(control_bind(path, &a, &diag), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* In use: */
	fails(path, -EADDRINUSE, path);
	fd = control_connect(path, 5, &diag);
	assert_true(fd >= 0);
	close(fd);
	/* What is not ours stays. */
	unlink(path);
	assert_int_equal(control_bind(path, &b, &diag), 0);
	control_unbind(&a);
	assert_int_equal(stat(path, &st), 0);
	/* Left behind: */
	close(b.fd);
	assert_int_equal(control_bind(path, &a, &diag), 0);
	control_unbind(&a);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(control_connect(path, 5, &diag), -ENOENT);
	/* Nor is a file removed. */
	fd = creat(path, 0600);
	close(fd);
	fails(path, -EEXIST, "File exists");
	unlink(path);
	rmdir(dir);
}

static void test_bad_addresses(void **state)
{
	char path[200];

	(void)state;
	fails("", -EINVAL, "neither a path");
	fails("name", -EINVAL, "neither a path");
	fails("host:80", -EINVAL, "neither a path");
	fails("127.0.0.1", -EINVAL, "neither a path");
	fails("127.0.0.1:", -EINVAL, "neither a path");
	fails("127.0.0.1:0", -EINVAL, "neither a path");
	fails("127.0.0.1:65536", -EINVAL, "neither a path");
	fails("127.0.0.1:80x", -EINVAL, "neither a path");
	fails("[::1:80", -EINVAL, "neither a path");
	fails("/nonexistent/s", -ENOENT, "cannot make the control socket");
	memset(path, '/', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	fails(path, -ENAMETOOLONG, "at most 107 bytes");
}

/* A port that is free just now: nobody else is to take it meanwhile, so it is
 * tried again if somebody does. */
static void test_tcp(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "[127.0.0.1]", "[::1]", "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct control_socket made = { .fd = -1 };
		struct diag diag;
		char address[64];
		int port = 20000 + (int)(getpid() % 20000), fd, err;

		do {
			snprintf(address, sizeof(address), "%s:%d", hosts[i], port++);
			err = control_bind(address, &made, &diag);
		} while (err == -EADDRINUSE && port < 60000);
		if (err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL)
			continue;
		assert_int_equal(err, 0);
		assert_false(made.local);
		fd = control_connect(address, 5, &diag);
		assert_true(fd >= 0);
		close(fd);
		control_unbind(&made);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_bad_addresses),
		cmocka_unit_test(test_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
