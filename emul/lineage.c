/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/lineage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The parent stands behind the name and the state, see proc_pid_stat(5). The
 * name may hold anything, so it ends at the last parenthesis. */
pid_t lineage_parent(pid_t pid)
{
	char path[32], text[512];
	ssize_t len;
	char *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	end = strrchr(text, ')');
	return end && end[1] && end[2] && end[3] ? (pid_t)atoi(end + 4) : 0;
}

bool lineage_descends(pid_t pid, pid_t ancestor)
{
	/* Longer chains exist only while somebody builds them. */
	for (int hops = 0; pid > 1 && hops < 10000; hops++) {
		if (pid == ancestor)
			return true;
		pid = lineage_parent(pid);
	}
	return pid > 0 && pid == ancestor;
}
