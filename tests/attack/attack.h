/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_TESTS_ATTACK_ATTACK_H
#define GOSUP_TESTS_ATTACK_ATTACK_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Programs that try to get what the policy denies. Conventions:
 *
 *   usage	NAME DIR COUNT. DIR holds the trees of test_attacks.py:
 *		public00, which the program may use, and secret00, which it may
 *		not; secret00/data begins with MARKER; and locked00 (locked.h),
 *		which it may read. COUNT is how often to
 *		try what depends on timing.
 *   exit 0	held: no attempt got anything
 *   exit 1	broken: one did; stderr says which
 *   exit 77	cannot be tried here; stdout says why
 *
 * Both names have eight letters so that one store turns one path into the
 * other. Programs are static: all calls that the supervisor sees are theirs.
 * Run without gosup each must end with 1 (or 77), which test_attacks.py checks,
 * too: an attack that never succeeds proves nothing.
 */

#define MARKER	"gosup-secret"
#define PUBLIC	"public00"
#define SECRET	"secret00"

#define held()		exit(0)
#define broken(...)	do {						\
	fprintf(stderr, "attack succeeds: " __VA_ARGS__);		\
	fputc('\n', stderr);						\
	exit(1);							\
} while (0)
#define cannot(...)	do {						\
	printf("skipped: " __VA_ARGS__);				\
	putchar('\n');							\
	exit(77);							\
} while (0)
/* For what must work before there is anything to attack. */
#define need(cond)	do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: cannot set up: %s: %s\n",	\
			__FILE__, __LINE__, #cond, strerror(errno));	\
		exit(2);						\
	}								\
} while (0)

static const char *attack_dir;
static long attack_count;

static inline void attack_init(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s DIR COUNT\n", argv[0]);
		exit(2);
	}
	attack_dir = argv[1];
	attack_count = strtol(argv[2], NULL, 10);
}

/* Return: whether to go on after @done of COUNT tries: longer if nothing was
 * @seen to succeed yet, for on a busy machine the other side of a race may keep
 * still for all of them. */
static inline bool race_more(long done, bool seen)
{
	if (done < attack_count)
		return true;
	sched_yield();
	return !seen && done < 100 * attack_count;
}

/* Return: "DIR/@name" in one of a few buffers. */
static inline char *in_dir(const char *name)
{
	static char bufs[8][PATH_MAX];
	static unsigned next;
	char *buf = bufs[next++ % 8];

	snprintf(buf, PATH_MAX, "%s/%s", attack_dir, name);
	return buf;
}

static inline char *secret_file(void)
{
	return in_dir(SECRET "/data");
}

/* Return: a descriptor of directory @path, of whatever kind may be had; -1 if
 * none. */
static inline int dir_fd(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Return: whether @fd reads the secret from its start. */
static inline bool reads_secret(int fd)
{
	char buf[sizeof(MARKER)] = "";

	return pread(fd, buf, sizeof(MARKER) - 1, 0) ==
	       (ssize_t)sizeof(MARKER) - 1 && strcmp(buf, MARKER) == 0;
}

/* Look at the result of an attempt; @fd is closed. */
static inline void check_fd(int fd, const char *how)
{
	if (fd < 0)
		return;
	if (reads_secret(fd))
		broken("%s reads the secret", how);
	close(fd);
}

/* Try to read the secret through @path. */
static inline void check_path(const char *path, const char *how)
{
	check_fd(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), how);
}

/* The same relative to a directory. */
static inline void check_at(int dirfd, const char *path, const char *how)
{
	check_fd(openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), how);
}

#endif
