/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a client has a buffer of one request. Complete lines are
 * answered in order as they come; what can never become a request is answered
 * with an error and the connection closed. Replies are short and written at
 * once: a client that does not read them loses the connection.
 *
 * Handles are freed in their close callback, and the server with the last one.
 */
#include "daemon/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emul/lineage.h"
#include "policy/base/cleanup.h"

#define MAX_CLIENTS 32
#define IDLE_MS 10000		/* a client that says nothing for so long goes */

union stream {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_pipe_t pipe;
	uv_tcp_t tcp;
};

struct client {
	struct control *control;
	struct client *next;
	union stream stream;
	uv_timer_t idle;
	unsigned handles;	/* not closed yet */
	bool closing;
	size_t ignored;		/* bytes after a request that was too long */
	char in[CONTROL_SIZE];
	size_t len;
};

struct control {
	struct control_ops ops;
	uv_loop_t *loop;
	bool local;
	union stream listener;
	struct client *clients;
	unsigned count;
	unsigned handles;	/* the listener and the clients */
};

static void release(struct control *c)
{
	if (--c->handles == 0)
		free(c);
}

/* ---- clients ---- */

static void on_closed(uv_handle_t *handle)
{
	struct client *cl = handle->data;
	struct control *c = cl->control;

	if (--cl->handles)
		return;
	free(cl);
	release(c);
}

static void drop(struct client *cl)
{
	struct client **link = &cl->control->clients;

	if (cl->closing)
		return;
	cl->closing = true;
	while (*link != cl)
		link = &(*link)->next;
	*link = cl->next;
	cl->control->count--;
	uv_close(&cl->stream.handle, on_closed);
	uv_close((uv_handle_t *)&cl->idle, on_closed);
}

static void say(struct client *cl, const char *text, size_t len)
{
	uv_buf_t buf = uv_buf_init((char *)text, (unsigned)len);

	if (uv_try_write(&cl->stream.stream, &buf, 1) != (int)len)
		drop(cl);
}

static void say_error(struct client *cl, const char *error)
{
	char reply[CONTROL_SIZE];

	say(cl, reply, control_put_error(reply, error));
}

/* Whether the client is the program, or one of its descendants: it is not to
 * decide what rules apply to it. */
