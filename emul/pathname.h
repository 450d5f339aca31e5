/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_PATHNAME_H
#define GOSUP_EMUL_PATHNAME_H

#include <stdbool.h>

#include "emul/walk.h"

/* Paths as text: what can be said of them without asking the kernel. */

/**
 * path_join() - append the components of @rest to the canonical @seen.
 * Sets .path, .len and .want_dir of @ret; "." and doubled slashes vanish.
 * @ret_dotdot: there is a ".." (left as it is): the result means nothing then
 * Return: 0 or -ENAMETOOLONG.
 */
int path_join(const char *seen, const char *rest, struct place *ret, bool *ret_dotdot);

/* Is @path @prefix or below it? */
bool path_begins(const char *path, const char *prefix);
bool text_begins(const char *text, const char *prefix);

/* Take away the " (deleted)" that /proc shows behind a path that leads to an
 * object no more: d_path() in fs/d_path.c. Only of an object without links is it
 * certain that this is no part of its name. Return: whether it was there. */
bool path_strip_deleted(char *path);

/**
 * path_canonical() - the canonical name of @path, of which the end need not exist.
 * This does ask the kernel, on gosup's own behalf.
 * @path: absolute, normalised, shorter than PATH_MAX
 * @keep: do not resolve this many of the last components
 * @ret: PATH_MAX bytes
 * Return: false if that cannot be told, or is too long.
 */
bool path_canonical(const char *path, unsigned keep, char *ret);

#endif
