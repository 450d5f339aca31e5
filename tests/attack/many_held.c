/* SPDX-License-Identifier: Apache-2.0 */
/* Many calls that wait (opens of a FIFO without a writer) keep whoever
 * judges busy. The secret must stay denied, and what is allowed go on. */
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "attack.h"

#define WAITING 100

static const char *fifo;
static int begun;

static void *wait_for_ever(void *arg)
{
	__atomic_fetch_add(&begun, 1, __ATOMIC_SEQ_CST);
	open(fifo, O_RDONLY);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_attr_t attr;
	pthread_t id;
	struct timespec start, now;
	int count = 0, fd;

	attack_init(argc, argv);
	fifo = strdup(in_dir(PUBLIC "/fifo"));
	if (mkfifo(fifo, 0600) < 0)
		cannot("no FIFO can be made: %s", strerror(errno));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	while (count < WAITING && pthread_create(&id, &attr, wait_for_ever, NULL) == 0)
		count++;
	while (__atomic_load_n(&begun, __ATOMIC_SEQ_CST) < count)
		usleep(100);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 50; i++) {
		check_path(secret_file(), "while many wait, open");
		fd = open(in_dir(PUBLIC "/data"), O_RDONLY | O_CLOEXEC);
		need(fd >= 0);
		close(fd);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - start.tv_sec > 10)
		broken("calls that wait hold up the others");
	held();
}
