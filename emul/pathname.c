/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/pathname.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fd_path(struct worker *worker, int fd, char *buf, size_t size)
{
	char name[16];
	ssize_t len;

	snprintf(name, sizeof(name), "%d", fd);
	len = readlinkat(worker->proc_self_fd, name, buf, size - 1);
	if (len < 0)
		return -errno;
	buf[len] = '\0';
	return (int)len;
}

int path_join(const char *seen, const char *rest, struct place *ret, bool *ret_dotdot)
{
	size_t len = *rest == '/' ? 0 : strlen(seen);
	bool dir = true;

	*ret_dotdot = false;
	if (len >= SEEN_MAX)
		return -ENAMETOOLONG;
	memcpy(ret->path, seen, len);
	if (len == 1)
		len = 0;	/* the root's name is its slash */
	while (*rest) {
		size_t n = strcspn(rest, "/");

		dir = n == 0 || (n == 1 && *rest == '.');
		if (n == 2 && rest[0] == '.' && rest[1] == '.')
			*ret_dotdot = true;
		if (!dir) {
			if (len + n + 2 > SEEN_MAX)
				return -ENAMETOOLONG;
			ret->path[len++] = '/';
			memcpy(ret->path + len, rest, n);
			len += n;
		}
		rest += n;
		if (*rest == '/') {
			dir = true;
			rest++;
		}
	}
	if (len == 0)
		ret->path[len++] = '/';
	ret->path[len] = '\0';
	ret->len = len;
	ret->want_dir = dir;
	return 0;
}

bool text_begins(const char *path, const char *prefix)
{
	return !strncmp(path, prefix, strlen(prefix));
}

bool path_begins(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strncmp(path, prefix, n) && (path[n] == '/' || !path[n]);
}

bool path_strip_deleted(char *path)
{
	static const char suffix[] = " (deleted)";
	size_t len = strlen(path);

	if (len < sizeof(suffix) || strcmp(path + len - sizeof(suffix) + 1, suffix))
		return false;
	path[len - sizeof(suffix) + 1] = '\0';
	return true;
}

bool path_canonical(const char *path, unsigned keep, char *ret)
{
	char head[PATH_MAX], real[PATH_MAX];
	size_t cut = strlen(path);

	for (;;) {
		if (keep) {
			keep--;
		} else {
			memcpy(head, path, cut);
			head[cut] = '\0';
			if (realpath(cut ? head : "/", real))
				break;
			if (errno != ENOENT && errno != ENOTDIR)
				return false;
		}
		while (cut && path[cut - 1] != '/')
			cut--;
		if (cut)
			cut--;
	}
	return snprintf(ret, PATH_MAX, "%s%s", strcmp(real, "/") || !path[cut] ? real : "",
			path + cut) < PATH_MAX;
}
