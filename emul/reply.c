/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: an outcome is a value until reply_send(), which is
 * called at one place for each notification received. If the kernel will not
 * take an answer because the caller is gone (ENOENT), there is nobody to
 * answer and the notification ends as GONE. If it refuses an injected
 * descriptor (the caller's table is full, say), the caller gets that errno:
 * the one it would have had from the real call.
 */
#include "emul/reply.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#include "emul/kernel.h"
#include "policy/base/cleanup.h"

struct outcome reply_value(int64_t value)
{
	return (struct outcome){ .kind = OUTCOME_VALUE, .value = value };
}

struct outcome reply_value_then(int64_t value, void (*then)(struct notif *n))
{
	return (struct outcome){ .kind = OUTCOME_VALUE, .value = value, .then = then };
}

struct outcome reply_errno(int error)
{
	assert(error != 0);
	return (struct outcome){ .kind = OUTCOME_ERRNO,
				 .error = error < 0 ? -error : error };
}

struct outcome reply_errno_then(int error, void (*then)(struct notif *n))
{
	struct outcome outcome = reply_errno(error);

	outcome.then = then;
	return outcome;
}

struct outcome reply_fd(int fd, bool cloexec)
{
	return (struct outcome){ .kind = OUTCOME_FD,
				 .inject = { fd, cloexec ? O_CLOEXEC : 0 } };
}

struct outcome reply_continue(enum continue_reason reason)
{
	return (struct outcome){ .kind = OUTCOME_CONTINUE, .reason = reason };
}

struct outcome reply_continue_then(enum continue_reason reason, void (*then)(struct notif *n))
{
	return (struct outcome){ .kind = OUTCOME_CONTINUE, .reason = reason, .then = then };
}

struct outcome reply_gone(void)
{
	return (struct outcome){ .kind = OUTCOME_GONE };
}

struct outcome reply_kill(void)
{
	return (struct outcome){ .kind = OUTCOME_KILL };
}

static int send_response(struct notif *n, int64_t value, int error, unsigned flags)
{
	struct seccomp_notif_resp resp = {
		.id = n->id, .val = value, .error = -error, .flags = flags,
	};

	return kernel_notif_send(n->emul->listener, &resp);
}

/*
 * ADDFD wakes the caller, who installs the descriptor, and then waits for it.
 * Left to the scheduler, that wake prefers an idle CPU to the one where we are
 * about to sleep, and an idle CPU of a virtual machine takes long to wake. So
 * for the length of the ioctl the caller may run here only. Nobody sees it: the
 * caller itself is inside its call, and its mask is put back as it was. Where
 * the other CPU is awake this is no gain (emul/handover.h).
 * Return: whether @ret_was is to be put back.
 */
static bool bind_here(pid_t tid, cpu_set_t *ret_was)
{
	cpu_set_t here;
	int cpu = sched_getcpu();

	if (cpu < 0 || sched_getaffinity(tid, sizeof(*ret_was), ret_was) < 0 ||
	    !CPU_ISSET(cpu, ret_was) || CPU_COUNT(ret_was) == 1)
		return false;
	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	return sched_setaffinity(tid, sizeof(here), &here) == 0;
}

/*
 * Install the descriptor, then answer with its number. Not in one step
 * (SECCOMP_ADDFD_FLAG_SEND): when that is broken off, by a signal, a stop or a
 * freezer, the kernel takes the descriptor back but lets the answer stand,
 * which is 0 (seccomp_notify_addfd() in kernel/seccomp.c), and the program
 * goes on to write to its stdin. In two steps the first can be repeated, and
 * the caller is inside its call until its mask is put back.
 */
static int send_fd(struct notif *n, const struct outcome *o)
{
	struct seccomp_notif_addfd add = {
		.id = n->id,
		.srcfd = (uint32_t)o->inject.fd,
		.newfd_flags = o->inject.flags,
	};
	struct handover *handover = &n->worker->handover;
	uint64_t started = kernel_now_ns();
	bool bind = handover_bind(handover);
	bool bound;
	cpu_set_t was;
	int fd, err;

	bound = bind && bind_here(n->tid, &was);
	do {
		fd = kernel_notif_addfd(n->emul->listener, &add);
	} while (fd == -EINTR);
	if (bound)
		sched_setaffinity(n->tid, sizeof(was), &was);
	handover_took(handover, bind, kernel_now_ns() - started);
	close_fd(o->inject.fd);
	if (fd < 0)
		return fd;
	err = send_response(n, fd, 0, 0);
	return err < 0 ? err : fd;
}

static void kill_target(struct notif *n)
{
	pid_t tgid = notif_tgid(n);
	auto_fd pidfd = tgid > 0 ? kernel_pidfd_open(tgid, 0) : -1;

	/* Identity was checked: the id is valid only while the caller waits. */
	if (pidfd >= 0 && kernel_notif_id_valid(n->emul->listener, n->id) == 0)
		kernel_pidfd_send_signal(pidfd, SIGKILL);
}

static int finish(struct notif *n, int ret)
{
	assert(n->state == NOTIF_RECEIVED);
	if (ret == -ENOENT) {
		n->state = NOTIF_GONE;
		n->worker->gone++;
	} else {
		n->state = NOTIF_REPLIED;
		n->worker->answered++;
	}
	return ret;
}

int64_t reply_send(struct notif *n, struct outcome o)
{
	int64_t result = 0;
	int ret;

	switch (o.kind) {
	case OUTCOME_VALUE:
		result = o.value;
		ret = send_response(n, o.value, 0, 0);
		break;
	case OUTCOME_FD:
		ret = send_fd(n, &o);
		result = ret;
		if (ret >= 0 || ret == -ENOENT)
			break;
		o.error = -ret;
		__attribute__((fallthrough));
	case OUTCOME_ERRNO:
		result = -o.error;
		ret = send_response(n, 0, o.error, 0);
		break;
	case OUTCOME_CONTINUE:
		assert(o.reason != 0);
		ret = send_response(n, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
		break;
	case OUTCOME_KILL:
		kill_target(n);
		result = -EPERM;
		ret = send_response(n, 0, EPERM, 0);
		break;
	case OUTCOME_GONE:
	default:
		/* Should somebody wait after all, he must not wait for ever. */
		result = -ESRCH;
		ret = send_response(n, 0, ESRCH, 0);
		break;
	}
	finish(n, ret);
	if (o.then)
		o.then(n);
	return result;
}
