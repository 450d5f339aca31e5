/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes that share all their memory, but are no threads of each other:
 * one exchanges the path of the other's calls, which vfork(2) and exec, too,
 * leave shared for a while. */
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "attack.h"

static char *word;
static volatile bool stop;

static int exchange(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!stop) {
		memcpy(word, SECRET, 8);
		atomic_signal_fence(memory_order_seq_cst);	/* both count */
		memcpy(word, PUBLIC, 8);
	}
	return 0;
}

static void in_vfork(const char *path)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		check_path(path, "a vfork child's path");
		_exit(0);
	}
	need(pid > 0 && waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		exit(1);
}

int main(int argc, char **argv)
{
	static char stack[65536] __attribute__((aligned(16)));
	static char path[PATH_MAX] __attribute__((aligned(8)));
	long opened = 0;
	pid_t pid;

	attack_init(argc, argv);
	strcpy(path, in_dir(PUBLIC "/data"));
	word = path + strlen(attack_dir) + 1;
	pid = clone(exchange, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	need(pid > 0);
	for (long i = 0; race_more(i, opened); i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		opened += fd >= 0;
		check_fd(fd, "a path that a sharing process exchanges");
		if (i % 64 == 0)
			in_vfork(path);
	}
	stop = true;
	while (wait(NULL) > 0)
		;
	need(opened > 0);
	held();
}
