/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of control sockets: made by a server, found by a client. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/control.h"
#include "policy/base/cleanup.h"

union address {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int fail(const char *address, int err, const char *what, struct diag *diag)
{
	char text[128];

	return diag_set(diag, err, "%s %s: %s", what, address,
			strerror_r(-err, text, sizeof(text)));
}

static int parse_path(const char *text, union address *ret, socklen_t *ret_len,
		      struct diag *diag)
{
	size_t len = strlen(text);

	ret->un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len >= sizeof(ret->un.sun_path))
		return diag_set(diag, -ENAMETOOLONG, "control socket %s: a socket's path "
				"has at most %zu bytes", text,
				sizeof(ret->un.sun_path) - 1);
	memcpy(ret->un.sun_path, text, len + 1);
	*ret_len = sizeof(ret->un);
	return 0;
}

/* The host before @colon, with or without brackets; nothing means any. */
static bool parse_host(const char *text, const char *colon, union address *ret)
{
	char host[64];
	size_t len = (size_t)(colon - text);

	if (len >= 2 && text[0] == '[' && colon[-1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, &ret->in.sin_addr) == 1) {
		ret->in.sin_family = AF_INET;
		return true;
	}
	ret->in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	return !len || inet_pton(AF_INET6, host, &ret->in6.sin6_addr) == 1;
}

static int parse_tcp(const char *text, union address *ret, socklen_t *ret_len,
		     struct diag *diag)
{
	const char *colon = strrchr(text, ':');
	unsigned long port;
	char *end;

	*ret = (union address){ .in = { .sin_port = 0 } };
	errno = 0;
	port = colon ? strtoul(colon + 1, &end, 10) : 0;
	if (!colon || errno || end == colon + 1 || *end || !port || port > 65535 ||
	    !parse_host(text, colon, ret))
		return diag_set(diag, -EINVAL, "control socket \"%s\" is neither a path "
				"such as /run/app.sock nor an address such as "
				"127.0.0.1:9090 or :9090", text);
	if (ret->any.sa_family == AF_INET) {
		ret->in.sin_port = htons((uint16_t)port);
		*ret_len = sizeof(ret->in);
	} else {
		ret->in6.sin6_port = htons((uint16_t)port);
		*ret_len = sizeof(ret->in6);
	}
	return 0;
}

static int parse(const char *text, union address *ret, socklen_t *ret_len,
		 struct diag *diag)
{
	return strchr(text, '/') ? parse_path(text, ret, ret_len, diag) :
				   parse_tcp(text, ret, ret_len, diag);
}

/* Remove a socket that nobody listens on. Return: 0 if there is none now. */
static int remove_stale(const union address *a, socklen_t len)
{
	auto_fd fd = -1;
	struct stat st;

	if (lstat(a->un.sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, &a->any, len) == 0)
		return -EADDRINUSE;
	if (errno != ECONNREFUSED)
		return -errno;
	return unlink(a->un.sun_path) < 0 ? -errno : 0;
}

static int bind_path(int fd, const union address *a, socklen_t len,
		     struct control_socket *ret)
{
	int err = remove_stale(a, len);
	struct stat st;

	if (err)
		return err;
	if (bind(fd, &a->any, len) < 0)
		return -errno;
	memcpy(ret->path, a->un.sun_path, sizeof(ret->path));
	ret->local = true;
	/* Nobody gets in before listen(2). */
	if (chmod(ret->path, 0600) < 0 || lstat(ret->path, &st) < 0) {
		err = -errno;
		unlink(ret->path);
		return err;
	}
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	return 0;
}

static int bind_tcp(int fd, const union address *a, socklen_t len)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, &a->any, len) < 0 ? -errno : 0;
}

/* A socket for @a. Where a host has no IPv6, "any" is any of IPv4. */
static int open_socket(union address *a, socklen_t *len)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC;
	int fd = socket(a->any.sa_family, type, 0);
	in_port_t port = a->in6.sin6_port;

	if (fd >= 0 || errno != EAFNOSUPPORT || a->any.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr))
		return fd < 0 ? -errno : fd;
	a->in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
	*len = sizeof(a->in);
	fd = socket(AF_INET, type, 0);
	return fd < 0 ? -errno : fd;
}

int control_bind(const char *address, struct control_socket *ret, struct diag *diag)
{
	struct control_socket made = { .fd = -1 };
	union address a;
	socklen_t len = 0;
	int err = parse(address, &a, &len, diag);

	if (err)
		return err;
	made.fd = open_socket(&a, &len);
	err = made.fd < 0 ? made.fd : a.any.sa_family == AF_UNIX ?
	      bind_path(made.fd, &a, len, &made) : bind_tcp(made.fd, &a, len);
	if (!err && listen(made.fd, 16) < 0)
		err = -errno;
	if (!err) {
		*ret = made;
		return 0;
	}
	control_unbind(&made);
	return fail(address, err, "cannot make the control socket", diag);
}

void control_unbind(struct control_socket *socket)
{
	struct stat st;

	if (socket->fd < 0)
		return;
	/* As long as it is open, its inode cannot be another's. */
	if (socket->local && lstat(socket->path, &st) == 0 && st.st_dev == socket->dev &&
	    st.st_ino == socket->ino)
		unlink(socket->path);
	socket->fd = close_fd(socket->fd);
}

int control_connect(const char *address, unsigned seconds, struct diag *diag)
{
	struct timeval limit = { .tv_sec = seconds };
	union address a;
	socklen_t len = 0;
	auto_fd fd = -1;
	int err = parse(address, &a, &len, diag);

	if (err)
		return err;
	fd = open_socket(&a, &len);
	if (fd < 0)
		return fail(address, fd, "cannot reach gosup at", diag);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, &a.any, len) < 0)
		return fail(address, -errno, "cannot reach gosup at", diag);
	return steal_fd(&fd);
}
