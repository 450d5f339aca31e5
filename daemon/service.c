/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: everything happens on the loop's thread, but for
 * service_listening(), which wakes it.
 *
 * The program is started when its executable has taken the place of the
 * launcher, which closes a descriptor; it is ready when what the policy names
 * as the sign has come; it stops being ready when it says so or ends. Each of
 * these is told to the manager once.
 *
 * While the manager has no room for messages, none of the program's are taken: its
 * own sends wait, as they would for the manager.
 *
 * Signs of life go to the manager only while this loop turns and calls of the
 * program are taken up. Once the program gives signs itself, gosup's own stop,
 * or a program that hangs would live on.
 */
#include "daemon/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/outbox.h"
#include "daemon/watch.h"
#include "emul/lineage.h"
#include "policy/base/cleanup.h"
#include "policy/base/line.h"
#include "policy/base/log.h"

/* Calls that have been waiting for so long without any being taken up mean
 * that nobody serves them. */
#define STALLED_MS 2000

/* How often to look, in ms, whether the manager has room for messages again. */
#define RETRY_MS 10

struct service {
	struct service_config config;
	struct service_hooks hooks;
	struct service_program program;
	uv_loop_t *loop;
	uv_poll_t executed, messages;
	uv_timer_t watchdog;
	struct outbox outbox;
	uv_timer_t retry;	/* while messages wait */
	uv_async_t listening;
	unsigned handles;
	struct control *control;
	struct watch *watch;

	bool started, ready, stopping;
	bool app_alive;		/* the program has given a sign of life */
	unsigned reloads, refused;
	char last_error[512];	/* of a reload that was refused */
};

/* ---- to the manager ---- */

static void on_message(uv_poll_t *poll, int status, int events);

static void listen_to_program(struct service *s)
{
	if (s->config.app_socket >= 0 && s->program.executed >= 0)
		uv_poll_start(&s->messages, UV_READABLE | UV_DISCONNECT, on_message);
}

static void on_retry(uv_timer_t *timer)
{
	struct service *s = timer->data;

	if (!outbox_flush(&s->outbox))
		return;
	uv_timer_stop(timer);
	listen_to_program(s);
}

static int send_on(struct service *s, const char *text, size_t len, const int *fds,
		   unsigned fd_count)
{
	int err = outbox_put(&s->outbox, text, len, fds, fd_count);

	if (!outbox_is_empty(&s->outbox) && !uv_is_active((uv_handle_t *)&s->retry))
		uv_timer_start(&s->retry, on_retry, RETRY_MS, RETRY_MS);
	return err;
}

__attribute__((format(printf, 2, 3)))
static void tell(struct service *s, const char *fmt, ...)
{
	char text[NOTIFY_SIZE];
	va_list ap;
	int n, err;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		return;
	err = send_on(s, text, (size_t)n, NULL, 0);
	if (err)
		log_warn("cannot notify the service manager: %s", strerror(-err));
}

/* The part of STATUS= that is gosup's: one line of printable text. */
static void put_status(const struct service *s, char *buf, size_t size, const char *tail)
{
	const struct policy *policy = s->hooks.policy(s->hooks.arg);
	const char *slash = strrchr(s->config.program, '/');
	const char *name = slash ? slash + 1 : s->config.program;
	struct line line;

	line_init(&line, buf, size);
	line_put_shown(&line, name, strlen(name));
	line_printf(&line, "[%d] under ", (int)s->program.app);
	line_put_shown(&line, policy->name, strlen(policy->name));
	if (tail && *tail) {
		line_puts(&line, "; ");
		line_put_shown(&line, tail, strnlen(tail, 400));
	}
}

static const char *why_not_ready(const struct service *s)
{
	if (s->stopping)
		return "the program is stopping";
	if (!s->started)
		return "the program has not been started yet";
	switch (s->config.ready) {
	case READY_LISTEN:
		return "the program does not listen on a socket yet";
	case READY_NOTIFY:
		return "the program has not said READY=1 yet";
	case READY_START:
	case READY_UNSET:
		break;
	}
	return "the program is not ready";
}

static void say_ready(struct service *s)
{
	char text[1024];

	if (s->ready || s->stopping)
		return;
	s->ready = true;
	put_status(s, text, sizeof(text), NULL);
	tell(s, "READY=1\nMAINPID=%d\nSTATUS=%s", (int)s->config.main, text);
}

static void on_executed(uv_poll_t *poll, int status, int events)
{
	struct service *s = poll->data;
	char text[1024];

	(void)status, (void)events;
	uv_poll_stop(poll);
	/* It also closes when the program could not be executed. */
	if (atomic_load(s->program.exec_error))
		return;
	s->started = true;
	/* Whoever wonders why a unit does not get up finds it in its status. */
	put_status(s, text, sizeof(text), s->config.ready == READY_START || s->ready ?
		   NULL : why_not_ready(s));
	tell(s, "STATUS=%s", text);
	if (s->config.ready == READY_START)
		say_ready(s);
}

