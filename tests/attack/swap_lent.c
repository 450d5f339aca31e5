/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that a view shows is started by way of a descriptor that the
 * supervisor lends. A second thread puts denied programs behind all numbers that
 * it may have, and writes the denied path where the call's is. Both trees hold
 * the program of swap_exec.c, which tells where it lies.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "attack.h"

#define RAN_SECRET 42
#define NUMBERS 16

static char path[2 * PATH_MAX];
static size_t end;
static char *denied;
static int prog = -1;
static atomic_bool stop;

static void *meddle(void *arg)
{
	unsigned n = 0;

	(void)arg;
	while (!atomic_load(&stop)) {
		int fd = 3 + (int)(n++ % NUMBERS);

		if (prog >= 0 && fd != prog)
			dup3(prog, fd, O_CLOEXEC);
		memcpy(path + end, denied, strlen(denied));
		sched_yield();
		memset(path + end, 0, strlen(denied));
		if (fd != prog)
			close(fd);
		/* Keep still for a start or two: some have to succeed. */
		if (n % 64 == 0)
			usleep(2000);
	}
	return NULL;
}

static int start(void *arg)
{
	char *argv[] = { (char *)"prog", NULL };

	execve(arg, argv, environ);
	_exit(9);
}

/* As vfork(), but with the descriptors shared as well. */
static int run(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;
	pid_t pid = clone(start, stack + sizeof(stack),
			  CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, path);

	need(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	long ran = 0;

	attack_init(argc, argv);
	denied = in_dir(SECRET "/prog");
	prog = open(denied, O_PATH | O_CLOEXEC);
	/* Alone there is no view, so the path itself is exchanged. */
	if (!getenv("ATTACK_CONTROL"))
		strcpy(path, in_dir("view/prog"));
	end = strlen(path);
	need(pthread_create(&thread, NULL, meddle, NULL) == 0);
	for (long i = 0; race_more(i, ran); i++) {
		int status = run();

		if (status == RAN_SECRET)
			broken("a denied program runs at try %ld", i);
		ran += status == 0;
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	if (!ran)
		cannot("no program may be executed at all");
	held();
}
