/* SPDX-License-Identifier: Apache-2.0 */
/* fanotify(7) hands out open descriptors of files that others use: marks on the
 * file system, the mount, and directories near the secret, while somebody
 * outside reads it. */
#include <poll.h>
#include <sys/fanotify.h>
#include <time.h>

#include "attack.h"

static void mark(int group, const char *path)
{
	static const unsigned where[] = { FAN_MARK_FILESYSTEM, FAN_MARK_MOUNT, 0 };
	const uint64_t what = FAN_OPEN | FAN_ACCESS | FAN_EVENT_ON_CHILD;

	for (unsigned i = 0; i < sizeof(where) / sizeof(where[0]); i++)
		fanotify_mark(group, FAN_MARK_ADD | where[i], what, AT_FDCWD, path);
}

static void look(int group)
{
	char buf[4096] __attribute__((aligned(8)));
	struct fanotify_event_metadata *event = (void *)buf;
	ssize_t len = read(group, buf, sizeof(buf));

	for (; FAN_EVENT_OK(event, len); event = FAN_EVENT_NEXT(event, len))
		check_fd(event->fd, "an event's descriptor");
}

int main(int argc, char **argv)
{
	struct pollfd p = { .events = POLLIN };
	time_t end = time(NULL) + 5;

	attack_init(argc, argv);
	p.fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY);
	if (p.fd < 0) {
		if (getenv("ATTACK_CONTROL"))
			cannot("no fanotify: %s", strerror(errno));
		held();
	}
	mark(p.fd, in_dir(PUBLIC));
	mark(p.fd, attack_dir);
	mark(p.fd, in_dir(SECRET));
	mark(p.fd, "/");
	/* Whoever reads the secret does so every few milliseconds. */
	while (time(NULL) < end && poll(&p, 1, 300) == 1)
		look(p.fd);
	held();
}
