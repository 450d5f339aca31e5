/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most who send a signal mean one process or a group. Service managers and
 * container engines go through the processes of a control group, and some
 * programs through all whose names match; they reach supervisor, guard and
 * program in turn.
 */
#include "daemon/sender.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/base/cleanup.h"

/* As proc_pid_comm(5) has them. */
static const char *const walkers[] = {
	"pkill", "killall", "killall5", "start-stop-daem", "skill", "slay",
};

bool sender_is_manager_above(void)
{
	/* systemd.exec(5), since 248; older ones are process 1 mostly. */
	const char *text = getenv("SYSTEMD_EXEC_PID");

	return text && atoi(text) == getpid();
}

bool sender_goes_round(bool managed, pid_t pid)
{
	char path[32], name[32];
	auto_fd fd = -1;
	ssize_t len;
	size_t i;

	if (pid <= 1 || (managed && pid == getppid()))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);
	if (len <= 1)
		return false;
	name[len - 1] = '\0';	/* a newline */
	for (i = 0; i < sizeof(walkers) / sizeof(walkers[0]); i++)
		if (!strcmp(name, walkers[i]))
			return true;
	return false;
}
