/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_JSON_PLACE_H
#define GOSUP_POLICY_JSON_PLACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Where values stand in a JSON text. jansson does not keep places, so they are
 * found again in the text, which it has checked before: while rules are read,
 * by a cursor that walks beside them; for an error, by a search.
 */

/*
 * A value and how it is reached, for messages. Values alone would not do:
 * every true and false in jansson is the same object.
 */
struct json_node {
	const json_t *json;
	const json_t *parent;	/* NULL for the text's outermost value */
	const char *key;	/* in an object; NULL in an array */
	size_t index;		/* in an array */
};

struct json_node json_node_root(const json_t *root);
/* The member @key of object @parent; .json is NULL if it has none. */
struct json_node json_node_member(const json_t *parent, const char *key);
struct json_node json_node_item(const json_t *parent, size_t index);

/* A position in a text, always at the beginning of a value or a key. */
struct json_cursor {
	const char *at, *end;
	const char *line_start;
	unsigned line;		/* from 1 */
};

/* To the beginning of a text of @len bytes. */
void json_cursor_init(struct json_cursor *c, const char *text, size_t len);

/* The column of the cursor, from 1, counted in characters. */
unsigned json_cursor_column(const struct json_cursor *c);

/* From an array or object to its first item or key. Return: false, and the
 * cursor is behind the value, if it is empty. */
bool json_cursor_enter(struct json_cursor *c);

/* From an item or member (key or value) to the next item or key. Return:
 * false, and the cursor is behind the array or object, if it was the last. */
bool json_cursor_next(struct json_cursor *c);

/* From a member's key to its value. */
void json_cursor_value(struct json_cursor *c);

/* What of a node a place points at. */
enum json_part { JSON_PART_KEY, JSON_PART_VALUE };

/**
 * json_cursor_seek() - move to @node from the beginning of the text.
 * @root: the outermost value of that text
 * Return: false if @node is not in it.
 */
bool json_cursor_seek(struct json_cursor *c, const json_t *root,
		      const struct json_node *node, enum json_part part);

/**
 * json_cursor_token() - from the beginning of the text to the token that holds
 * byte @offset, or if none does to the end of the last one before it.
 */
void json_cursor_token(struct json_cursor *c, size_t offset);

/* From the beginning of the text to byte @offset. */
void json_cursor_byte(struct json_cursor *c, size_t offset);

/**
 * json_cursor_twin() - move to the earlier key that equals the one here.
 * @text: the text's beginning; it may be wrong behind the cursor
 * Return: false if there is none, and the cursor is anywhere.
 */
bool json_cursor_twin(struct json_cursor *c, const char *text);

#endif
