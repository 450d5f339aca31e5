/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/amend.h"

#include <errno.h>
#include <string.h>

#include "policy/arena.h"

int policy_alias(struct path_tree *tree, size_t rule, const char *path)
{
	int old, err = path_tree_add(tree, path, (int)rule, &old);

	/* A rule written for that very path knows better. */
	return err == -EEXIST ? 0 : err;
}

/* The rules and their places again, with room for one more. */
static int grow(struct policy *policy, struct file_rule **ret)
{
	size_t files = policy->file_count, places = policy->rule_count, i;
	const struct rule_place **place;
	struct file_rule *file;

	file = arena_calloc(policy->arena, files + 1, sizeof(*file));
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	place = arena_calloc(policy->arena, places + 1, sizeof(*place));
	if (!file || !place)
		return -ENOMEM;
	if (files)
		memcpy(file, policy->files, files * sizeof(*file));
	/* The ids of files come first, then the others'. */
	for (i = 0; i < places; i++)
		place[i] = i < files ? &file[i].place : policy->rule_places[i];
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
