/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_JOBCTL_H
#define GOSUP_DAEMON_JOBCTL_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The part in job control that a shell's child has to play: the supervisor,
 * on behalf of the program.
 */

/**
 * jobctl_stopped() - the program was stopped by signal @sig: stop as it did.
 * @link: to the guard, which continues us if somebody continues the program, or
 * if one of its descendants, who need not be stopped, waits for an answer
 * @listener: where that shows
 *
 * Returns when continued, or at once if the program is not stopped any more.
 * Return: whether the program is still stopped, so that we should be, too.
 */
bool jobctl_stopped(int link, int listener, pid_t app, int sig);

/* Whether the program is stopped now. */
bool jobctl_is_stopped(pid_t app);

/**
 * jobctl_is_apart() - has the program left the process group that it was
 * started in, although it would have stayed as its leader without gosup?
 * What is sent to that group then does not reach it.
 */
bool jobctl_is_apart(pid_t app);

#endif
