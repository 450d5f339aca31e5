/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_NAMES_H
#define GOSUP_POLICY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names in policies and log lines <-> values of this architecture. */

/* Return: the positive errno called @name ("EACCES"), or 0. */
int errno_by_name(const char *name);
/* Return: "EACCES", or "E?" for a number without a name. */
const char *errno_name(int err);

/* A time as text: "500ms", "30s", "2m", "1h", up to a day. Return: whether it is
 * one; @ret_ms is its length in milliseconds, never 0. */
bool duration_by_text(const char *text, unsigned *ret_ms);

/* Return: the signal called @name ("SIGTERM", "TERM", "SIGRTMIN+3"), or 0. */
int signal_by_name(const char *name);
/* Return: "SIGTERM"; NULL for a number without a name. */
const char *signal_name(int sig);

/* Constants usable in conditions of `syscalls`: "AF_INET", "SOCK_RAW",
 * "CLONE_NEWUSER", "O_CREAT", ... Return: true and *ret if known. */
bool constant_by_name(const char *name, uint64_t *ret);

/* Every known name in turn, NULL at the end: candidates for nearest_name().
 * strings_candidate() walks a NULL-terminated array given as @arg. */
const char *errno_candidate(void *arg, size_t i);
const char *signal_candidate(void *arg, size_t i);
const char *constant_candidate(void *arg, size_t i);
const char *strings_candidate(void *arg, size_t i);

/**
 * nearest_name() - the candidate most like @word, for "did you mean".
 * @candidate: returns the i-th candidate, NULL at the end
 * Return: NULL if none is near enough (edit distance, letters' case aside, over
 * a third of the length).
 */
const char *nearest_name(const char *word,
			 const char *(*candidate)(void *arg, size_t i),
			 void *arg);

#endif
