/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What execvp(3) does, except that a file in an unknown format is taken for a
 * script only if it looks like text, which is how shells tell a script from a
 * program for another machine.
 */
#include "launcher/exec_search.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/base/cleanup.h"

/* bash: check_binary_file() looks for a NUL in the first line. */
static bool looks_like_text(const char *path)
{
	char head[128];
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, head, sizeof(head));
	char *line_end;

	if (len <= 0)
		return len == 0;
	line_end = memchr(head, '\n', (size_t)len);
	return !memchr(head, '\0', line_end ? (size_t)(line_end - head) : (size_t)len);
}

static int exec_script(const char *path, char *const argv[])
{
	size_t count = 0, i;
	char **with_shell;

	while (argv[count])
		count++;
	with_shell = calloc(count + 2, sizeof(*with_shell));
	if (!with_shell)
		return ENOMEM;
	with_shell[0] = (char *)"/bin/sh";
	with_shell[1] = (char *)path;
	for (i = 1; i < count; i++)
		with_shell[i + 1] = argv[i];
	execv("/bin/sh", with_shell);
	free(with_shell);
	return errno;
}

static int exec_path(const char *path, char *const argv[])
{
	execv(path, argv);
	if (errno == ENOEXEC && looks_like_text(path))
		return exec_script(path, argv);
	return errno;
}

bool exec_next(const char **dirs, const char *program, char *ret)
{
	const char *dir = *dirs;
	int n;

	do {
		size_t len;

		if (!dir)
			return false;
		len = strcspn(dir, ":");
		n = snprintf(ret, PATH_MAX, "%.*s%s%s", (int)len, dir, len ? "/" : "",
			     program);
		dir = dir[len] ? dir + len + 1 : NULL;
	} while (n < 0 || n >= PATH_MAX);
	*dirs = dir;
	return true;
}

const char *exec_dirs(void)
{
	const char *dirs = getenv("PATH");

	return dirs ? dirs : "/bin:/usr/bin";
}

int exec_search(char *const argv[])
{
	const char *dirs = exec_dirs();
	char path[PATH_MAX];
	int error = ENOENT;

	if (strchr(argv[0], '/') || !*argv[0])
		return exec_path(argv[0], argv);
	while (exec_next(&dirs, argv[0], path)) {
		int err = exec_path(path, argv);

		/* What cannot be executed says more than what is not there. */
		if (err != ENOENT && err != ENOTDIR && err != ENAMETOOLONG) {
			if (err != EACCES)
				return err;
			error = err;
		}
	}
	return error;
}
