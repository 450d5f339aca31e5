/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "policy/load.h"

/*
 * From a text to jansson's values. Its messages name what stands at an error;
 * where people go wrong often, ours say what to do instead.
 */

/* Mistakes that jansson tells apart. Return: what to say, or NULL. */
static const char *say_by_code(enum json_error_code code)
{
	switch (code) {
	case json_error_stack_overflow:
		return "nested too deeply";
	case json_error_invalid_utf8:
		return "the text is not UTF-8";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "strings cannot contain NUL (\\u0000)";
	case json_error_numeric_overflow:
		return "the number is out of range; large ones are written as "
		       "a string such as \"0xffffffff00000000\"";
	default:
		return NULL;
	}
}

/* Mistakes that the text at @c tells. @before: the end of the token before. */
static const char *say_by_text(const struct json_cursor *c, const char *text,
			       const char *before)
{
	char here = c->at < c->end ? *c->at : '\0';

	if (before == text && c->at == c->end)
		return "the policy is empty; the smallest one is "
		       "{\"version\": 1}";
	if (here == '/' || here == '#')
		return "JSON has no comments";
	if (here == '\'')
		return "strings stand in double quotes";
	if (before == text)
		return "a policy is an object such as {\"version\": 1}";
	if ((here == '}' || here == ']') && before[-1] == ',')
		return here == '}' ? "no comma may stand before \"}\""
				   : "no comma may stand before \"]\"";
	return NULL;
}

static int fail_twin(struct load *l, struct json_cursor c, const char *text)
{
	if (json_cursor_twin(&c, text))
		return diag_set(l->diag, -EINVAL, "the key stands here twice, "
				"first at line %u", c.line);
	return diag_set(l->diag, -EINVAL, "the key stands here twice");
}

/*
 * Where jansson stopped: at the token whose last byte it read last, or, for
 * bytes that are in no text, at the very byte.
 */
static struct json_cursor syntax_place(const char *text, size_t len,
				       const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);
	const char *nul = memchr(text, '\0', len);
	size_t read = (size_t)error->position;
	struct json_cursor c;

	json_cursor_init(&c, text, len);
	if (nul)
		json_cursor_byte(&c, (size_t)(nul - text));
	else if (code == json_error_invalid_utf8)
		json_cursor_byte(&c, read < len ? read : len);
	else if (code == json_error_premature_end_of_input ||
		 strstr(error->text, "near end of file"))
		json_cursor_token(&c, len);
	else
		json_cursor_token(&c, read ? read - 1 : 0);
	return c;
}

static int fail_syntax(struct load *l, const char *text, size_t len,
		       const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);
	struct json_cursor c = syntax_place(text, len, error);
	const char *before, *say;

	l->diag->line = c.line;
	l->diag->column = json_cursor_column(&c);
	if (code == json_error_duplicate_key)
		return fail_twin(l, c, text);
	for (before = c.at; before > text; before--)
		if (!before[-1] || !strchr(" \t\r\n", before[-1]))
			break;
	say = memchr(text, '\0', len) ? "a NUL byte: this is not JSON in UTF-8"
				      : say_by_code(code);
	if (!say)
		say = say_by_text(&c, text, before);
	return diag_set(l->diag, -EINVAL, "%s", say ? say : error->text);
}

int load_json(struct load *l, const char *text, size_t len, json_t **ret)
{
	json_error_t error;
	json_t *root;

	if (len > POLICY_SIZE_MAX)
		return diag_set(l->diag, -EINVAL, "the policy is larger than "
				"%u MiB", POLICY_SIZE_MAX >> 20);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		l->diag->line = l->diag->column = 1;
		return diag_set(l->diag, -EINVAL, "the text begins with a byte "
				"order mark; save it as UTF-8 without one");
	}
	errno = 0;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	/* jansson takes a failed allocation for a syntax error, mostly. */
	if (!root && (errno == ENOMEM ||
		      json_error_code(&error) == json_error_out_of_memory))
		return load_fail_memory(l);
	if (!root)
		return fail_syntax(l, text, len, &error);
	*ret = root;
	return 0;
}
