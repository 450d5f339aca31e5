/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts that name a denied program as their interpreter: written in odd
 * ways, relative to the working directory, through links and other scripts. */
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

#define RAN_SECRET 42

static int serial;

/* Return: the path of a script with the one line. */
__attribute__((format(printf, 1, 2)))
static char *script(const char *fmt, ...)
{
	char name[64];
	va_list ap;
	FILE *f;

	snprintf(name, sizeof(name), PUBLIC "/script%d", serial++);
	f = fopen(in_dir(name), "we");
	need(f);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	need(fchmod(fileno(f), 0700) == 0);
	fclose(f);
	return strdup(in_dir(name));
}

static void attempt(const char *path, const char *how)
{
	char *none[] = { (char *)"script", NULL };
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		execve(path, none, environ);
		_exit(9);
	}
	need(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == RAN_SECRET)
		broken("%s runs a denied program", how);
}

static void written_oddly(const char *prog)
{
	attempt(script("#!%s\n", prog), "a script");
	attempt(script("#! \t%s\n", prog), "a script with blanks");
	attempt(script("#!%s", prog), "a script without an end of line");
	attempt(script("#!//%s\n", prog), "a script with slashes");
	attempt(script("#!/proc/self/root%s\n", prog), "a script through /proc");
	attempt(script("#!%s/" PUBLIC "/../" SECRET "/prog\n", attack_dir),
		"a script with ..");
}

static void relative(void)
{
	need(chdir(in_dir(PUBLIC)) == 0);
	attempt(script("#!../" SECRET "/prog\n"), "a relative interpreter");
	if (symlink("../" SECRET "/prog", "way") == 0) {
		attempt(script("#!way\n"), "a link as the interpreter");
		attempt(script("#!./way\n"), "a link as the interpreter");
	}
	if (symlink("../" SECRET, "out") == 0)
		attempt(script("#!out/prog\n"), "a link to its directory");
}

/* The kernel follows a few scripts that interpret each other. */
static void nested(const char *prog)
{
	char *path = script("#!%s\n", prog);

	for (int i = 0; i < 5; i++) {
		path = script("#!%s\n", path);
		attempt(path, "a script for a script");
	}
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	relative();
	written_oddly(in_dir(SECRET "/prog"));
	nested(in_dir(SECRET "/prog"));
	held();
}
