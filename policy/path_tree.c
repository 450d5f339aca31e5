/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/path_tree.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Theory of operation. Nodes live in one array and are named by index; node 0
 * is the root directory. The edge from a node to a literal component is found
 * in one hash table for the whole tree, keyed by (node, component); the edge
 * for "*" is a field of the node. Nodes are never removed, so a node that has
 * a child has a rule below it.
 *
 * A look-up visits the nodes that match a prefix of the path, depth first, at
 * each step the literal child before the wildcard child. So of several matches
 * of one length the preferred one is visited first. Going back up needs no
 * stack, since a node knows its parent and the components end at slashes: the
 * depth of paths and rules cannot exhaust anything.
 */

#define NO_NODE		UINT32_MAX
#define ROOT		0u

struct node {
	int value;		/* -1: no rule ends here */
	uint32_t parent;
	uint32_t wild;		/* child for "*", or NO_NODE */
	uint32_t children;	/* first literal child, or NO_NODE */
	uint32_t sibling;	/* next literal child of the parent */
	uint32_t name;		/* offset into names */
	uint32_t name_len;
	uint32_t hash;		/* of (parent, name) */
	bool is_wild;		/* the parent's child for "*" */
};

struct path_tree {
	struct node *nodes;
	uint32_t node_count, node_room;
	char *names;
	size_t names_len, names_room;
	uint32_t *slots;	/* node + 1, 0 = free; a power of two of them */
	uint32_t slot_count;
};

static uint32_t edge_hash(uint32_t node, const char *name, size_t len)
{
	/* FNV-1a over the component, started from the mixed parent. */
	uint64_t h = 0xcbf29ce484222325u ^ (node * 0x9e3779b97f4a7c15u);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * 0x100000001b3u;
	return (uint32_t)(h ^ (h >> 32));
}

static uint32_t find_edge(const struct path_tree *t, uint32_t node,
			  const char *name, size_t len)
{
	uint32_t hash = edge_hash(node, name, len);
	uint32_t mask = t->slot_count - 1;

	for (uint32_t i = hash & mask; t->slots[i]; i = (i + 1) & mask) {
		const struct node *child = &t->nodes[t->slots[i] - 1];

		if (child->hash == hash && child->parent == node &&
		    child->name_len == len &&
		    memcmp(t->names + child->name, name, len) == 0)
			return t->slots[i] - 1;
	}
	return NO_NODE;
}

static void insert_slot(uint32_t *slots, uint32_t slot_count, uint32_t hash,
			uint32_t node)
{
	uint32_t i = hash & (slot_count - 1);

	while (slots[i])
		i = (i + 1) & (slot_count - 1);
	slots[i] = node + 1;
}

/* Keep the table at most half full, which keeps probe runs short. */
static int grow_slots(struct path_tree *t)
{
	uint32_t count = t->slot_count * 2;
	uint32_t *slots;

	if (t->node_count < t->slot_count / 2)
		return 0;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 1; i < t->node_count; i++)
		if (!t->nodes[i].is_wild)
			insert_slot(slots, count, t->nodes[i].hash, i);
	free(t->slots);
	t->slots = slots;
	t->slot_count = count;
	return 0;
}

