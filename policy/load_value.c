/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/load.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/names.h"

/*
 * Values as the sections share them, and how to say what is wrong with one:
 * where it stands, what it is, what was expected, and what its author may have
 * meant.
 */

struct json_cursor load_place(const struct load *l, const struct json_node *at,
			      enum json_part part)
{
	struct json_cursor c;

	json_cursor_init(&c, l->source->text, l->source->len);
	json_cursor_seek(&c, l->source->root, at, part);
	return c;
}

void load_set_file(struct load *l, const char *name)
{
	const size_t room = sizeof(l->diag->file) - 1;
	size_t len = strlen(name);

	/* Of a long name the end says more. */
	if (len > room)
		snprintf(l->diag->file, sizeof(l->diag->file), "...%s",
			 name + len - (room - 3));
	else
		memcpy(l->diag->file, name, len + 1);
	l->diag->line = l->diag->column = 0;
}

static void set_place(struct load *l, const struct json_node *at,
		      enum json_part part)
{
	struct json_cursor c = load_place(l, at, part);

	load_set_file(l, l->source->name);
	l->diag->line = c.line;
	l->diag->column = json_cursor_column(&c);
}

int load_fail(struct load *l, const struct json_node *at, const char *fmt, ...)
{
	char text[sizeof(l->diag->message)];
	va_list ap;

	set_place(l, at, JSON_PART_VALUE);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diag_set(l->diag, -EINVAL, "%s", text);
}

int load_fail_key(struct load *l, const struct json_node *at,
		  const char *fmt, ...)
{
	char text[sizeof(l->diag->message)];
	va_list ap;

	set_place(l, at, JSON_PART_KEY);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diag_set(l->diag, -EINVAL, "%s", text);
}

int load_fail_memory(struct load *l)
{
	return diag_set(l->diag, -ENOMEM, "out of memory");
}

struct quoted load_quote(const char *s)
{
	const size_t room = sizeof(((struct quoted *)0)->s) - 6;
	size_t len = strlen(s);
	struct quoted q;

	if (len > room) {
		len = room;
		while (len && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--; /* not inside a character */
		snprintf(q.s, sizeof(q.s), "\"%.*s...\"", (int)len, s);
	} else {
		snprintf(q.s, sizeof(q.s), "\"%s\"", s);
	}
	return q;
}

struct hint load_hint(const char *word,
		      const char *(*candidate)(void *arg, size_t i), void *arg)
{
	const char *near = nearest_name(word, candidate, arg);
	struct hint hint = { "" };

	if (near)
		snprintf(hint.s, sizeof(hint.s), " (did you mean \"%s\"?)",
			 near);
	return hint;
}

static struct hint hint_of(const char *word, const char *const *words)
{
	return load_hint(word, strings_candidate, (void *)words);
}

/* What a value is, for "not ...". */
static struct quoted describe(const json_t *json)
{
	struct quoted q;
	const char *word = "null";

	switch (json_typeof(json)) {
	case JSON_STRING:
		return load_quote(json_string_value(json));
	case JSON_INTEGER:
		snprintf(q.s, sizeof(q.s), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(json));
		return q;
	case JSON_REAL:
		snprintf(q.s, sizeof(q.s), "%g, which is no integer",
			 json_real_value(json));
		return q;
	case JSON_OBJECT:
		word = json_object_size(json) ? "an object" : "an empty object";
		break;
	case JSON_ARRAY:
		word = json_array_size(json) ? "an array" : "an empty array";
		break;
	case JSON_TRUE:
		word = "true";
		break;
	case JSON_FALSE:
		word = "false";
		break;
	case JSON_NULL:
		break;
	}
	snprintf(q.s, sizeof(q.s), "%s", word);
	return q;
}

/* What a value is called: its key, or its array's item. */
static struct quoted name_of(const struct json_node *at)
{
	struct quoted q;

