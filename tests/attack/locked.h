/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_TESTS_ATTACK_LOCKED_H
#define GOSUP_TESTS_ATTACK_LOCKED_H

#include <dirent.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "attack.h"

/*
 * The locked tree may be read, not changed. It holds data, which begins with
 * LOCKED_TEXT, and an empty directory dir. locked_remember() before, and
 * locked_check() after each try.
 */
#define LOCKED		"locked00"
#define LOCKED_TEXT	"gosup-locked"

struct locked_state {
	struct stat st[3];
	unsigned entries, attributes;
	char text[sizeof(LOCKED_TEXT)];
};

static struct locked_state locked_before;
static const char *const locked_names[] = { LOCKED, LOCKED "/data", LOCKED "/dir" };

static inline char *locked_file(void)
{
	return in_dir(LOCKED "/data");
}

static inline unsigned locked_entries(const char *name)
{
	DIR *dir = opendir(in_dir(name));
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static inline struct locked_state locked_look(void)
{
	struct locked_state now;
	int fd = open(locked_file(), O_RDONLY | O_CLOEXEC);
	char list[1024];

	memset(&now, 0, sizeof(now));
	if (fd >= 0 && pread(fd, now.text, sizeof(LOCKED_TEXT) - 1, 0) < 0)
		now.text[0] = '\0';
	if (fd >= 0)
		close(fd);
	for (unsigned i = 0; i < 3; i++) {
		ssize_t n = llistxattr(in_dir(locked_names[i]), list, sizeof(list));

		if (lstat(in_dir(locked_names[i]), &now.st[i]) < 0)
			now.st[i].st_ino = 0;
		memset(&now.st[i].st_atim, 0, sizeof(now.st[i].st_atim));
		now.attributes += n > 0 ? (unsigned)n : 0;
	}
	now.entries = locked_entries(LOCKED) + locked_entries(LOCKED "/dir");
	return now;
}

/* Without gosup all that is tried is tried, and what succeeds is told: it is the
 * technique that has to work, not only the first way to use it. */
static unsigned locked_tries, locked_won;

static inline void locked_told(void)
{
	if (!locked_won)
		return;
	fprintf(stderr, "attack succeeds: %u of %u tries change what may only be read\n",
		locked_won, locked_tries);
	_exit(1);
}

static inline void locked_remember(void)
{
	if (getenv("ATTACK_CONTROL"))
		need(atexit(locked_told) == 0);
	locked_before = locked_look();
	need(strcmp(locked_before.text, LOCKED_TEXT) == 0);
}

static inline void locked_judge(bool changed, const char *how)
{
	locked_tries++;
	if (!changed)
		return;
	if (!getenv("ATTACK_CONTROL"))
		broken("%s changes what may only be read", how);
	locked_won++;
	/* Make room for the next try. */
	for (unsigned i = 0; i < 3; i++) {
		static const char *const made[] = {
			LOCKED "/made", LOCKED "/dir/made", LOCKED "/sock",
		};

		if (unlink(in_dir(made[i])) < 0)
			rmdir(in_dir(made[i]));
	}
	locked_before = locked_look();
}

static inline void locked_check(const char *how)
{
	struct locked_state now = locked_look();

	locked_judge(memcmp(&now, &locked_before, sizeof(now)) != 0, how);
}

/* Make a call, whatever it returns, and look. */
#define LOCKED_TRY(call) do {						\
	long ret_ = (long)(call);					\
	(void)ret_;							\
	locked_check(#call);						\
} while (0)

/* Write through @fd, if it is one, and look; it is closed. */
static inline void locked_write(int fd, const char *how)
{
	if (fd < 0)
		return;
	if (pwrite(fd, "broken", 6, 0) == 6)
		locked_check(how);
	close(fd);
}

/* Return: the locked file, open as far as it can be had: without a policy for
 * writing, too, so that what is tried on it is shown to work. */
static inline int locked_best_fd(void)
{
	int fd = open(locked_file(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fd = open(locked_file(), O_RDONLY | O_CLOEXEC);
	need(fd >= 0);
	return fd;
}

#endif
