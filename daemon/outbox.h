/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_OUTBOX_H
#define GOSUP_DAEMON_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/notify.h"

/* Messages to a service manager, in their order, which wait while it has no room
 * for them: nobody else is held up by a manager that is slow. */
struct outbox {
	const struct notify *to;
	struct outbox_message *first, **end;
	bool hurried;
	bool gave_up;
};

/* @to: must live as long */
void outbox_init(struct outbox *box, const struct notify *to);

/**
 * outbox_put() - send a message now, or keep it to be sent later.
 * @fds: stay the caller's
 *
 * Return: 0 or a negative errno; then it is lost.
 */
int outbox_put(struct outbox *box, const char *text, size_t len,
	       const int *fds, unsigned fd_count);

/* Nothing waits. */
bool outbox_is_empty(const struct outbox *box);

/* Send what there is room for. Return: outbox_is_empty(). */
bool outbox_flush(struct outbox *box);

/**
 * outbox_hurry() - from now on wait for room, for there is no later.
 *
 * For OUTBOX_PATIENCE_MS; if there is none by then, what waits is lost, which is
 * told, and so is all that follows.
 */
void outbox_hurry(struct outbox *box);

void outbox_finish(struct outbox *box);

#define OUTBOX_PATIENCE_MS 500

#endif
