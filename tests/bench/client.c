/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_client MODE CALLS [PATH [THREADS]]: time one system call as a program sees it
 * and print the figures as one JSON object, in nanoseconds.
 *
 * Static, so that under a supervisor the only calls are these. Two passes:
 * batches without a clock inside give the mean (of the median batch: a
 * scheduler's hiccup spoils one batch, not the figure); then each call alone
 * gives median and 99th percentile, clock included, which is the same
 * everywhere and matters only for calls of its own size.
 *
 * With THREADS the calls are divided among that many, which start together; the
 * mean is of the time that all of it took.
 *
 * Mode "wait" makes CALLS opens of PATH, says "ready" and waits for the end of
 * its standard input, so that somebody can look at its supervisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 21

static const char *path;

static bool call_getppid(void)
{
	return syscall(SYS_getppid) != -1;
}

static bool call_openclose(void)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool call_stat(void)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static const struct mode {
	const char *name;
	bool (*call)(void);
	bool wants_path;
} modes[] = {
	{ "getppid", call_getppid, false },
	{ "openclose", call_openclose, true },
	{ "stat", call_stat, true },
	{ "wait", call_openclose, true },
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void fail(const struct mode *mode)
{
	fprintf(stderr, "bench_client: %s: %s\n", mode->name, strerror(errno));
	exit(1);
}

static void repeat(const struct mode *mode, size_t calls)
{
	for (size_t i = 0; i < calls; i++)
		if (!mode->call())
			fail(mode);
}

/* Return: nanoseconds of one call, of the median batch. */
static double mean_of_median_batch(const struct mode *mode, size_t calls)
{
	uint64_t took[BATCHES];
	size_t each = calls / BATCHES + 1;

	for (int i = 0; i < BATCHES; i++) {
		uint64_t start = now();

		repeat(mode, each);
		took[i] = now() - start;
	}
	qsort(took, BATCHES, sizeof(took[0]), compare);
	return (double)took[BATCHES / 2] / (double)each;
}

static int measure(const struct mode *mode, size_t calls)
{
	uint64_t *took = calloc(calls, sizeof(*took));
	double mean;

	if (!took)
		fail(mode);
	repeat(mode, calls / 10 + 1);	/* warm up caches and supervisor */
	mean = mean_of_median_batch(mode, calls);
	for (size_t i = 0; i < calls; i++) {
		uint64_t start = now();

		if (!mode->call())
			fail(mode);
		took[i] = now() - start;
	}
	qsort(took, calls, sizeof(*took), compare);
	printf("{\"mode\": \"%s\", \"calls\": %zu, \"mean\": %.1f, "
	       "\"median\": %llu, \"p99\": %llu, \"max\": %llu}\n",
	       mode->name, calls, mean,
	       (unsigned long long)took[calls / 2],
	       (unsigned long long)took[calls - 1 - calls / 100],
	       (unsigned long long)took[calls - 1]);
	free(took);
	return 0;
}

struct share {
	const struct mode *mode;
	pthread_barrier_t *start;
	size_t calls;
};

static void *do_share(void *arg)
{
	const struct share *share = arg;

	pthread_barrier_wait(share->start);
	repeat(share->mode, share->calls);
	return NULL;
}

static int measure_together(const struct mode *mode, size_t calls, unsigned threads)
{
	pthread_t *ids = calloc(threads, sizeof(*ids));
	pthread_barrier_t start;
	struct share share = { mode, &start, calls / threads };
	uint64_t began;
	unsigned i;

	if (!ids || pthread_barrier_init(&start, NULL, threads + 1))
		fail(mode);
	for (i = 0; i < threads; i++)
		if ((errno = pthread_create(&ids[i], NULL, do_share, &share)))
			fail(mode);
	repeat(mode, calls / 10 + 1);
	pthread_barrier_wait(&start);
	began = now();
	for (i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	printf("{\"mode\": \"%s\", \"calls\": %zu, \"mean\": %.1f}\n", mode->name,
	       share.calls * threads,
	       (double)(now() - began) / (double)(share.calls * threads));
	free(ids);
	return 0;
}

static int wait_for_eof(const struct mode *mode, size_t calls)
{
	char c;

	repeat(mode, calls);
	if (puts("ready") < 0 || fflush(stdout) != 0)
		return 1;
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	size_t calls = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned threads = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;

	path = argc > 3 ? argv[3] : NULL;
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, argv[1]) != 0)
			continue;
		if (calls < 1 || (modes[i].wants_path && !path))
			break;
		if (strcmp(argv[1], "wait") == 0)
			return wait_for_eof(&modes[i], calls);
		if (threads)
			return measure_together(&modes[i], calls, threads);
		return measure(&modes[i], calls);
	}
	fprintf(stderr, "usage: bench_client getppid CALLS\n"
		"       bench_client openclose|stat|wait CALLS PATH [THREADS]\n");
	return 2;
}
