/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/links.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINKS 40		/* as the kernel follows: include/linux/namei.h */

const char *links_dir(const char *path, char *buf)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (!slash || len >= PATH_MAX)
		return ".";
	if (!len)
		return "/";
	memcpy(buf, path, len);
	buf[len] = '\0';
	return buf;
}

/* @path becomes what the link that it names points to. Return: whether it
 * named one. */
static bool follow(char path[PATH_MAX])
{
	char target[PATH_MAX], dir[PATH_MAX], joined[2 * PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len <= 0)
		return false;
	target[len] = '\0';
	if (target[0] == '/')
		snprintf(joined, sizeof(joined), "%s", target);
	else
		snprintf(joined, sizeof(joined), "%s/%s", links_dir(path, dir), target);
	if (strlen(joined) >= PATH_MAX)
		return false;
	memcpy(path, joined, strlen(joined) + 1);
	return true;
}

int links_walk(const char *name, int (*visit)(void *arg, const char *path), void *arg)
{
	char path[PATH_MAX];
	int links = 0, err;

	if (snprintf(path, sizeof(path), "%s", name) >= PATH_MAX)
		return -ENAMETOOLONG;
	do {
		err = visit(arg, path);
	} while (!err && links++ < MAX_LINKS && follow(path));
	return err;
}
