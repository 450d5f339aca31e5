/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_SOCK_H
#define GOSUP_EMUL_SOCK_H

#include <sys/socket.h>
#include <sys/un.h>

#include "emul/handlers.h"

/*
 * Calls that hand the kernel a socket's address. A UNIX address may be a path,
 * which rules are about; it lies in memory that the program can change, so the
 * call is made on our copy, on the caller's own socket.
 */

struct sock_addr {
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_storage storage;
		struct sockaddr_un un;
	};
};

/* Copy an address. Return: 0, -EINVAL if it is too long, -EFAULT. */
int sock_addr_fetch(const struct notif *n, uint64_t addr, int64_t len, struct sock_addr *ret);

/**
 * sock_addr_path() - the path that a UNIX address names.
 * @path: of sizeof(struct sockaddr_un) bytes
 * Return: false for any other address, abstract ones among them.
 */
bool sock_addr_path(const struct sock_addr *addr, char *path);

/* Make @addr lead to @fd, a descriptor of ours, whatever it is. */
void sock_addr_to_fd(struct sock_addr *addr, int fd);

/* What is to be done about a call. */
enum sock_way {
	SOCK_ALONE,	/* the kernel may go on: no rule can concern it */
	SOCK_PERFORM,
	SOCK_ANSWERED,	/* with what was returned beside this */
};

/**
 * sock_way() - must a call with address @addr of @len bytes be performed?
 * @ret_fd: the caller's socket, ours to close, if it must
 * @ret: the answer if it is given
 */
enum sock_way sock_way(struct notif *n, uint64_t addr, int64_t len, int *ret_fd,
		       struct outcome *ret);

/* SO_DOMAIN or SO_TYPE of @fd. Return: -errno if it is no socket. */
int sock_option(int fd, int option);

/* Can @fd be given an address that is a path? */
bool sock_takes_path(int fd);

/* May a call on @fd, with MSG_* @flags, wait? */
bool sock_may_wait(int fd, int flags);

/**
 * sock_find() - find and judge the socket file that @path names.
 * @place: place_finish() it whatever this returns
 * Return: true if *ret settles the call; else @place is the file.
 */
bool sock_find(struct notif *n, const char *path, struct place *place, struct outcome *ret);

/**
 * sock_bind_at() - bind @fd to @path, where the walk found @place to be new.
 * The socket gets the path as its name, and its file nowhere but at @place.
 * Return: 0 or a negative errno; -EOPNOTSUPP if that cannot be made sure of.
 */
int sock_bind_at(struct notif *n, int fd, const char *path, const struct place *place);

#endif
