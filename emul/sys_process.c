/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that reach other processes, but for signals. The supervisor's own are out of
 * reach, and where rules take something away so is, for calls that get at what a
 * process holds (ROW_REACHES), everybody outside of the program's tree: he may do what
 * the program may not. All is judged on numbers that the kernel copied, so the rest
 * goes on natively.
 *
 * A number can become another process's after the look at it. Landlock, where there
 * is any, judges again, without that gap (policy/plan_landlock.c). A pidfd could be
 * exchanged at any time, so what is judged by one is left to Landlock or refused.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "emul/handlers.h"

static struct outcome out_of_tree(struct notif *n)
{
	return notif_refuse(n, EPERM, "would reach into a process outside of the program's "
			    "tree");
}

/* Whether the call would reach into @pid, which the policy does not let it. */
static bool reaches_out(const struct notif *n, pid_t pid)
{
	return n->emul->plan->keeps_apart && (n->row->flags & ROW_REACHES) && pid > 0 &&
	       notif_same_numbers(n) && !emul_in_tree(n->emul, pid);
}

/* As the filter has it for setrlimit(2): not done, and said to be done. But who
 * wants to know what the limit was would notice. */
static struct outcome limit_cores(struct notif *n)
{
	if (!n->args[3])
		return reply_value(0);
	return notif_refuse(n, EPERM, "would let the kernel write core files where no rule is "
			    "asked");
}

struct outcome sys_process(struct notif *n)
{
	unsigned i;

	/* It may get a socket from anywhere. */
	if (n->row->nr == SYS_pidfd_getfd)
		atomic_store(&n->emul->known->unix_sockets, true);

	for (i = 0; i < SYSCALL_ARGS; i++) {
		enum arg_kind kind = n->row->args[i];

		if (kind != ARG_PID && kind != ARG_TID)
			continue;
		if (emul_is_protected(n->emul, (int)n->args[i]))
			return notif_refuse(n, EPERM, "would reach the supervisor");
		if (reaches_out(n, (int)n->args[i]))
			return out_of_tree(n);
	}
	if (n->row->nr == SYS_pidfd_getfd && n->emul->plan->keeps_apart &&
	    !n->emul->plan->landlock.apart)
		return out_of_tree(n);
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
