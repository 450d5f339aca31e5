/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ^C at a terminal goes to the whole foreground group with si_code SI_KERNEL;
 * kill(2) gives SI_USER. So a supervisor in the same group can tell that the
 * program got a terminal's signal already.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kernel/check.h"

/* In a session of its own, with @tty as the terminal: report si_code twice. */
static int child(const char *tty)
{
	static const int expect[] = { SI_KERNEL, SI_USER };
	sigset_t set;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (setsid() < 0)
		return 2;
	fd = open(tty, O_RDWR | O_CLOEXEC);	/* becomes the terminal */
	if (fd < 0 || write(fd, "ready", 5) != 5)
		return 3;
	for (int i = 0; i < 2; i++) {
		siginfo_t info;

		if (sigwaitinfo(&set, &info) != SIGINT)
			return 4;
		if (info.si_code != expect[i])
			return 5 + i;
		if (write(fd, "next", 4) != 4)
			return 7;
	}
	return 0;
}

/* Read until @word has come. Echoed characters may come in between. */
static void await(int fd, const char *word)
{
	char buf[128] = "";
	size_t len = 0;

	while (!strstr(buf, word)) {
		ssize_t n;

		check(probe_poll(fd, POLLIN) == 0, "no \"%s\"", word);
		n = read(fd, buf + len, sizeof(buf) - 1 - len);
		check(n > 0);
		len += (size_t)n;
		buf[len] = '\0';
	}
}

int main(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
	const char *tty;
	pid_t pid;

	if (master < 0)
		skip("no pseudo-terminal: %s", strerror(errno));
	check(grantpt(master) == 0 && unlockpt(master) == 0);
	tty = ptsname(master);
	check(tty != NULL);
	pid = fork();
	check(pid >= 0);
	if (pid == 0)
		_exit(child(tty));
	await(master, "ready");
	check(write(master, "\003", 1) == 1);
	await(master, "next");
	check(kill(pid, SIGINT) == 0);
	check(waitpid(pid, &status, 0) == pid);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "step %d",
	      WEXITSTATUS(status));
	return 0;
}
