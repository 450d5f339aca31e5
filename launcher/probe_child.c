/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher/probe_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "policy/base/uapi.h"
#include "policy/base/cleanup.h"

int64_t probe_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int probe_poll(int fd, short events)
{
	int64_t end = probe_now_ms() + PROBE_DEADLINE_MS;
	struct pollfd pfd = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = end - probe_now_ms();
		int n = poll(&pfd, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return pfd.revents & events ? 0 : -EPIPE;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static int send_fd(int sock, int fd, int value)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = { .iov_base = &value, .iov_len = sizeof(value) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *cmsg = &control.align;

		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Return: the fd, or the negative errno that the child reports. */
static int recv_fd(int sock)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	int value = 0, fd = -1;
	struct iovec iov = { .iov_base = &value, .iov_len = sizeof(value) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg;
	ssize_t n;

	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ECANCELED;	/* died before it could say anything */
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg)
		return value ? value : -EPROTO;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

static int install(int nr, unsigned long flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};
	long fd;

	flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (fd < 0 && errno == EACCES) {
		/* Not privileged: promise to gain no privileges first. */
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return -errno;
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	}
	return fd < 0 ? -errno : (int)fd;
}

__attribute__((noreturn))
static void child_main(int sock, int nr, unsigned long flags,
		       int (*body)(int sock))
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	fd = install(nr, flags);
	if (send_fd(sock, fd, fd < 0 ? fd : 0) < 0 || fd < 0)
		_exit(127);
	close(fd);
	_exit(body(sock));
}

int probe_child_start(struct probe_child *ret, int nr, unsigned long flags,
		      int (*body)(int sock))
{
	struct probe_child child = { .listener = -1 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	child.pid = fork();
	if (child.pid == 0) {
		close(pair[0]);
		child_main(pair[1], nr, flags, body);
	}
	close_fd(pair[1]);
	child.sock = pair[0];
	if (child.pid < 0) {
		close_fd(pair[0]);
		return -errno;
	}
	child.listener = recv_fd(pair[0]);
	if (child.listener < 0) {
		int err = child.listener;

		probe_child_finish(&child);
		return err;
	}
	*ret = child;
	return 0;
}

void probe_child_finish(struct probe_child *child)
{
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	child->pid = 0;
	child->listener = close_fd(child->listener);
	child->sock = close_fd(child->sock);
}

int probe_child_wait(struct probe_child *child)
{
	int64_t end = probe_now_ms() + PROBE_DEADLINE_MS;
	int status;

	while (probe_now_ms() < end) {
		pid_t pid = waitpid(child->pid, &status, WNOHANG);

		if (pid == child->pid) {
			child->pid = 0;
			return status;
		}
		if (pid < 0 && errno != EINTR)
			return -errno;
		poll(NULL, 0, 1);
	}
	return -ETIMEDOUT;
}

int probe_child_exit(struct probe_child *child)
{
	int status = probe_child_wait(child);

	return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int probe_child_state(const struct probe_child *child)
{
	char path[32], buf[256], *paren;
	ssize_t n;
	auto_fd fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", child->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, sizeof(buf) - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	/* "pid (comm) S ...": comm may hold anything, parentheses too. */
	paren = strrchr(buf, ')');
	return paren && paren[1] == ' ' ? paren[2] : -EPROTO;
}

int probe_recv(const struct probe_child *child, struct seccomp_notif *req)
{
	int err = probe_poll(child->listener, POLLIN);

	if (err)
		return err;
	memset(req, 0, sizeof(*req));
	if (ioctl(child->listener, SECCOMP_IOCTL_NOTIF_RECV, req) < 0)
		return -errno;
	return 0;
}

int probe_send(const struct probe_child *child, uint64_t id, int64_t val,
	       int err, uint32_t flags)
{
	struct seccomp_notif_resp resp = {
		.id = id, .val = val, .error = err, .flags = flags,
	};

	if (ioctl(child->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0)
		return -errno;
	return 0;
}

bool probe_id_valid(const struct probe_child *child, uint64_t id)
{
	return ioctl(child->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

int probe_inject(const struct probe_child *child, uint64_t id, int fd)
{
	struct seccomp_notif_addfd addfd = { .id = id, .srcfd = (uint32_t)fd };
	int n = ioctl(child->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);

	return n < 0 ? -errno : n;
}
