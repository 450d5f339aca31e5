/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_signal latency|acked|queued COUNT [PREFIX...]: start "PREFIX... bench_signal
 * target FD", send COUNT signals to what was started, and print figures in nanoseconds
 * as one JSON object.
 *
 *	latency	from before kill(2) until the target runs; both rest in between
 *	acked	a standard signal each time the target has had the one before
 *	queued	a real-time signal with a value, as fast as there is room
 *
 * The PREFIX "relay" is the least that passes signals on: a process that waits for
 * them and sends them to the target.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REST_NS 300000
#define GIVE_UP_S 20
#define QUEUED (SIGRTMIN + 1)

/* Written by the target alone. */
struct shared {
	_Atomic uint32_t got;
	_Atomic uint32_t ready;
	_Atomic uint32_t disorder;	/* values that did not follow each other */
	_Atomic uint64_t at;		/* when the last one was there */
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int fail(const char *what)
{
	fprintf(stderr, "bench_signal: %s: %s\n", what, strerror(errno));
	return 1;
}

static void block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
	sigaddset(set, QUEUED);
	sigprocmask(SIG_BLOCK, set, NULL);
}

static void change(_Atomic uint32_t *word)
{
	atomic_fetch_add(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Wait until *@word is @wanted. */
static int await(_Atomic uint32_t *word, uint32_t wanted)
{
	struct timespec most = { GIVE_UP_S, 0 };
	uint32_t is;

	while ((is = atomic_load(word)) != wanted)
		if (syscall(SYS_futex, word, FUTEX_WAIT, is, &most, NULL, 0) < 0 &&
		    errno == ETIMEDOUT)
			return -1;
	return 0;
}

static int be_target(int fd)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	siginfo_t info;
	sigset_t set;
	int next = 0;

	if (s == MAP_FAILED)
		return fail("mmap");
	block(&set);
	change(&s->ready);
	for (;;) {
		if (sigwaitinfo(&set, &info) < 0)
			continue;
		if (info.si_signo == SIGTERM)
			return 0;
		atomic_store(&s->at, now());
		if (info.si_signo == QUEUED && info.si_value.sival_int != next++)
			atomic_fetch_add(&s->disorder, 1);
		change(&s->got);
	}
}

static int be_relay(char **argv)
{
	siginfo_t info = { 0 };
	sigset_t set;
	pid_t pid;
	int err;

	block(&set);
	err = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
	if (err)
		return 1;
	while (info.si_signo != SIGTERM) {
		if (sigwaitinfo(&set, &info) < 0)
			continue;
		if (info.si_code == SI_QUEUE)
			sigqueue(pid, info.si_signo, info.si_value);
		else
			kill(pid, info.si_signo);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void rest(void)
{
	struct timespec ts = { 0, REST_NS };

	nanosleep(&ts, NULL);
}

static int measure_latency(struct shared *s, pid_t pid, uint32_t count)
{
	uint64_t *took = calloc(count, sizeof(*took));
	uint32_t i;

	for (i = 0; took && i < count; i++) {
		uint64_t start;

		rest();
		start = now();
		kill(pid, SIGUSR1);
		if (await(&s->got, i + 1))
			return fail("a signal was lost");
		took[i] = atomic_load(&s->at) - start;
	}
	if (!took)
		return 1;
	qsort(took, count, sizeof(*took), compare);
	printf("{\"calls\": %u, \"median\": %llu, \"p99\": %llu}\n", count,
	       (unsigned long long)took[count / 2],
	       (unsigned long long)took[count - 1 - count / 100]);
	free(took);
	return 0;
}

static void send_value(pid_t pid, uint32_t value)
{
	union sigval v = { .sival_int = (int)value };

	while (sigqueue(pid, QUEUED, v) < 0 && errno == EAGAIN)
		sched_yield();
}

static int measure_many(struct shared *s, pid_t pid, uint32_t count, int queued)
{
	uint64_t start = now();
	uint32_t i;

	for (i = 0; i < count; i++) {
		if (queued)
			send_value(pid, i);
		else
			kill(pid, SIGUSR1);
		if (!queued && await(&s->got, i + 1))
			break;
	}
	/* One too many would be here after this. */
	await(&s->got, count);
	start = now() - start;
	rest();
	printf("{\"calls\": %u, \"got\": %u, \"lost\": %d, \"disorder\": %u, "
	       "\"mean\": %llu}\n", count, atomic_load(&s->got),
	       (int)(count - atomic_load(&s->got)), atomic_load(&s->disorder),
	       (unsigned long long)(start / count));
	return 0;
}

static pid_t start(int argc, char **argv, const char *self, int fd)
{
	char **all = calloc((size_t)argc + 5, sizeof(*all)), number[16];
	pid_t pid = -1;
	int i, n = 0;

	snprintf(number, sizeof(number), "%d", fd);
	if (argc > 0 && !strcmp(argv[0], "relay"))
		all[n++] = (char *)self;
	for (i = 0; i < argc; i++)
		all[n++] = argv[i];
	all[n++] = (char *)self;
	all[n++] = (char *)"target";
	all[n] = number;
	errno = posix_spawnp(&pid, all[0], NULL, NULL, all, environ);
	free(all);
	return pid;
}

int main(int argc, char **argv)
{
	int fd, status, ret;
	uint32_t count;
	struct shared *s;
	pid_t pid;

	if (argc == 3 && !strcmp(argv[1], "target"))
		return be_target(atoi(argv[2]));
	if (argc > 2 && !strcmp(argv[1], "relay"))
		return be_relay(argv + 2);
	count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	if (!count) {
		fprintf(stderr, "usage: bench_signal latency|acked|queued COUNT [PREFIX...]\n");
		return 2;
	}
	fd = memfd_create("bench_signal", 0);
	if (fd < 0 || ftruncate(fd, sizeof(*s)) < 0)
		return fail("memfd_create");
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s == MAP_FAILED)
		return fail("mmap");
	pid = start(argc - 3, argv + 3, argv[0], fd);
	if (pid < 0 || await(&s->ready, 1))
		return fail("the target does not start");
	if (!strcmp(argv[1], "latency"))
		ret = measure_latency(s, pid, count);
	else
		ret = measure_many(s, pid, count, !strcmp(argv[1], "queued"));
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	return ret;
}
