/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most who send a signal mean one process or a group. Service managers and
 * container engines go through the processes of a control group, and some
 * programs through all whose names match; they reach supervisor, guard and
 * program in turn.
 */
#include "daemon/sender.h"

#include <dirent.h>
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

enum sender_kind sender_kind(struct senders *s, pid_t pid)
{
	char name[32];
	size_t i;

	if (pid <= 1 || (s->managed && pid == getppid()))
		return SENDER_GOES_ROUND;
	if (!read_name(s, pid, name))
		return SENDER_GONE;
	for (i = 0; i < sizeof(walkers) / sizeof(walkers[0]); i++)
		if (!strcmp(name, walkers[i]))
			return SENDER_GOES_ROUND;
	return SENDER_ORDINARY;
}

/* The state as proc_pid_stat(5) has it, behind a name that may hold anything. */
static char state_of(int tasks, const char *tid)
{
	char path[32], text[128];
	ssize_t len;
	char *end;
	auto_fd fd = -1;

	snprintf(path, sizeof(path), "%.20s/stat", tid);
	fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return 'X';
	text[len] = '\0';
	end = strrchr(text, ')');
	return end && end[1] && end[2] ? end[2] : 'X';
}

bool sender_is_busy(pid_t pid)
{
	const struct dirent *entry;
	bool busy = false;
	char path[32];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = pid > 0 ? opendir(path) : NULL;
	while (tasks && !busy && (entry = readdir(tasks)))
		busy = entry->d_name[0] != '.' && strchr("RD", state_of(dirfd(tasks), entry->d_name));
	if (tasks)
		closedir(tasks);
	return busy;
}

void senders_finish(struct senders *s)
{
	s->comm = close_fd(s->comm);
}
