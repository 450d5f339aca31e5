/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_TESTS_ATTACK_SWAP_H
#define GOSUP_TESTS_ATTACK_SWAP_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "attack.h"

/*
 * A path in memory that a second thread turns from the public file's into the
 * secret one's and back, all the time, each time with a single store.
 */
struct swapped_path {
	char *text;
	_Atomic uint64_t *word;	/* the eight letters, aligned */
	uint64_t public_word, secret_word;
	atomic_bool stop;
	atomic_long swaps;
	pthread_t thread;
};

static inline void *swap_loop(void *arg)
{
	struct swapped_path *p = arg;

	while (!atomic_load_explicit(&p->stop, memory_order_relaxed)) {
		long n = atomic_fetch_add(&p->swaps, 1);

		/* Leave the CPU at times, if there is but one, with either
		 * path in place. */
		atomic_store(p->word, p->secret_word);
		if (n % 128 == 0)
			sched_yield();
		atomic_store(p->word, p->public_word);
		if (n % 128 == 64)
			sched_yield();
	}
	return NULL;
}

/* Make "DIR////public00/@leaf", the name aligned by doubled slashes, and turn
 * it into "DIR////@tree/@leaf" and back. */
static inline void swap_start_to(struct swapped_path *p, const char *leaf, const char *tree)
{
	size_t dir_len = strlen(attack_dir);
	size_t pad = 8 - dir_len % 8;
	size_t size = dir_len + pad + 8 + 1 + strlen(leaf) + 1;

	p->text = aligned_alloc(8, (size + 7) / 8 * 8);
	need(p->text != NULL);
	memcpy(p->text, attack_dir, dir_len);
	memset(p->text + dir_len, '/', pad);
	p->word = (void *)(p->text + dir_len + pad);
	memcpy(&p->public_word, PUBLIC, 8);
	memcpy(&p->secret_word, tree, 8);
	atomic_store(p->word, p->public_word);
	sprintf(p->text + dir_len + pad + 8, "/%s", leaf);
	atomic_store(&p->stop, false);
	atomic_store(&p->swaps, 0);
	need(pthread_create(&p->thread, NULL, swap_loop, p) == 0);
}

static inline void swap_start(struct swapped_path *p, const char *leaf)
{
	swap_start_to(p, leaf, SECRET);
}

static inline void swap_stop(struct swapped_path *p)
{
	atomic_store(&p->stop, true);
	pthread_join(p->thread, NULL);
	free(p->text);
}

#endif