static int grow_nodes(struct path_tree *t)
{
	uint32_t room = t->node_room * 2;
	struct node *nodes;

	if (t->node_count < t->node_room)
		return 0;
	if (room > UINT32_MAX / 4)
		return -ENOMEM;
	nodes = realloc(t->nodes, room * sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	t->nodes = nodes;
	t->node_room = room;
	return 0;
}

static int grow_names(struct path_tree *t, size_t len)
{
	size_t room = t->names_room;
	char *names;

	if (t->names_len + len <= room)
		return 0;
	while (t->names_len + len > room)
		room *= 2;
	if (room > UINT32_MAX)
		return -ENOMEM;
	names = realloc(t->names, room);
	if (!names)
		return -ENOMEM;
	t->names = names;
	t->names_room = room;
	return 0;
}

struct path_tree *path_tree_new(void)
{
	struct path_tree *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->node_room = 64;
	t->names_room = 1024;
	t->slot_count = 256;
	t->nodes = calloc(t->node_room, sizeof(*t->nodes));
	t->names = malloc(t->names_room);
	t->slots = calloc(t->slot_count, sizeof(*t->slots));
	if (!t->nodes || !t->names || !t->slots) {
		path_tree_destroy(t);
		return NULL;
	}
	t->nodes[ROOT] = (struct node){
		.value = -1, .parent = NO_NODE, .wild = NO_NODE,
		.children = NO_NODE, .sibling = NO_NODE,
	};
	t->node_count = 1;
	return t;
}

void path_tree_destroy(struct path_tree *tree)
{
	if (!tree)
		return;
	free(tree->nodes);
	free(tree->names);
	free(tree->slots);
	free(tree);
}

static bool is_star(const char *name, size_t len)
{
	return len == 1 && name[0] == '*';
}

/* Return: the child of @parent for the component, made if need be, or
 * NO_NODE when memory ran out. */
static uint32_t child_for(struct path_tree *t, uint32_t parent,
			  const char *name, size_t len)
{
	bool wild = is_star(name, len);
	uint32_t child = wild ? t->nodes[parent].wild :
				find_edge(t, parent, name, len);
	struct node *n;

	if (child != NO_NODE)
		return child;
	if (grow_nodes(t) < 0 || grow_slots(t) < 0 || grow_names(t, len) < 0)
		return NO_NODE;

	child = t->node_count++;
	n = &t->nodes[child];
	*n = (struct node){
		.value = -1, .parent = parent, .wild = NO_NODE,
		.children = NO_NODE, .sibling = NO_NODE, .is_wild = wild,
	};
	if (wild) {
		t->nodes[parent].wild = child;
		return child;
	}
	n->name = (uint32_t)t->names_len;
	n->name_len = (uint32_t)len;
	memcpy(t->names + t->names_len, name, len);
	t->names_len += len;
	n->hash = edge_hash(parent, name, len);
	insert_slot(t->slots, t->slot_count, n->hash, child);
	n->sibling = t->nodes[parent].children;
	t->nodes[parent].children = child;
	return child;
}

static bool is_dots(const char *name, size_t len)
{
	return (len == 1 && name[0] == '.') ||
	       (len == 2 && name[0] == '.' && name[1] == '.');
}

static bool is_normalised(const char *path)
{
	const char *p = path;

	if (*p != '/')
		return false;
	if (!p[1])
		return true;
	while (*p == '/') {
		size_t len = strcspn(++p, "/");

		if (!len || len > NAME_MAX || is_dots(p, len))
			return false;
		p += len;
	}
	return true;
}

int path_tree_add(struct path_tree *tree, const char *path, int value,
		  int *ret_old)
{
	uint32_t node = ROOT;
	const char *p = path;

	if (value < 0 || !is_normalised(path))
		return -EINVAL;
	while (*p == '/' && p[1]) {
		size_t len = strcspn(++p, "/");

		node = child_for(tree, node, p, len);
		if (node == NO_NODE)
			return -ENOMEM;
		p += len;
	}
	if (tree->nodes[node].value >= 0) {
		if (ret_old)
			*ret_old = tree->nodes[node].value;
		return -EEXIST;
	}
	tree->nodes[node].value = value;
	return 0;
}

/* A visit of all nodes that match a prefix of a path. */
struct visit {
	const struct path_tree *tree;
	const char *path;
	size_t len;		/* 0 for the root directory */
	uint32_t node;		/* where the visit is */
	size_t off;		/* the bytes of the path that node matches */
};

static struct visit visit_start(const struct path_tree *tree, const char *path,
				size_t len)
{
	if (len == 1)
		len = 0;
	return (struct visit){ .tree = tree, .path = path, .len = len };
}

static bool visit_down(struct visit *v)
{
	const char *name = v->path + v->off + 1;
	const char *slash;
	uint32_t child;
	size_t len;

	if (v->off >= v->len)
		return false;
	len = v->len - v->off - 1;
	slash = memchr(name, '/', len);
	if (slash)
		len = (size_t)(slash - name);
	child = find_edge(v->tree, v->node, name, len);
	if (child == NO_NODE && len)
		child = v->tree->nodes[v->node].wild;
	if (child == NO_NODE)
		return false;
	v->node = child;
	v->off += 1 + len;
	return true;
}

static bool visit_next(struct visit *v)
{
	if (visit_down(v))
		return true;
	while (v->node != ROOT) {
		const struct node *n = &v->tree->nodes[v->node];
		uint32_t wild = v->tree->nodes[n->parent].wild;

		if (!n->is_wild && wild != NO_NODE) {
			v->node = wild;
			return true;
		}
		v->node = n->parent;
		while (v->path[--v->off] != '/')
			;
	}
	return false;
}

struct path_match path_tree_find(const struct path_tree *tree, const char *path,
				 size_t len)
{
	struct path_match match = { .value = -1 };
	struct visit v = visit_start(tree, path, len);

	if (!len || path[0] != '/')
		return match;
	do {
		const struct node *n = &tree->nodes[v.node];
		bool whole = v.off == v.len;

		if (n->value >= 0 && (match.value < 0 || v.off > match.length)) {
			match.value = n->value;
			match.length = v.off;
			match.exact = whole;
		}
		if (whole && (n->wild != NO_NODE || n->children != NO_NODE))
			match.rules_below = true;
	} while (visit_next(&v));
	if (match.exact)
		match.length = len;
	return match;
}

/* Whether a node preferred to @node also matches @dir and has a rule for
 * dir/name, which then decides that name. */
static bool is_shadowed(const struct path_tree *tree, const char *dir,
			size_t len, uint32_t node, const char *name,
			size_t name_len)
{
	struct visit v = visit_start(tree, dir, len);

	for (;;) {
		uint32_t child;

		if (v.node == node && v.off == v.len)
			return false;
		child = v.off == v.len ?
			find_edge(tree, v.node, name, name_len) : NO_NODE;
		if (child != NO_NODE && tree->nodes[child].value >= 0)
			return true;
		if (!visit_next(&v))
			return false;
	}
}

int path_tree_children(const struct path_tree *tree, const char *dir, size_t len,
		       int (*fn)(void *arg, const char *name, size_t name_len,
				 int value),
		       void *arg)
{
	struct visit v = visit_start(tree, dir, len);

	if (!len || dir[0] != '/')
		return 0;
	do {
		uint32_t i;

		if (v.off != v.len)
			continue;
		for (i = tree->nodes[v.node].children; i != NO_NODE;
		     i = tree->nodes[i].sibling) {
			const struct node *child = &tree->nodes[i];
			const char *name = tree->names + child->name;
			int r;

			if (child->value < 0 ||
			    is_shadowed(tree, dir, len, v.node, name,
					child->name_len))
				continue;
			r = fn(arg, name, child->name_len, child->value);
			if (r)
				return r;
		}
	} while (visit_next(&v));
	return 0;
}

/* Write the path of @node so that it ends before @end. Return: its start, NULL
 * if it does not fit behind @start. */
static char *path_of(const struct path_tree *tree, uint32_t node, char *start, char *end)
{
	char *p = end;

	while (node != ROOT) {
		const struct node *n = &tree->nodes[node];
		const char *name = n->is_wild ? "*" : tree->names + n->name;
		size_t len = n->is_wild ? 1 : n->name_len;

		if ((size_t)(p - start) < len + 1)
			return NULL;
		p -= len;
		memcpy(p, name, len);
		*--p = '/';
		node = n->parent;
	}
	if (p == end)
		*--p = '/';
	return p;
}

int path_tree_each(const struct path_tree *tree,
		   int (*fn)(void *arg, const char *path, int value), void *arg)
{
	char buf[PATH_MAX];
	int r = 0;

	for (uint32_t i = 0; i < tree->node_count && !r; i++) {
		const char *path;

		if (tree->nodes[i].value < 0)
			continue;
		buf[sizeof(buf) - 1] = '\0';
		path = path_of(tree, i, buf, buf + sizeof(buf) - 1);
		r = path ? fn(arg, path, tree->nodes[i].value) : -ENAMETOOLONG;
	}
	return r;
}

int path_normalise(const char *in, char *out, size_t size)
{
	char clean[PATH_MAX];
	size_t n = 0;

	if (in[0] != '/')
		return -EINVAL;
	while (*in) {
		size_t len;

		in += strspn(in, "/");
		len = strcspn(in, "/");
		if (len > NAME_MAX)
			return -EINVAL;
		if (len == 2 && is_dots(in, len)) {
			while (n && clean[--n] != '/')
				;
		} else if (len && !is_dots(in, len)) {
			if (n + 1 + len >= sizeof(clean))
				return -ENAMETOOLONG;
			clean[n++] = '/';
			memcpy(clean + n, in, len);
			n += len;
		}
		in += len;
	}
	if (!n)
		clean[n++] = '/';
	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(out, clean, n);
	out[n] = '\0';
	return 0;
}
