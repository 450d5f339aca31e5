/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendto, sendmsg and sendmmsg with an address: the message is copied and sent
 * on the caller's own socket. Descriptors in it are the caller's, and are
 * fetched; a process id in it, which must be the sender's own, becomes ours.
 *
 * Sources: send(2), sendmmsg(2), unix(7), cmsg(3), net/socket.c.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "emul/mem.h"
#include "emul/sock.h"
#include "policy/base/cleanup.h"

/* A datagram is never larger, a stream takes it piece by piece. */
#define PIECE_MAX (4u << 20)
#define CONTROL_MAX 65536
#define FDS_MAX 253	/* SCM_MAX_FD, include/net/scm.h */
#define CHUNKS_MAX 1024	/* UIO_MAXIOV */

/* One message, still in the caller's memory but for its frame. */
struct message {
	struct notif *n;
	int fd;			/* the socket, ours */
	int flags;
	struct sock_addr addr;
	struct place place;	/* of a UNIX address that is a path */
	struct iovec chunks[CHUNKS_MAX];
	size_t chunk_count;
	size_t total;
	char *control;
	size_t control_len;
	int fds[FDS_MAX];
	unsigned fd_count;
};

/* ---- what goes beside the data ---- */

/* Descriptors of the caller's become ours. */
static int take_fds(struct message *m, struct cmsghdr *c)
{
	size_t i, count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int *fds = (int *)(void *)CMSG_DATA(c);

	for (i = 0; i < count; i++) {
		int fd;

		if (m->fd_count == FDS_MAX)
			return -EINVAL;
		fd = notif_getfd(m->n, fds[i]);
		if (fd < 0)
			return fd;
		m->fds[m->fd_count++] = fds[i] = fd;
	}
	return 0;
}

/* Only privileged programs may name another's process, which then stays. */
static void be_sender(const struct message *m, struct cmsghdr *c)
{
	struct ucred cred;

	if (c->cmsg_len < CMSG_LEN(sizeof(cred)))
		return;
	memcpy(&cred, CMSG_DATA(c), sizeof(cred));
	if (cred.pid == notif_tgid(m->n))
		cred.pid = getpid();
	memcpy(CMSG_DATA(c), &cred, sizeof(cred));
}

static int fetch_control(struct message *m, uint64_t addr, size_t len)
{
	struct msghdr head;
	struct cmsghdr *c;
	int err;

	if (!len || !addr)
		return 0;
	if (len > CONTROL_MAX)
		return -ENOBUFS;
	m->control = calloc(1, len + sizeof(struct cmsghdr));
	if (!m->control)
		return -ENOBUFS;
	m->control_len = len;
	err = mem_read(m->n, addr, m->control, len);
	head = (struct msghdr){ .msg_control = m->control, .msg_controllen = len };
	for (c = CMSG_FIRSTHDR(&head); c && !err; c = CMSG_NXTHDR(&head, c)) {
		/* CMSG_OK(), include/linux/socket.h */
		if (c->cmsg_len < sizeof(*c) ||
		    c->cmsg_len > len - (size_t)((char *)c - m->control))
			return -EINVAL;
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			err = take_fds(m, c);
		else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
			be_sender(m, c);
	}
	return err;
}

/* ---- the frame ---- */

static int add_chunks(struct message *m, uint64_t addr, size_t count)
{
	size_t i;
	int err;

	if (count > CHUNKS_MAX)
		return -EMSGSIZE;
	err = count ? mem_read(m->n, addr, m->chunks, count * sizeof(struct iovec)) : 0;
	for (i = 0; !err && i < count; i++) {
		size_t len = m->chunks[i].iov_len;

		/* rw_copy_check_uvector(), lib/iov_iter.c */
		if ((ssize_t)len < 0)
			return -EINVAL;
		if (len > (size_t)INT_MAX - m->total)
			len = m->chunks[i].iov_len = (size_t)INT_MAX - m->total;
		m->total += len;
	}
	m->chunk_count = count;
	return err;
}

