/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_ARENA_H
#define GOSUP_POLICY_ARENA_H

#include <stddef.h>

/*
 * Memory that is filled while something is built and freed in one go with it:
 * a policy's strings and arrays, a plan's. Not for several threads at once.
 */
struct arena;

/* Return: an empty arena, or NULL if memory ran out. */
struct arena *arena_new(void);
void arena_destroy(struct arena *arena);

/**
 * arena_alloc() - @size zeroed bytes, aligned for any type.
 * Return: never NULL for a @size of 0; NULL if memory ran out.
 */
void *arena_alloc(struct arena *arena, size_t size);

/* @count zeroed elements; NULL on overflow, too. */
void *arena_calloc(struct arena *arena, size_t count, size_t size);

/* A copy of @len bytes of @s, NUL-terminated. */
char *arena_strndup(struct arena *arena, const char *s, size_t len);
char *arena_strdup(struct arena *arena, const char *s);

#endif
