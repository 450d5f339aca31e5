/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a program are to be those of a rule's digest. A second thread puts
 * one file and another in the place of "pinned", by renaming and by writing to it,
 * while it is being started: a copy of this program, which exits with 0 then, and
 * the loader of the secret tree, which exits with 42.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

#define RAN_OTHER 42

static char pinned[PATH_MAX], good[PATH_MAX], evil[PATH_MAX], next[PATH_MAX];
static atomic_bool stop;

static bool copy(const char *from, const char *to, int flags)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0700);
	bool done = in >= 0 && out >= 0;

	while (done && sendfile(out, in, NULL, 1 << 24) > 0)
		;
	close(in);
	close(out);
	return done;
}

/* Another file by the same name, and other bytes in the same file. */
static void *swap_files(void *arg)
{
	unsigned n = 0;

	(void)arg;
	while (!atomic_load(&stop)) {
		const char *from = n & 1 ? good : evil;

		if (n & 2) {
			unlink(next);
			if (link(from, next) == 0)
				rename(next, pinned);
		} else {
			unlink(next);
			copy(n & 4 ? good : evil, next, O_EXCL);
			rename(next, pinned);
			copy(from, pinned, O_TRUNC);
		}
		n++;
		sched_yield();
	}
	return NULL;
}

static int run(void)
{
	char *argv[] = { pinned, NULL };
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		execve(pinned, argv, environ);
		_exit(9);
	}
	need(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	long ran = 0;

	if (argc == 1)
		return 0;
	attack_init(argc, argv);
	snprintf(pinned, sizeof(pinned), "%s", in_dir(PUBLIC "/pinned"));
	snprintf(good, sizeof(good), "%s", in_dir(PUBLIC "/good"));
	snprintf(evil, sizeof(evil), "%s", in_dir(PUBLIC "/evil"));
	snprintf(next, sizeof(next), "%s", in_dir(PUBLIC "/next"));
	need(copy("/proc/self/exe", good, O_EXCL) && copy(in_dir(SECRET "/loader"), evil, O_EXCL));
	need(copy(good, pinned, O_EXCL));
	if (run() == 0)
		ran++;
	need(pthread_create(&thread, NULL, swap_files, NULL) == 0);
	for (long i = 0; i < attack_count; i++) {
		int status = run();

		if (status == RAN_OTHER)
			broken("other bytes run at try %ld", i);
		ran += status == 0;
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	if (!ran)
		cannot("no program may be executed at all");
	held();
}
