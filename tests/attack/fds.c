/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing of the supervisor's may be open here: descriptors 0 to 2 and what
 * ATTACK_FDS names, no more, also after an exec and in a child. */
#include <dirent.h>
#include <sys/wait.h>

#include "attack.h"

static void look(const char *where)
{
	const char *allowed = getenv("ATTACK_FDS");
	int max = allowed ? atoi(allowed) : 2;

	for (int fd = 0; fd < 1024; fd++) {
		char path[32], target[256] = "";

		if (fd <= max || fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) < 0)
			strcpy(target, "unknown");
		broken("%s: descriptor %d is %s", where, fd, target);
	}
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc == 2) {
		look("after exec");
		return 0;
	}
	attack_init(argc, argv);
	look("at the start");
	pid = fork();
	need(pid >= 0);
	if (pid == 0) {
		look("in a child");
		execl("/proc/self/exe", argv[0], "again", NULL);
		_exit(0);	/* no exec, nothing inherited by it */
	}
	need(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		exit(1);
	held();
}