	if (at->key)
		return load_quote(at->key);
	if (!at->parent)
		return (struct quoted){ "a policy" };
	snprintf(q.s, sizeof(q.s), "item %zu", at->index);
	return q;
}

int load_fail_type(struct load *l, const struct json_node *at,
		   const char *expected)
{
	load_fail(l, at, "%s must be %s, not %s", name_of(at).s, expected,
		  describe(at->json).s);
	return -EINVAL; /* said here for the static analyser */
}

int load_fail_unknown(struct load *l, const struct json_node *node,
		      const char *const *keys)
{
	struct hint hint = hint_of(node->key, keys);
	char list[256] = "";
	size_t len = 0, i;

	if (hint.s[0])
		return load_fail_key(l, node, "unknown key %s%s",
				     load_quote(node->key).s, hint.s);
	for (i = 0; keys[i]; i++) {
		int n = snprintf(list + len, sizeof(list) - len, "%s%s",
				 i ? ", " : "", keys[i]);

		if (n < 0 || (size_t)n >= sizeof(list) - len)
			break;
		len += (size_t)n;
	}
	return load_fail_key(l, node, "unknown key %s; the keys here are %s",
			     load_quote(node->key).s, list);
}

int load_bool(struct load *l, const struct json_node *node, bool *ret)
{
	if (!json_is_boolean(node->json))
		return load_fail_type(l, node, "true or false");
	*ret = json_is_true(node->json);
	return 0;
}

int load_true(struct load *l, const struct json_node *node)
{
	if (json_is_true(node->json))
		return 0;
	return load_fail_type(l, node, "true, or left out");
}

int load_string(struct load *l, const struct json_node *node,
		const char *example, const char **ret)
{
	char expected[128];

	const char *value = json_string_value(node->json);

	if (value && *value) {
		*ret = value;
		return 0;
	}
	snprintf(expected, sizeof(expected), "a string such as \"%s\"",
		 example);
	return load_fail_type(l, node, expected);
}

int load_choice(struct load *l, const struct json_node *node,
		const char *const *words, unsigned *ret)
{
	const char *value = json_string_value(node->json);
	char list[128] = "";
	size_t len = 0;
	unsigned i;

	for (i = 0; words[i]; i++) {
		if (value && strcmp(value, words[i]) == 0) {
			*ret = i;
			return 0;
		}
		len += (size_t)snprintf(list + len, sizeof(list) - len,
					"%s\"%s\"",
					!i ? "" : words[i + 1] ? ", " : " or ",
					words[i]);
		if (len >= sizeof(list))
			len = sizeof(list) - 1;
	}
	return load_fail(l, node, "%s must be %s, not %s%s", name_of(node).s,
			 list, describe(node->json).s,
			 value ? hint_of(value, words).s : "");
}

int load_signal(struct load *l, const struct json_node *node, const char *expected, int *ret)
{
	const char *name = json_string_value(node->json);

	if (!name)
		return load_fail_type(l, node, expected);
	*ret = signal_by_name(name);
	if (!*ret)
		return load_fail(l, node, "no signal is called %s%s", load_quote(name).s,
				 load_hint(name, signal_candidate, NULL).s);
	return 0;
}

int load_errno(struct load *l, const struct json_node *node, int usual,
	       int *ret)
{
	const char *name = json_string_value(node->json);
	char expected[96];
	int err;

	if (json_is_true(node->json)) {
		*ret = usual;
		return 0;
	}
	if (name) {
		err = errno_by_name(name);
		if (!err)
			return load_fail(l, node, "unknown errno %s%s",
					 load_quote(name).s,
					 load_hint(name, errno_candidate,
						   NULL).s);
		*ret = err;
		return 0;
	}
	err = usual;
	if (json_is_integer(node->json) &&
	    json_integer_value(node->json) > 0 &&
	    json_integer_value(node->json) < 4096 &&
	    errno_name((int)json_integer_value(node->json))[1] != '?')
		err = (int)json_integer_value(node->json);
	snprintf(expected, sizeof(expected),
		 "the name of an errno such as \"%s\", or true",
		 errno_name(err));
	return load_fail_type(l, node, expected);
}

static int check_relative(struct load *l, const struct json_node *node,
			  const char *path)
{
	const char *rest = path;

	if (path[0] == '/')
		return 0;
	if (rest[0] == '~' && (rest[1] == '/' || !rest[1]))
		return load_fail(l, node, "%s: \"~\" is not expanded; write an "
				 "absolute path, such as \"/home/user\"",
				 name_of(node).s);
	while (strncmp(rest, "./", 2) == 0 || strncmp(rest, "../", 3) == 0)
		rest = strchr(rest, '/') + 1;
	if (!*rest || strcmp(rest, ".") == 0 || strcmp(rest, "..") == 0)
		rest = "srv/data";
	return load_fail(l, node, "%s is a relative path, %s; write an "
			 "absolute one, such as \"/%.200s\"",
			 name_of(node).s, load_quote(path).s, rest);
}

/* "*" stands for one whole component; a name is at most NAME_MAX bytes. */
static int check_components(struct load *l, const struct json_node *node,
			    const char *path, bool stars)
{
	const char *part, *star;
	size_t len;

	if (!strchr(path, '*') && strlen(path) <= NAME_MAX)
		return 0;
	for (part = path; *part; part += len) {
		part += strspn(part, "/");
		len = strcspn(part, "/");
		if (len > NAME_MAX)
			return load_fail(l, node, "%s has a component of %zu "
					 "bytes; file names have at most %d",
					 name_of(node).s, len, NAME_MAX);
		star = memchr(part, '*', len);
		if (!star)
			continue;
		if (!stars)
			return load_fail(l, node, "%s: \"*\" is not possible "
					 "here, this must be one path",
					 name_of(node).s);
		if (len != 1)
			return load_fail(l, node, "%s: \"*\" stands for one "
					 "whole component, as in "
					 "\"/home/*/.ssh\"; %s is not possible",
					 name_of(node).s,
					 load_quote(path).s);
	}
	return 0;
}

int load_path(struct load *l, const struct json_node *node, bool stars,
	      const char **ret)
{
	char clean[PATH_MAX], *copy;
	const char *path = NULL;
	int err;

	err = load_string(l, node, "/srv/data", &path);
	if (err)
		return err;
	err = check_relative(l, node, path);
	if (!err)
		err = check_components(l, node, path, stars);
	if (err)
		return err;
	err = path_normalise(path, clean, sizeof(clean));
	if (err == -ENAMETOOLONG)
		return load_fail(l, node, "%s is %zu bytes long; paths have at "
				 "most %d", name_of(node).s, strlen(path),
				 PATH_MAX - 1);
	if (err)
		return load_fail(l, node, "%s is not a path: %s",
				 name_of(node).s, load_quote(path).s);
	copy = arena_strdup(l->arena, clean);
	if (!copy)
		return load_fail_memory(l);
	*ret = copy;
	return 0;
}
