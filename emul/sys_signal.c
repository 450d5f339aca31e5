/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals that the program sends. The supervisor's own processes are out of reach;
 * under "send": "tree", where Landlock does not see to that, so is everybody who does
 * not descend from the guard. All is judged on numbers that the kernel copied, so the
 * rest goes on natively, with the sender's name and the signal's value.
 *
 * A signal to a group or to everybody may hit the supervisor, too. Those it
 * can handle, it handles (they come from inside the program's tree and are not
 * passed on); SIGKILL and SIGSTOP it cannot, so these are delivered here, one
 * process at a time. Nobody can tell: a process killed or stopped by them
 * never sees who did it. What may reach only a part of a group is delivered here as
 * well.
 *
 * A process may end, and its number be another's, between the look at it and the
 * signal. That takes as many forks as there are numbers (alloc_pid()). SIGKILL and
 * SIGSTOP go through a pidfd anyway, which no number is needed for.
 *
 * Sources: kill(2), pidfd_send_signal(2), kernel/signal.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/handlers.h"
#include "emul/kernel.h"
#include "emul/proc.h"
#include "policy/base/cleanup.h"

static struct outcome out_of_tree(struct notif *n)
{
	return notif_refuse(n, EPERM, "would signal a process outside of the program's tree");
}

static struct outcome out_of_reach(struct notif *n)
{
	return notif_refuse(n, EPERM, "would reach the supervisor");
}

static bool uncatchable(int sig)
{
	return sig == SIGKILL || sig == SIGSTOP;
}

static pid_t group_of(pid_t pid)
{
	return getpgid(pid);
}

/* Whether the policy lets the program signal process or thread @pid. */
static bool may_signal(const struct notif *n, pid_t pid)
{
	return !n->emul->plan->keeps_signals || emul_in_tree(n->emul, pid);
}

/* Signal one process as the caller, unless it is ours. Return: 0 or errno. */
static int signal_one(struct notif *n, pid_t pid, int sig)
{
	auto_fd pidfd = -1;

	if (emul_is_protected(n->emul, pid))
		return -EPERM;
	pidfd = kernel_pidfd_open(pid, 0);
	if (pidfd < 0)
		return pidfd;
	/* Now that it cannot become another. */
	return may_signal(n, pid) ? kernel_pidfd_send_signal(pidfd, sig) : -EPERM;
}

static struct outcome perform_one(struct notif *n, pid_t pid, int sig)
{
	int err = act_begin(n, 0);

	if (!err)
		err = signal_one(n, pid, sig);
	act_end(n);
	return reply_result(err);
}

/*
 * kill(2) to @group, or to everybody but init and the caller if it is 0.
 * Succeeds if one could be signalled, as kill_something_info() does.
 */
static int signal_many(struct notif *n, pid_t group, int sig)
{
	DIR *proc = opendir("/proc");
	pid_t self = notif_tgid(n), pid;
	bool hit_self = false;
	int ret = -ESRCH;

	if (!proc)
		return -EPERM;
	while ((pid = proc_next(proc))) {
		int err;

		if (pid == 1 || (group ? group_of(pid) != group : pid == self))
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

static struct outcome perform_many(struct notif *n, pid_t group, int sig)
{
	int err = act_begin(n, 0);

	if (!err)
		err = signal_many(n, group, sig);
	act_end(n);
	return reply_result(err);
}

/* Whether all of @group, but gosup's own, may be signalled. */
static bool tree_only(struct notif *n, pid_t group)
{
	DIR *proc = group ? opendir("/proc") : NULL;
	bool only = proc;
	pid_t pid;

	while (only && (pid = proc_next(proc)))
		if (group_of(pid) == group && !emul_is_protected(n->emul, pid))
			only = may_signal(n, pid);
	if (proc)
		closedir(proc);
	return only;
}

static struct outcome kill_many(struct notif *n, pid_t pid, int sig)
{
	pid_t group = pid == -1 ? 0 : pid ? -pid : group_of(n->tid);

	if (n->emul->plan->keeps_signals && !tree_only(n, group))
		return perform_many(n, group, sig);
	if (!uncatchable(sig))
		return reply_continue(CONTINUE_SCALARS_JUDGED);
	if (group && group != group_of(n->emul->protected_pids[0]) &&
	    group != group_of(n->emul->protected_pids[1]))
		return reply_continue(CONTINUE_SCALARS_JUDGED);
	return perform_many(n, group, sig);
}

/* The process behind a pidfd, or a /proc/PID directory used as one. */
static pid_t pid_of_pidfd(struct notif *n, int fd)
{
	char path[48], text[512];
	const char *pid;
	ssize_t len;

	snprintf(path, sizeof(path), "fdinfo/%d", fd);
	len = proc_read(n->tid, path, text, sizeof(text));
	if (len <= 0)
		return len && len != -ESRCH ? (pid_t)len : -EBADF;
	pid = proc_field(text, "\nPid:");
	if (pid)
		return atoi(pid) > 0 ? atoi(pid) : -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", n->tid, fd);
	len = readlink(path, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	return !strncmp(text, "/proc/", 6) ? atoi(text + 6) : -EBADF;
}

/* SIGKILL and SIGSTOP through a pidfd, and others that may leave the tree: the
 * descriptor could be changed for another while it is judged, so it is done here,
 * by the pid it was for. */
static struct outcome kill_by_pidfd(struct notif *n, int fd, int sig)
{
	pid_t pid;

	if (!uncatchable(sig) && !n->emul->plan->keeps_signals)
		return reply_continue(CONTINUE_SCALARS_JUDGED);
	if (n->args[3])
		return reply_errno(EINVAL);
	pid = pid_of_pidfd(n, fd);
	if (pid <= 0)
		return reply_errno(pid ? pid : -EBADF);
	if (emul_is_protected(n->emul, pid))
		return out_of_reach(n);
	if (!may_signal(n, pid))
		return out_of_tree(n);
	return perform_one(n, pid, sig);
}

/* To one process or thread, by its number. */
static struct outcome within_tree(struct notif *n, pid_t target, int sig)
{
	bool process = n->row->nr == SYS_kill;

	/* To itself, as Go does to preempt. */
	if (target == notif_tgid(n))
		return reply_continue(CONTINUE_SCALARS_JUDGED);
	if (kill(target, 0) < 0 && errno == ESRCH)
		return reply_errno(ESRCH);
	if (!may_signal(n, target))
		return out_of_tree(n);
	if (!process || !uncatchable(sig))
		return reply_continue(CONTINUE_SCALARS_JUDGED);
	return perform_one(n, target, sig);
}

struct outcome sys_signal(struct notif *n)
{
	int target = (int)n->args[0];
	int sig = (int)n->args[1];

	/* In a namespace of its own, numbers mean others. */
	if (n->emul->plan->keeps_signals && !notif_same_numbers(n))
		return out_of_tree(n);
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
	return n->emul->plan->keeps_signals ? within_tree(n, target, sig) :
					      reply_continue(CONTINUE_SCALARS_JUDGED);
}
