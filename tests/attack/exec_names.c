/* SPDX-License-Identifier: Apache-2.0 */
/* A denied program is executed by other names: links, chains of them, names in
 * /proc, a working directory; moved, linked and copied to where programs run. */
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

#define RAN_SECRET 42

static bool runs(const char *path)
{
	char *none[] = { (char *)path, NULL };
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		execve(path, none, environ);
		_exit(9);
	}
	need(waitpid(pid, &status, 0) == pid);
	/* Under another name it does not know where it lies. */
	return WIFEXITED(status) && (WEXITSTATUS(status) == RAN_SECRET ||
				     WEXITSTATUS(status) == 0);
}

static void attempt(const char *path, const char *how)
{
	if (runs(path))
		broken("%s runs a denied program", how);
}

static void by_links(void)
{
	char from[PATH_MAX], to[PATH_MAX];
	const char *name = strdup(in_dir(PUBLIC "/hard"));

	if (symlink("../" SECRET "/prog", in_dir(PUBLIC "/c0")) == 0)
		attempt(in_dir(PUBLIC "/c0"), "a link");
	for (int i = 1; i < 39; i++) {
		snprintf(to, sizeof(to), "../" PUBLIC "/c%d", i - 1);
		snprintf(from, sizeof(from), "%s/" PUBLIC "/c%d", attack_dir, i);
		if (symlink(to, from) == 0 && i % 19 == 0)
			attempt(from, "a chain of links");
	}
	if (symlink("../" SECRET, in_dir(PUBLIC "/way")) == 0)
		attempt(in_dir(PUBLIC "/way/prog"), "a link on the way");
	if (link(in_dir(SECRET "/prog"), name) == 0)
		attempt(name, "a hard link");
	unlink(name);
	if (rename(in_dir(SECRET "/prog"), name) == 0)
		attempt(name, "a rename");
}

static void by_paths(void)
{
	static const char *const heads[] = {
		"/proc/self/root", "/proc/self/cwd/../../../../..", "//", "/./",
		"/proc/thread-self/root", "/proc/1/root", "/..",
	};
	char path[PATH_MAX];

	for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", heads[i], in_dir(SECRET "/prog"));
		attempt(path, path);
	}
	if (chdir(in_dir(PUBLIC)) == 0)
		attempt("../" SECRET "/prog", "..");
	if (chdir(in_dir(SECRET)) == 0)
		attempt("./prog", "the working directory");
}

static void by_copy(void)
{
	int in = open(in_dir(SECRET "/prog"), O_RDONLY | O_CLOEXEC);
	int out = creat(in_dir(PUBLIC "/copy"), 0700);
	char buf[65536];
	ssize_t n;

	while (in >= 0 && (n = read(in, buf, sizeof(buf))) > 0)
		need(write(out, buf, (size_t)n) == n);
	close(out);
	if (in >= 0)
		attempt(in_dir(PUBLIC "/copy"), "a copy");
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	by_paths();
	by_copy();
	by_links();
	held();
}
