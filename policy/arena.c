/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Blocks in a list, the newest first; only the newest has room. What does not
 * fit into a quarter of a block gets a block of its own, put behind the newest
 * so that the room there is not lost.
 */
#define BLOCK_SIZE ((size_t)64 * 1024)

struct block {
	struct block *next;
	size_t used, size;	/* bytes of data */
	alignas(max_align_t) char data[];
};

struct arena {
	struct block *blocks;
};

struct arena *arena_new(void)
{
	return calloc(1, sizeof(struct arena));
}

void arena_destroy(struct arena *arena)
{
	struct block *block, *next;

	if (!arena)
		return;
	for (block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static struct block *block_new(size_t size)
{
	struct block *block = calloc(1, sizeof(*block) + size);

	if (block)
		block->size = size;
	return block;
}

static void *alloc_own_block(struct arena *arena, size_t size)
{
	struct block *block = block_new(size);

	if (!block)
		return NULL;
	block->used = size;
	if (arena->blocks) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		arena->blocks = block;
	}
	return block->data;
}

/* @align: a power of two, at most that of max_align_t. */
static void *alloc_aligned(struct arena *arena, size_t size, size_t align)
{
	struct block *block = arena->blocks;
	size_t start = 0;

	if (size > SIZE_MAX / 2)
		return NULL;
	if (block)
		start = (block->used + align - 1) & ~(align - 1);
	if (!block || start > block->size || size > block->size - start) {
		if (size > BLOCK_SIZE / 4)
			return alloc_own_block(arena, size);
		block = block_new(BLOCK_SIZE);
		if (!block)
			return NULL;
		block->next = arena->blocks;
		arena->blocks = block;
		start = 0;
	}
	block->used = start + size;
	return block->data + start;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return alloc_aligned(arena, size, alignof(max_align_t));
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *copy = alloc_aligned(arena, len + 1, 1);

	if (copy)
		memcpy(copy, s, len);	/* the NUL is there already */
	return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}
