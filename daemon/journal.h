/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_JOURNAL_H
#define GOSUP_DAEMON_JOURNAL_H

#include "daemon/audit_facts.h"

/* Where journald listens. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/**
 * journal_open() - a socket for entries.
 * @path: JOURNAL_SOCKET, but for tests
 * Return: a descriptor, or a negative errno.
 */
int journal_open(const char *path);

/**
 * journal_send() - one entry about @facts; thread-safe.
 * @message: its text, one line
 * @path: as given to journal_open()
 *
 * Return: 0, -EAGAIN if the journal is too busy just now, or another negative
 * errno.
 */
int journal_send(int fd, const char *path, const struct audit_facts *facts,
		 const char *message);

#endif
