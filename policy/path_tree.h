/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_PATH_TREE_H
#define GOSUP_POLICY_PATH_TREE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Path rules as a tree by component. A rule covers its path and everything
 * below; "*" stands for exactly one component; the longest match wins, and of
 * two as long the one with the earlier literal component. The cost of a
 * look-up depends on the depth of the path, not on the number of rules, save
 * for rules with "*" that all cover the path.
 * Paths are bytes: any encoding, absolute, normalised ("/a/b", no "." or "..",
 * no doubled or trailing slashes, "/" alone for the root).
 */
struct path_tree;

struct path_match {
	int value;		/* of the longest match, -1 if none */
	size_t length;		/* bytes of the path that the rule covers: what
				 * follows is empty or starts with a slash (so
				 * a rule for "/" covers 0 bytes of "/a") */
	bool exact;		/* the rule's path is the whole path */
	bool rules_below;	/* some rule's path lies strictly below */
};

struct path_tree *path_tree_new(void);
void path_tree_destroy(struct path_tree *tree);

/**
 * path_tree_add() - add a rule.
 * @value: 0 or above
 * Return: 0; -EEXIST if the very same path is there, then *@ret_old is its
 * value; -ENOMEM; -EINVAL if @path is not normalised.
 */
int path_tree_add(struct path_tree *tree, const char *path, int value, int *ret_old);

/**
 * path_tree_find() - look up @path of @len bytes.
 *
 * A path that is not absolute matches nothing. Does not allocate, and may run
 * in several threads once all rules are added.
 */
struct path_match path_tree_find(const struct path_tree *tree, const char *path, size_t len);

/**
 * path_tree_children() - names of rules one component below @dir.
 * Calls @fn with each literal component that has a rule at exactly dir/name
 * (value >= 0), for directory listings. Return: what @fn last returned if not
 * 0, else 0.
 */
int path_tree_children(const struct path_tree *tree, const char *dir, size_t len,
		       int (*fn)(void *arg, const char *name, size_t name_len, int value),
		       void *arg);

/**
 * path_tree_each() - every rule once, in no order.
 * Calls @fn with the rule's path as it was added. Return: what @fn last returned
 * if not 0, -ENAMETOOLONG for a path over PATH_MAX, else 0.
 */
int path_tree_each(const struct path_tree *tree,
		   int (*fn)(void *arg, const char *path, int value), void *arg);

/**
 * path_normalise() - make @in absolute and lexically clean.
 * Resolves "." and doubled and trailing slashes, and ".." by removing the
 * component before it (for the policy file only: in a running system ".." after
 * a symlink means something else).
 * Return: 0, -EINVAL if relative or with an empty or over-long component,
 * -ENAMETOOLONG.
 */
int path_normalise(const char *in, char *out, size_t size);

#endif
