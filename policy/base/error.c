/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/base/line.h"

int diag_set(struct diag *d, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->message, sizeof(d->message), fmt, ap);
	va_end(ap);
	/* Messages quote what stands in a policy, which may come from somebody
	 * else, and end where the buffer does. */
	text_make_printable(d->message);
	return err;
}

void diag_append(struct diag *d, const char *fmt, ...)
{
	size_t len = strlen(d->message);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->message + len, sizeof(d->message) - len, fmt, ap);
	va_end(ap);
	text_make_printable(d->message);
}

void diag_clear_place(struct diag *d)
{
	d->file[0] = '\0';
	d->line = d->column = 0;
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
	text_make_printable(buf);
	return buf;
}
