/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/json_memory.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "policy/arena.h"

/*
 * jansson makes some ten small allocations for each rule of a policy, and
 * gives them back one by one. Both together took half as long as reading the
 * text. Its allocator is the process's, hence the pointer per thread: another
 * thread may be reading a message.
 */

static _Thread_local struct arena *current;

static void *take(size_t size)
{
	return current ? arena_alloc(current, size) : malloc(size);
}

static void give(void *p)
{
	if (!current)
		free(p);
}

static void install(void)
{
	unsigned seed;

	json_set_alloc_funcs(take, give);
	/* Else jansson reads /dev/urandom, which need not be there. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed) && seed)
		json_object_seed(seed);
}

void json_memory_use(struct arena *arena)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	current = arena;
}
