/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the loop has two sources, a signalfd with everything
 * that is sent to the supervisor, and the socket to the guard, which tells
 * what becomes of the program. Notified calls are not its business: the
 * receiver threads serve them.
 */
#include "daemon/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "daemon/deliver.h"
#include "daemon/guard.h"
#include "daemon/intake.h"
#include "daemon/jobctl.h"
#include "emul/kernel.h"
#include "policy/base/cleanup.h"
#include "policy/base/log.h"

/* How long, in ms, we stay awake for a call that came while the program was
 * stopped; calls tend to follow each other. */
#define AWAKE_MS	50
#define AWAKE_MAX_MS	2000
#define PUT_OFF_MAX	20	/* ms */

struct session {
	const struct session_config *config;
	struct emul_known known;
	struct ruleset *rules;
	struct receivers *receivers;
	struct service *service;
	struct intake intake;
	struct witness witness;
	struct deliver deliver;
	uv_loop_t loop;
	uv_poll_t on_link;
	int app_pidfd;
	uint64_t stopped_ns;	/* how long we were stopped, all in all */
	uv_timer_t awake;	/* for a call, while the program is stopped */
	unsigned awake_for;	/* ms, more each time */
	unsigned put_off;	/* how often a stop was, for a call being served */
	int stop_signal;
	struct session_end end;
	bool ended;
	bool alone;		/* nobody outlived the program */
};

/* ---- signals for the program ---- */

/* Somebody asks for a reload: no terminal or timer does. */
static bool asks_reload(const struct session *s, const struct signalfd_siginfo *si)
{
	const struct policy *policy = s->rules->parts.policy;

	return policy->service.reload_signal == (int)si->ssi_signo && si->ssi_code <= 0;
}

static bool pass_on(void *arg, const struct signalfd_siginfo *si)
{
	struct session *s = arg;

	if (asks_reload(s, si)) {
		service_reload(s->service);
		return true;
	}
	return deliver_signal(&s->deliver, s->rules->parts.policy->signals[si->ssi_signo],
			      si);
}

/* Time that stands still while we are stopped: what was witnessed before is
 * not old news afterwards. */
static uint64_t awake_ms(void *arg)
{
	const struct session *s = arg;

	return (uv_hrtime() - s->stopped_ns) / 1000000;
}

/* ---- what becomes of the program ---- */

static void finish(struct session *s, int code, int status)
{
	if (s->ended)
		return;
	s->end = (struct session_end){ code, status };
	s->ended = true;
	service_ended(s->service);
	uv_stop(&s->loop);
}

static void on_awake(uv_timer_t *timer);

/* The shell is to see its job stopped, though somebody in it may need us. */
static void stop_with_program(struct session *s, int sig)
{
	const struct session_config *c = s->config;
	uint64_t since = uv_hrtime();
	bool again;

	s->stop_signal = sig;
	/* Who waits for an answer that is nearly there would wait for long. */
	if (receivers_serve(s->receivers) && s->put_off++ < PUT_OFF_MAX) {
		uv_timer_start(&s->awake, on_awake, 1, 0);
		return;
	}
	s->put_off = 0;
	again = jobctl_stopped(c->link, c->listener, c->app, sig);

	s->stopped_ns += uv_hrtime() - since;
	if (again)
		uv_timer_start(&s->awake, on_awake, s->awake_for, 0);
	s->awake_for = s->awake_for < AWAKE_MAX_MS ? 2 * s->awake_for : AWAKE_MAX_MS;
}

static void on_awake(uv_timer_t *timer)
{
	struct session *s = timer->data;

	stop_with_program(s, s->stop_signal);
}

static void on_change(struct session *s, int code, int value)
{
	switch (code) {
	case CLD_EXITED:
	case CLD_KILLED:
	case CLD_DUMPED:
		s->end = (struct session_end){ code, value };
		s->deliver.outlived = s->config->wait_tree && !s->alone;
		if (!s->deliver.outlived)
			finish(s, code, value);
		break;
	case CLD_STOPPED:
		s->awake_for = AWAKE_MS;
		stop_with_program(s, value);
		break;
	default:
		break;
	}
}

/* A guard that ends without having read all that it was asked has the kernel
 * report ECONNRESET once, before what it has sent (unix_release_sock() in
 * net/unix/af_unix.c). */
static ssize_t receive(const struct session *s, struct guard_msg *msg)
{
	ssize_t len;

	do {
		len = recv(s->config->link, msg, sizeof(*msg), MSG_DONTWAIT);
	} while (len < 0 && (errno == EINTR || errno == ECONNRESET));
	return len;
}

static void take_message(struct session *s, const struct guard_msg *msg)
{
	switch (msg->kind) {
	case GUARD_WITNESS:
		intake_witnessed(&s->intake, msg->sig, msg->pid);
		break;
	case GUARD_PONG:
		intake_answered(&s->intake, msg->value);
		break;
	case GUARD_CHANGE:
		s->alone = msg->alone;
		on_change(s, msg->code, msg->value);
		break;
	case GUARD_REAPED:
		if (s->config->warn_reaped)
			log_warn("reaped process %d, which its parent left behind", msg->pid);
		break;
	case GUARD_ALONE:
		s->alone = msg->alone;
		if (s->deliver.outlived)
			finish(s, s->end.code, s->end.status);
		break;
	default:
		break;
	}
}

