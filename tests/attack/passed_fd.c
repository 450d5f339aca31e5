/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that one process makes and another one uses, passed through a
 * socket: of directories on the way, of what was opened with O_PATH. */
#include <sys/socket.h>
#include <sys/wait.h>

#include "attack.h"

#define SENT 4

static void prepare(struct msghdr *msg, struct iovec *iov, char *buf, size_t size)
{
	memset(msg, 0, sizeof(*msg));
	*iov = (struct iovec){ (char *)"", 1 };
	msg->msg_iov = iov;
	msg->msg_iovlen = 1;
	msg->msg_control = buf;
	msg->msg_controllen = size;
}

static void send_fd(int sock, int fd)
{
	char buf[CMSG_SPACE(sizeof(fd))] __attribute__((aligned(8)));
	struct msghdr msg;
	struct iovec iov;
	struct cmsghdr *c;

	prepare(&msg, &iov, buf, sizeof(buf));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	need(sendmsg(sock, &msg, 0) == 1);
}

static int receive_fd(int sock)
{
	char buf[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	char byte;
	struct msghdr msg;
	struct iovec iov;
	int fd = -1;

	prepare(&msg, &iov, buf, sizeof(buf));
	iov.iov_base = &byte;
	if (recvmsg(sock, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static void sender(int sock)
{
	const int fds[SENT] = {
		open(secret_file(), O_PATH), dir_fd(in_dir(SECRET)),
		dir_fd(attack_dir), dir_fd("/"),
	};

	for (int i = 0; i < SENT; i++)
		send_fd(sock, fds[i] >= 0 ? fds[i] : sock);
	_exit(0);
}

int main(int argc, char **argv)
{
	char path[64];
	int socks[2], fds[SENT];
	pid_t pid;

	attack_init(argc, argv);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, socks) < 0)
		cannot("no pairs of sockets: %s", strerror(errno));
	pid = fork();
	need(pid >= 0);
	if (pid == 0)
		sender(socks[1]);
	for (int i = 0; i < SENT; i++)
		fds[i] = receive_fd(socks[0]);
	waitpid(pid, NULL, 0);
	need(fds[SENT - 1] >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	check_fd(dup(fds[0]), "a descriptor passed");
	check_path(path, "a descriptor passed, opened again");
	check_at(fds[1], "data", "its directory, passed");
	check_at(fds[2], SECRET "/data", "the directory above, passed");
	check_at(fds[3], secret_file() + 1, "the root, passed");
	held();
}
