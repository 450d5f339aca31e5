/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that reach other processes. Only the supervisor's own are out of
 * reach; all is judged on numbers that the kernel copied, so the rest goes on
 * natively.
 *
 * A signal to a group or to everybody may hit the supervisor, too. Those it
 * can handle, it handles (they come from inside the program's tree and are not
 * passed on); SIGKILL and SIGSTOP it cannot, so these are delivered here, one
 * process at a time. Nobody can tell: a process killed or stopped by them
 * never sees who did it.
 *
 * Sources: kill(2), pidfd_send_signal(2), kernel/signal.c.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/handlers.h"
#include "emul/kernel.h"
#include "policy/base/cleanup.h"

static struct outcome out_of_reach(struct notif *n)
{
	n->operation = "would reach the supervisor";
	notif_record(n, EVENT_DENY, -EPERM);
	return reply_errno(EPERM);
}

static bool uncatchable(int sig)
{
	return sig == SIGKILL || sig == SIGSTOP;
}

static pid_t group_of(pid_t pid)
{
	return getpgid(pid);
}

/* Signal one process as the caller, unless it is ours. Return: 0 or errno. */
static int signal_one(struct notif *n, pid_t pid, int sig)
{
	auto_fd pidfd = -1;

	if (emul_is_protected(n->emul, pid))
		return -EPERM;
	pidfd = kernel_pidfd_open(pid, 0);
	return pidfd < 0 ? pidfd : kernel_pidfd_send_signal(pidfd, sig);
}

/*
 * kill(2) to @group, or to everybody but init and the caller if it is 0.
 * Succeeds if one could be signalled, as kill_something_info() does.
 */
static int signal_many(struct notif *n, pid_t group, int sig)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t self = notif_tgid(n);
	bool hit_self = false;
	int ret = -ESRCH;

	if (!proc)
		return -EPERM;
	while ((entry = readdir(proc))) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
		int err;

		if (pid <= 1 || (group ? group_of(pid) != group : pid == self))
			continue;
		if (pid == self) {
			hit_self = true;
			continue;
		}
		if (emul_is_protected(n->emul, pid))
			continue;
		err = signal_one(n, pid, sig);
		if (ret != 0 && err != -ESRCH)
			ret = err;
	}
	closedir(proc);
	/* The caller last: it dies of it before it hears the answer. */
	if (hit_self)
		ret = signal_one(n, self, sig);
	return ret;
}

static struct outcome kill_many(struct notif *n, pid_t pid, int sig)
{
	pid_t group = pid == -1 ? 0 : pid ? -pid : group_of(n->tid);
	int err;

	if (!uncatchable(sig))
		return reply_continue(CONTINUE_SCALARS_JUDGED);
	if (group && group != group_of(n->emul->protected_pids[0]) &&
	    group != group_of(n->emul->protected_pids[1]))
		return reply_continue(CONTINUE_SCALARS_JUDGED);
	err = act_begin(n, 0);
	if (!err)
		err = signal_many(n, group, sig);
	act_end(n);
	return reply_result(err);
}

/* The process behind a pidfd, or a /proc/PID directory used as one. */
static pid_t pid_of_pidfd(struct notif *n, int fd)
{
	char path[48], text[512];
	auto_fd info = -1;
	ssize_t len;
	char *pid;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", n->tid, fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return errno == ENOENT ? -EBADF : -errno;
	len = read(info, text, sizeof(text) - 1);
	if (len <= 0)
		return -EBADF;
	text[len] = '\0';
	pid = strstr(text, "\nPid:");
	if (pid)
		return atoi(pid + 5) > 0 ? atoi(pid + 5) : -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", n->tid, fd);
	len = readlink(path, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	return !strncmp(text, "/proc/", 6) ? atoi(text + 6) : -EBADF;
}

/* SIGKILL and SIGSTOP through a pidfd: the descriptor could be changed for
 * another while it is judged, so it is done here, by the pid it was for. */
static struct outcome kill_by_pidfd(struct notif *n, int fd, int sig)
{
	pid_t pid;
	int err;

	if (!uncatchable(sig))
		return reply_continue(CONTINUE_SCALARS_JUDGED);
	if (n->args[3])
		return reply_errno(EINVAL);
	pid = pid_of_pidfd(n, fd);
	if (pid <= 0)
		return reply_errno(pid ? pid : -EBADF);
	if (emul_is_protected(n->emul, pid))
		return out_of_reach(n);
	err = act_begin(n, 0);
	if (!err)
		err = signal_one(n, pid, sig);
	act_end(n);
	return reply_result(err);
}

struct outcome sys_signal(struct notif *n)
{
	int target = (int)n->args[0];
	int sig = (int)n->args[1];

	switch (n->row->nr) {
	case SYS_pidfd_send_signal:
		return kill_by_pidfd(n, target, sig);
	case SYS_kill:
		if (target <= 0)
			return kill_many(n, target, sig);
		break;
	case SYS_tgkill:
	case SYS_rt_tgsigqueueinfo:
		if (emul_is_protected(n->emul, (int)n->args[1]))
			return out_of_reach(n);
		break;
	}
	if (emul_is_protected(n->emul, target) && !(n->row->nr == SYS_kill && sig == 0))
		return out_of_reach(n);
	return reply_continue(CONTINUE_SCALARS_JUDGED);
}

/* As the filter has it for setrlimit(2): not done, and said to be done. But who
 * wants to know what the limit was would notice. */
static struct outcome limit_cores(struct notif *n)
{
	if (!n->args[3])
		return reply_value(0);
	n->operation = "would let the kernel write core files where no rule is asked";
	notif_record(n, EVENT_DENY, -EPERM);
	return reply_errno(EPERM);
}

struct outcome sys_process(struct notif *n)
{
	unsigned i;

	/* It may get a socket from anywhere. */
	if (n->row->nr == SYS_pidfd_getfd)
		atomic_store(&n->emul->known->unix_sockets, UNIX_SOME);

	for (i = 0; i < SYSCALL_ARGS; i++) {
		enum arg_kind kind = n->row->args[i];

		if ((kind == ARG_PID || kind == ARG_TID) &&
		    emul_is_protected(n->emul, (int)n->args[i]))
			return out_of_reach(n);
	}
	if (n->row->nr == SYS_prlimit64 && n->emul->plan->no_cores &&
	    (unsigned)n->args[1] == RLIMIT_CORE && n->args[2])
		return limit_cores(n);
	return reply_continue(CONTINUE_SCALARS_JUDGED);
}

/* The caller changes who it is: from now on that must be asked each time. */
struct outcome sys_track(struct notif *n)
{
	if (n->row->nr == SYS_umask)
		atomic_store(&n->emul->known->umask_uniform, false);
	else
		atomic_store(&n->emul->known->uniform, false);
	return reply_continue(CONTINUE_TRACKED);
}
