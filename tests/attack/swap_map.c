/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a path is exchanged as a whole by another thread: mapped over,
 * moved, made unreadable for a moment. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "attack.h"

static char *page, *pub, *secret;
static atomic_bool done;

static void *exchange(void *arg)
{
	(void)arg;
	while (!atomic_load(&done)) {
		mremap(secret, 0, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, page);
		mprotect(page, 4096, PROT_NONE);
		mremap(pub, 0, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, page);
		mprotect(page, 4096, PROT_READ);
	}
	return NULL;
}

static char *shared_page(const char *text)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	need(p != MAP_FAILED);
	strcpy(p, text);
	return p;
}

int main(int argc, char **argv)
{
	pthread_t id;
	long i;

	attack_init(argc, argv);
	pub = shared_page(in_dir(PUBLIC "/data"));
	secret = shared_page(secret_file());
	page = shared_page(pub);
	need(pthread_create(&id, NULL, exchange, NULL) == 0);
	for (i = 0; i < attack_count; i++)
		check_path(page, "a path whose page is exchanged");
	atomic_store(&done, true);
	pthread_join(id, NULL);
	held();
}
