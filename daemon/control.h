/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_CONTROL_H
#define GOSUP_DAEMON_CONTROL_H

#include <sys/types.h>
#include <uv.h>

#include "daemon/control_msg.h"

/*
 * The control socket: a path, which only the same user and root can reach and
 * which takes every request, or an address of TCP, where only probes are
 * answered.
 */
struct control;

/* Where a control socket is bound. */
struct control_socket {
	int fd;			/* -1: none */
	bool local;		/* a path */
	char path[108];		/* of a local one, to be removed at the end */
	dev_t dev;
	ino_t ino;
};

struct control_ops {
	/* Answer a probe. Return: whether it is so; if not, @why says why not. */
	bool (*probe)(void *arg, enum control_request what, char *why, size_t size);
	/* Return: 0 or a negative errno, with @diag filled. */
	int (*reload)(void *arg, struct diag *diag);
	/* A line of JSON about everything. Return: its length. */
	size_t (*status)(void *arg, char *buf);
	void *arg;
	pid_t tree;		/* processes from here down may only probe */
};

/**
 * control_bind() - make a control socket.
 * @address: a path with a '/' in it, or HOST:PORT with a numeric host or none
 * @diag: what is wrong and what to do about it, on failure
 *
 * What an earlier gosup left behind is replaced, what is in use is not.
 * Return: 0 or a negative errno.
 */
int control_bind(const char *address, struct control_socket *ret, struct diag *diag);

/* Close it, and remove it if it is still the one that was made. */
void control_unbind(struct control_socket *socket);

/**
 * control_connect() - connect to a control socket, as a client.
 * @seconds: how long to wait at most, for this and each later read and write
 * Return: a blocking descriptor or a negative errno, with @diag filled.
 */
int control_connect(const char *address, unsigned seconds, struct diag *diag);

/**
 * control_start() - answer requests on @loop.
 * @ops: copied
 * Return: 0 or a negative errno.
 */
int control_start(struct control **ret, const struct control_socket *socket,
		  uv_loop_t *loop, const struct control_ops *ops);

/* Close all connections, and free everything once the loop has run again. */
void control_stop(struct control *control);

#endif
