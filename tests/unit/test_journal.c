/* SPDX-License-Identifier: Apache-2.0 */
/* Journal entries, as a socket in journald's place receives them. */
#include "audit_event.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/journal.h"

static char dir[] = "/tmp/gosup-journal-XXXXXX";
static char path[64];
static char entry[65536];
static size_t entry_len;

static int listen_at(const char *where)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlink(where);
	memcpy(addr.sun_path, where, strlen(where));
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* Take one entry. Return: the descriptor that came instead, or -1. */
static int receive(int server)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { entry, sizeof(entry) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control.bytes),
	};
	ssize_t len = recvmsg(server, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *cmsg;
	int fd = -1;

	assert_true(len >= 0);
	entry_len = (size_t)len;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

/* The value of field @name as journald parses it, NULL if there is none. */
static const char *field(const char *name, size_t *ret_len)
{
	size_t at = 0, name_len = strlen(name);
	const char *found = NULL;

	while (at < entry_len) {
		char *key = entry + at, *end, *value;
		char *newline = memchr(key, '\n', entry_len - at);
		size_t key_len, len;

		assert_non_null(newline);
		end = memchr(key, '=', (size_t)(newline - key));
		if (end) {
			value = end + 1;
			len = (size_t)(newline - value);
			at = (size_t)(newline - entry) + 1;
		} else {
			uint64_t size;

			end = newline;
			memcpy(&size, newline + 1, sizeof(size));
			len = le64toh(size);
			value = newline + 1 + sizeof(size);
			at = (size_t)(value - entry) + len + 1;
			assert_true(at <= entry_len);
			assert_int_equal(value[len], '\n');
		}
		key_len = (size_t)(end - key);
		if (key_len == name_len && !memcmp(key, name, key_len)) {
			assert_null(found);	/* none twice */
			found = value;
			*ret_len = len;
		}
	}
	return found;
}

static void check_field(const char *name, const char *want)
{
	size_t len = 0;
	const char *value = field(name, &len);

	if (!want) {
		assert_null(value);
		return;
	}
	if (!value || len != strlen(want) || memcmp(value, want, len))
		fail_msg("%s is %.*s, not %s", name, (int)len, value ? value : "", want);
}

static struct scene *denial(const char *object)
{
	struct scene *s = scene_new("{\"version\": 1, \"default\": \"deny\", \"files\": "
				    "[{\"path\": \"/from\", \"from\": \"/to\"}]}");

	prctl(PR_SET_NAME, "tester");
	scene_open(s, object, O_RDONLY);
	return s;
}

static int send_scene(int fd, struct scene *s, const char *message)
{
	struct audit_facts facts;

	audit_facts_get(&s->event, &facts);
	return journal_send(fd, path, &facts, message);
}

static void test_fields(void **state)
{
	struct scene *s = denial("/srv/key");
	int server = listen_at(path), fd = journal_open(path);
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(send_scene(fd, s, "the message"), 0);
	assert_int_equal(receive(server), -1);
	check_field("MESSAGE", "the message");
	check_field("PRIORITY", "4");
	check_field("SYSLOG_IDENTIFIER", "gosup");
	check_field("MESSAGE_ID", "4b9a662fb8004ea8a43a44c3d85c53c4");
	check_field("GOSUP_EVENT", "deny");
	check_field("GOSUP_SYSCALL", "openat");
	check_field("GOSUP_OPERATION", "read");
	check_field("GOSUP_OBJECT", "/srv/key");
	check_field("GOSUP_RULE", "default");
	check_field("GOSUP_ERRNO", "EACCES");
	check_field("GOSUP_PID", pid);
	check_field("GOSUP_TID", pid);
	check_field("OBJECT_PID", pid);
	check_field("GOSUP_COMM", "tester");
	check_field("GOSUP_TARGET", NULL);
	scene_free(s);

	s = denial("/from/a");
	assert_int_equal(send_scene(fd, s, "m"), 0);
	receive(server);
	check_field("PRIORITY", "6");
	check_field("GOSUP_EVENT", "redirect");
	check_field("GOSUP_TARGET", "/to/a");
	check_field("GOSUP_ERRNO", NULL);
	scene_free(s);
	close(fd);
	close(server);
}

/* An object cannot forge fields: its newlines go into the binary form. */
static void test_newlines(void **state)
{
	static const char object[] = "/srv/x\nPRIORITY=0\nGOSUP_RULE=forged\n\x01\xff=";
	struct scene *s = denial(object);
	int server = listen_at(path), fd = journal_open(path);

	(void)state;
	prctl(PR_SET_NAME, "a\nGOSUP_X=1\n");
	assert_int_equal(send_scene(fd, s, "m"), 0);
	receive(server);
	check_field("GOSUP_OBJECT", object);
	check_field("PRIORITY", "4");
	check_field("GOSUP_RULE", "default");
	check_field("GOSUP_X", NULL);
	scene_free(s);
	close(fd);
	close(server);
}

/* Larger than a datagram may be: a sealed memory file comes instead. */
static void test_large(void **state)
{
	static char object[8000];
	int server = listen_at(path), fd = journal_open(path), small = 0, memfd;
	struct scene *s;
	struct stat st;

	(void)state;
	memset(object, 'x', sizeof(object) - 1);
	object[0] = '/';
	s = denial(object);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	assert_int_equal(send_scene(fd, s, "m"), 0);
	memfd = receive(server);
	assert_true(memfd >= 0);
	assert_int_equal(entry_len, 0);
	assert_int_equal(fcntl(memfd, F_GET_SEALS),
			 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	assert_int_equal(fstat(memfd, &st), 0);
	entry_len = (size_t)pread(memfd, entry, sizeof(entry), 0);
	assert_int_equal(entry_len, st.st_size);
	check_field("GOSUP_OBJECT", object);
	scene_free(s);
	close(memfd);
	close(fd);
	close(server);
}

/* A journal that was restarted has a new socket at the same path. */
static void test_restart(void **state)
{
	struct scene *s = denial("/srv/key");
	int server = listen_at(path), fd = journal_open(path);

	(void)state;
	assert_int_equal(send_scene(fd, s, "before"), 0);
	close(server);
	assert_int_equal(send_scene(fd, s, "meanwhile"), -ECONNREFUSED);
	server = listen_at(path);
	assert_int_equal(send_scene(fd, s, "after"), 0);
	receive(server);
	check_field("MESSAGE", "after");
	scene_free(s);
	close(fd);
	close(server);
}

static void test_busy(void **state)
{
	struct scene *s = denial("/srv/key");
	int server = listen_at(path), fd = journal_open(path);
	int sent, err = 0;

	(void)state;
	for (sent = 0; sent < 100000 && !err; sent++)
		err = send_scene(fd, s, "m");
	assert_int_equal(err, -EAGAIN);
	assert_true(sent > 1);
	receive(server);
	scene_free(s);
	close(fd);
	close(server);
}

static void test_none(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(journal_open(path), -ENOENT);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_newlines),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
