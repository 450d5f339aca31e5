/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/deliver.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "emul/lineage.h"
#include "emul/proc.h"
#include "policy/base/cleanup.h"
#include "policy/base/log.h"
#include "policy/names.h"

static bool is_meant(const struct deliver *d, enum signal_to to, pid_t group, pid_t pid)
{
	if (pid == getpid() || pid == d->guard)
		return false;
	return to == SIGNAL_TO_GROUP ? getpgid(pid) == group :
				       lineage_descends(pid, d->guard);
}

/*
 * One process after the other, since gosup's own may be of the group. Each is
 * held by a pidfd first, so that it is the one that was looked at. What forks
 * meanwhile may be missed, as when somebody else does this.
 */
static void send_to_many(const struct deliver *d, enum signal_to to, int sig)
{
	pid_t group = getpgid(d->app);
	DIR *proc = opendir("/proc");
	pid_t pid;

	while (proc && (pid = proc_next(proc))) {
		auto_fd pidfd = kernel_pidfd_open(pid, 0);

		if (pidfd >= 0 && is_meant(d, to, group, pid))
			kernel_pidfd_send_signal(pidfd, sig);
	}
	if (proc)
		closedir(proc);
	else	/* better one than none */
		kernel_pidfd_send_signal(d->app_pidfd, sig);
}

/* What was queued is passed on with its value; the sender's name goes along. */
static int queue(const struct deliver *d, int sig, const struct signalfd_siginfo *si)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	info.si_pid = (pid_t)si->ssi_pid;
	info.si_uid = si->ssi_uid;
	info.si_value.sival_ptr = (void *)(uintptr_t)si->ssi_ptr;
	return syscall(SYS_pidfd_send_signal, d->app_pidfd, sig, &info, 0) == 0 ? 0 : -errno;
}

/* Return: false if there is no room for it now. */
static bool send_to(const struct deliver *d, enum signal_to to, int sig,
		    const struct signalfd_siginfo *si)
{
	int err = -EINVAL;

	if (d->outlived || to != SIGNAL_TO_APP) {
		send_to_many(d, d->outlived ? SIGNAL_TO_TREE : to, sig);
		return true;
	}
	if (si && si->ssi_code == SI_QUEUE)
		err = queue(d, sig, si);
	if (err == -EAGAIN && sig >= SIGRTMIN)
		return false;
	if (err)
		kernel_pidfd_send_signal(d->app_pidfd, sig);
	return true;
}

static void on_grace(uv_timer_t *timer)
{
	struct deliver *d = timer->data;
	int sig = d->rule.then[d->step++];

	log_warn("the program has not ended within %u ms; sending it %s",
		 d->rule.grace_ms, signal_name(sig));
	if (d->step == d->rule.then_count)
		uv_timer_stop(timer);
	send_to(d, d->rule.to, sig, NULL);
}

static bool pass_on(struct deliver *d, const struct signal_rule *rule,
		    const struct signalfd_siginfo *si)
{
	if (!send_to(d, rule->to, rule->as, si))
		return false;
	/* One sequence is enough: another of the kind does not start it anew. */
	if (!rule->then_count || uv_is_active((uv_handle_t *)&d->grace))
		return true;
	d->rule = *rule;
	d->step = 0;
	uv_timer_start(&d->grace, on_grace, rule->grace_ms, rule->grace_ms);
	return true;
}

static void on_drained(uv_timer_t *timer)
{
	struct deliver *d = timer->data;

	pass_on(d, &d->held_rule, &d->held);
}

void deliver_init(struct deliver *d, uv_loop_t *loop)
{
	uv_timer_init(loop, &d->drain);
	uv_timer_init(loop, &d->grace);
	d->drain.data = d->grace.data = d;
}

bool deliver_signal(struct deliver *d, const struct signal_rule *rule,
		    const struct signalfd_siginfo *si)
{
	bool waits = uv_is_active((uv_handle_t *)&d->drain);

	if (!rule)
		return send_to(d, d->to, (int)si->ssi_signo, si);
	if (rule->ignore)
		return true;
	if (!rule->drain_ms)
		return pass_on(d, rule, si);
	if (waits && d->held.ssi_signo == si->ssi_signo) {
		/* Who sends it again will not wait. */
		uv_timer_stop(&d->drain);
		on_drained(&d->drain);
		return true;
	}
	if (waits)
		return true;	/* the end has begun already */
	d->draining(d->arg);
	d->held = *si;
	d->held_rule = *rule;
	uv_timer_start(&d->drain, on_drained, rule->drain_ms, 0);
	return true;
}

void deliver_close(struct deliver *d)
{
	if (!d->drain.data)	/* never begun */
		return;
	uv_close((uv_handle_t *)&d->drain, NULL);
	uv_close((uv_handle_t *)&d->grace, NULL);
}
