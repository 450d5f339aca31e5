/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel keeps few datagrams for who does not read them (unix(7),
 * net.unix.max_dgram_qlen), and holds up who sends more. A manager may be busy,
 * stopped or stuck; the program's signals, its calls and the probes must not be
 * held up with it.
 */
#include "daemon/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "policy/base/cleanup.h"
#include "policy/base/log.h"

struct outbox_message {
	struct outbox_message *next;
	size_t len;
	unsigned fd_count;
	int fds[NOTIFY_FDS];
	char text[];
};

void outbox_init(struct outbox *box, const struct notify *to)
{
	*box = (struct outbox){ .to = to };
	box->end = &box->first;
}

static void destroy(struct outbox_message *m)
{
	while (m->fd_count)
		close_fd(m->fds[--m->fd_count]);
	free(m);
}

static int keep(struct outbox *box, const char *text, size_t len,
		const int *fds, unsigned fd_count)
{
	struct outbox_message *m = malloc(sizeof(*m) + len);

	if (!m)
		return -ENOMEM;
	m->next = NULL;
	m->len = len;
	memcpy(m->text, text, len);
	for (m->fd_count = 0; m->fd_count < fd_count; m->fd_count++) {
		int fd = fcntl(fds[m->fd_count], F_DUPFD_CLOEXEC, 3);

		if (fd < 0) {
			int err = -errno;

			destroy(m);
			return err;
		}
		m->fds[m->fd_count] = fd;
	}
	*box->end = m;
	box->end = &m->next;
	return 0;
}

bool outbox_is_empty(const struct outbox *box)
{
	return !box->first;
}

static void drop_first(struct outbox *box)
{
	struct outbox_message *m = box->first;

	box->first = m->next;
	if (!box->first)
		box->end = &box->first;
	destroy(m);
}

static void give_up(struct outbox *box)
{
	if (!box->gave_up)
		log_warn("the service manager takes no messages; it was not told of the end");
	box->gave_up = true;
	while (box->first)
		drop_first(box);
}

bool outbox_flush(struct outbox *box)
{
	while (box->first) {
		const struct outbox_message *m = box->first;
		int err = notify_send(box->to, m->text, m->len, m->fds, m->fd_count,
				      box->hurried);

		if (err == -EAGAIN && box->hurried)
			give_up(box);
		if (err == -EAGAIN)
			break;
		if (err)
			log_warn("cannot notify the service manager: %s", strerror(-err));
		drop_first(box);
	}
	return !box->first;
}

int outbox_put(struct outbox *box, const char *text, size_t len,
	       const int *fds, unsigned fd_count)
{
	int err = -EAGAIN;

	if (box->gave_up)
		return 0;
	if (!box->first)
		err = notify_send(box->to, text, len, fds, fd_count, box->hurried);
	if (err != -EAGAIN)
		return err;
	if (!box->hurried)
		return keep(box, text, len, fds, fd_count);
	give_up(box);
	return 0;
}

void outbox_hurry(struct outbox *box)
{
	struct timeval patience = { 0, OUTBOX_PATIENCE_MS * 1000 };

	if (box->hurried || box->to->fd < 0)
		return;
	box->hurried = true;
	setsockopt(box->to->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	outbox_flush(box);
}

void outbox_finish(struct outbox *box)
{
	while (box->first)
		drop_first(box);
}
