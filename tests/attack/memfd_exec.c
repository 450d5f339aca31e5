/* SPDX-License-Identifier: Apache-2.0 */
/* A program that was never a file: written to a memory file and executed from
 * there. It must run under the same rules as its parent, or not at all. */
#include <sys/mman.h>
#include <sys/wait.h>

#include "attack.h"

static int copy_of_self(void)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = memfd_create("prog", 0);
	char buf[65536];
	ssize_t n;

	if (in < 0 || out < 0)
		cannot("no copy of this program can be made: %s",
		       strerror(errno));
	while ((n = read(in, buf, sizeof(buf))) > 0)
		need(write(out, buf, (size_t)n) == n);
	close(in);
	return out;
}

static void run(int fd, char **argv, bool by_path)
{
	char *again[] = { argv[0], argv[1], argv[2], (char *)"again", NULL };
	char path[32];
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (by_path)
			execve(path, again, environ);
		else
			syscall(SYS_execveat, fd, "", again, environ,
				AT_EMPTY_PATH);
		_exit(0);
	}
	need(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		broken("by a program in memory");
}

int main(int argc, char **argv)
{
	int fd;

	if (argc == 4) {
		attack_init(3, argv);
		check_path(secret_file(), "from a memory file");
		held();
	}
	attack_init(argc, argv);
	fd = copy_of_self();
	run(fd, argv, false);
	run(fd, argv, true);
	held();
}
