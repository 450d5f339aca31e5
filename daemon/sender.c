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

/* systemd.exec(5), since 248; older ones are process 1 mostly. */
static bool is_manager_above(void)
{
	const char *text = getenv("SYSTEMD_EXEC_PID");

	return text && atoi(text) == getpid();
}

void senders_init(struct senders *s)
{
	*s = (struct senders){ .managed = is_manager_above(), .comm = -1 };
}

/* An open file of /proc stays that of the process that it was opened for, so what
 * can be read from it is not another's of the same number. */
static bool read_name(struct senders *s, pid_t pid, char name[32])
{
	char path[32];
	ssize_t len = -1;

	if (s->comm >= 0 && s->last == pid)
		len = pread(s->comm, name, 31, 0);
	if (len <= 1) {
		close_fd(s->comm);
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		s->comm = open(path, O_RDONLY | O_CLOEXEC);
		s->last = pid;
		len = s->comm < 0 ? -1 : pread(s->comm, name, 31, 0);
	}
	if (len <= 1)
		return false;
	name[len - 1] = '\0';	/* a newline */
	return true;
}

bool sender_goes_round(struct senders *s, pid_t pid)
{
	char name[32];
	size_t i;

	if (pid <= 1 || (s->managed && pid == getppid()))
		return true;
	if (!read_name(s, pid, name))
		return false;
	for (i = 0; i < sizeof(walkers) / sizeof(walkers[0]); i++)
		if (!strcmp(name, walkers[i]))
			return true;
	return false;
}

void senders_finish(struct senders *s)
{
	s->comm = close_fd(s->comm);
}
