/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/base/line.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void line_init(struct line *line, char *buf, size_t size)
{
	*line = (struct line){ .buf = buf, .size = size };
	buf[0] = '\0';
}

void line_put(struct line *line, const void *bytes, size_t len)
{
	if (line->full || len >= line->size - line->len) {
		line->full = true;
		return;
	}
	memcpy(line->buf + line->len, bytes, len);
	line->len += len;
	line->buf[line->len] = '\0';
}

void line_puts(struct line *line, const char *s)
{
	line_put(line, s, strlen(s));
}

void line_printf(struct line *line, const char *fmt, ...)
{
	size_t room = line->size - line->len;
	va_list ap;
	int n;

	if (line->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line->buf + line->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		line->full = true;
		line->buf[line->len] = '\0';
		return;
	}
	line->len += (size_t)n;
}

/*
 * Decode one character of UTF-8 as RFC 3629 defines it: no overlong forms, no
 * surrogates, nothing above U+10FFFF. Return: its length, 0 if it is none.
 */
static size_t decode(const char *bytes, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)bytes;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
		   p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	uint32_t c;
	size_t i;

	if (n == 0 || n > len)
		return 0;
	c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return n;
}

/* Characters that act on a terminal or on how the text around them looks. */
static bool acts(uint32_t c)
{
	static const struct { uint32_t first, last; } ranges[] = {
		{ 0, 0x1f }, { 0x7f, 0x9f },	/* C0, DEL, C1 */
		{ 0xad, 0xad },			/* soft hyphen */
		{ 0x61c, 0x61c }, { 0x180e, 0x180e },
		{ 0x200b, 0x200f },		/* zero width, direction marks */
		{ 0x2028, 0x202e },		/* separators, bidi overrides */
		{ 0x2060, 0x206f },		/* bidi isolates and others */
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
		{ 0xe0000, 0xe007f },		/* tags */
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* The letter of a short escape, or 0. */
static char short_escape(uint32_t c)
{
	switch (c) {
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '"':
	case '\\':
		return (char)c;
	default:
		return 0;
	}
}

void line_put_shown(struct line *line, const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && !line->full) {
		uint32_t c = 0;
		size_t n = decode(bytes + i, len - i, &c);
		char letter = n ? short_escape(c) : 0;

		if (letter)
			line_printf(line, "\\%c", letter);
		else if (n && !acts(c))
			line_put(line, bytes + i, n);
		else
			for (size_t k = 0; k < (n ? n : 1); k++)
				line_printf(line, "\\x%02x",
					    (unsigned char)bytes[i + k]);
		i += n ? n : 1;
	}
}

struct shown line_shown(const char *s)
{
	struct shown shown = { "" };
	struct line line;

	line_init(&line, shown.s, sizeof(shown.s) - 3);
	line_put_shown(&line, s, strlen(s));
	if (line.full)
		memcpy(shown.s + line.len, "...", 4);
	return shown;
}

/* Whether @len bytes are the beginning of a character that is longer. */
static bool is_cut(const char *bytes, size_t len)
{
	unsigned char c = (unsigned char)bytes[0];
	size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 0;

	return len < need;
}

void text_make_printable(char *s)
{
	size_t len = strlen(s), i = 0, to = 0;

	while (i < len && !is_cut(s + i, len - i)) {
		uint32_t c = 0;
		size_t n = decode(s + i, len - i, &c);

		if (n && !acts(c)) {
			memmove(s + to, s + i, n);
			to += n;
		} else {
			s[to++] = '?';
		}
		i += n ? n : 1;
	}
	s[to] = '\0';
}

static void put_json_escape(struct line *line, uint32_t c)
{
	if (c < 0x10000)
		line_printf(line, "\\u%04x", c);
	else
		line_printf(line, "\\u%04x\\u%04x",
			    0xd800 + ((c - 0x10000) >> 10),
			    0xdc00 + ((c - 0x10000) & 0x3ff));
}

bool line_put_json(struct line *line, const char *bytes, size_t len)
{
	bool whole = true;
	size_t i = 0;

	while (i < len) {
		uint32_t c = 0;
		size_t n = decode(bytes + i, len - i, &c);
		char letter = n ? short_escape(c) : 0;

		if (letter)
			line_printf(line, "\\%c", letter);
		else if (!n)
			put_json_escape(line, 0xfffd);
		else if (acts(c))
			put_json_escape(line, c);
		else
			line_put(line, bytes + i, n);
		whole = whole && n;
		i += n ? n : 1;
	}
	return whole;
}

void line_put_hex(struct line *line, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len && !line->full; i++)
		line_printf(line, "%02x", (unsigned char)bytes[i]);
}
