/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number of a directory's descriptor stays, the directory behind it is
 * exchanged by a thread that shares the table: what is harmless below one leads
 * to the secret from the other.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "attack.h"

static int deep, flat, used;
static atomic_bool stop;

static void *exchange(void *arg)
{
	while (!atomic_load(&stop)) {
		dup2(deep, used);
		dup2(flat, used);
	}
	return arg;
}

/* Below public00/in, "../secret00/data" is a public file. */
static void prepare(void)
{
	int fd;

	need(mkdir(in_dir(PUBLIC "/in"), 0755) == 0 || errno == EEXIST);
	need(mkdir(in_dir(PUBLIC "/" SECRET), 0755) == 0 || errno == EEXIST);
	fd = creat(in_dir(PUBLIC "/" SECRET "/data"), 0644);
	need(fd >= 0 && write(fd, "harmless", 8) == 8);
	close(fd);
}

int main(int argc, char **argv)
{
	pthread_t id;
	long opened = 0;

	attack_init(argc, argv);
	prepare();
	deep = dir_fd(in_dir(PUBLIC "/in"));
	flat = dir_fd(in_dir(PUBLIC));
	used = dup(deep);
	need(deep >= 0 && flat >= 0 && used >= 0);
	need(pthread_create(&id, NULL, exchange, NULL) == 0);
	for (long i = 0; race_more(i, opened); i++) {
		int fd = openat(used, "../" SECRET "/data", O_RDONLY | O_CLOEXEC);

		opened += fd >= 0;
		check_fd(fd, "a descriptor that is exchanged");
	}
	atomic_store(&stop, true);
	pthread_join(id, NULL);
	need(opened > 0);
	held();
}
