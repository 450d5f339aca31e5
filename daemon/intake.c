/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: whether a signal went to the whole group, the guard
 * knows. Asking it takes two wakes, which is most of what passing a signal on
 * would cost. Mostly it need not be asked: when the supervisor has a signal of
 * the group, the guard's is pending, or was taken by the guard. If neither
 * /proc/GUARD/status shows one nor the guard is at it (.busy), and no word of
 * it is on the link, there is none. The order of these looks is the reverse of
 * what the guard does: it is busy before it takes a signal, and until it has
 * told.
 */
#include "daemon/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/guard.h"
#include "daemon/jobctl.h"
#include "daemon/sender.h"
#include "policy/base/cleanup.h"

#define BIT(sig) (1ull << ((sig) - 1))
#define AT_ONCE 16	/* signals per read */

/* ---- the witness ---- */

static uint64_t hex_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 16) : UINT64_MAX;
}

/* Whether the guard has nothing to tell that is not on the link already. */
static bool is_quiet(const struct intake *in)
{
	char text[4096];
	ssize_t len;

	if (in->status < 0)
		return false;
	len = pread(in->status, text, sizeof(text) - 1, 0);
	if (len <= 0)
		return false;
	text[len] = '\0';
	if ((hex_after(text, "\nSigPnd:") | hex_after(text, "\nShdPnd:")) & ~BIT(SIGCHLD))
		return false;
	return atomic_load(in->config.busy) == 0;
}

/* The guard's /proc/PID/status, unless /proc is not there, hides it, or is that
 * of other process ids. */
static int open_status(pid_t guard)
{
	char path[32], text[1024], *at;
	auto_fd fd = -1;
	ssize_t len;

	len = readlink("/proc/self", path, sizeof(path) - 1);
	if (len <= 0)
		return -1;
	path[len] = '\0';
	if (atoi(path) != getpid())
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/status", guard);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : pread(fd, text, sizeof(text) - 1, 0);
	if (len <= 0)
		return -1;
	text[len] = '\0';
	at = strstr(text, "\nPPid:");
	return at && atoi(at + 6) == getpid() ? steal_fd(&fd) : -1;
}

static void ask_guard(struct intake *in, int ping)
{
	struct guard_msg msg = { .kind = GUARD_PING, .value = ping };

	while (send(in->config.link, &msg, sizeof(msg), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* ---- what comes in ---- */

/* While the program has no room for a real-time signal, none is taken: its
 * sender is to find our queue full, as it would find the program's. */
static void open_for(struct intake *in, uint64_t closed)
{
	sigset_t set;
	int sig;

	if (closed == in->closed)
		return;
	sigfillset(&set);
	for (sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		if (closed & BIT(sig))
			sigdelset(&set, sig);
	if (signalfd(in->fd, &set, 0) >= 0)
		in->closed = closed;
}

static void arrived(struct intake *in, const struct signalfd_siginfo *si)
{
	const struct intake_config *c = &in->config;
	int ping;

	/* The guard's only wakes us. */
	if (si->ssi_signo == SIGCHLD ||
	    (si->ssi_signo == SIGCONT && (pid_t)si->ssi_pid == c->guard))
		return;
	ping = hostsig_arrived(&in->hostsig, si);
	if (sender_goes_round(in->by_systemd, (pid_t)si->ssi_pid))
		hostsig_patient(&in->hostsig, ping, c->awake_ms(c->arg));
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

static void on_timer(uv_timer_t *timer)
{
	struct intake *in = timer->data;

	hostsig_ask_again(&in->hostsig, in->config.awake_ms(in->config.arg));
	intake_settle(in);
	/* What only waits for room. */
	intake_answered(in, in->answered);
}

void intake_answered(struct intake *in, int ping)
{
	const struct intake_config *c = &in->config;
	unsigned again;

	in->answered = ping;
	in->hostsig.apart = jobctl_is_apart(c->app);
	again = hostsig_decide(&in->hostsig, ping, c->awake_ms(c->arg), c->pass_on, c->arg);
	open_for(in, in->hostsig.stuck);
	if (again && (!uv_is_active((uv_handle_t *)&in->timer) ||
		      again < uv_timer_get_due_in(&in->timer)))
		uv_timer_start(&in->timer, on_timer, again, 0);
}

void intake_settle(struct intake *in)
{
	while (in->asked != in->hostsig.last_ping) {
		int ping = in->asked = in->hostsig.last_ping;

		if (!hostsig_wants_witness(&in->hostsig)) {
			intake_answered(in, ping);
		} else if (is_quiet(in)) {
			/* May take more signals. */
			if (!in->config.read_link(in->config.arg))
				return;
			intake_answered(in, ping);
		} else {
			ask_guard(in, ping);
		}
	}
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

	*in = (struct intake){ .config = *config, .fd = -1, .status = -1,
			       .by_systemd = sender_is_manager_above() };
	uv_timer_init(loop, &in->timer);
	in->timer.data = in;
	sigfillset(&all);
	in->fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (in->fd < 0)
		return -errno;
	in->status = open_status(config->guard);
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
	close_fd(in->status);
}