static void on_listening(uv_async_t *async)
{
	struct service *s = async->data;

	if (s->config.ready == READY_LISTEN)
		say_ready(s);
}

void service_listening(void *service)
{
	struct service *s = service;

	uv_async_send(&s->listening);
}

/* ---- signs of life ---- */

static bool live(struct service *s)
{
	return receivers_stalled_ms(s->program.receivers, uv_now(s->loop)) < STALLED_MS;
}

static void on_watchdog(uv_timer_t *timer)
{
	struct service *s = timer->data;

	/* One is as good as many. */
	if (!s->app_alive && !s->config.app_watchdog && outbox_is_empty(&s->outbox) && live(s))
		tell(s, "WATCHDOG=1");
}

/* Twice as often as is due, as sd_watchdog_enabled(3) advises. */
static void start_watchdog(struct service *s, uint64_t us)
{
	uint64_t ms = us / 2000;

	s->config.watchdog_us = us;
	if (us)
		uv_timer_start(&s->watchdog, on_watchdog, 0, ms ? ms : 1);
}

/* ---- from the program ---- */

static void hand_on(struct service *s, const struct notify_message *m)
{
	char text[NOTIFY_SIZE];
	struct notify_said said;
	size_t len = notify_translate(m->text, m->len, s->config.main, live(s), text, &said);

	if (said.ready)
		s->ready = !s->stopping;
	if (said.stopping) {
		s->stopping = true;
		s->ready = false;
	}
	s->app_alive |= said.alive;
	if (said.watchdog_us && s->config.watchdog_us)
		start_watchdog(s, said.watchdog_us);
	if (len && send_on(s, text, len, m->fds, m->fd_count))
		log_warn("cannot hand a message of the program on to the service manager");
}

static void on_message(uv_poll_t *poll, int status, int events)
{
	struct service *s = poll->data;
	struct notify_message m = { .len = 0 };
	int err;

	(void)status, (void)events;
	while (outbox_is_empty(&s->outbox) &&
	       (err = notify_receive(s->config.app_socket, &m)) != -EAGAIN) {
		if (err == -EMSGSIZE) {
			log_warn("a notification of more than %d bytes was dropped",
				 NOTIFY_SIZE);
		} else if (err) {
			return;
		} else {
			/* Anybody in this network namespace can send to it. */
			if (lineage_descends(m.pid, s->program.guard))
				hand_on(s, &m);
			notify_message_finish(&m);
		}
	}
	if (!outbox_is_empty(&s->outbox))
		uv_poll_stop(&s->messages);
}

/* ---- reloading ---- */

static uint64_t monotonic_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int reload(struct service *s, struct diag *diag)
{
	const struct policy *policy;
	char text[1024], said[640];
	int err;

	if (s->ready)
		tell(s, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_us());
	err = s->hooks.reload(s->hooks.arg, diag);
	policy = s->hooks.policy(s->hooks.arg);
	if (err) {
		s->refused++;
		diag_format(diag, s->last_error, sizeof(s->last_error));
		snprintf(said, sizeof(said), "a new policy was refused: %s", s->last_error);
	} else {
		s->reloads++;
		s->last_error[0] = '\0';
		snprintf(said, sizeof(said), "the policy was reloaded");
		if (s->watch)
			watch_set_files(s->watch, policy->sources, policy->source_count);
	}
	put_status(s, text, sizeof(text), said);
	tell(s, "%sSTATUS=%s", s->ready ? "READY=1\n" : "", text);
	return err;
}

/* Nobody waits for an answer, so it is told. */
static void reload_and_say(struct service *s)
{
	struct diag diag = { .line = 0 };
	char text[1024];

	if (reload(s, &diag))
		log_error("the policy stays as it is: %s", diag_format(&diag, text, sizeof(text)));
	else
		log_info("the policy was reloaded");
}

void service_reload(struct service *s)
{
	reload_and_say(s);
}

static void on_changed(void *arg)
{
	reload_and_say(arg);
}

/* ---- the control socket ---- */

static int on_reload(void *arg, struct diag *diag)
{
	return reload(arg, diag);
}

static bool on_probe(void *arg, enum control_request what, char *why, size_t size)
{
	struct service *s = arg;
	bool yes = what == CONTROL_STARTED ? s->started :
		   what == CONTROL_READY ? s->ready && live(s) : live(s);
	const char *text = what == CONTROL_STARTED ? "the program has not been started yet" :
			   what == CONTROL_READY && !s->ready ? why_not_ready(s) :
			   "calls of the program are waiting and none is served";

	if (!yes)
		snprintf(why, size, "%s", text);
	return yes;
}

