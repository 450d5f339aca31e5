/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_DISPATCH_H
#define GOSUP_EMUL_DISPATCH_H

#include <linux/seccomp.h>

#include "emul/notif.h"

/**
 * dispatch() - serve one notification from end to end.
 * @req: as the kernel gave it
 *
 * When this returns, the notification has been answered or its caller is gone.
 */
void dispatch(struct worker *worker, const struct seccomp_notif *req);

/**
 * worker_init() - prepare the calling thread for serving calls.
 * @want_stats: count per call and per rule
 * Return: 0 or a negative errno.
 */
int worker_init(struct worker *worker, struct emul *emul, bool want_stats);
void worker_finish(struct worker *worker);

/**
 * worker_adopt() - serve by @emul from the next call on.
 * What was counted per rule is forgotten if the rules are others now.
 */
void worker_adopt(struct worker *worker, struct emul *emul);

#endif
