/* SPDX-License-Identifier: Apache-2.0 */
/* Names that a rule hides must not be listed, whatever the buffer, the offset,
 * the call, and the descriptor. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "attack.h"

static void look_through(const char *buf, long len, const char *how)
{
	if (len > 0 && memmem(buf, (size_t)len, SECRET, strlen(SECRET)))
		broken("%s lists it", how);
}

static void list(int fd, long nr, size_t size, const char *how)
{
	char *buf = calloc(1, size + 1);
	long len;

	need(buf != NULL);
	lseek(fd, 0, SEEK_SET);
	while ((len = syscall(nr, fd, buf, size)) > 0) {
		look_through(buf, len, how);
		/* Nor may it be left behind the end. */
		look_through(buf, (long)size, how);
	}
	free(buf);
}

static atomic_bool stop;

static void *exchange(void *arg)
{
	int *fds = arg;

	while (!atomic_load(&stop)) {
		dup2(fds[0], fds[2]);
		dup2(fds[1], fds[2]);
	}
	return NULL;
}

static char shared[4096];

static void *peep(void *arg)
{
	while (!atomic_load(&stop))
		if (memmem(shared, sizeof(shared), SECRET, strlen(SECRET)))
			broken("it is in memory for a moment");
	return arg;
}

/* The descriptor changes, and the buffer is watched, during the call. */
static void race(int dir, int other)
{
	static int fds[3];
	pthread_t threads[2];

	fds[0] = other;
	fds[1] = dir;
	fds[2] = dup(other);
	need(pthread_create(&threads[0], NULL, exchange, fds) == 0);
	need(pthread_create(&threads[1], NULL, peep, NULL) == 0);
	for (long i = 0; i < attack_count; i++) {
		long len;

		lseek(fds[0], 0, SEEK_SET);
		lseek(fds[1], 0, SEEK_SET);
		len = syscall(SYS_getdents64, fds[2], shared, sizeof(shared));
		look_through(shared, len, "an exchanged descriptor");
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	int dir, other;

	attack_init(argc, argv);
	dir = open(attack_dir, O_RDONLY | O_DIRECTORY);
	other = open(in_dir(PUBLIC), O_RDONLY | O_DIRECTORY);
	need(dir >= 0 && other >= 0);
	for (size_t size = 16; size <= 65536; size += size < 512 ? 8 : size) {
		list(dir, SYS_getdents64, size, "getdents64");
		list(dir, SYS_getdents, size, "getdents");
	}
	list(openat(other, "..", O_RDONLY | O_DIRECTORY), SYS_getdents64, 4096, "..");
	list(open(in_dir(PUBLIC "/.."), O_RDONLY), SYS_getdents64, 4096, "a path with ..");
	list(dup(dir), SYS_getdents64, 4096, "a duplicate");
	race(dir, other);
	held();
}
