/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the policy denies must stay denied, so the program must not be able to
 * write another policy and have it read. It has at most the supervisor's own
 * rights; where these are enough to change a file of the policy, to exchange
 * it, or to exchange a directory or a link on the way to it, a rule in force
 * must forbid that.
 */
#include "daemon/reload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/links.h"
#include "policy/base/cleanup.h"
#include "policy/decide.h"

struct check {
	const struct policy *policy;
	struct diag *diag;
};

/* ---- what the kernel would allow ---- */

static bool on_readonly_mount(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

/* An owner can give himself the right. */
static bool may_write(const char *path)
{
	struct stat st;

	if (on_readonly_mount(path))
		return false;
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ||
	       (stat(path, &st) == 0 && st.st_uid == geteuid());
}

/* Whether the entry @path of directory @dir could be another's. In a sticky
 * directory that takes its owner, or the directory's: inode(7). */
static bool may_exchange(const char *dir, const char *path)
{
	struct stat d, e;

	if (!may_write(dir))
		return false;
	if (geteuid() == 0 || stat(dir, &d) < 0 || !(d.st_mode & S_ISVTX) ||
	    lstat(path, &e) < 0)
		return true;
	return d.st_uid == geteuid() || e.st_uid == geteuid();
}

/* ---- what the policy allows ---- */

static bool denied(const struct check *c, const char *path, enum path_op op)
{
	struct path_wish wish = { .op = op, .rights = ACCESS_WRITE };

	return decide_path(c->policy, path, strlen(path), wish).verdict == VERDICT_ERRNO;
}

static int changeable(const struct check *c, const char *path)
{
	*c->diag = (struct diag){ .line = 0 };
	return diag_set(c->diag, -EPERM, "the program under supervision can change %s, "
			"so it is not read again; keep it from that, for example with "
			"{\"path\": \"%s\", \"allow\": \"read\"} in \"files\"", path, path);
}

/* ---- both, for all that a name depends on ---- */

/* @path, made canonical but for its last component, and its directory. */
static bool locate(const char *path, char dir[PATH_MAX], char entry[PATH_MAX])
{
	char parent[PATH_MAX];
	const char *last = strrchr(path, '/');

	if (!realpath(links_dir(path, parent), dir))
		return false;
	return snprintf(entry, PATH_MAX, "%s/%s", strcmp(dir, "/") ? dir : "",
			last ? last + 1 : path) < PATH_MAX;
}

/* Whether @path ends in a component that cannot be exchanged. */
static bool ends_in_dots(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;

	return !strcmp(last, ".") || !strcmp(last, "..");
}

/* Every prefix of @path is an entry of some directory. */
static int check_entries(const struct check *c, const char *path)
{
	char prefix[PATH_MAX], dir[PATH_MAX], entry[PATH_MAX];
	size_t len;

	for (len = strlen(path); len; ) {
		memcpy(prefix, path, len);
		prefix[len] = '\0';
		if (!locate(prefix, dir, entry))
			return changeable(c, prefix);
		if (!ends_in_dots(prefix) && may_exchange(dir, entry) && !denied(c, entry, OP_RENAME))
			return changeable(c, entry);
		while (len && path[len - 1] != '/')
			len--;
		while (len && path[len - 1] == '/')
			len--;
	}
	return 0;
}

static int check_path(void *arg, const char *path)
{
	const struct check *c = arg;
	char real[PATH_MAX];
	int err = check_entries(c, path);

	if (err || !realpath(path, real))
		return err;
	err = check_entries(c, real);
	if (!err && may_write(real) && !denied(c, real, OP_OPEN))
		err = changeable(c, real);
	return err;
}

/* Whether there is anything that the program could free itself from. */
static bool confines(const struct policy *policy)
{
	return policy->mode == MODE_ENFORCE &&
	       (policy->call_count || policy_confines_files(policy));
}

int reload_guarded(const struct policy *policy, struct diag *diag)
{
	struct check c = { policy, diag };
	size_t i;
	int err = 0;

	for (i = 0; !err && i < policy->source_count && confines(policy); i++)
		err = links_walk(policy->sources[i], check_path, &c);
	return err == -ENAMETOOLONG ? changeable(&c, policy->sources[i - 1]) : err;
}

int reload(struct ruleset **current, struct receivers *receivers,
	   const struct reload_source *source, struct diag *diag)
{
	struct ruleset_parts parts;
	struct ruleset *next;
	int err = reload_guarded((*current)->parts.policy, diag);

	if (!err)
		err = source->load(source->arg, ruleset_first(*current)->parts.plan, &parts,
				   diag);
	if (err)
		return err;
	next = ruleset_new(&(*current)->emul, &parts);
	if (!next) {
		ruleset_parts_finish(&parts);
		return diag_set(diag, -ENOMEM, "out of memory");
	}
	ruleset_replace(current, next, receivers);
	return 0;
}
