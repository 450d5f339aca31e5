/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/json_place.h"

#include <string.h>

/*
 * The scanner knows just enough JSON to step over values. It relies on the
 * text being valid only for its results, never for its safety: it stays inside
 * the text whatever stands there, because the text may have an error behind
 * the place looked for.
 *
 * A search follows jansson's values and the text in step. That works because
 * jansson keeps members in the order of the text and refuses duplicates.
 */

struct json_node json_node_root(const json_t *root)
{
	return (struct json_node){ .json = root };
}

struct json_node json_node_member(const json_t *parent, const char *key)
{
	return (struct json_node){
		.json = json_object_get(parent, key),
		.parent = parent,
		.key = key,
	};
}

struct json_node json_node_item(const json_t *parent, size_t index)
{
	return (struct json_node){
		.json = json_array_get(parent, index),
		.parent = parent,
		.index = index,
	};
}

static void skip_space(struct json_cursor *c)
{
	for (; c->at < c->end; c->at++) {
		if (*c->at == '\n') {
			c->line++;
			c->line_start = c->at + 1;
		} else if (*c->at != ' ' && *c->at != '\t' && *c->at != '\r') {
			return;
		}
	}
}

static void skip_string(struct json_cursor *c)
{
	for (c->at++; c->at < c->end; c->at++) {
		if (*c->at == '\\') {
			if (++c->at == c->end)
				return;
		} else if (*c->at == '"') {
			c->at++;
			return;
		}
	}
}

static bool in_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.' ||
	       c == '_';
}

/* A string, a word, or one byte of punctuation. */
static void skip_token(struct json_cursor *c)
{
	if (*c->at == '"')
		skip_string(c);
	else if (in_word(*c->at))
		while (c->at < c->end && in_word(*c->at))
			c->at++;
	else
		c->at++;
}

/* Step over a string, number, word, or a whole array or object. */
static void skip_value(struct json_cursor *c)
{
	size_t depth = 0;

	do {
		if (c->at == c->end)
			return;
		if (*c->at == '[' || *c->at == '{')
			depth++;
		else if ((*c->at == ']' || *c->at == '}') && depth)
			depth--;
		skip_token(c);
		if (depth)
			skip_space(c);
	} while (depth);
}

void json_cursor_init(struct json_cursor *c, const char *text, size_t len)
{
	*c = (struct json_cursor){
		.at = text,
		.end = text + len,
		.line_start = text,
		.line = 1,
	};
}

unsigned json_cursor_column(const struct json_cursor *c)
{
	unsigned column = 1;
	const char *p;

	for (p = c->line_start; p < c->at; p++)
		if (((unsigned char)*p & 0xc0) != 0x80) /* UTF-8 followers */
			column++;
	return column;
}

/* Behind the bracket or comma at the cursor: at a value, or at the end. */
static bool at_value(struct json_cursor *c)
{
	skip_space(c);
	if (c->at == c->end)
		return false;
	if (*c->at == ']' || *c->at == '}') {
		c->at++;
		return false;
	}
	return true;
}

static bool behind_value(struct json_cursor *c)
{
	skip_space(c);
	if (c->at < c->end && *c->at == ',')
		c->at++;
	return at_value(c);
}

bool json_cursor_enter(struct json_cursor *c)
{
	if (c->at < c->end)
		c->at++;
	return at_value(c);
}

bool json_cursor_next(struct json_cursor *c)
{
	json_cursor_value(c);
	skip_value(c);
	return behind_value(c);
}

void json_cursor_value(struct json_cursor *c)
{
	struct json_cursor ahead = *c;

	if (ahead.at == ahead.end || *ahead.at != '"')
		return;
	skip_string(&ahead);
	skip_space(&ahead);
	if (ahead.at == ahead.end || *ahead.at != ':')
		return; /* a string that is a value itself */
	ahead.at++;
	skip_space(&ahead);
	*c = ahead;
}

