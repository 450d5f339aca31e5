/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/proc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/base/cleanup.h"

int proc_read(pid_t pid, const char *file, char *buf, size_t size)
{
	char path[64];
	auto_fd fd = -1;
	ssize_t len;

	buf[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	do {
		len = read(fd, buf, size - 1);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	buf[len] = '\0';
	return (int)len;
}

const char *proc_field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? at + strlen(name) : NULL;
}

/* What follows the name in /proc/PID/stat: " S 4711 ...". The name may hold anything,
 * so it ends at the last parenthesis. */
static int read_stat(pid_t pid, char *buf, size_t size, const char **ret)
{
	int len = proc_read(pid, "stat", buf, size);
	const char *end = strrchr(buf, ')');

	if (len < 0)
		return len;
	if (!end || end[1] != ' ' || !end[2] || end[3] != ' ')
		return -ESRCH;
	*ret = end + 1;
	return 0;
}

int proc_state(pid_t pid, char *ret)
{
	char text[512];
	const char *rest;
	int err = read_stat(pid, text, sizeof(text), &rest);

	if (!err)
		*ret = rest[1];
	return err;
}

pid_t proc_parent(pid_t pid)
{
	char text[512];
	const char *rest;

	return read_stat(pid, text, sizeof(text), &rest) ? 0 : (pid_t)atoi(rest + 3);
}

pid_t proc_next(DIR *proc)
{
	struct dirent *entry;

	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			return (pid_t)atoi(entry->d_name);
	return 0;
}
