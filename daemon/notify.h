/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_NOTIFY_H
#define GOSUP_DAEMON_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/*
 * The protocol of sd_notify(3): datagrams of NAME=VALUE lines, some with
 * descriptors, from a service to its manager. gosup speaks both ends of it: it
 * is the manager of the program, and the service of the manager that started
 * it.
 */

#define NOTIFY_SIZE	4096	/* bytes of a message: what managers take */
#define NOTIFY_FDS	253	/* descriptors with it: SCM_MAX_FD */

/* Where messages of ours go. */
struct notify {
	int fd;			/* -1: nowhere */
	struct sockaddr_un to;
	socklen_t to_len;
};

/**
 * notify_open() - a socket for messages to @address.
 * @address: as in NOTIFY_SOCKET: an absolute path, or "@name" for an abstract
 * one
 *
 * Return: 0; -EAFNOSUPPORT for other kinds of address; or a negative errno.
 */
int notify_open(struct notify *ret, const char *address);
void notify_close(struct notify *notify);

/**
 * notify_send() - send @text, with descriptors.
 * @wait: for room, if the manager has not read what came before
 *
 * Nothing happens if there is nobody to send it to. Return: 0; -EAGAIN if there is
 * no room; or another negative errno.
 */
int notify_send(const struct notify *notify, const char *text, size_t len,
		const int *fds, unsigned fd_count, bool wait);

#define NOTIFY_ADDRESS_SIZE 64

/**
 * notify_listen() - a socket that takes the program's messages.
 * @ret_address: its name, as for NOTIFY_SOCKET, in NOTIFY_ADDRESS_SIZE bytes
 *
 * It has an abstract name, so it needs no place to write to, leaves nothing
 * behind, and is reached from any root directory. Return: a non-blocking
 * descriptor or a negative errno.
 */
int notify_listen(char *ret_address);

/* A message received. */
struct notify_message {
	char text[NOTIFY_SIZE];
	size_t len;
	int fds[NOTIFY_FDS];	/* the receiver's to close */
	unsigned fd_count;
	pid_t pid;		/* who sent it, as the kernel says; 0: out of sight */
};

/* Return: 0; -EAGAIN if there is none; -EMSGSIZE for one that is too long, which
 * is gone then; or another negative errno. */
int notify_receive(int fd, struct notify_message *ret);
void notify_message_finish(struct notify_message *message);

/* What a message said. */
struct notify_said {
	bool ready, stopping, alive;
	uint64_t watchdog_us;	/* WATCHDOG_USEC=, 0 if it was not there */
};

/**
 * notify_translate() - what the manager is to hear of the program's message.
 * @main: whom the manager shall take for the main process: the supervisor,
 * which ends as the program does
 * @live: false leaves out what would keep a watchdog quiet
 * @out: room for NOTIFY_SIZE bytes; the rest is left out, line by line
 *
 * Return: bytes in @out; 0 if nothing is left to say.
 */
size_t notify_translate(const char *text, size_t len, pid_t main, bool live,
			char *out, struct notify_said *ret);

#endif
