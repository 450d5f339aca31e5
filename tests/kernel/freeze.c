/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Freezing a cgroup wakes a call that waits for its notification to be
 * received or answered: after thawing it is issued again under a new id, so
 * an id from before is ENOENT and no error.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static char group[PATH_MAX];

static int body(int sock)
{
	(void)sock;
	return syscall(SYS_getppid) == 42 ? 0 : 1;
}

static bool put(const char *file, const char *text)
{
	char path[PATH_MAX + 32];
	int fd;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

static void remove_group(void)
{
	if (group[0])
		rmdir(group);
}

/* Make a group in the unified hierarchy, wherever it is mounted. */
static void make_group(void)
{
	static const char *const roots[] = {
		"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
	};

	for (unsigned i = 0; i < 2; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/cgroup.procs", roots[i]);
		if (access(path, W_OK) < 0)
			continue;
		snprintf(group, sizeof(group), "%s/gosup-freeze-%d", roots[i],
			 getpid());
		if (mkdir(group, 0700) == 0) {
			atexit(remove_group);
			return;
		}
	}
	group[0] = '\0';
	skip("no cgroup hierarchy that may be written to");
}

static void wait_frozen(const char *want)
{
	int64_t end = probe_now_ms() + PROBE_DEADLINE_MS;
	char path[PATH_MAX + 32], buf[128];

	snprintf(path, sizeof(path), "%s/cgroup.events", group);
	for (;;) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, buf, sizeof(buf) - 1);

		close(fd);
		check(n > 0);
		buf[n] = '\0';
		if (strstr(buf, want))
			return;
		check(probe_now_ms() < end, "never \"%s\"", want);
	}
}

int main(void)
{
	struct seccomp_notif first, second;
	struct probe_child child;
	char pid[16];
	int err;

	make_group();
	start(&child, SYS_getppid, 0, body);
	snprintf(pid, sizeof(pid), "%d", child.pid);
	if (!put("cgroup.procs", pid)) {
		err = errno;
		probe_child_finish(&child);
		skip("a child cannot be moved: %s", strerror(err));
	}
	check_ok(probe_recv(&child, &first));
	check(put("cgroup.freeze", "1"));
	wait_frozen("frozen 1");
	check(!probe_id_valid(&child, first.id), "freezing keeps the id");
	check(put("cgroup.freeze", "0"));
	check_ok(probe_recv(&child, &second));
	check(second.id != first.id);
	check(probe_send(&child, first.id, 41, 0, 0) == -ENOENT);
	check_ok(probe_send(&child, second.id, 42, 0, 0));
	check(probe_child_exit(&child) == 0);
	probe_child_finish(&child);
	return 0;
}
