/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Only sockets of the UNIX domain take paths, but whether
 * a call's descriptor is one can change until the kernel looks, as can the
 * address. So all calls with addresses are made here, on the caller's socket,
 * got by pidfd_getfd(2) first and asked for its domain then.
 *
 * Before the program has any socket of that domain none can be swapped in, and
 * calls may go on. So socket(AF_UNIX) is watched; pidfd_getfd(2), by which it
 * could get one from elsewhere, counts as one; and so does one that it was
 * started with (launcher/spawn.c), unless it is a connected stream, which takes no
 * address any more.
 */
#include "emul/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "emul/mem.h"
#include "emul/path_call.h"
#include "policy/base/cleanup.h"

int sock_addr_fetch(const struct notif *n, uint64_t addr, int64_t len, struct sock_addr *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (len < 0 || (size_t)len > sizeof(ret->storage))
		return -EINVAL;
	ret->len = (socklen_t)len;
	return len ? mem_read(n, addr, &ret->storage, (size_t)len) : 0;
}

/* unix_validate_addr() and unix_mkname_bsd(), net/unix/af_unix.c */
bool sock_addr_path(const struct sock_addr *addr, char *path)
{
	size_t start = offsetof(struct sockaddr_un, sun_path);

	if (addr->len <= start || addr->len > sizeof(addr->un) ||
	    addr->any.sa_family != AF_UNIX || !addr->un.sun_path[0])
		return false;
	memcpy(path, addr->un.sun_path, addr->len - start);
	path[addr->len - start] = '\0';
	return true;
}

void sock_addr_to_fd(struct sock_addr *addr, int fd)
{
	addr->un.sun_family = AF_UNIX;
	proc_fd_path(fd, addr->un.sun_path);
	addr->len = sizeof(addr->un);
}

int sock_option(int fd, int option)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0 ? -errno : value;
}

