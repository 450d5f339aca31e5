/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer for an answer lies over the question: where a result is written
 * over the path, and threads share one block for both, no path may be taken
 * from an answer. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "attack.h"

static char block[PATH_MAX];
static atomic_bool stop;

/* Answers that are the secret's path: the target of a link, a directory. */
static void *answer(void *arg)
{
	const char *link = arg;

	while (!atomic_load(&stop)) {
		ssize_t n = readlink(link, block, sizeof(block) - 1);

		(void)n;
		memcpy(block, in_dir(PUBLIC "/data"), strlen(attack_dir) + 15);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char *link;
	pthread_t id;

	attack_init(argc, argv);
	link = strdup(in_dir(PUBLIC "/good"));
	if (symlink(secret_file(), link) < 0)
		cannot("no links may be made: %s", strerror(errno));
	need(pthread_create(&id, NULL, answer, link) == 0);
	for (long i = 0; i < attack_count; i++)
		check_path(block, "an answer as a path");
	atomic_store(&stop, true);
	pthread_join(id, NULL);
	held();
}
