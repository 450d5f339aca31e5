/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_spawn COUNT PROGRAM [ARGUMENT...]: time how long a program takes from
 * its start to its end, COUNT times, and print the figures in nanoseconds as
 * one JSON object. Its output goes to /dev/null.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* Of all processes that have been waited for. */
static uint64_t processor_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static void run(char **argv)
{
	posix_spawn_file_actions_t actions;
	int err, status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	err = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err) {
		fprintf(stderr, "bench_spawn: %s: %s\n", argv[0], strerror(err));
		exit(1);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench_spawn: %s fails\n", argv[0]);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	size_t count = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	uint64_t *took, cpu;

	if (count < 1 || !(took = calloc(count, sizeof(*took)))) {
		fprintf(stderr, "usage: bench_spawn COUNT PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	if (count > 1)
		run(argv + 2);	/* warm the page cache */
	cpu = processor_time();
	for (size_t i = 0; i < count; i++) {
		uint64_t start = now();

		run(argv + 2);
		took[i] = now() - start;
	}
	cpu = (processor_time() - cpu) / count;
	qsort(took, count, sizeof(*took), compare);
	printf("{\"calls\": %zu, \"median\": %llu, \"p99\": %llu, "
	       "\"min\": %llu, \"cpu\": %llu}\n", count, (unsigned long long)took[count / 2],
	       (unsigned long long)took[count - 1 - count / 100],
	       (unsigned long long)took[0], (unsigned long long)cpu);
	free(took);
	return 0;
}
