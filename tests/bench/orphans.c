/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_orphans COUNT: leave COUNT ended processes behind, a batch at a time, and wait
 * until whoever has adopted them has reaped them all. Only that is timed: prints the
 * mean for each, in nanoseconds, as one JSON object.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH 4000
#define GIVE_UP_S 20

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int end(void *arg)
{
	(void)arg;
	_exit(0);
}

/* Start @count processes that end at once, and wait until they have; nobody reaps
 * them until this process ends. */
static void make_zombies(unsigned count)
{
	static char stack[4096 * 4];
	siginfo_t info;
	pid_t last = 0;
	unsigned i;

	/* Sharing memory is cheaper, and the parent waits until each has ended. */
	for (i = 0; i < count && last >= 0; i++)
		last = clone(end, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
			     NULL);
	if (last > 0)
		waitid(P_PID, (id_t)last, &info, WEXITED | WNOWAIT);
	if (write(1, last < 0 ? "-" : "+", 1) != 1)
		_exit(1);
	pause();
}

/* How many bytes the list of our parent's children has. */
static size_t parents_children(void)
{
	char path[64], text[4096];
	size_t size = 0;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getppid(), getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (len > 0)
		size = (size_t)len;
	if (fd >= 0)
		close(fd);
	return size;
}

static int batch(unsigned count, size_t alone, uint64_t *spent)
{
	struct timespec pause = { 0, 200000 };
	uint64_t start;
	int ready[2];
	char c = '-';
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(ready[1], 1);
		make_zombies(count);
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &c, 1) != 1 || c != '+')
		return -1;
	close(ready[0]);
	start = now();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (parents_children() > alone) {
		if (now() - start > GIVE_UP_S * 1000000000ull)
			return -1;
		nanosleep(&pause, NULL);
	}
	*spent += now() - start;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned count = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	size_t alone = parents_children();
	uint64_t spent = 0;
	unsigned done = 0;

	if (!count || !alone) {
		fprintf(stderr, "usage: bench_orphans COUNT (needs /proc)\n");
		return 2;
	}
	while (done < count) {
		unsigned some = count - done < BATCH ? count - done : BATCH;

		if (batch(some, alone, &spent)) {
			fprintf(stderr, "bench_orphans: the orphans are not reaped\n");
			return 1;
		}
		done += some;
	}
	printf("{\"calls\": %u, \"mean\": %llu}\n", count,
	       (unsigned long long)(spent / count));
	return 0;
}
