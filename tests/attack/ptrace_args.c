/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tracer changes its tracee's calls: at their beginning, where a harmless
 * one becomes an open of the secret, and while a judged one waits, where the
 * path in memory changes.
 */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "attack.h"

#if defined(__x86_64__)

static char *path;

static void tracee(void)
{
	need(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	for (int i = 0; i < 20; i++) {
		long fd = syscall(SYS_getpriority, AT_FDCWD, path, O_RDONLY);

		if (fd >= 0 && reads_secret((int)fd))
			_exit(1);
		fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
		if (fd >= 0 && reads_secret((int)fd))
			_exit(1);
		if (fd >= 0)
			close((int)fd);
	}
	_exit(0);
}

static void name(pid_t pid, const char *what)
{
	long word;

	memcpy(&word, what, sizeof(word));
	need(ptrace(PTRACE_POKEDATA, pid, path + strlen(attack_dir) + 1, word) == 0);
}

/* @entry: this is a call's beginning, not its end */
static void meddle(pid_t pid, bool entry, bool by_number)
{
	struct user_regs_struct regs;

	need(ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0);
	if (by_number) {
		name(pid, SECRET);
		if (entry && regs.orig_rax == SYS_getpriority) {
			regs.orig_rax = SYS_openat;
			need(ptrace(PTRACE_SETREGS, pid, NULL, &regs) == 0);
		}
	} else {
		name(pid, entry ? SECRET : PUBLIC);
	}
}

static void trace(bool by_number)
{
	bool entry = true;
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0)
		tracee();
	need(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	need(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD |
		    PTRACE_O_EXITKILL) == 0);
	for (;;) {
		need(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
		need(waitpid(pid, &status, 0) == pid);
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		meddle(pid, entry, by_number);
		entry = !entry;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		broken("a tracer changes the %s", by_number ? "call" : "path");
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	path = strdup(in_dir(PUBLIC "/data"));
	trace(true);
	trace(false);
	held();
}

#else

int main(void)
{
	cannot("x86 only");
}

#endif
