/* SPDX-License-Identifier: Apache-2.0 */
/* The path lies in memory that may not be written, and is written through
 * /proc/self/mem by another thread, as a debugger would. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "attack.h"

static char *page;
static off_t at;
static atomic_bool stop;

static void *overwrite(void *arg)
{
	int mem = *(int *)arg;

	while (!atomic_load(&stop)) {
		if (pwrite(mem, SECRET, 8, at) != 8 || pwrite(mem, PUBLIC, 8, at) != 8)
			break;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t id;
	int mem;

	attack_init(argc, argv);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	need(page != MAP_FAILED);
	strcpy(page, in_dir(PUBLIC "/data"));
	need(mprotect(page, 4096, PROT_READ) == 0);
	at = (off_t)(uintptr_t)page + (off_t)strlen(attack_dir) + 1;
	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (mem < 0) {
		/* Not granted: then at least nothing comes of the attempt. */
		check_path(secret_file(), "open");
		held();
	}
	need(pthread_create(&id, NULL, overwrite, &mem) == 0);
	for (long i = 0; i < attack_count; i++)
		check_path(page, "a path in memory that may only be read");
	atomic_store(&stop, true);
	pthread_join(id, NULL);
	held();
}
