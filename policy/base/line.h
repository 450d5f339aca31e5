/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_BASE_LINE_H
#define GOSUP_BASE_LINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A line being put together in a buffer of fixed size. What does not fit is
 * left out as a whole and .full set, so that a caller can go back to an
 * earlier .len and say less.
 */
struct line {
	char *buf;
	size_t size;	/* of which the last byte is for a terminator */
	size_t len;
	bool full;
};

/* Start an empty line in @buf of @size bytes, at least 1. */
void line_init(struct line *line, char *buf, size_t size);

void line_put(struct line *line, const void *bytes, size_t len);
void line_puts(struct line *line, const char *s);
__attribute__((format(printf, 2, 3)))
void line_printf(struct line *line, const char *fmt, ...);

/**
 * line_put_shown() - bytes that a program chose, for somebody's terminal.
 *
 * Control characters, what changes the direction or visibility of the text
 * around it, bytes that are not UTF-8, quotes and backslashes appear as
 * escapes of C (\n, \x1b, \"): a file name can neither write to the terminal
 * nor end the quotation that it stands in.
 */
void line_put_shown(struct line *line, const char *bytes, size_t len);

/* @s likewise, cut if it is long. Lives as long as the expression that it stands
 * in. */
struct shown {
	char s[512];
};
struct shown line_shown(const char *s);

/**
 * text_make_printable() - the same for a text that is made already: what acts on a
 * terminal becomes "?", in place. What a cut has left of a character at the end
 * goes.
 */
void text_make_printable(char *s);

/**
 * line_put_json() - the same as the inside of a JSON string.
 * Bytes that are not UTF-8 appear as U+FFFD. Return: whether there were none.
 */
bool line_put_json(struct line *line, const char *bytes, size_t len);

void line_put_hex(struct line *line, const char *bytes, size_t len);

#endif
