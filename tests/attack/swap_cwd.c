/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread with the same working directory changes it to and fro under calls
 * with a relative path: what is harmless in one place leads to the secret from
 * the other.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "attack.h"

static const char *deep, *flat;
static int deep_fd, flat_fd;
static atomic_bool stop;

static void *change(void *arg)
{
	while (!atomic_load(&stop)) {
		/* By path, which is judged itself, and by descriptor. */
		chdir(flat);
		chdir(deep);
		for (int i = 0; i < 8; i++) {
			fchdir(flat_fd);
			fchdir(deep_fd);
		}
	}
	return arg;
}

/* Below public00/in, "../secret00/data" is a public file. */
static void prepare(void)
{
	int fd;

	deep = strdup(in_dir(PUBLIC "/in"));
	flat = strdup(in_dir(PUBLIC));
	need(mkdir(deep, 0755) == 0 || errno == EEXIST);
	need(mkdir(in_dir(PUBLIC "/" SECRET), 0755) == 0 || errno == EEXIST);
	fd = creat(in_dir(PUBLIC "/" SECRET "/data"), 0644);
	need(fd >= 0 && write(fd, "harmless", 8) == 8);
	close(fd);
	deep_fd = dir_fd(deep);
	flat_fd = dir_fd(flat);
	need(deep_fd >= 0 && flat_fd >= 0 && chdir(deep) == 0);
}

int main(int argc, char **argv)
{
	pthread_t id;
	long opened = 0;

	attack_init(argc, argv);
	prepare();
	need(pthread_create(&id, NULL, change, NULL) == 0);
	for (long i = 0; race_more(i, opened); i++) {
		int fd = open("../" SECRET "/data", O_RDONLY | O_CLOEXEC);

		opened += fd >= 0;
		check_fd(fd, "a working directory that changes");
		check_path("/proc/self/cwd/../" SECRET "/data",
			   "a working directory that changes");
	}
	atomic_store(&stop, true);
	pthread_join(id, NULL);
	need(opened > 0);
	held();
}
