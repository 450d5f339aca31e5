/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: an event is put into words on the stack of the receiver
 * where it happened and written with one system call, so no lock is needed:
 * the kernel keeps single writes to a pipe (up to PIPE_BUF bytes), to an
 * O_APPEND file and to a datagram socket apart.
 *
 * What cannot be written is counted and told at the end. A full pipe or a busy
 * journal gets a moment to drain; once it did not use one, it gets none until
 * it takes something again, for the program waits meanwhile. (A blocking
 * stderr holds the receiver up for as long as it is full, as it would the
 * program itself.)
 */
#include "daemon/audit.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/audit_format.h"
#include "daemon/journal.h"
#include "policy/base/cleanup.h"
#include "policy/base/log.h"

/* Milliseconds that a target which is full gets to drain. */
#define DRAIN_MS 200

/* On the stack; longer JSON lines are put together on the heap. */
#define LINE_SIZE 16384

static_assert(PIPE_BUF >= AUDIT_LINE_MIN, "a text line fits one write to a pipe");

struct audit {
	enum log_to to;
	int fd;				/* FILE, JOURNAL: ours; else stderr */
	const char *name;		/* of the target, for messages */
	_Atomic bool full;		/* did not drain when last waited for */
	_Atomic bool torn;		/* FILE: ends inside a line */
	_Atomic uint64_t lost;
	_Atomic int error;		/* of the last one lost */
};

/* ---- opening ---- */

static int open_file(struct audit *audit, const char *path, struct diag *diag)
{
	char text[128];

	audit->name = path;
	audit->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (audit->fd >= 0)
		return 0;
	return diag_set(diag, -errno, "cannot write the log file \"%s\": %s",
			path, strerror_r(errno, text, sizeof(text)));
}

static int open_journal(struct audit *audit, struct diag *diag)
{
	char text[128];

	audit->name = "the journal";
	audit->fd = journal_open(JOURNAL_SOCKET);
	if (audit->fd >= 0)
		return 0;
	return diag_set(diag, audit->fd, "cannot reach the journal at %s: %s; "
			"log to \"stderr\" or to a file instead", JOURNAL_SOCKET,
			strerror_r(-audit->fd, text, sizeof(text)));
}

int audit_open(const struct policy *policy, struct audit **ret, struct diag *diag)
{
	struct audit *audit = calloc(1, sizeof(*audit));
	int err = 0;

	if (!audit)
		return diag_set(diag, -ENOMEM, "out of memory");
	audit->to = policy->log.to;
	audit->fd = -1;
	switch (audit->to) {
	case LOG_TO_FILE:
		err = open_file(audit, policy->log.file, diag);
		break;
	case LOG_TO_JOURNAL:
		err = open_journal(audit, diag);
		break;
	case LOG_TO_STDERR:
		audit->name = "stderr";
		break;
	case LOG_TO_NONE:
		break;
	}
	if (err)
		free(audit);
	else
		*ret = audit;
	return err;
}

void audit_close(struct audit *audit)
{
	char text[128];
	uint64_t lost;

	if (!audit)
		return;
	lost = atomic_load(&audit->lost);
	if (lost)
		log_warn("%llu event%s could not be recorded: %s: %s",
			 (unsigned long long)lost, lost == 1 ? "" : "s", audit->name,
			 strerror_r(atomic_load(&audit->error), text, sizeof(text)));
	close_fd(audit->fd);
	free(audit);
}

/* ---- writing ---- */

/* A target that takes nothing now. Return: whether to try again. */
static bool wait_drained(struct audit *audit, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	errno = EAGAIN;
	if (atomic_load(&audit->full))
		return false;
	if (poll(&p, 1, DRAIN_MS) == 1 && (p.revents & POLLOUT))
		return true;
	atomic_store(&audit->full, true);
	errno = EAGAIN;
	return false;
}

/* Return: 0 or a negative errno. */
static int write_line(struct audit *audit, int fd, const char *line, size_t len)
{
	size_t whole = len;

	while (len) {
		ssize_t n = write(fd, line, len);

		if (n >= 0) {
			/* Short: a full disk, or a signal during a write. */
			line += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (!wait_drained(audit, fd))
				break;
		} else if (errno != EINTR) {
			break;
		}
	}
	if (!len)
		return 0;
	if (len < whole)
		atomic_store(&audit->torn, true);
	return -errno;
}

static int record_text(struct audit *audit, const struct audit_facts *facts)
{
	char buf[PIPE_BUF];
	struct line line;

	line_init(&line, buf, sizeof(buf) - 1);
	audit_put_text(&line, facts);
	buf[line.len++] = '\n';
	return write_line(audit, STDERR_FILENO, buf, line.len);
}

static int record_json(struct audit *audit, const struct audit_facts *facts)
{
	char small[LINE_SIZE];
	size_t size = audit_json_size(facts);
	auto_free char *large = size > sizeof(small) ? malloc(size) : NULL;
	bool torn = atomic_exchange(&audit->torn, false);
	struct line line;
	int err;

	/* Without memory the line says less, but is written. */
	line_init(&line, large ? large : small, (large ? size : sizeof(small)) - 1);
	/* What was left of a line when the disk was full stays one by itself. */
	if (torn)
		line_puts(&line, "\n");
	audit_put_json(&line, facts);
	line.buf[line.len++] = '\n';
	err = write_line(audit, audit->fd, line.buf, line.len);
	if (err && torn)
		atomic_store(&audit->torn, true);
	return err;
}

static int record_journal(struct audit *audit, const struct audit_facts *facts)
{
	static const char prefix[] = "gosup: ";
	char buf[PIPE_BUF];
	struct line line;
	int err;

	line_init(&line, buf, sizeof(buf));
	audit_put_text(&line, facts);
	/* The journal shows the identifier already. */
	do {
		err = journal_send(audit->fd, JOURNAL_SOCKET, facts,
				   buf + sizeof(prefix) - 1);
	} while (err == -EAGAIN && wait_drained(audit, audit->fd));
	return err;
}

void audit_record(void *arg, const struct event *event)
{
	struct audit *audit = arg;
	struct audit_facts facts;
	int saved = errno;
	int err = 0;

	if (!audit || audit->to == LOG_TO_NONE)
		return;
	audit_facts_get(event, &facts);
	switch (audit->to) {
	case LOG_TO_STDERR:
		err = record_text(audit, &facts);
		break;
	case LOG_TO_FILE:
		err = record_json(audit, &facts);
		break;
	case LOG_TO_JOURNAL:
		err = record_journal(audit, &facts);
		break;
	case LOG_TO_NONE:
		break;
	}
	if (err) {
		atomic_store(&audit->error, -err);
		atomic_fetch_add(&audit->lost, 1);
	} else {
		atomic_store(&audit->full, false);
	}
	errno = saved;
}
