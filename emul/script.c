/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as an end and as an argument is load_script()'s in
 * fs/binfmt_script.c, down to the empty argument behind a blank that ends a file
 * without a newline. */
#include "emul/script.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Both look from @at to @end, which they look at, too; beyond @end: nothing. */
static size_t skip_blanks(const char *head, size_t at, size_t end)
{
	while (at <= end && is_blank(head[at]))
		at++;
	return at;
}

static size_t skip_word(const char *head, size_t at, size_t end)
{
	while (at <= end && head[at] && !is_blank(head[at]))
		at++;
	return at;
}

static void copy(char *to, const char *head, size_t from, size_t end)
{
	size_t len = strnlen(head + from, end - from);

	memcpy(to, head + from, len);
	to[len] = '\0';
}

/* Where the line ends, blanks at its end left out; 0 if nobody knows. */
static size_t find_end(const char *head)
{
	const size_t last = SCRIPT_HEAD - 1;
	size_t text = strnlen(head, SCRIPT_HEAD);
	const char *newline = memchr(head, '\n', text);
	size_t end = newline ? (size_t)(newline - head) : last;
	size_t name;

	if (!newline) {
		/* The name of the interpreter may go on. */
		name = skip_blanks(head, 2, last);
		if (name > last || skip_word(head, name, last) > last)
			return 0;
	}
	while (is_blank(head[end - 1]))
		end--;
	return end;
}

int script_parse(const char head[SCRIPT_HEAD], struct script *ret)
{
	size_t end, name, word, argument;

	if (head[0] != '#' || head[1] != '!')
		return 1;
	end = find_end(head);
	name = end ? skip_blanks(head, 2, end) : 0;
	if (!end || name >= end)
		return -ENOEXEC;
	word = skip_word(head, name, end);
	argument = word <= end && head[word] ? skip_blanks(head, word, end) : end + 1;
	copy(ret->interpreter, head, name, word < end ? word : end);
	ret->has_argument = argument <= end && word < end;
	copy(ret->argument, head, ret->has_argument ? argument : end, end);
	return 0;
}
