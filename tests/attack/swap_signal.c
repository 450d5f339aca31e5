/* SPDX-License-Identifier: Apache-2.0 */
/* A handler of signals exchanges the path while a call waits: when the call is
 * made again, on its return, it is another one. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "attack.h"

static char *word;

static void handler(int sig)
{
	static unsigned turn;

	(void)sig;
	/* The first open waits for a writer, the one after it does not. */
	memcpy(word, ++turn % 2 ? SECRET : PUBLIC, 8);
}

int main(int argc, char **argv)
{
	const struct itimerval often = { { 0, 300 }, { 0, 300 } };
	const struct itimerval never = {};
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	char path[PATH_MAX];

	attack_init(argc, argv);
	/* One name, a FIFO in the public tree, the file in the secret one. */
	unlink(in_dir(PUBLIC "/data"));
	if (mkfifo(in_dir(PUBLIC "/data"), 0600) < 0)
		cannot("no FIFO can be made: %s", strerror(errno));
	strcpy(path, in_dir(PUBLIC "/data"));
	word = path + strlen(attack_dir) + 1;
	need(sigaction(SIGALRM, &action, NULL) == 0);
	need(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (long i = 0; i < attack_count; i++) {
		int fd;

		memcpy(word, PUBLIC, 8);
		/* Ends when it has become an open of the secret. */
		fd = open(path, O_RDONLY | O_CLOEXEC);
		setitimer(ITIMER_REAL, &never, NULL);
		check_fd(fd, "a call that is made again");
		setitimer(ITIMER_REAL, &often, NULL);
	}
	held();
}
