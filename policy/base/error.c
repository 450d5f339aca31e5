/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * Messages quote what stands in a policy, which may come from somebody else:
 * control characters must not reach the reader's terminal, and a quotation
 * cut off by the end of the buffer must not end inside a character.
 */
static void make_printable(char *s)
{
	size_t len, cut;

	for (len = 0; s[len]; len++)
		if ((unsigned char)s[len] < 0x20 || s[len] == 0x7f)
			s[len] = '?';
	for (cut = len; cut > 0 && len - cut < 4; cut--) {
		unsigned char c = (unsigned char)s[cut - 1];
		size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 0;

		if (need == 0 && c >= 0x80)
			continue;
		if (need > len - cut + 1)
			s[cut - 1] = '\0';
		break;
	}
}

int diag_set(struct diag *d, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->message, sizeof(d->message), fmt, ap);
	va_end(ap);
	make_printable(d->message);
	return err;
}

char *diag_format(const struct diag *d, char *buf, size_t size)
{
	if (!d->file[0])
		snprintf(buf, size, "%s", d->message);
	else if (!d->line)
		snprintf(buf, size, "%s: %s", d->file, d->message);
	else if (!d->column)
		snprintf(buf, size, "%s:%u: %s", d->file, d->line, d->message);
	else
		snprintf(buf, size, "%s:%u:%u: %s", d->file, d->line, d->column,
			 d->message);
	return buf;
}
