/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A descriptor that was opened through a view is one for
 * the view's target, and the kernel calls it by the target's name, though the
 * program knows it by the view's. Which of the two it has in mind cannot be
 * told from the descriptor, but nearly always from what the program has done so
 * far: it has come to the target through the view, or by the target's own name,
 * seldom both. So that is remembered, for each view. If it did both, the
 * target's own name counts, unless the policy denies that.
 *
 * Neither answer gives a right away: either name can be written out, too, and
 * is then judged for what it is.
 */
#include "emul/view_name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "emul/pathname.h"
#include "policy/base/cleanup.h"
#include "policy/decide.h"

/* A tree seen at another place. */
struct shift {
	const struct file_rule *rule;
	char *seen, *target;		/* canonical */
	_Atomic bool viewed;		/* the program came through the view */
	_Atomic bool native;		/* ... by the target's own name */
	struct shift *same;		/* another one with this target */
};

struct view_names {
	const struct policy *policy;
	/* Rules that show something, by index, and the directories above them,
	 * as ABOVE. */
	struct path_tree *shown;
	struct path_tree *targets;	/* indexes of shifts */
	struct shift *shifts;
	unsigned *by_rule;		/* shift's index + 1, or 0, by the rule's */
	size_t count, room;
};

#define ABOVE INT_MAX

static bool shows(const struct file_rule *rule)
{
	return rule->kind == FILE_CONTENT || rule->kind == FILE_FROM || rule->kind == FILE_MAP;
}

/* ---- making ---- */

static int add_shift(struct view_names *names, const char *path, const struct file_rule *rule)
{
	struct shift *s = &names->shifts[names->count];
	char target[PATH_MAX];
	int first, err;

	if (names->count == names->room)
		return -ENOMEM;
	s->rule = rule;
	s->seen = strdup(path);
	s->target = strdup(path_canonical(rule->target, 0, target) ? target : rule->target);
	names->count++;
	if (!s->seen || !s->target)
		return -ENOMEM;
	names->by_rule[rule - names->policy->files] = (unsigned)names->count;
	err = path_tree_add(names->targets, s->target, (int)(s - names->shifts), &first);
	if (err != -EEXIST)
		return err;
	s->same = names->shifts[first].same;
	names->shifts[first].same = s;
	return 0;
}

static int add_shown(void *arg, const char *path, int value)
{
	struct view_names *names = arg;
	const struct file_rule *rule = &names->policy->files[value];
	int err;

	if (!shows(rule))
		return 0;
	err = path_tree_add(names->shown, path, value, NULL);
	/* What "*" stands for cannot be told from the target. */
	if (!err && rule->target && !strstr(path, "/*"))
		err = add_shift(names, path, rule);
	return err;
}

static int add_above(void *arg, const char *path, int value)
{
	struct view_names *names = arg;
	char dir[PATH_MAX];
	char *slash;
	int err = 0;

	if (!shows(&names->policy->files[value]))
		return 0;
	strcpy(dir, path);
	while (!err && (slash = strrchr(dir, '/')) && slash != dir) {
		*slash = '\0';
		err = path_tree_add(names->shown, dir, ABOVE, NULL);
		if (err == -EEXIST)
			err = 0;
	}
	return err;
}

static int count_target(void *arg, const char *path, int value)
{
	struct view_names *names = arg;

	(void)path;
	names->room += names->policy->files[value].target != NULL;
	return 0;
}

/* Whoever starts gosup in a view's target means it by its own name. */
static void note_start(struct view_names *names)
{
	char cwd[PATH_MAX];

	if (names->count && getcwd(cwd, sizeof(cwd)))
		view_names_note(names, cwd, NULL);
}

struct view_names *view_names_new(const struct policy *policy)
{
	struct view_names *names = calloc(1, sizeof(*names));
	int err;

	if (!names)
		return NULL;
	names->policy = policy;
	names->shown = path_tree_new();
	names->targets = path_tree_new();
	err = names->shown && names->targets ? 0 : -ENOMEM;
	if (!err)
		err = path_tree_each(policy->file_tree, count_target, names);
	if (!err) {
		names->shifts = calloc(names->room + 1, sizeof(*names->shifts));
		names->by_rule = calloc(policy->file_count + 1, sizeof(*names->by_rule));
		err = names->shifts && names->by_rule ? 0 : -ENOMEM;
	}
	if (!err)
		err = path_tree_each(policy->file_tree, add_shown, names);
	if (!err)
		err = path_tree_each(policy->file_tree, add_above, names);
	if (err) {
		view_names_destroy(names);
		return NULL;
	}
	note_start(names);
	return names;
}

