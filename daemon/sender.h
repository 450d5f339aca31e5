/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_SENDER_H
#define GOSUP_DAEMON_SENDER_H

#include <stdbool.h>
#include <sys/types.h>

/* Was this process started by a service manager itself? Asked before threads
 * are, since it looks at the environment. */
bool sender_is_manager_above(void);

/**
 * sender_goes_round() - does process @pid send a signal to many, one by one?
 * @managed: our parent is a service manager
 * @pid: the signal's si_pid; 0 if it is outside of our pid namespace
 */
bool sender_goes_round(bool managed, pid_t pid);

#endif
