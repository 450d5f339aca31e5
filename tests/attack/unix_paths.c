/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of the UNIX domain: reach a denied socket file, or make one in the
 * denied directory, by every call that takes an address and every way to write
 * the path. */
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "attack.h"

static int sock(int type)
{
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		cannot("no UNIX sockets here: %s", strerror(errno));
	return fd;
}

static socklen_t name(struct sockaddr_un *addr, const char *path)
{
	size_t len = strlen(path);

	need(len < sizeof(addr->sun_path));
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	strcpy(addr->sun_path, path);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
}

/* A socket of the wrong type was found all the same. */
static void check(long ret, const char *how, const char *path)
{
	if (ret >= 0 || errno == EPROTOTYPE || errno == EAGAIN || errno == ECONNREFUSED)
		broken("%s reaches %s", how, path);
}

static void reach(const char *path)
{
	struct sockaddr_un addr;
	socklen_t len = name(&addr, path);
	struct iovec iov = { (char *)"x", 1 };
	struct mmsghdr msg = { .msg_hdr = {
		.msg_name = &addr, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1,
	} };
	int stream = sock(SOCK_STREAM), dgram = sock(SOCK_DGRAM), pair[2];

	check(connect(stream, (struct sockaddr *)&addr, len), "connect", path);
	check(connect(dgram, (struct sockaddr *)&addr, len), "connect of a datagram", path);
	check(sendto(dgram, "x", 1, 0, (struct sockaddr *)&addr, len), "sendto", path);
	check(sendmsg(dgram, &msg.msg_hdr, 0), "sendmsg", path);
	check(sendmmsg(dgram, &msg, 1, 0), "sendmmsg", path);
	/* Without the end of the string, which the kernel adds. */
	check(connect(stream, (struct sockaddr *)&addr, len - 1), "connect", path);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0) {
		check(sendto(pair[0], "x", 1, 0, (struct sockaddr *)&addr, len),
		      "sendto on a pair", path);
		close(pair[0]);
		close(pair[1]);
	}
	close(stream);
	close(dgram);
}

static void make(const char *path)
{
	struct sockaddr_un addr;
	socklen_t len = name(&addr, path);
	int fd = sock(SOCK_STREAM);

	if (bind(fd, (struct sockaddr *)&addr, len) == 0)
		broken("bind makes %s", path);
	close(fd);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];

	attack_init(argc, argv);
	reach(in_dir(SECRET "/sock"));
	reach(in_dir(SECRET "/dgram"));
	reach(in_dir(PUBLIC "/../" SECRET "/dgram"));
	make(in_dir(SECRET "/new1"));
	need(chdir(in_dir(PUBLIC)) == 0);
	reach("../" SECRET "/sock");
	make("../" SECRET "/new2");
	snprintf(path, sizeof(path), "/proc/self/cwd/../%s/sock", SECRET);
	reach(path);
	snprintf(path, sizeof(path), "/proc/self/cwd/../%s/new3", SECRET);
	make(path);
	if (symlink("../" SECRET, "way") == 0) {
		reach("way/sock");
		make("way/new4");
	}
	if (symlink("../" SECRET "/dgram", "there") == 0)
		reach("there");
	if (chdir(in_dir(SECRET)) == 0) {
		reach("sock");
		make("new5");
	}
	held();
}