static void read_link(uv_poll_t *poll, int status, int events)
{
	struct session *s = poll->data;
	struct guard_msg msg;
	ssize_t len;

	(void)status, (void)events;
	while ((len = receive(s, &msg)) == sizeof(msg)) {
		take_message(s, &msg);
		if (s->ended)
			return;
	}
	if (len == 0 || (len < 0 && errno != EAGAIN)) {
		/* The guard was killed: without it the tree cannot be ended
		 * later, so it is ended now. */
		log_error("the guard process has died; ending the program");
		kernel_pidfd_send_signal(s->app_pidfd, SIGKILL);
		finish(s, CLD_KILLED, SIGKILL);
		return;
	}
	intake_settle(&s->intake);
}

/* ---- start and end ---- */

/* What no reload changes. */
static struct emul base_emul(struct session *s)
{
	const struct session_config *c = s->config;

	return (struct emul){
		.listener = c->listener,
		.protected_pids = { getpid(), c->guard },
		.known = &s->known,
		.listening = service_listening,
		.listening_arg = s->service,
	};
}

static int reload_policy(void *arg, struct diag *diag)
{
	struct session *s = arg;

	return reload(&s->rules, s->receivers, &s->config->reload, diag);
}

static const struct policy *policy_in_force(void *arg)
{
	struct session *s = arg;

	return s->rules->parts.policy;
}

static void start_draining(void *arg)
{
	struct session *s = arg;

	service_draining(s->service);
}

static int open_sources(struct session *s)
{
	const struct session_config *c = s->config;
	struct intake_config intake = {
		.app = c->app, .guard = c->guard, .link = c->link, .witness = &s->witness,
		.pass_on = pass_on, .awake_ms = awake_ms, .arg = s,
	};

	/* It may have ended already; the guard tells. */
	s->app_pidfd = kernel_pidfd_open(c->app, 0);
	s->deliver = (struct deliver){
		.app = c->app, .guard = c->guard, .app_pidfd = s->app_pidfd,
		.draining = start_draining, .arg = s, .to = c->signals_to,
	};
	deliver_init(&s->deliver, &s->loop);
	uv_timer_init(&s->loop, &s->awake);
	s->awake.data = s;
	uv_poll_init(&s->loop, &s->on_link, c->link);
	s->on_link.data = s;
	uv_poll_start(&s->on_link, UV_READABLE | UV_DISCONNECT, read_link);
	return intake_open(&s->intake, &s->loop, &intake);
}

/* The service first: receivers tell it things. */
static int start(struct session *s)
{
	const struct session_config *c = s->config;
	struct service_hooks hooks = { reload_policy, policy_in_force, s };
	struct service_program program = {
		.app = c->app, .guard = c->guard, .executed = c->executed,
		.exec_error = c->exec_error,
	};
	struct diag diag = { .line = 0 };
	struct emul base;
	int err;

	err = service_new(&s->service, c->service, &s->loop, &hooks);
	if (err)
		return err;
	base = base_emul(s);
	s->rules = ruleset_new(&base, &c->rules);
	if (!s->rules)
		return -ENOMEM;
	err = receivers_start(&s->receivers, &s->rules->emul, &s->loop, c->want_stats,
			      c->delay_us);
	if (!err)
		err = open_sources(s);
	if (err)
		return err;
	program.receivers = s->receivers;
	err = service_begin(s->service, &program, &diag);
	if (err)
		log_error("%s", diag.message);
	return err;
}

/* Ask the guard to end what is left of the tree. */
static void end_tree(const struct session_config *c)
{
	struct guard_msg msg = { .kind = GUARD_FINISH };

	send(c->link, &msg, sizeof(msg), MSG_NOSIGNAL);
}

static void wait_for_guard(const struct session_config *c)
{
	while (waitpid(c->guard, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Each file that a rule shows, and each call that waits, takes a descriptor. The
 * program has limits of its own. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * Signals that wait for us and those that we have passed on count against one
 * limit, their user's, but each receiver's own is asked (sigqueue_alloc() in
 * kernel/signal.c). With as much as the program has, a sender that never tires
 * would fill it, and nothing could be passed on to make room.
 */
static void leave_room_for_signals(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_SIGPENDING, &limit) < 0)
		return;
	limit.rlim_cur -= limit.rlim_cur / 8 < 1024 ? (limit.rlim_cur + 7) / 8 : 1024;
	setrlimit(RLIMIT_SIGPENDING, &limit);
}

int session_run(const struct session_config *config, struct session_end *ret,
		struct receiver_totals *totals, struct ruleset **ret_rules)
{
	struct session s = { .config = config, .app_pidfd = -1, .witness = config->witness,
			     .known = { .uniform = true, .umask_uniform = true,
					.unix_sockets = config->unix_sockets } };
	int err;

	*totals = (struct receiver_totals){ 0 };
	raise_file_limit();
	leave_room_for_signals();
	uv_loop_init(&s.loop);
	err = start(&s);
	if (!err)
		uv_run(&s.loop, UV_RUN_DEFAULT);
	/* Descendants may still wait for answers: first they go, then the
	 * receivers. If there are none, the guard ends meanwhile. */
	if (!s.alone) {
		end_tree(config);
		wait_for_guard(config);
	}
	if (s.receivers)
		receivers_stop(s.receivers, totals);
	service_stop(s.service);
	if (s.on_link.data) {
		uv_close((uv_handle_t *)&s.on_link, NULL);
		uv_close((uv_handle_t *)&s.awake, NULL);
	}
	intake_close(&s.intake);
	deliver_close(&s.deliver);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	uv_loop_close(&s.loop);
	close_fd(s.app_pidfd);
	close_fd(config->listener);
	close_fd(config->link);
	if (s.alone)
		wait_for_guard(config);
	if (!err)
		*ret = s.end;
	*ret_rules = s.rules;
	return err;
}
