/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_WATCH_H
#define GOSUP_DAEMON_WATCH_H

#include <stddef.h>
#include <uv.h>

#include "policy/base/error.h"

/* Watches files for new contents, however they get them: written in place,
 * renamed into place, or behind a symbolic link that is exchanged, as
 * Kubernetes does with a ConfigMap. */
struct watch;

/**
 * watch_start() - call @changed after one of @files has become another.
 * @files: names, which are looked up anew each time; must stay valid until
 * watch_set_files()
 * @diag: filled on failure
 *
 * Changes that follow each other quickly are one. Return: 0 or a negative
 * errno.
 */
int watch_start(struct watch **ret, uv_loop_t *loop, const char *const *files,
		size_t count, void (*changed)(void *arg), void *arg, struct diag *diag);

/* Watch these files from now on. */
void watch_set_files(struct watch *watch, const char *const *files, size_t count);

/* Stop, and free everything once the loop has run again. */
void watch_stop(struct watch *watch);

#endif
