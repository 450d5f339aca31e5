/* SPDX-License-Identifier: Apache-2.0 */
/* The address of a socket file in every form that the kernel takes: without an
 * end, as long as may be, with more behind the end, through links in /proc, from
 * sockets that are bound, connected, a pair, or came from another process. */
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "attack.h"

#define HEAD	offsetof(struct sockaddr_un, sun_path)

static int sock(int type)
{
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		cannot("no UNIX sockets here: %s", strerror(errno));
	return fd;
}

static void attempt(int fd, const char *path, size_t len, const char *how)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (len > sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, len);
	if (sendto(fd, "x", 1, 0, (void *)&addr, (socklen_t)(HEAD + len)) == 1 ||
	    connect(fd, (void *)&addr, (socklen_t)(HEAD + len)) == 0)
		broken("%s reaches the socket", how);
}

static void lengths(const char *path)
{
	char full[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	size_t n = strlen(path);

	attempt(sock(SOCK_DGRAM), path, n, "a path without an end");
	attempt(sock(SOCK_DGRAM), path, n + 1, "a path");
	/* As many slashes as fit, so that there is no room for an end. */
	memset(full, '/', sizeof(full));
	memcpy(full + sizeof(full) - 1 - n, path, n);
	attempt(sock(SOCK_DGRAM), full, sizeof(full) - 1, "the longest path");
	memset(full, 'x', sizeof(full));
	memcpy(full, path, n + 1);
	attempt(sock(SOCK_DGRAM), full, sizeof(full) - 1, "a path and more");
}

static void places(void)
{
	char path[64];
	int dir = dir_fd(in_dir(PUBLIC)), up = dir_fd(attack_dir), file;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/../" SECRET "/dgram", dir);
	attempt(sock(SOCK_DGRAM), path, strlen(path), "a link in /proc");
	snprintf(path, sizeof(path), "/dev/fd/%d/" SECRET "/dgram", up);
	attempt(sock(SOCK_DGRAM), path, strlen(path), "a link in /dev");
	file = open(in_dir(SECRET "/dgram"), O_PATH | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (file >= 0)
		attempt(sock(SOCK_DGRAM), path, strlen(path), "a descriptor");
}

static void kinds(const char *path)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int pair[2], fd = sock(SOCK_DGRAM);

	need(bind(fd, (void *)&own, sizeof(sa_family_t)) == 0);
	attempt(fd, path, strlen(path), "a socket with an abstract name");
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0)
		attempt(pair[0], path, strlen(path), "one of a pair");
	attempt(dup2(sock(SOCK_DGRAM), 99), path, strlen(path), "a duplicate");
	attempt(sock(SOCK_RAW), path, strlen(path), "a raw socket");
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	need(chdir(attack_dir) == 0);
	places();
	lengths(in_dir(SECRET "/dgram"));
	lengths(SECRET "/dgram");
	kinds(SECRET "/dgram");
	held();
}
