/* SPDX-License-Identifier: Apache-2.0 */
/* openat2(2) has its flags in memory. The public file "frozen" may only be
 * read; a second thread turns O_RDONLY into O_RDWR, and RESOLVE_IN_ROOT into
 * nothing, under the call. */
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "attack.h"

static struct open_how how;
static atomic_bool stop;
static atomic_long swaps;

static void *flip(void *arg)
{
	_Atomic uint64_t *flags = (void *)&how.flags;
	_Atomic uint64_t *resolve = (void *)&how.resolve;

	(void)arg;
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		atomic_store(flags, O_RDWR);
		atomic_store(resolve, 0);
		atomic_store(flags, O_RDONLY);
		atomic_store(resolve, RESOLVE_IN_ROOT);
		if (atomic_fetch_add(&swaps, 1) % 64 == 0)
			sched_yield();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	long opened = 0;
	int dir;

	attack_init(argc, argv);
	how.flags = O_RDONLY;
	dir = dir_fd(in_dir(PUBLIC));
	need(dir >= 0);
	need(pthread_create(&thread, NULL, flip, NULL) == 0);
	while (race_more(atomic_load(&swaps), opened)) {
		int fd = (int)syscall(SYS_openat2, dir, "frozen", &how,
				      sizeof(how));

		if (fd >= 0) {
			if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
				broken("a read-only file is open for writing");
			opened++;
			close(fd);
		}
		check_fd((int)syscall(SYS_openat2, dir, "../" SECRET "/data",
				      &how, sizeof(how)), "openat2 ..");
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	need(opened > 0);
	held();
}
