/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_BASE_ERROR_H
#define GOSUP_BASE_ERROR_H

#include <stddef.h>

/*
 * What went wrong with something the user wrote, and where. Functions that
 * judge user input fill one and return a negative errno; they never print.
 */
struct diag {
	char file[256];		/* as the user named it, or "@name" */
	unsigned line, column;	/* from 1; 0 when there is no place */
	char message[512];	/* one sentence, no trailing full stop or newline */
};

/**
 * diag_set() - fill @d from a format; the place is left as it is.
 * Return: @err, so that `return diag_set(d, -EINVAL, ...)` reads well.
 */
__attribute__((format(printf, 3, 4)))
int diag_set(struct diag *d, int err, const char *fmt, ...);

/* Add to the message of @d, as much as fits. */
__attribute__((format(printf, 2, 3)))
void diag_append(struct diag *d, const char *fmt, ...);

/* Forget the place: what is said next is not about the file that was read last. */
void diag_clear_place(struct diag *d);

/**
 * diag_format() - "file:line:column: message", the place left out if unknown.
 * Return: @buf, always terminated.
 */
char *diag_format(const struct diag *d, char *buf, size_t size);

#endif
