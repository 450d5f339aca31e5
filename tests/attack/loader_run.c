/* SPDX-License-Identifier: Apache-2.0 */
/* The dynamic loader, as a program of its own, runs a denied one (helper/
 * dynamic.c), which the kernel never executes; or it takes the denied file as a
 * library of an allowed one. */
#include <sys/wait.h>

#include "attack.h"

#define RAN_SECRET 42

static const char loader[] = "/lib64/ld-linux-x86-64.so.2";

static int run(char *const args[], char *const env[])
{
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		execve(args[0], args, env);
		_exit(9);
	}
	need(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void by_loader(const char *path, const char *how)
{
	char *none[] = { NULL };
	char *plain[] = { (char *)loader, (char *)path, NULL };
	char *more[] = { (char *)loader, (char *)"--argv0", (char *)"true",
			 (char *)path, NULL };

	if (run(plain, none) == RAN_SECRET || run(more, none) == RAN_SECRET)
		broken("%s is run by the loader", how);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];
	int fd;

	attack_init(argc, argv);
	if (access(loader, X_OK) < 0)
		cannot("no %s here", loader);
	by_loader(in_dir(SECRET "/dynamic"), "a denied program");
	if (symlink("../" SECRET "/dynamic", in_dir(PUBLIC "/way")) == 0)
		by_loader(in_dir(PUBLIC "/way"), "a link");
	snprintf(path, sizeof(path), "/proc/self/root%s", in_dir(SECRET "/dynamic"));
	by_loader(path, "a name in /proc");
	fd = open(in_dir(SECRET "/dynamic"), O_PATH);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0)
		by_loader(path, "a descriptor");
	need(chdir(in_dir(PUBLIC)) == 0);
	by_loader("../" SECRET "/dynamic", "a relative path");
	held();
}
