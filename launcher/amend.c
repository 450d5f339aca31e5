/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher/amend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "emul/pathname.h"
#include "launcher/exec_search.h"
#include "policy/amend.h"
#include "policy/base/cleanup.h"

/* The directory of the rule before, which often is that of the next one, too. */
struct last_dir {
	char path[PATH_MAX];
	size_t len;
	int fd;			/* or why it cannot be opened without a link */
};

static void open_dir(struct last_dir *dir, const char *path, size_t len)
{
	if (len == dir->len && !memcmp(path, dir->path, len))
		return;
	close_fd(dir->fd);
	memcpy(dir->path, path, len);
	dir->path[len] = '\0';
	dir->len = len;
	dir->fd = kernel_openat2(AT_FDCWD, dir->path, O_PATH | O_CLOEXEC, 0,
				 RESOLVE_NO_SYMLINKS);
}

/* Most paths have no links in them, and this is the cheapest way to know. */
static bool has_links(struct last_dir *dir, const char *path)
{
	const char *last = strrchr(path, '/') + 1;
	char target[1];

	open_dir(dir, path, (size_t)(last - path));
	if (dir->fd < 0)
		return dir->fd == -ELOOP;
	return *last && readlinkat(dir->fd, last, target, sizeof(target)) >= 0;
}

/* Through /proc/self a path leads to whoever looks: to gosup here, to the
 * program later. */
static void mean_the_program(char *real)
{
	char own[32], tail[PATH_MAX];
	size_t len = (size_t)snprintf(own, sizeof(own), "/proc/%d", getpid());

	if (strncmp(real, own, len) || (real[len] && real[len] != '/'))
		return;
	strcpy(tail, real + len);
	snprintf(real, PATH_MAX, "/proc/self%s", tail);
}

static int alias(struct path_tree *tree, size_t rule, const char *path, unsigned keep)
{
	char real[PATH_MAX];

	if (!path_canonical(path, keep, real))
		return 0;
	mean_the_program(real);
	return strcmp(real, path) ? policy_alias(tree, rule, real) : 0;
}

/*
 * @follow: a rule is about where its path leads, link or not. A view takes the
 * place of the name itself.
 */
static int alias_rule(struct path_tree *tree, size_t rule, const char *path, bool follow,
		      struct last_dir *dir)
{
	int err;

	if (strchr(path, '*') || strlen(path) >= PATH_MAX || !has_links(dir, path))
		return 0;
	/* With the last component as it is written, and where it leads. */
	err = alias(tree, rule, path, 1);
	return err || !follow ? err : alias(tree, rule, path, 0);
}

static int alias_rules(struct policy *policy)
{
	struct last_dir dir = { .fd = -ENOENT };
	size_t i;
	int err = 0;

	for (i = 0; !err && i < policy->file_count; i++) {
		const struct file_rule *rule = &policy->files[i];
		bool view = rule->kind == FILE_CONTENT || rule->kind == FILE_FROM ||
			    rule->kind == FILE_MAP;

		err = alias_rule(policy->file_tree, i, rule->path, !view, &dir);
	}
	for (i = 0; !err && i < policy->exec_count; i++)
		err = alias_rule(policy->exec_tree, i, policy->execs[i].path, true, &dir);
	close_fd(dir.fd);
	return err;
}

/* Where exec_search() would find @program. */
static bool find_program(const char *program, char *ret)
{
	const char *dirs = exec_dirs();
	char path[PATH_MAX];
	struct stat st;

	if (strchr(program, '/'))
		return realpath(program, ret) != NULL;
	while (exec_next(&dirs, program, path))
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
			return realpath(path, ret) != NULL;
	return false;
}

int amend_policy(struct policy *policy, const char *program)
{
	char path[PATH_MAX];
	int err = alias_rules(policy);

	/* Where the default allows it anyhow, a rule would only have all paths
	 * judged. */
	if (!err && program && policy->name[0] == '@' && policy->def == DEFAULT_DENY &&
	    find_program(program, path))
		err = policy_allow_path(policy, path, ACCESS_READ | ACCESS_EXEC);
	return err == -ENOMEM ? err : 0;
}
