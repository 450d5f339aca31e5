/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals to a process outside of the program's tree, by every call that sends them,
 * and through owners of descriptors. The process is in ATTACK_VICTIM; SIGURG harms
 * nobody. What it was sent it knows best: test_attacks.py asks it.
 */
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "attack.h"

static pid_t victim;
static const char *sent;	/* how */

static void tried(long ret, const char *how)
{
	if (ret >= 0)
		sent = how;
}

static void by_number(void)
{
	siginfo_t info = { .si_signo = SIGURG, .si_code = SI_QUEUE };
	long ret;

	tried(syscall(SYS_kill, victim, SIGURG), "kill");
	/* Upper halves of registers mean nothing. */
	tried(syscall(SYS_kill, (1ul << 32) | (unsigned)victim, SIGURG), "kill, long");
	tried(syscall(SYS_kill, -getpgid(victim), SIGURG), "kill of its group");
	tried(syscall(SYS_tkill, victim, SIGURG), "tkill");
	tried(syscall(SYS_tgkill, victim, victim, SIGURG), "tgkill");
	tried(syscall(SYS_rt_sigqueueinfo, victim, SIGURG, &info), "rt_sigqueueinfo");
	tried(syscall(SYS_rt_tgsigqueueinfo, victim, victim, SIGURG, &info),
	      "rt_tgsigqueueinfo");
	/* kill by its 32-bit number */
	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(37L), "b"((long)victim), "c"((long)SIGURG) : "memory");
	tried(ret == -ENOSYS ? -1 : ret, "int 0x80");
}

static void by_everybody(void)
{
	/* Somebody can be signalled; whether it is the victim, that one knows. */
	syscall(SYS_kill, -1, SIGURG);
}

static void by_pidfd(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, victim, 0), fd;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", victim);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	tried(syscall(SYS_pidfd_send_signal, pidfd, SIGURG, NULL, 0), "a pidfd");
	tried(syscall(SYS_pidfd_send_signal, fd, SIGURG, NULL, 0), "a directory");
}

/* Only the victim tells whether these did anything. */
static void by_owner(void)
{
	struct f_owner_ex owner = { F_OWNER_PID, victim };
	int i, fds[2];

	for (i = 0; i < 4; i++) {
		need(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
		if (i == 0)
			fcntl(fds[0], F_SETOWN, victim);
		else if (i == 1)
			fcntl(fds[0], F_SETOWN_EX, &owner);
		else
			ioctl(fds[0], i == 2 ? FIOSETOWN : SIOCSPGRP, &victim);
		fcntl(fds[0], F_SETSIG, SIGURG);
		fcntl(fds[0], F_SETFL, O_ASYNC);
		need(write(fds[1], "x", 1) == 1);
		close(fds[0]);
		close(fds[1]);
	}
}

static atomic_bool over;
static int good, evil, used;

static void *exchange(void *arg)
{
	(void)arg;
	while (!atomic_load(&over)) {
		dup2(evil, used);
		dup2(good, used);
	}
	return NULL;
}

/* The descriptor is another when it is looked at. */
static void by_exchange(void)
{
	pthread_t thread;
	long i;

	good = (int)syscall(SYS_pidfd_open, getpid(), 0);
	evil = (int)syscall(SYS_pidfd_open, victim, 0);
	used = dup(good);
	need(used >= 0 && evil >= 0 && pthread_create(&thread, NULL, exchange, NULL) == 0);
	for (i = 0; i < attack_count; i++)
		syscall(SYS_pidfd_send_signal, used, SIGURG, NULL, 0);
	atomic_store(&over, true);
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	static void (*const ways[])(void) = {
		by_number, by_everybody, by_pidfd, by_owner, by_exchange,
	};
	const char *text = getenv("ATTACK_VICTIM");
	bool any = false;

	attack_init(argc, argv);
	need(text);
	victim = atoi(text);
	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int status;
		pid_t child = fork();

		need(child >= 0);
		if (child == 0) {
			/* From a session of its own as from ours. */
			if (i % 2)
				setsid();
			ways[i]();
			if (sent)
				fprintf(stderr, "%s\n", sent);
			_exit(sent != NULL);
		}
		need(waitpid(child, &status, 0) == child);
		/* A call that the filter kills for has sent nothing. */
		any |= WIFEXITED(status) && WEXITSTATUS(status) != 0;
	}
	if (any)
		broken("a signal has left the tree");
	held();
}