bool sock_may_wait(int fd, int flags)
{
	return !(flags & MSG_DONTWAIT) && !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

/* ---- whether there is any socket of the kind ---- */

bool sock_takes_path(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (sock_option(fd, SO_DOMAIN) != AF_UNIX)
		return false;
	return sock_option(fd, SO_TYPE) == SOCK_DGRAM ||
	       getpeername(fd, (struct sockaddr *)&peer, &len) < 0;
}

/* A socket of the UNIX domain is made. */
struct outcome sys_socket(struct notif *n)
{
	int fd;

	if (n->emul->plan->policy->mode == MODE_OBSERVE)
		return reply_continue(CONTINUE_OBSERVE);
	fd = notif_getfd(n, 0);
	close_fd(fd);
	if (fd == -EPERM && n->emul->plan->confines_files)
		return notif_refuse(n, EACCES, "UNIX sockets cannot be judged where pidfd_getfd "
				    "is refused");
	atomic_store(&n->emul->known->unix_sockets, true);
	return reply_continue(CONTINUE_TRACKED);
}

/* ---- what to do about a call ---- */

/* Where rules take nothing away, only what they show elsewhere matters. */
static bool leads_to_view(struct notif *n, uint64_t addr, int64_t len)
{
	char path[sizeof(struct sockaddr_un)];
	struct sock_addr copy;
	struct place place;
	bool view;

	if (!addr || sock_addr_fetch(n, addr, len, &copy) || !sock_addr_path(&copy, path))
		return false;
	walk(n, AT_FDCWD, path,
	     n->row->nr == SYS_bind ? WALK_NOFOLLOW | WALK_CREATE : WALK_CREATE, &place);
	view = place.view || place.synthetic || place.detour;
	place_finish(&place);
	return view;
}

enum sock_way sock_way(struct notif *n, uint64_t addr, int64_t len, int *ret_fd,
		       struct outcome *ret)
{
	const struct plan *plan = n->emul->plan;
	bool needed = plan->confines_files ? atomic_load(&n->emul->known->unix_sockets)
					   : leads_to_view(n, addr, len);

	if (!needed || plan->policy->mode == MODE_OBSERVE) {
		*ret = reply_continue(needed ? CONTINUE_OBSERVE : CONTINUE_NOTHING_TO_VERIFY);
		return SOCK_ALONE;
	}
	*ret_fd = notif_getfd(n, (int)n->args[0]);
	if (*ret_fd >= 0)
		return SOCK_PERFORM;
	*ret = *ret_fd == -EPERM ?
	       notif_refuse(n, EPERM, "addresses cannot be judged where pidfd_getfd is refused") :
	       *ret_fd == -ESRCH ? reply_gone() : reply_errno(*ret_fd);
	return SOCK_ANSWERED;
}

bool sock_find(struct notif *n, const char *path, struct place *place, struct outcome *ret)
{
	struct path_wish wish = { .op = OP_CONNECT };
	int err = walk(n, AT_FDCWD, path, 0, place);

	return judge_path(n, place, err, wish, ret);
}

/* ---- connect, bind ---- */

/* Connect as the caller. Everything but a UNIX path goes as it is. */
static struct outcome connect_to(struct notif *n, int fd, struct sock_addr *addr)
{
	char path[sizeof(struct sockaddr_un)];
	bool waits = sock_may_wait(fd, 0);
	struct outcome outcome;
	struct place place;
	int ret;

	place_init(&place);
	if (sock_option(fd, SO_DOMAIN) == AF_UNIX && sock_addr_path(addr, path)) {
		if (sock_find(n, path, &place, &outcome))
			goto out;
		sock_addr_to_fd(addr, place.fd);
	}
	if (waits)
		n->emul->block_begin(n->worker);
	ret = connect(fd, &addr->any, addr->len);
	outcome = ret < 0 ? reply_errno(errno) : reply_value(0);
	if (waits)
		n->emul->block_end(n->worker);
out:
	n->object = NULL;
	place_finish(&place);
	return outcome;
}

/* Bind as the caller. */
static struct outcome bind_to(struct notif *n, int fd, struct sock_addr *addr)
{
	struct path_wish wish = { .op = OP_CREATE };
	char path[sizeof(struct sockaddr_un)];
	struct outcome outcome;
	struct place place;
	int err;

	if (sock_option(fd, SO_DOMAIN) != AF_UNIX || !sock_addr_path(addr, path))
		return reply_result(bind(fd, &addr->any, addr->len) < 0 ? -errno : 0);
	err = walk(n, AT_FDCWD, path, WALK_NOFOLLOW | WALK_LEAF | WALK_CREATE, &place);
	wish.creates = place.fd < 0;
	if (!judge_path(n, &place, err, wish, &outcome)) {
		err = place.fd >= 0 ? -EADDRINUSE : place.want_dir ? -ENOENT :
		      sock_bind_at(n, fd, path, &place);
		outcome = err != -EOPNOTSUPP ? reply_result(err) :
			  notif_refuse(n, EACCES, "a socket file cannot be made safely here");
	}
	n->object = NULL;
	place_finish(&place);
	return outcome;
}

struct outcome sys_address(struct notif *n)
{
	bool binds = n->row->nr == SYS_bind;
	struct sock_addr addr;
	struct outcome outcome;
	auto_fd fd = -1;
	int err;

	if (sock_way(n, n->args[1], (int)n->args[2], &fd, &outcome) != SOCK_PERFORM)
		return outcome;
	/* __sys_bind() and __sys_connect() in net/socket.c */
	err = binds || fcntl(fd, F_GETFL) & O_PATH ? sock_option(fd, SO_DOMAIN) : 0;
	if (err >= 0)
		err = sock_addr_fetch(n, n->args[1], (int)n->args[2], &addr);
	if (!err && !binds && (err = sock_option(fd, SO_DOMAIN)) > 0)
		err = 0;
	if (!err && !notif_alive(n))
		return reply_gone();
	if (!err)
		err = act_begin(n, ACT_SEEN | (binds ? ACT_CREATES : 0));
	if (err)
		return err == -ESRCH ? reply_gone() : reply_errno(err);
	outcome = binds ? bind_to(n, fd, &addr) : connect_to(n, fd, &addr);
	act_end(n);
	return outcome;
}