static void put_text(struct line *line, const char *key, const char *text)
{
	line_printf(line, ", \"%s\": \"", key);
	line_put_json(line, text, strnlen(text, 500));
	line_puts(line, "\"");
}

static size_t on_status(void *arg, char *buf)
{
	struct service *s = arg;
	const struct policy *policy = s->hooks.policy(s->hooks.arg);
	struct line line;

	line_init(&line, buf, CONTROL_SIZE);
	line_printf(&line, "{\"ok\": true, \"pid\": %d, \"started\": %s, \"ready\": %s, "
		    "\"stopping\": %s, \"live\": %s, \"reloads\": %u, \"refused\": %u, "
		    "\"rules\": %u", (int)s->program.app, s->started ? "true" : "false",
		    s->ready ? "true" : "false", s->stopping ? "true" : "false",
		    live(s) ? "true" : "false", s->reloads, s->refused, policy->rule_count);
	put_text(&line, "program", s->config.program);
	put_text(&line, "policy", policy->name);
	if (s->last_error[0])
		put_text(&line, "refusal", s->last_error);
	line_puts(&line, "}\n");
	return line.len;
}

static int start_control(struct service *s, struct diag *diag)
{
	struct control_ops ops = {
		.probe = on_probe, .reload = on_reload, .status = on_status,
		.arg = s, .tree = s->program.guard,
	};
	int err = control_start(&s->control, &s->config.control, s->loop, &ops);

	return err ? diag_set(diag, err, "cannot serve the control socket: %s",
			      uv_strerror(err)) : 0;
}

/* ---- start and stop ---- */

static void init_handle(struct service *s, uv_handle_t *handle)
{
	handle->data = s;
	uv_unref(handle);
	s->handles++;
}

int service_new(struct service **ret, const struct service_config *config,
		uv_loop_t *loop, const struct service_hooks *hooks)
{
	struct service *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->config = *config;
	s->hooks = *hooks;
	s->loop = loop;
	s->program.executed = -1;
	outbox_init(&s->outbox, &s->config.manager);
	uv_timer_init(loop, &s->retry);
	init_handle(s, (uv_handle_t *)&s->retry);
	uv_timer_init(loop, &s->watchdog);
	init_handle(s, (uv_handle_t *)&s->watchdog);
	uv_async_init(loop, &s->listening, on_listening);
	init_handle(s, (uv_handle_t *)&s->listening);
	*ret = s;
	return 0;
}

static void start_poll(struct service *s, uv_poll_t *poll, int fd, uv_poll_cb callback)
{
	uv_poll_init(s->loop, poll, fd);
	init_handle(s, (uv_handle_t *)poll);
	uv_poll_start(poll, UV_READABLE | UV_DISCONNECT, callback);
}

int service_begin(struct service *s, const struct service_program *program,
		  struct diag *diag)
{
	const struct policy *policy = s->hooks.policy(s->hooks.arg);
	int err = 0;

	s->program = *program;
	start_poll(s, &s->executed, program->executed, on_executed);
	if (s->config.app_socket >= 0)
		start_poll(s, &s->messages, s->config.app_socket, on_message);
	if (s->config.watchdog_us)
		start_watchdog(s, s->config.watchdog_us);
	if (s->config.control.fd >= 0)
		err = start_control(s, diag);
	if (!err && s->config.watch)
		err = watch_start(&s->watch, s->loop, policy->sources, policy->source_count,
				  on_changed, s, diag);
	return err;
}

void service_draining(struct service *s)
{
	s->ready = false;
	s->stopping = true;
	tell(s, "STOPPING=1");
}

void service_ended(struct service *s)
{
	s->ready = false;
	s->stopping = true;
	outbox_hurry(&s->outbox);
	/* What it said last may still be on its way. */
	if (s->config.app_socket >= 0)
		on_message(&s->messages, 0, 0);
	tell(s, "STOPPING=1");
}

static void on_closed(uv_handle_t *handle)
{
	struct service *s = handle->data;

	if (--s->handles)
		return;
	close_fd(s->program.executed);
	close_fd(s->config.app_socket);
	free(s);
}

void service_stop(struct service *s)
{
	if (!s)
		return;
	control_stop(s->control);
	control_unbind(&s->config.control);
	watch_stop(s->watch);
	outbox_finish(&s->outbox);
	notify_close(&s->config.manager);
	uv_close((uv_handle_t *)&s->retry, on_closed);
	uv_close((uv_handle_t *)&s->watchdog, on_closed);
	uv_close((uv_handle_t *)&s->listening, on_closed);
	if (s->program.executed >= 0)
		uv_close((uv_handle_t *)&s->executed, on_closed);
	if (s->program.executed >= 0 && s->config.app_socket >= 0)
		uv_close((uv_handle_t *)&s->messages, on_closed);
}
