/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A descendant in a session of its own kills the process group in which the
 * supervisor and its helpers run, then reads the secret. Whether they die of
 * it or not: it must not get it, nor run on for long without a supervisor.
 */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "attack.h"

/* Refuse to signal everybody in the machine's own pid namespace, which the
 * caller names. */
static bool in_own_namespace(void)
{
	const char *host = getenv("ATTACK_HOST_PIDNS");
	char ns[64] = "";

	return host && readlink("/proc/self/ns/pid", ns, sizeof(ns) - 1) > 0 &&
	       strcmp(ns, host) != 0;
}

static void say(int out, const char *word)
{
	need(write(out, word, strlen(word)) == (ssize_t)strlen(word));
}

/* Tells its verdict in a file: nobody may be left to wait for it. */
static void survivor(pid_t target, int out)
{
	char *file = secret_file();

	need(setsid() >= 0);
	say(out, "started\n");
	if (getenv("ATTACK_STOP")) {
		kill(target, SIGSTOP);
		kill(target, SIGCONT);
	} else {
		kill(target, SIGKILL);
	}
	for (int i = 0; i < 100; i++) {
		int fd = open(file, O_RDONLY);

		if (fd >= 0 && reads_secret(fd)) {
			say(out, "broken\n");
			_exit(1);
		}
		poll(NULL, 0, 10);	/* give them time to die */
	}
	say(out, "alive\n");
	_exit(0);
}

int main(int argc, char **argv)
{
	bool everybody = getenv("ATTACK_EVERYBODY") != NULL;
	pid_t pid, target = everybody ? -1 : -getpgrp();
	int out, status;

	attack_init(argc, argv);
	if (everybody ? !in_own_namespace() : getenv("ATTACK_GROUP") == NULL)
		cannot("others could be hit");
	out = open(in_dir(PUBLIC "/verdict"), O_WRONLY | O_APPEND | O_CLOEXEC);
	need(out >= 0);
	pid = fork();
	need(pid >= 0);
	if (pid == 0)
		survivor(target, out);
	need(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}
