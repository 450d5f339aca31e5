/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_LINKS_H
#define GOSUP_DAEMON_LINKS_H

/**
 * links_walk() - visit @name and, if it is a symbolic link, what it leads to,
 * link by link.
 * @visit: its path as it stands in the link; returns 0 to go on
 *
 * Return: 0, -ENAMETOOLONG, or what @visit returned.
 */
int links_walk(const char *name, int (*visit)(void *arg, const char *path), void *arg);

/* The directory part of @path, "." if it has none, in @buf of PATH_MAX bytes. */
const char *links_dir(const char *path, char *buf);

#endif
