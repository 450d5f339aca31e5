/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that nobody supervises, in ATTACK_VICTIM, has mounts of its own: what is
 * secret here is at public00/spot there, which is its working directory and its
 * descriptor 3. Its links in /proc lead there.
 */
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

static char dir[64], root[PATH_MAX];

static char *below(const char *way, const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", way, name);
	return path;
}

static void by_openat2(const char *way, uint64_t resolve)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = resolve };

	check_fd((int)syscall(SYS_openat2, AT_FDCWD, below(way, "/data"), &how, sizeof(how)),
		 way);
}

static void by_directory(const char *way)
{
	int fd = open(way, O_PATH);
	struct stat st;

	if (fd < 0)
		return;
	check_at(fd, "data", way);
	check_at(fd, "../spot/data", way);
	if (fstatat(fd, "data", &st, 0) == 0 && st.st_size > 20)
		broken("%s: the secret is looked at", way);
	if (fchdir(fd) == 0)
		check_path("data", way);
	close(fd);
}

static void by_program(const char *way)
{
	char *const argv[] = { below(way, "/prog"), NULL };
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		execve(argv[0], argv, environ);
		_exit(9);
	}
	need(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 9)
		broken("%s runs a denied program", way);
}

static void through(const char *way)
{
	check_path(below(way, "/data"), way);
	check_path(below(way, "/../spot/data"), way);
	check_path(below(way, "/./dir/../data"), way);
	by_openat2(way, 0);
	by_openat2(way, RESOLVE_NO_XDEV);
	by_openat2(way, RESOLVE_CACHED);
	by_directory(way);
	by_program(way);
	/* Links of the program's own that lead there. */
	unlink(in_dir(PUBLIC "/way"));
	if (symlink(way, in_dir(PUBLIC "/way")) == 0)
		check_path(in_dir(PUBLIC "/way/data"), way);
}

int main(int argc, char **argv)
{
	static const char *const forms[] = { "/proc/%s", "/proc/%s/task/%s",
					     "/proc/self/root/proc/%s" };
	const char *victim = getenv("ATTACK_VICTIM");

	attack_init(argc, argv);
	need(victim);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(dir, sizeof(dir), forms[i], victim, victim);
		snprintf(root, sizeof(root), "%s/root%s", dir, in_dir(PUBLIC "/spot"));
		through(root);
		snprintf(root, sizeof(root), "%s/cwd", dir);
		through(root);
		snprintf(root, sizeof(root), "%s/fd/3", dir);
		through(root);
	}
	held();
}
