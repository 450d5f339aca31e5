/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules put in the way of a walk: files made of a policy's bytes, trees
 * seen at another place, and directories that exist only because of a rule
 * below them.
 *
 * A descriptor of the program's is taken by the name under which the program
 * knows it (emul/view_name.h). Where that name leads elsewhere than the
 * descriptor, as for a directory that a view was put over, the name counts.
 */
#include "emul/walker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "emul/kernel.h"
#include "emul/path_call.h"
#include "emul/pathname.h"
#include "emul/view_name.h"
#include "policy/base/cleanup.h"

const struct file_rule *walker_rule_of(const struct walker *w, const char *path,
				       struct path_match *ret)
{
	const struct policy *policy = w->n->emul->plan->policy;

	*ret = path_tree_find(policy->file_tree, path, strlen(path));
	return ret->value >= 0 ? &policy->files[ret->value] : NULL;
}

bool walker_is_shut(const struct file_rule *rule, const struct path_match *m)
{
	return rule && !m->rules_below &&
	       (rule->kind == FILE_DENY || rule->kind == FILE_HIDE);
}

static bool is_shift(const struct file_rule *rule)
{
	return rule && (rule->kind == FILE_FROM || rule->kind == FILE_MAP);
}

const struct file_rule *walker_view_of(const struct walker *w, const char *path)
{
	struct path_match m;
	const struct file_rule *rule = walker_rule_of(w, path, &m);

	return is_shift(rule) ? rule : NULL;
}

int fd_seen_path(struct notif *n, int fd, const struct stat *st, enum view_kind *ret,
		 char *path)
{
	struct views *views = n->emul->views;
	int len;

	*ret = view_identify(views, st, path);
	if (*ret != VIEW_NONE)
		return 0;
	len = fd_path(n->worker, fd, path, SEEN_MAX);
	if (len < 0)
		return len;
	if (!st->st_nlink)
		path_strip_deleted(path);
	return view_names_seen(views_names(views), path);
}

int walker_name_base(struct walker *w, const struct stat *st, enum view_kind *ret)
{
	int shifted = fd_seen_path(w->n, w->base, st, ret, w->seen);

	w->virtual = *ret == VIEW_DIR ||
		     (*ret == VIEW_NONE && !shifted && walker_view_of(w, w->seen));
	w->place->detour |= shifted > 0 || w->virtual;
	return shifted < 0 ? shifted : 0;
}

void walker_set_view(struct walker *w, enum view_kind kind)
{
	struct path_match m;
	const struct file_rule *rule = walker_rule_of(w, w->place->path, &m);

	w->place->synthetic = kind == VIEW_DIR;
	if (is_shift(rule) || (kind == VIEW_FILE && rule && rule->kind == FILE_CONTENT))
		w->place->view = rule;
}

int walker_use_content(struct walker *w, const struct file_rule *rule, bool exact)
{
	int fd;

	if (!exact || w->place->want_dir)
		return -ENOTDIR;
	fd = view_fd(w->n->emul->views, rule, w->place->path);
	if (fd < 0)
		return fd;
	if (fstat(fd, &w->place->st) < 0)
		return -errno;
	w->place->view = rule;
	w->place->fd_borrowed = true;
	w->place->fd = fd;
	return STEP_DONE;
}

int walker_use_virtual(struct walker *w)
{
	struct place *place = w->place;
	int fd = view_dir(w->n->emul->views, place->path);

	if (fd < 0)
		return fd;
	if (fstat(fd, &place->st) < 0)
		return -errno;
	place->synthetic = place->fd_borrowed = place->detour = true;
	place->fd = fd;
	return STEP_DONE;
}

/* What the tidied path lacks at its end of what was written. */
static const char *dir_suffix(const struct walker *w)
{
	return !w->place->want_dir ? "" : path_last_kind(w->rest) == '.' ? "/." : "/";
}

/* Where @path leads in the tree that @rule shows at its first @covered bytes. */
static int path_in_view(const struct file_rule *rule, size_t covered, const char *path,
			const char *suffix, char *ret)
{
	const char *target = strcmp(rule->target, "/") ? rule->target : "";
	const char *tail = path + (covered == 1 ? 0 : covered);
	int len = snprintf(ret, SEEN_MAX, "%s%s%s", target, tail, suffix);

	if (len < 0 || len >= SEEN_MAX)
		return -ENAMETOOLONG;
	if (!len)
		strcpy(ret, "/");
	return 0;
}

int walker_place_rest(struct walker *w, const struct file_rule *rule, size_t covered,
		      char *real, const char **ret)
{
	const char *path = w->place->path;
	bool relative = w->rest[0] != '/';

	*ret = w->rest;
	if (is_shift(rule)) {
		w->place->view = rule;
		if (relative && !w->virtual && walker_view_of(w, w->seen) == rule)
			return 0;
		*ret = real;
		w->place->detour = true;
		return path_in_view(rule, covered, path, dir_suffix(w), real);
	}
	if (!relative || (!w->virtual && !walker_view_of(w, w->seen)))
		return 0;
	*ret = real;
	w->place->detour = true;
	return snprintf(real, SEEN_MAX, "%s%s", path, dir_suffix(w)) >= SEEN_MAX ?
	       -ENAMETOOLONG : 0;
}

/* The rule is about @name in the base, which is called @here. */
static int pin_by_name(const struct file_rule *rule, size_t covered, const char *here)
{
	char real[SEEN_MAX];
	int err;

	if (!is_shift(rule))
		return kernel_openat2(AT_FDCWD, here, PIN, 0, RESOLVE_NO_SYMLINKS);
	err = path_in_view(rule, covered, here, "", real);
	return err ? err : kernel_openat2(AT_FDCWD, real, PIN, 0, 0);
}

static int duplicate(int fd)
{
	int copy = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 && fd >= 0 ? -errno : copy;
}

int walker_pin_component(struct walker *w, const char *name, const char *here,
			 bool *ret_virtual)
{
	struct views *views = w->n->emul->views;
	struct path_match m;
	const struct file_rule *rule = walker_rule_of(w, here, &m);
	int fd;

	*ret_virtual = false;
	if (walker_is_shut(rule, &m))
		return -EACCES;
	if (m.exact && (is_shift(rule) || (rule && rule->kind == FILE_CONTENT))) {
		w->place->detour = true;
		/* The author of the policy may have written links in the target. */
		return rule->target ?
		       kernel_openat2(AT_FDCWD, rule->target, O_PATH | O_CLOEXEC, 0, 0) :
		       duplicate(view_fd(views, rule, here));
	}
	if (w->virtual || (w->base >= 0 && walker_view_of(w, w->seen) != walker_view_of(w, here)))
		fd = pin_by_name(rule, m.length, here);
	else
		fd = walker_pin(w, walker_base_fd(w), name, here, PIN, 0);
	if (fd != -ENOENT)
		return fd;
	fd = view_dir(views, here);
	*ret_virtual = fd >= 0;
	w->place->detour |= fd >= 0;
	return duplicate(fd);
}

int walker_pin_new_parent(struct walker *w, const char *path)
{
	char dir[SEEN_MAX];
	int ret;

	strcpy(dir, w->place->path);
	*strrchr(dir, '/') = '\0';
	/* In a directory that only rules make nothing else can be. */
	if (*dir && view_dir(w->n->emul->views, dir) >= 0) {
		ret = kernel_openat2(AT_FDCWD, dir, PIN, 0, 0);
		close_fd(ret);
		if (ret == -ENOENT)
			return -EROFS;
	}
	ret = walker_pin_parent(w, path, true);
	return ret == -ELOOP ? walker_take_link(w) : ret;
}