void view_names_destroy(struct view_names *names)
{
	size_t i;

	if (!names)
		return;
	for (i = 0; names->shifts && i < names->count; i++) {
		free(names->shifts[i].seen);
		free(names->shifts[i].target);
	}
	free(names->shifts);
	free(names->by_rule);
	path_tree_destroy(names->shown);
	path_tree_destroy(names->targets);
	free(names);
}

/* ---- names that views give ---- */

struct sought {
	const char *name;
	size_t len;
};

static int is_sought(void *arg, const char *name, size_t len)
{
	const struct sought *s = arg;

	return len == s->len && !memcmp(name, s->name, len);
}

static bool exists(const char *path)
{
	int fd = kernel_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS);

	close_fd(fd);
	return fd >= 0;
}

bool view_names_dir(const struct view_names *names, const char *path)
{
	char dir[SEEN_MAX];
	size_t len = strlen(path);
	struct path_match m = path_tree_find(names->shown, path, len);
	struct sought last = { strrchr(path, '/') + 1, 0 };

	if (!m.exact || m.value != ABOVE || len >= sizeof(dir))
		return false;
	/* A rule must name its last component, not stand for any. */
	last.len = strlen(last.name);
	strcpy(dir, path);
	dir[last.name - path > 1 ? last.name - path - 1 : 1] = '\0';
	if (!view_names_children(names, dir, is_sought, &last))
		return false;
	return !strcmp(dir, "/") || exists(dir) || view_names_dir(names, dir);
}

struct each_child {
	int (*fn)(void *arg, const char *name, size_t len);
	void *arg;
};

static int without_value(void *arg, const char *name, size_t len, int value)
{
	const struct each_child *each = arg;

	(void)value;
	return each->fn(each->arg, name, len);
}

int view_names_children(const struct view_names *names, const char *dir,
			int (*fn)(void *arg, const char *name, size_t len), void *arg)
{
	struct each_child each = { fn, arg };

	return path_tree_children(names->shown, dir, strlen(dir), without_value, &each);
}

/* ---- and the way back ---- */

static bool covers(const char *dir, const char *path)
{
	return !strcmp(dir, "/") || path_begins(path, dir);
}

/*
 * The views whose target @path lies in, the longest targets first: the cost
 * depends on how deep it lies, not on how many views there are. @len: of the
 * path, to begin with. Return: the first of a list by ->same, or NULL.
 */
static struct shift *next_covering(const struct view_names *names, const char *path, size_t *len)
{
	struct path_match m;

	if (!*len)
		return NULL;
	m = path_tree_find(names->targets, path, *len);
	if (m.value < 0)
		return NULL;
	*len = m.length;
	while (*len && path[*len - 1] != '/')
		--*len;
	/* Up to the parent; above the root there is nothing. */
	if (*len > 1)
		--*len;
	else if (m.length <= 1)
		*len = 0;
	return &names->shifts[m.value];
}

void view_names_note(struct view_names *names, const char *path, const struct file_rule *view)
{
	size_t len = strlen(path);
	struct shift *s;

	if (view) {
		unsigned i = names->by_rule[view - names->policy->files];

		if (i && covers(names->shifts[i - 1].seen, path))
			atomic_store(&names->shifts[i - 1].viewed, true);
		return;
	}
	while (names->count && (s = next_covering(names, path, &len)))
		for (; s; s = s->same)
			atomic_store(&s->native, true);
}

/* Does the policy give nothing of @path? */
static bool denied(const struct view_names *names, const char *path)
{
	struct path_wish wish = { .op = OP_OPEN, .rights = ACCESS_READ };

	return decide_path(names->policy, path, strlen(path), wish).verdict == VERDICT_ERRNO;
}

bool view_names_seen(const struct view_names *names, char *path)
{
	const struct shift *best = NULL, *s;
	bool native = false, viewed = false;
	size_t len = strlen(path);
	char seen[SEEN_MAX];
	const char *tail;

	if (!names->count || path[0] != '/')
		return false;
	while ((s = next_covering(names, path, &len))) {
		for (; s; s = s->same) {
			native |= atomic_load(&s->native);
			if (!best || (atomic_load(&s->viewed) && !viewed))
				best = s;
			viewed |= atomic_load(&s->viewed);
		}
	}
	if (!best || ((native || !viewed) && !denied(names, path)))
		return false;
	tail = strcmp(best->target, "/") ? path + strlen(best->target) : path;
	if (strlen(best->seen) + strlen(tail) >= sizeof(seen))
		return false;
	strcpy(seen, strcmp(best->seen, "/") || !*tail ? best->seen : "");
	strcpy(path, strcat(seen, tail));
	return true;
}
