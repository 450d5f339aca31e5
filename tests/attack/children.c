/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of child is under the same rules: fork, vfork, threads, clone
 * with and without shared memory, files and file system, orphans in a session
 * of their own. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "attack.h"

static const char *secret;
static volatile int *got;	/* shared memory: which way got it */
static volatile int *done;	/* shared memory: how many have looked */

static void look(int way)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, secret, O_RDONLY);

	if (fd >= 0 && reads_secret(fd))
		*got = way;
	if (fd >= 0)
		close(fd);
	__atomic_fetch_add(done, 1, __ATOMIC_SEQ_CST);
}

static void *thread(void *arg)
{
	look(*(int *)arg);
	return NULL;
}

static int cloned(void *arg)
{
	look(*(int *)arg);
	return 0;
}

static void orphan(void)
{
	int pipefd[2];
	char c;
	pid_t pid;

	need(pipe(pipefd) == 0);
	pid = fork();
	need(pid >= 0);
	if (pid == 0) {
		if (fork() == 0) {
			setsid();
			look(4);
			_exit(0);
		}
		_exit(0);
	}
	close(pipefd[1]);
	waitpid(pid, NULL, 0);
	/* The end of file is the orphan's end. */
	need(read(pipefd[0], &c, 1) == 0);
	close(pipefd[0]);
}

static void clones(void)
{
	static const int flags[] = {
		CLONE_VM, CLONE_FILES, CLONE_FS, CLONE_VM | CLONE_FILES,
		CLONE_PARENT, CLONE_UNTRACED, CLONE_IO | CLONE_SYSVSEM,
	};
	static char stack[65536] __attribute__((aligned(16)));

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int way = 10 + (int)i, before = *done;
		pid_t pid = clone(cloned, stack + sizeof(stack),
				  flags[i] | SIGCHLD, &way);

		/* With CLONE_PARENT it is not ours to wait for. */
		while (pid > 0 && *done == before)
			sched_yield();
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	int ways[] = { 1, 2, 3 };
	pthread_t id;
	pid_t pid;

	attack_init(argc, argv);
	secret = secret_file();
	got = mmap(NULL, 2 * sizeof(*got), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(got != MAP_FAILED);
	done = got + 1;
	pid = fork();
	if (pid == 0) {
		look(1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (pid == 0) {
		look(2);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	need(pthread_create(&id, NULL, thread, &ways[2]) == 0);
	pthread_join(id, NULL);
	orphan();
	clones();
	if (*got)
		broken("child of kind %d", *got);
	held();
}
