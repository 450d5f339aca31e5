/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/base/line.h"

#define LINE_SIZE 2048
#define EXIT_GOSUP_FAILED 125	/* as env(1), nohup(1), timeout(1) */

static const char prefix[] = "gosup: ";
static atomic_int max_level = LOG_LEVEL_WARN;

static void (*_Atomic tee_errors)(const char *line, size_t len);

void log_set_tee(void (*tee)(const char *line, size_t len))
{
	atomic_store(&tee_errors, tee);
}

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&max_level, (int)level, memory_order_relaxed);
}

/*
 * A line that does not fit is cut. What write(2) does not take (stderr closed,
 * a full non-blocking pipe) is lost: there is nowhere else to say so.
 */
static void write_line(enum log_level level, const char *fmt, va_list ap,
		       const char *tail)
{
	void (*tee)(const char *line, size_t len) = atomic_load(&tee_errors);
	char line[LINE_SIZE];
	size_t room = sizeof(line) - 1; /* the newline's place */
	size_t len = sizeof(prefix) - 1;
	ssize_t ignored;
	int n;

	memcpy(line, prefix, len);
	n = vsnprintf(line + len, room - len, fmt, ap);
	if (n > 0)
		len += (size_t)n < room - len ? (size_t)n : room - len - 1;
	if (tail) {
		n = snprintf(line + len, room - len, ": %s", tail);
		if (n > 0)
			len += (size_t)n < room - len ? (size_t)n
						      : room - len - 1;
	}
	line[len] = '\0';
	text_make_printable(line);	/* it may quote what others chose */
	len = strlen(line);
	line[len++] = '\n';
	if (tee && level == LOG_LEVEL_ERROR)
		tee(line, len);
	ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if ((int)level > atomic_load_explicit(&max_level, memory_order_relaxed))
		return;
	va_start(ap, fmt);
	write_line(level, fmt, ap, NULL);
	va_end(ap);
	errno = saved;
}

void die(int err, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_LEVEL_ERROR, fmt, ap,
		   err ? strerror_r(err < 0 ? -err : err, text, sizeof(text))
		       : NULL);
	va_end(ap);
	exit(EXIT_GOSUP_FAILED);
}
