/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_LOAD_H
#define GOSUP_POLICY_LOAD_H

#include "policy/arena.h"
#include "policy/json_place.h"
#include "policy/policy.h"

/*
 * The parts of the loader among themselves (policy/load*.c). A section of the
 * policy file is a row of the table in load.c and a function that is given the
 * section's value; it stores what it read through struct load and reports what
 * is wrong by returning load_fail() and its like.
 */

/* A text that is being read: a file, stdin, or a built-in. */
struct source {
	const char *name;	/* as messages call it; in the arena */
	const char *id;		/* the same for the same file */
	const char *text;
	size_t len;
	const json_t *root;
	unsigned depth;		/* 0 for the outermost */
	const struct source *includer;
};

/* The rules of one system call. */
struct call_group {
	const struct call_rule *rules;
	size_t count;
};

/* A source that was read, or is being read. */
struct included {
	const char *id, *name;
};

struct load {
	struct policy *policy;		/* being made */
	struct arena *arena;		/* the policy's */
	struct arena *values;		/* what jansson has made of the texts */
	struct diag *diag;
	const struct policy_reader *reader; /* NULL: no files */
	const struct source *source;	/* being read */

	struct included *included;	 /* all sources so far */
	size_t included_count;

	struct file_rule *files;	/* of policy->file_tree's values */
	size_t file_count, file_room;
	struct exec_rule *execs;	/* of policy->exec_tree's values */
	size_t exec_count, exec_room;
	struct call_group *calls;	/* by slot */
};

/* --- load.c --- */

/* Check and store all sections of l->source. */
int load_sections(struct load *l);

/* --- load_json.c --- */

/* The values of @text, in l->values; l->diag names its source already. */
int load_json(struct load *l, const char *text, size_t len, json_t **ret);

/* --- load_source.c --- */

extern const struct policy_reader load_file_reader;

/* Read the outermost policy @name: a file, "-", or a built-in one. */
int load_outermost(struct load *l, const char *name);

/* Read @text as the outermost policy. */
int load_text(struct load *l, const char *name, const char *text, size_t len);

int load_include(struct load *l, const struct json_node *node);

/* --- load_files.c, load_exec.c, load_syscalls.c, ... --- */

int load_files(struct load *l, const struct json_node *node);
int load_exec(struct load *l, const struct json_node *node);
int load_syscalls(struct load *l, const struct json_node *node);
int load_log(struct load *l, const struct json_node *node);
int load_service(struct load *l, const struct json_node *node);
int load_signals(struct load *l, const struct json_node *node);

/* The conditions in @when on the arguments of rule->row. */
int load_conditions(struct load *l, const struct json_node *when,
		    struct call_rule *rule);

/* --- load_tree.c: sections of rules by path --- */

/* Call @rule for each item of the array @node. */
int load_rules(struct load *l, const struct json_node *node, const char *section,
	       int (*rule)(struct load *l, const struct json_node *item,
			   const struct rule_place *place));

/* @array, moved if need be, with room for more than @count elements of @size.
 * Return: NULL if memory is short; @array is then as it was. */
void *load_room(struct load *l, void *array, size_t count, size_t *room, size_t size);

/**
 * load_tree_add() - where to put the rule for @path, which @node is.
 * @count: of rules so far
 * @places: the place of rule 0, and @size from there to the next rule's
 * @ret: @count for a new path, or the index of an included file's rule for it,
 * which is replaced
 */
int load_tree_add(struct load *l, const struct json_node *node, struct path_tree *tree,
		  const char *path, size_t count, const struct rule_place *places,
		  size_t size, size_t *ret);

/* --- builtin.c --- */

/* The names of all built-in policies and fragments, for nearest_name(). */
const char *builtin_candidate(void *arg, size_t i);

/* --- load_value.c: what is wrong --- */

/* Put @name into l->diag, without a place. */
void load_set_file(struct load *l, const char *name);

/* Every one of these fills l->diag and returns a negative errno. */
__attribute__((format(printf, 3, 4)))
int load_fail(struct load *l, const struct json_node *at, const char *fmt, ...);
/* The same, pointing at the key of @at. */
__attribute__((format(printf, 3, 4)))
int load_fail_key(struct load *l, const struct json_node *at,
		  const char *fmt, ...);
/* "expected" was meant: `"mode" is a string such as "0644", not a number`. */
int load_fail_type(struct load *l, const struct json_node *at,
		   const char *expected);
int load_fail_memory(struct load *l);

/* A key of @node that is not one of @keys (NULL-terminated). */
int load_fail_unknown(struct load *l, const struct json_node *node,
		      const char *const *keys);

/* @s in quotes for a message, cut if it is long. Lives as long as the
 * expression that it stands in. */
struct quoted {
	char s[96];
};
struct quoted load_quote(const char *s);

/* ` (did you mean "x"?)`, or nothing. */
struct hint {
	char s[96];
};
struct hint load_hint(const char *word,
		      const char *(*candidate)(void *arg, size_t i), void *arg);

/* Line and column of @at, in l->source. */
struct json_cursor load_place(const struct load *l, const struct json_node *at,
			      enum json_part part);

/* --- load_value.c: values --- */

/* true or false. */
int load_bool(struct load *l, const struct json_node *node, bool *ret);
/* true, for keys that are left out otherwise: `"hide": true`. */
int load_true(struct load *l, const struct json_node *node);
/* A string, which is not empty; not copied. */
int load_string(struct load *l, const struct json_node *node,
		const char *example, const char **ret);
/* One of @words (NULL-terminated); *ret is its index. */
int load_choice(struct load *l, const struct json_node *node,
		const char *const *words, unsigned *ret);
/* A signal's name; @expected says what else it may be. */
int load_signal(struct load *l, const struct json_node *node, const char *expected,
		int *ret);
/* An errno's name, or true for @usual. */
int load_errno(struct load *l, const struct json_node *node, int usual,
	       int *ret);
/* An absolute path, normalised, in the arena. */
int load_path(struct load *l, const struct json_node *node, bool stars,
	      const char **ret);

#endif
