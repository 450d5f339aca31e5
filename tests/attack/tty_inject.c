/* SPDX-License-Identifier: Apache-2.0 */
/* Input put into a terminal as if the user had typed it (TIOCSTI): with a shell
 * at its other end, that runs programs out of reach of any rule. */
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "attack.h"

static const unsigned long requests[] = {
	TIOCSTI, TIOCSTI | 1UL << 32, 0xffffffff00000000UL | TIOCSTI,
};

static void inject(const char *name)
{
	int tty;

	setsid();
	tty = open(name, O_RDWR | O_CLOEXEC);
	if (tty < 0)
		cannot("the terminal cannot be opened: %s", strerror(errno));
	ioctl(tty, TIOCSCTTY, 0);
	for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (syscall(SYS_ioctl, tty, requests[i], "x") == 0)
			broken("input is put into the terminal");
}

int main(int argc, char **argv)
{
	char name[64];
	int master, unlock = 0, status;
	unsigned number;
	pid_t pid;

	attack_init(argc, argv);
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0 ||
	    ioctl(master, TIOCGPTN, &number) < 0)
		cannot("no terminals here: %s", strerror(errno));
	snprintf(name, sizeof(name), "/dev/pts/%u", number);
	pid = fork();
	need(pid >= 0);
	if (pid == 0) {
		inject(name);
		if (getenv("ATTACK_CONTROL"))
			cannot("the kernel takes no such input: %s", strerror(errno));
		held();
	}
	need(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}
