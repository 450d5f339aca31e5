/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: whether a signal went to the whole group, the guard knows.
 * It has told all it saw when it answers a ping; if nothing was sent to it since the
 * last answer, it need not be asked, nor woken.
 */
#include "daemon/intake.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/guard.h"
#include "daemon/jobctl.h"
#include "policy/base/cleanup.h"

#define BIT(sig) (1ull << ((sig) - 1))
#define AT_ONCE 16	/* signals per read */

static void ask_guard(struct intake *in, int ping)
{
	struct guard_msg msg = { .kind = GUARD_PING, .value = ping };

	in->awaited = ping;
	in->awaits = true;
	while (send(in->config.link, &msg, sizeof(msg), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* ---- what comes in ---- */

/* SIGCHLD belongs to the witness: see witness_begin(). */
static void all_but_ours(sigset_t *set)
{
	sigfillset(set);
	sigdelset(set, SIGCHLD);
}

/* While the program has no room for a real-time signal, none is taken: its
 * sender is to find our queue full, as it would find the program's. */
static void open_for(struct intake *in, uint64_t closed)
{
	sigset_t set;
	int sig;

	if (closed == in->closed)
		return;
	all_but_ours(&set);
	for (sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		if (closed & BIT(sig))
			sigdelset(&set, sig);
	if (signalfd(in->fd, &set, 0) >= 0)
		in->closed = closed;
}

static void arrived(struct intake *in, const struct signalfd_siginfo *si)
{
	const struct intake_config *c = &in->config;
	enum sender_kind kind;
	int ping;

	/* The guard's only wakes us. */
	if (si->ssi_signo == SIGCONT && (pid_t)si->ssi_pid == c->guard)
		return;
	ping = hostsig_arrived(&in->hostsig, si);
	kind = sender_kind(&in->senders, (pid_t)si->ssi_pid);
	if (kind == SENDER_GOES_ROUND)
		hostsig_patient(&in->hostsig, ping, c->awake_ms(c->arg));
	else if (kind == SENDER_GONE)
		hostsig_sender_gone(&in->hostsig, ping);
}

void intake_take(struct intake *in)
{
	struct signalfd_siginfo si[AT_ONCE];
	ssize_t len;
	size_t i;

	do {
		/* The rest is told of again. */
		if (!hostsig_has_room(&in->hostsig, AT_ONCE))
			return;
		len = read(in->fd, si, sizeof(si));
		for (i = 0; len > 0 && i < (size_t)len / sizeof(si[0]); i++)
			arrived(in, &si[i]);
	} while (len == sizeof(si));
}

void intake_witnessed(struct intake *in, int sig, pid_t pid)
{
	const struct intake_config *c = &in->config;

	/* What came before it must be known before it. */
	intake_take(in);
	hostsig_witnessed(&in->hostsig, sig, pid, c->awake_ms(c->arg));
}

static bool is_busy(void *arg, pid_t pid)
{
	(void)arg;
	return sender_is_busy(pid);
}

static void on_timer(uv_timer_t *timer)
{
	struct intake *in = timer->data;

	hostsig_ask_again(&in->hostsig, in->config.awake_ms(in->config.arg), is_busy, NULL);
	intake_settle(in);
	/* What only waits for room. */
	intake_answered(in, in->answered);
}

void intake_answered(struct intake *in, int ping)
{
	const struct intake_config *c = &in->config;
	unsigned again;

	in->answered = ping;
	in->awaits &= ping != in->awaited;
	/* What was witnessed matters only to who is there. */
	if (in->hostsig.witnessed_count)
		in->hostsig.apart = jobctl_is_apart(c->app);
	again = hostsig_decide(&in->hostsig, ping, c->awake_ms(c->arg), c->pass_on, c->arg);
	open_for(in, in->hostsig.stuck);
	if (again && (!uv_is_active((uv_handle_t *)&in->timer) ||
		      again < uv_timer_get_due_in(&in->timer)))
		uv_timer_start(&in->timer, on_timer, again, 0);
}

void intake_settle(struct intake *in)
{
	if (in->asked == in->hostsig.last_ping)
		return;
	in->asked = in->hostsig.last_ping;
	if (hostsig_wants_witness(&in->hostsig) &&
	    (in->awaits || witness_has_heard(in->config.witness)))
		ask_guard(in, in->asked);
	else
		intake_answered(in, in->asked);
}

/* ---- start and end ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct intake *in = poll->data;

	(void)status, (void)events;
	intake_take(in);
	intake_settle(in);
}

int intake_open(struct intake *in, uv_loop_t *loop, const struct intake_config *config)
{
	sigset_t all;

	*in = (struct intake){ .config = *config, .fd = -1 };
	senders_init(&in->senders);
	witness_begin(config->witness, config->guard);
	uv_timer_init(loop, &in->timer);
	in->timer.data = in;
	all_but_ours(&all);
	in->fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (in->fd < 0)
		return -errno;
	uv_poll_init(loop, &in->poll, in->fd);
	in->poll.data = in;
	uv_poll_start(&in->poll, UV_READABLE, on_poll);
	return 0;
}

void intake_close(struct intake *in)
{
	if (!in->timer.data)	/* never opened */
		return;
	uv_close((uv_handle_t *)&in->timer, NULL);
	if (in->fd >= 0)
		uv_close((uv_handle_t *)&in->poll, NULL);
	close_fd(in->fd);
	senders_finish(&in->senders);
	witness_close(in->config.witness);
}
