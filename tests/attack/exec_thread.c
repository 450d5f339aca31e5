/* SPDX-License-Identifier: Apache-2.0 */
/* A denied program is executed by a thread that does not lead its process,
 * which then takes the leader's number, while the others go on with calls. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "attack.h"
#include "swap.h"

#define RAN_SECRET 42

static char *none[] = { (char *)"prog", NULL };
static const char *path;

static void *execute(void *arg)
{
	execve(path, none, environ);
	_exit(9);
	return arg;
}

static void *open_all_the_time(void *arg)
{
	for (;;)
		close(open(in_dir(PUBLIC "/data"), O_RDONLY | O_CLOEXEC));
	return arg;
}

static int attempt(void)
{
	pthread_t id;
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_create(&id, NULL, open_all_the_time, NULL);
		pthread_create(&id, NULL, execute, NULL);
		open_all_the_time(NULL);
	}
	need(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	struct swapped_path swapped;
	int ran = 0, status;

	attack_init(argc, argv);
	path = in_dir(SECRET "/prog");
	if (attempt() == RAN_SECRET)
		broken("a thread runs a denied program");
	path = strdup(in_dir(PUBLIC "/prog"));
	for (long i = 0; i < 5 && !ran; i++)
		ran += attempt() == 0;
	if (!ran)
		cannot("no program may be executed at all");
	swap_start(&swapped, "prog");
	path = swapped.text;
	for (long i = 0; i < attack_count; i++) {
		status = attempt();
		if (status == RAN_SECRET)
			broken("a thread runs a denied program at try %ld", i);
	}
	swap_stop(&swapped);
	held();
}