static void message_init(struct message *m, struct notif *n, int fd, int flags)
{
	m->n = n;
	m->fd = fd;
	m->flags = flags;
	m->addr.len = 0;
	m->chunk_count = m->total = m->control_len = 0;
	m->control = NULL;
	m->fd_count = 0;
	place_init(&m->place);
}

static void message_finish(struct message *m)
{
	while (m->fd_count)
		close_fd(m->fds[--m->fd_count]);
	free(m->control);
	m->n->object = NULL;
	place_finish(&m->place);
}

/* Read struct msghdr at @addr and what it points to, but for the data. */
static int fetch_message(struct message *m, uint64_t addr)
{
	struct msghdr head;
	int64_t len;
	int err = mem_read(m->n, addr, &head, sizeof(head));

	if (err)
		return err;
	/* ___sys_sendmsg(), net/socket.c */
	len = head.msg_name ? (int)head.msg_namelen : 0;
	if (len < 0)
		return -EINVAL;
	if (len > (int64_t)sizeof(m->addr.storage))
		len = sizeof(m->addr.storage);
	err = sock_addr_fetch(m->n, (uintptr_t)head.msg_name, len, &m->addr);
	if (!err)
		err = add_chunks(m, (uintptr_t)head.msg_iov, head.msg_iovlen);
	if (!err)
		err = fetch_control(m, (uintptr_t)head.msg_control, head.msg_controllen);
	return err;
}

static int fetch_simple(struct message *m)
{
	const uint64_t *a = m->n->args;

	m->chunks[0] = (struct iovec){ (void *)(uintptr_t)a[1], a[2] };
	m->chunk_count = 1;
	m->total = a[2] > INT_MAX ? INT_MAX : a[2];
	m->chunks[0].iov_len = m->total;
	return sock_addr_fetch(m->n, a[4], a[4] ? (int)a[5] : 0, &m->addr);
}

/* ---- sending ---- */

/* Copy @len bytes of the data from @from on. */
static int fetch_data(const struct message *m, size_t from, char *buf, size_t len)
{
	size_t i, done = 0;
	int err = 0;

	for (i = 0; i < m->chunk_count && done < len && !err; i++) {
		size_t size = m->chunks[i].iov_len;
		size_t part;

		if (from >= size) {
			from -= size;
			continue;
		}
		part = size - from < len - done ? size - from : len - done;
		err = mem_read(m->n, (uintptr_t)m->chunks[i].iov_base + from, buf + done, part);
		done += part;
		from = 0;
	}
	return err;
}

/* As the kernel does for who writes to a closed stream. */
static void broken_pipe(const struct message *m)
{
	if (!(m->flags & MSG_NOSIGNAL) && sock_option(m->fd, SO_TYPE) == SOCK_STREAM)
		kernel_tgkill(notif_tgid(m->n), m->n->tid, SIGPIPE);
}

