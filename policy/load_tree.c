/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "policy/load.h"

/*
 * What sections of rules by path have in common. Two rules for a path cannot
 * both be meant, so within a file that is an error; between files the later one
 * counts, which is how an including file overrides what it includes.
 */

void *load_room(struct load *l, void *array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;

	if (count < *room)
		return array;
	array = reallocarray(array, more, size);
	if (array)
		*room = more;
	else
		load_fail_memory(l);
	return array;
}

int load_tree_add(struct load *l, const struct json_node *node, struct path_tree *tree,
		  const char *path, size_t count, const struct rule_place *places,
		  size_t size, size_t *ret)
{
	const struct rule_place *place;
	struct json_node at;
	int old = -1, err = path_tree_add(tree, path, (int)count, &old);

	*ret = count;
	if (!err)
		return 0;
	if (err == -ENOMEM)
		return load_fail_memory(l);
	at = json_node_member(node->json, "path");
	if (err != -EEXIST)
		return load_fail(l, &at, "not a path: %s", load_quote(path).s);
	place = (const void *)((const char *)places + (size_t)old * size);
	if (place->file == l->source->name)
		return load_fail(l, &at, "%s has a rule already, at line %u",
				 load_quote(path).s, place->line);
	*ret = (size_t)old;
	return 0;
}

int load_rules(struct load *l, const struct json_node *node, const char *section,
	       int (*rule)(struct load *l, const struct json_node *item,
			   const struct rule_place *place))
{
	struct json_cursor c = load_place(l, node, JSON_PART_VALUE);
	size_t i, count = json_array_size(node->json);

	if (!json_is_array(node->json))
		return load_fail_type(l, node, "an array of rules");
	json_cursor_enter(&c);
	for (i = 0; i < count; i++) {
		struct json_node item = json_node_item(node->json, i);
		struct rule_place place = {
			.file = l->source->name, .line = c.line,
			.section = section, .index = (unsigned)i,
		};
		int err = rule(l, &item, &place);

		if (err)
			return err;
		json_cursor_next(&c);
	}
	return 0;
}