static bool is_supervised(const struct client *cl)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int fd;

	if (uv_fileno(&cl->stream.handle, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return true;
	/* A connection that gosup made, it made in the program's name. */
	return peer.pid == getpid() || lineage_descends(peer.pid, cl->control->ops.tree);
}

static size_t put_reload(struct client *cl, char *reply)
{
	const struct control_ops *ops = &cl->control->ops;
	struct diag diag = { .line = 0 };
	char why[1024];

	if (!cl->control->local)
		return control_put_error(reply, "only probes are answered over TCP; reload "
					 "through a socket with a path");
	if (is_supervised(cl))
		return control_put_answer(reply, false, "the program under supervision "
					  "cannot ask for this");
	if (ops->reload(ops->arg, &diag) == 0)
		return control_put_answer(reply, true, NULL);
	return control_put_answer(reply, false, diag_format(&diag, why, sizeof(why)));
}

static size_t put_probe(struct client *cl, enum control_request what, char *reply,
			bool *ret_ok)
{
	const struct control_ops *ops = &cl->control->ops;
	char why[256] = "";

	*ret_ok = ops->probe(ops->arg, what, why, sizeof(why));
	return control_put_answer(reply, *ret_ok, why);
}

static void answer_line(struct client *cl, const char *line, size_t len)
{
	const struct control_ops *ops = &cl->control->ops;
	enum control_request request;
	struct diag diag = { .line = 0 };
	char reply[CONTROL_SIZE];
	size_t n;
	bool ok;

	if (control_parse(line, len, &request, &diag) < 0)
		n = control_put_error(reply, diag.message);
	else if (request == CONTROL_RELOAD)
		n = put_reload(cl, reply);
	else if (request == CONTROL_STATUS && cl->control->local)
		n = ops->status(ops->arg, reply);
	else if (request == CONTROL_STATUS)
		n = control_put_error(reply, "only probes are answered over TCP");
	else
		n = put_probe(cl, request, reply, &ok);
	say(cl, reply, n);
}

static void answer_http(struct client *cl)
{
	enum control_request what;
	struct diag diag = { .line = 0 };
	char head[256], reply[CONTROL_SIZE];
	int status;
	size_t n;
	bool ok;

	if (control_parse_http(cl->in, cl->len, &what, &status, &diag) < 0) {
		n = control_put_error(reply, diag.message);
	} else {
		n = put_probe(cl, what, reply, &ok);
		status = ok ? 200 : 503;
	}
	say(cl, head, control_put_http(head, sizeof(head), status, n));
	if (!cl->closing)
		say(cl, reply, n);
	drop(cl);
}

/* A line of JSON begins with a brace, a request of HTTP with a letter. */
static bool is_http(const struct client *cl)
{
	return !cl->control->local && cl->len && cl->in[0] >= 'A' && cl->in[0] <= 'Z';
}

static void answer_lines(struct client *cl)
{
	char *newline;

	while (!cl->closing && (newline = memchr(cl->in, '\n', cl->len))) {
		size_t used = (size_t)(newline + 1 - cl->in);

		answer_line(cl, cl->in, used - 1);
		cl->len -= used;
		memmove(cl->in, newline + 1, cl->len);
	}
}

/* Closing now would make the kernel throw away the reply, because there is more
 * to read. So the rest is read, within reason, until the client closes. */
static void ignore(struct client *cl, size_t n)
{
	cl->ignored += n;
	cl->len = 0;
	if (cl->ignored > 1 << 20 && !cl->closing)
		drop(cl);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *cl = stream->data;

	(void)buf;
	if (cl->closing || n == 0)
		return;
	if (n < 0) {
		drop(cl);
		return;
	}
	if (cl->ignored) {
		ignore(cl, (size_t)n);
		return;
	}
	cl->len += (size_t)n;
	uv_timer_again(&cl->idle);
	if (is_http(cl)) {
		if (memmem(cl->in, cl->len, "\r\n\r\n", 4))
			answer_http(cl);
	} else {
		answer_lines(cl);
	}
	if (cl->closing || cl->len < sizeof(cl->in))
		return;
	say_error(cl, "a request has at most 4095 bytes");
	ignore(cl, cl->len);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *ret)
{
	struct client *cl = handle->data;

	(void)size;
	*ret = uv_buf_init(cl->in + cl->len, (unsigned)(sizeof(cl->in) - cl->len));
}

static void on_idle(uv_timer_t *timer)
{
	struct client *cl = timer->data;

	drop(cl);
}

/* ---- the server ---- */

static void init_stream(struct control *c, union stream *s)
{
	if (c->local)
		uv_pipe_init(c->loop, &s->pipe, 0);
	else
		uv_tcp_init(c->loop, &s->tcp);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct control *c = stream->data;
	struct client *cl = status < 0 ? NULL : calloc(1, sizeof(*cl));

	if (!cl)
		return;
	cl->control = c;
	cl->handles = 2;
	c->handles++;
	init_stream(c, &cl->stream);
	uv_timer_init(c->loop, &cl->idle);
	cl->stream.handle.data = cl->idle.data = cl;
	uv_unref(&cl->stream.handle);
	uv_unref((uv_handle_t *)&cl->idle);
	cl->next = c->clients;
	c->clients = cl;
	c->count++;
	if (uv_accept(stream, &cl->stream.stream) < 0) {
		drop(cl);
	} else if (c->count > MAX_CLIENTS) {
		say_error(cl, "too many connections");
		drop(cl);
	} else {
		uv_timer_start(&cl->idle, on_idle, IDLE_MS, IDLE_MS);
		uv_read_start(&cl->stream.stream, on_alloc, on_read);
	}
}

static void on_listener_closed(uv_handle_t *handle)
{
	release(handle->data);
}

int control_start(struct control **ret, const struct control_socket *socket,
		  uv_loop_t *loop, const struct control_ops *ops)
{
	struct control *c = calloc(1, sizeof(*c));
	int fd, err;

	if (!c)
		return -ENOMEM;
	c->ops = *ops;
	c->loop = loop;
	c->local = socket->local;
	c->handles = 1;
	init_stream(c, &c->listener);
	c->listener.handle.data = c;
	/* The loop closes what it opens, and the socket has another owner. */
	fd = fcntl(socket->fd, F_DUPFD_CLOEXEC, 3);
	err = fd < 0 ? -errno : c->local ? uv_pipe_open(&c->listener.pipe, fd) :
	      uv_tcp_open(&c->listener.tcp, fd);
	if (err)
		close_fd(fd);
	else
		err = uv_listen(&c->listener.stream, 16, on_connection);
	uv_unref(&c->listener.handle);
	if (err)
		control_stop(c);
	else
		*ret = c;
	return err;
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	while (c->clients)
		drop(c->clients);
	uv_close(&c->listener.handle, on_listener_closed);
}
