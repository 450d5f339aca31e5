/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's native protocol, which has fields beside the message:
 * https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. An entry is one datagram, or if
 * it is too large for one, a sealed memory file whose descriptor is sent.
 */
#include "daemon/journal.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "policy/base/cleanup.h"
#include "policy/base/line.h"
#include "policy/names.h"

/* Bytes of an entry without its message, object, rule and target. */
#define ENTRY_SMALL 2048

/* MESSAGE_ID, by which entries of a kind are found (and explained, see the
 * catalog in systemd/). Never to be changed. */
static const char *message_id(enum event_kind kind)
{
	switch (kind) {
	case EVENT_DENY:
		return "4b9a662fb8004ea8a43a44c3d85c53c4";
	case EVENT_REDIRECT:
		return "9b09b47d0d5b458180cc7ede69d1bc8a";
	case EVENT_ALLOW:
		return "0884e643a905407f838c53eedff03e8a";
	case EVENT_LOG:
		return "20a0ac27ffd544258097d8fa3128bfd2";
	case EVENT_EXEC:
		return "0562029613c34a208063303ac16ae677";
	case EVENT_SIGNAL:
		break;
	}
	return "764c9a39ea81403c94c61c268101f8d7";
}

static int connect_to(int fd, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, len);
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
}

int journal_open(const char *path)
{
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = connect_to(fd, path);
	return err ? err : steal_fd(&fd);
}

/* A field whose value may be any bytes, none left out: those of @value, then
 * those of @tail. */
static void put_bytes(struct line *entry, const char *name, const char *value,
		      const char *tail)
{
	size_t len = strlen(value), tail_len = tail ? strlen(tail) : 0;
	uint64_t size = htole64(len + tail_len);

	line_printf(entry, "%s\n", name);
	line_put(entry, &size, sizeof(size));
	line_put(entry, value, len);
	line_put(entry, tail ? tail : "", tail_len);
	line_puts(entry, "\n");
}

static void put_field(struct line *entry, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	if (strchr(value, '\n'))
		put_bytes(entry, name, value, NULL);
	else
		line_printf(entry, "%s=%s\n", name, value);
}

static void put_entry(struct line *entry, const struct audit_facts *f,
		      const char *message)
{
	enum event_kind kind = f->event->kind;

	put_field(entry, "MESSAGE", message);
	line_printf(entry, "PRIORITY=%d\n", kind == EVENT_DENY && !f->observed ?
		    LOG_WARNING : LOG_INFO);
	put_field(entry, "SYSLOG_IDENTIFIER", "gosup");
	put_field(entry, "MESSAGE_ID", message_id(kind));
	put_field(entry, "GOSUP_EVENT", event_kind_name(kind));
	if (f->observed)
		put_field(entry, "GOSUP_MODE", "observe");
	put_field(entry, "GOSUP_SYSCALL", f->call);
	put_field(entry, "GOSUP_OPERATION", f->operation);
	put_field(entry, "GOSUP_OBJECT", f->object);
	put_field(entry, "GOSUP_RULE", f->rule);
	put_field(entry, "GOSUP_WHY", f->why);
	if (f->target)
		put_bytes(entry, "GOSUP_TARGET", f->target, f->target_tail);
	if (f->error)
		put_field(entry, "GOSUP_ERRNO", errno_name(f->error));
	line_printf(entry, "GOSUP_PID=%d\nGOSUP_TID=%d\n", (int)f->pid, (int)f->tid);
	put_field(entry, "GOSUP_COMM", f->comm);
	/* The journal itself adds what it knows of that process. */
	line_printf(entry, "OBJECT_PID=%d\n", (int)f->pid);
}

static size_t entry_size(const struct audit_facts *f, const char *message)
{
	size_t size = ENTRY_SMALL + strlen(message) + f->object_len;

	if (f->target)
		size += strlen(f->target) + strlen(f->target_tail);
	return size;
}

static int send_datagram(int fd, const struct line *entry)
{
	ssize_t len;

	do {
		len = send(fd, entry->buf, entry->len, MSG_NOSIGNAL);
	} while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : 0;
}

static int make_memfd(const struct line *entry)
{
	auto_fd fd = memfd_create("gosup-journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (write(fd, entry->buf, entry->len) != (ssize_t)entry->len)
		return -ENOSPC;
	/* The journal takes none that could still change. */
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
		  F_SEAL_SEAL) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int send_memfd(int fd, const struct line *entry)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct msghdr msg = {
		.msg_control = &control,
		.msg_controllen = sizeof(control.bytes),
	};
	auto_fd memfd = make_memfd(entry);
	struct cmsghdr *cmsg;
	ssize_t len;

	if (memfd < 0)
		return memfd;
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &memfd, sizeof(int));
	do {
		len = sendmsg(fd, &msg, MSG_NOSIGNAL);
	} while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : 0;
}

static int send_entry(int fd, const struct line *entry)
{
	int err = send_datagram(fd, entry);

	return err == -EMSGSIZE || err == -ENOBUFS ? send_memfd(fd, entry) : err;
}

int journal_send(int fd, const char *path, const struct audit_facts *f,
		 const char *message)
{
	size_t size = entry_size(f, message);
	auto_free char *buf = malloc(size);
	struct line entry;
	int err;

	if (!buf)
		return -ENOMEM;
	line_init(&entry, buf, size);
	put_entry(&entry, f, message);
	if (entry.full)
		return -EOVERFLOW;
	err = send_entry(fd, &entry);
	/* journald was started anew, with a new socket. */
	if (err == -ECONNREFUSED || err == -ENOTCONN) {
		err = connect_to(fd, path);
		if (!err)
			err = send_entry(fd, &entry);
	}
	return err;
}
