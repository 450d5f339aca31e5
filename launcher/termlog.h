/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_TERMLOG_H
#define GOSUP_LAUNCHER_TERMLOG_H

#include "daemon/session.h"
#include "policy/policy.h"

/*
 * The termination message: a few lines in a file that tell why a container
 * ended, if that was gosup's doing. Kubernetes shows them in the state of the
 * pod.
 */

/**
 * termlog_open() - keep error messages for termlog_failure() from now on.
 * @path: the file; NULL: /dev/termination-log, if there is one
 */
void termlog_open(const char *path);

/* gosup has failed: write what it has said. */
void termlog_failure(void);

/* The program has ended: write by which rule, if by any. */
void termlog_program(const struct session_end *end, const struct policy *policy);

#endif
