/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "policy/base/cleanup.h"

/* ---- to the manager ---- */

static int parse_address(const char *text, struct sockaddr_un *ret, socklen_t *ret_len)
{
	size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || len < 2)
		return -EAFNOSUPPORT;
	if (len >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, text, len);
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (text[0] == '@')
		ret->sun_path[0] = '\0';
	else
		++*ret_len;
	return 0;
}

int notify_open(struct notify *ret, const char *address)
{
	struct notify n = { .fd = -1 };
	int err = parse_address(address, &n.to, &n.to_len);

	if (err)
		return err;
	n.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n.fd < 0)
		return -errno;
	*ret = n;
	return 0;
}

void notify_close(struct notify *notify)
{
	notify->fd = close_fd(notify->fd);
}

/* Room for the descriptors of a message and for its sender's credentials. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int) * NOTIFY_FDS) + CMSG_SPACE(sizeof(struct ucred))];
};

int notify_send(const struct notify *notify, const char *text, size_t len,
		const int *fds, unsigned fd_count, bool wait)
{
	struct iovec iov = { .iov_base = (void *)text, .iov_len = len };
	struct msghdr msg = {
		.msg_name = (void *)&notify->to, .msg_namelen = notify->to_len,
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	union control control = { .bytes = { 0 } };
	ssize_t n;

	if (notify->fd < 0)
		return 0;
	if (fd_count) {
		struct cmsghdr *cmsg = &control.header;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * fd_count);
	}
	do {
		n = sendmsg(notify->fd, &msg, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* ---- from the program ---- */

int notify_listen(char *ret_address)
{
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr;
	unsigned char random[12];
	socklen_t len;
	size_t i, n;
	int on = 1, err;

	if (fd < 0)
		return -errno;
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -EIO;
	n = (size_t)snprintf(ret_address, NOTIFY_ADDRESS_SIZE, "@gosup-notify-");
	for (i = 0; i < sizeof(random); i++)
		n += (size_t)snprintf(ret_address + n, NOTIFY_ADDRESS_SIZE - n, "%02x",
				      random[i]);
	err = parse_address(ret_address, &addr, &len);
	if (err)
		return err;
	if (bind(fd, (struct sockaddr *)&addr, len) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	return steal_fd(&fd);
}

static void take_fds(const struct cmsghdr *cmsg, struct notify_message *m)
{
	size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	size_t i;

	for (i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
		if (m->fd_count < NOTIFY_FDS)
			m->fds[m->fd_count++] = fd;
		else
			close(fd);
	}
}

static void take_control(struct msghdr *msg, struct notify_message *m)
{
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET)
			continue;
		if (cmsg->cmsg_type == SCM_RIGHTS) {
			take_fds(cmsg, m);
		} else if (cmsg->cmsg_type == SCM_CREDENTIALS) {
			struct ucred cred;

			memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
			m->pid = cred.pid;
		}
	}
}

int notify_receive(int fd, struct notify_message *ret)
{
	struct iovec iov = { .iov_base = ret->text, .iov_len = sizeof(ret->text) };
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;

	ret->fd_count = 0;
	ret->pid = 0;
	do {
		n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	ret->len = (size_t)n;
	take_control(&msg, ret);
	if (!(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return 0;
	notify_message_finish(ret);
	return -EMSGSIZE;
}

void notify_message_finish(struct notify_message *message)
{
	while (message->fd_count)
		close(message->fds[--message->fd_count]);
}

/* ---- from one to the other ---- */

/* If @line, of @len bytes, begins with @name: what follows; else NULL. */
static const char *value_of(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len >= n && memcmp(line, name, n) == 0 ? line + n : NULL;
}

static bool is_one(const char *value, const char *end)
{
	return value && end - value == 1 && *value == '1';
}

/* Digits up to @end; 0 if there is anything else. */
static uint64_t number(const char *value, const char *end)
{
	uint64_t n = 0;

	for (; value < end; value++) {
		if (*value < '0' || *value > '9' ||
		    __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*value - '0'), &n))
			return 0;
	}
	return n;
}

/*
 * One line of the program's. Return: what the manager gets of it: @line itself,
 * another text in @buf, or NULL.
 */
static const char *translate_line(const char *line, size_t *len, pid_t main, bool live,
				  char buf[32], struct notify_said *said)
{
	const char *end = line + *len;
	const char *value;

	said->ready |= is_one(value_of(line, *len, "READY="), end);
	said->stopping |= is_one(value_of(line, *len, "STOPPING="), end);
	value = value_of(line, *len, "WATCHDOG_USEC=");
	if (value)
		said->watchdog_us = number(value, end);
	if (is_one(value_of(line, *len, "WATCHDOG="), end)) {
		said->alive = true;
		return live ? line : NULL;
	}
	/* The supervisor stands for whatever process the program means. */
	if (value_of(line, *len, "MAINPIDFDID=") || value_of(line, *len, "MAINPIDFD="))
		return NULL;
	if (value_of(line, *len, "MAINPID=")) {
		*len = (size_t)snprintf(buf, 32, "MAINPID=%d", (int)main);
		return buf;
	}
	return line;
}

size_t notify_translate(const char *text, size_t len, pid_t main, bool live,
			char *out, struct notify_said *ret)
{
	const char *end = text + len;
	size_t used = 0;

	*ret = (struct notify_said){ .ready = false };
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		size_t size = n;
		const char *line;
		char buf[32];

		line = translate_line(text, &size, main, live, buf, ret);
		if (line && size && used + !!used + size <= NOTIFY_SIZE) {
			if (used)
				out[used++] = '\n';
			memcpy(out + used, line, size);
			used += size;
		}
		text += n + (newline ? 1 : 0);
	}
	return used;
}
