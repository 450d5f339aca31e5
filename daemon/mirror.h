/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_MIRROR_H
#define GOSUP_DAEMON_MIRROR_H

#include "daemon/session.h"

/**
 * session_mirror() - end as the program did.
 * @end: how that was, or how it is to look
 *
 * With the same exit status, or by the same signal, and "core dumped" if that is
 * said of the program; as PID 1, which no signal ends, with 128 plus its number.
 * There must be no other threads that matter. Does not return.
 */
__attribute__((noreturn)) void session_mirror(const struct session_end *end);

#endif