/*
 * Move from the beginning of @json to that of @wanted, which is an array or
 * object somewhere in it, or behind @json if it is not. Recursion is bounded
 * by the depth that jansson accepts.
 */
static bool seek_container(struct json_cursor *c, const json_t *json,
			   const json_t *wanted)
{
	const char *key;
	json_t *child;
	size_t i;
	bool more;

	if (json == wanted)
		return true;
	if (!json_is_object(json) && !json_is_array(json)) {
		skip_value(c);
		return false;
	}
	more = json_cursor_enter(c);
	if (json_is_object(json)) {
		json_object_foreach((json_t *)json, key, child) {
			if (!more)
				return false;
			json_cursor_value(c);
			if (seek_container(c, child, wanted))
				return true;
			more = behind_value(c);
		}
		return false;
	}
	json_array_foreach(json, i, child) {
		if (!more)
			return false;
		if (seek_container(c, child, wanted))
			return true;
		more = behind_value(c);
	}
	return false;
}

static size_t ordinal(const struct json_node *node)
{
	const char *key;
	json_t *child;
	size_t n = 0;

	if (!node->key)
		return node->index;
	json_object_foreach((json_t *)node->parent, key, child) {
		if (strcmp(key, node->key) == 0)
			break;
		n++;
	}
	return n;
}

bool json_cursor_seek(struct json_cursor *c, const json_t *root,
		      const struct json_node *node, enum json_part part)
{
	size_t n;

	skip_space(c);
	if (!node->parent)
		return node->json == root;
	if (!seek_container(c, root, node->parent) || !json_cursor_enter(c))
		return false;
	for (n = ordinal(node); n > 0; n--)
		if (!json_cursor_next(c))
			return false;
	if (part == JSON_PART_VALUE)
		json_cursor_value(c);
	return true;
}

/* Move forward to @stop, counting lines. */
static void move_to(struct json_cursor *c, const char *stop)
{
	for (; c->at < stop; c->at++) {
		if (*c->at == '\n') {
			c->line++;
			c->line_start = c->at + 1;
		}
	}
}

void json_cursor_token(struct json_cursor *c, size_t offset)
{
	const char *stop = c->at + offset;
	struct json_cursor token = *c;

	/* The token that holds the byte, or the end of the last one before. */
	skip_space(&token);
	while (token.at < token.end && token.at <= stop) {
		*c = token;
		skip_token(&token);
		if (token.at > stop)
			return;
		move_to(c, token.at);
		token = *c;
		skip_space(&token);
	}
}

void json_cursor_byte(struct json_cursor *c, size_t offset)
{
	move_to(c, c->at + offset);
}

/* The bracket that opens what @stop is directly in; NULL if none does. */
static const char *enclosing(const char *text, const char *stop, size_t depth)
{
	struct json_cursor c = { .at = text, .end = stop };
	const char *opener = NULL;
	size_t now = 0;

	while (c.at < stop) {
		if (*c.at == '"') {
			skip_string(&c);
			continue;
		}
		if (*c.at == '[' || *c.at == '{') {
			if (++now == depth)
				opener = c.at;
		} else if ((*c.at == ']' || *c.at == '}') && now) {
			now--;
		}
		c.at++;
	}
	/* The depth is known at the end only: look once more. */
	return depth || !now ? opener : enclosing(text, stop, now);
}

bool json_cursor_twin(struct json_cursor *c, const char *text)
{
	const char *key = c->at, *opener = enclosing(text, key, 0);
	struct json_cursor other;
	size_t len;
	bool more;

	skip_string(c);
	len = (size_t)(c->at - key);
	if (!opener)
		return false;
	json_cursor_init(&other, text, (size_t)(c->end - text));
	move_to(&other, opener);
	for (more = json_cursor_enter(&other); more && other.at < key;
	     more = json_cursor_next(&other)) {
		if (strncmp(other.at, key, len) == 0) {
			*c = other;
			return true;
		}
	}
	return false;
}
