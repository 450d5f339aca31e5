/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/amend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/arena.h"

int policy_alias(struct path_tree *tree, size_t rule, const char *path)
{
	int old, err = path_tree_add(tree, path, (int)rule, &old);

	/* A rule written for that very path knows better. */
	return err == -EEXIST ? 0 : err;
}

/* Room for one more rule of files. All of their places have moved then. */
static int grow(struct policy *policy, struct file_rule **ret)
{
	size_t files = policy->file_count, places = policy->rule_count, i;
	const struct rule_place **place;
	struct file_rule *file;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	place = arena_calloc(policy->arena, places + 1, sizeof(*place));
	if (!place)
		return -ENOMEM;
	file = reallocarray((struct file_rule *)policy->files, files + 1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	for (i = 0; i < places; i++)
		place[i] = policy->rule_places[i];
	for (i = 0; i < files; i++)
		place[file[i].place.id] = &file[i].place;
	place[places] = &file[files].place;
	policy->files = file;
	policy->rule_places = place;
	*ret = &file[files];
	return 0;
}

int policy_allow_path(struct policy *policy, const char *path, unsigned rights)
{
	struct path_match m = path_tree_find(policy->file_tree, path, strlen(path));
	struct file_rule *rule;
	int old, err;

	if (m.value >= 0)
		return 0;
	err = grow(policy, &rule);
	if (err)
		return err;
	*rule = (struct file_rule){
		.place = { .file = "gosup", .section = "command line",
			   .id = policy->rule_count },
		.kind = FILE_ALLOW, .rights = rights,
		.path = arena_strdup(policy->arena, path),
	};
	if (!rule->path)
		return -ENOMEM;
	err = path_tree_add(policy->file_tree, path, (int)policy->file_count, &old);
	if (err)
		return err;
	policy->file_count++;
	policy->rule_count++;
	return 0;
}

int policy_set_signal(struct policy *policy, int sig, const struct signal_rule *rule)
{
	struct signal_rule *copy = arena_alloc(policy->arena, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *rule;
	policy->signals[sig] = copy;
	return 0;
}