/* Send the piece at @from. Return: bytes sent, or a negative errno. */
static ssize_t send_piece(struct message *m, size_t from, char *buf, size_t len)
{
	struct iovec iov = { buf, len };
	struct msghdr head = {
		.msg_name = m->addr.len ? &m->addr.any : NULL,
		.msg_namelen = m->addr.len,
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	ssize_t ret;

	if (!from && m->control_len) {
		head.msg_control = m->control;
		head.msg_controllen = m->control_len;
	}
	ret = fetch_data(m, from, buf, len);
	if (ret)
		return ret;
	ret = sendmsg(m->fd, &head, m->flags | MSG_NOSIGNAL);
	if (ret >= 0)
		return ret;
	ret = -errno;
	if (ret == -EPIPE && !from)
		broken_pipe(m);
	return ret;
}

/* A stream that waits takes all; everything else is sent at once. */
static ssize_t send_pieces(struct message *m, bool waits)
{
	bool stream = sock_option(m->fd, SO_TYPE) == SOCK_STREAM;
	size_t room = m->total < PIECE_MAX ? m->total : PIECE_MAX;
	size_t done = 0;
	ssize_t ret;
	char *buf;

	if (!stream && m->total > PIECE_MAX)
		return -EMSGSIZE;
	/* Pages of its own: with MSG_ZEROCOPY they are read after we are done. */
	buf = mmap(NULL, room + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf == MAP_FAILED)
		return -ENOBUFS;
	do {
		size_t len = m->total - done < room ? m->total - done : room;

		ret = send_piece(m, done, buf, len);
		if (ret > 0)
			done += (size_t)ret;
	} while (ret > 0 && stream && waits && done < m->total);
	munmap(buf, room + 1);
	return done ? (ssize_t)done : ret;
}

/* Send as the caller. Return: bytes, or a negative errno. */
static ssize_t send_message(struct message *m)
{
	bool waits = sock_may_wait(m->fd, m->flags);
	char path[sizeof(struct sockaddr_un)];
	struct outcome outcome;
	ssize_t ret;

	/* Others have a peer, and do not look at the address. */
	if (sock_option(m->fd, SO_DOMAIN) == AF_UNIX &&
	    sock_option(m->fd, SO_TYPE) == SOCK_DGRAM && sock_addr_path(&m->addr, path)) {
		if (sock_find(m->n, path, &m->place, &outcome))
			return outcome.kind == OUTCOME_ERRNO ? -outcome.error : -ESRCH;
		sock_addr_to_fd(&m->addr, m->place.fd);
	}
	if (waits)
		m->n->emul->block_begin(m->n->worker);
	ret = send_pieces(m, waits);
	if (waits)
		m->n->emul->block_end(m->n->worker);
	return ret;
}

/* Serve one message; @addr: of its struct msghdr, 0 for sendto(2). */
static ssize_t serve_message(struct notif *n, int fd, uint64_t addr, int flags)
{
	struct message *m = malloc(sizeof(*m));
	ssize_t ret;

	if (!m)
		return -ENOBUFS;
	message_init(m, n, fd, flags);
	ret = sock_option(fd, SO_DOMAIN);
	if (ret >= 0)
		ret = addr ? fetch_message(m, addr) : fetch_simple(m);
	if (!ret && !notif_alive(n))
		ret = -ESRCH;
	if (!ret)
		ret = send_message(m);
	message_finish(m);
	free(m);
	return ret;
}

/* struct mmsghdr: a message and how much of it was sent. */
static ssize_t serve_many(struct notif *n, int fd)
{
	unsigned i, count = (unsigned)n->args[2];
	ssize_t ret = 0;

	if (count > CHUNKS_MAX)
		count = CHUNKS_MAX;
	for (i = 0; i < count && ret >= 0; i++) {
		uint64_t addr = n->args[1] + i * sizeof(struct mmsghdr);
		unsigned sent;

		ret = serve_message(n, fd, addr, (int)n->args[3]);
		if (ret < 0)
			break;
		sent = (unsigned)ret;
		ret = mem_write(n, addr + offsetof(struct mmsghdr, msg_len), &sent, sizeof(sent));
		if (ret < 0)
			break;
	}
	return i ? (ssize_t)i : ret;
}

struct outcome sys_send(struct notif *n)
{
	bool to = n->row->nr == SYS_sendto;
	struct outcome outcome;
	auto_fd fd = -1;
	ssize_t ret;
	int err;

	if (sock_way(n, to ? n->args[4] : 0, to ? (int)n->args[5] : 0, &fd, &outcome) !=
	    SOCK_PERFORM)
		return outcome;
	err = act_begin(n, ACT_SEEN);
	if (err)
		return err == -ESRCH ? reply_gone() : reply_errno(err);
	if (n->row->nr == SYS_sendmmsg)
		ret = serve_many(n, fd);
	else
		ret = serve_message(n, fd, to ? 0 : n->args[1],
				    (int)n->args[to ? 3 : 2]);
	act_end(n);
	return ret == -ESRCH ? reply_gone() : reply_result(ret);
}
