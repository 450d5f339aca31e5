/* SPDX-License-Identifier: Apache-2.0 */
/* A process that the program itself traces executes a denied program: by name,
 * and by a name that the tracer changes at the call's beginning. */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "attack.h"

#define RAN_SECRET 42

static char *path;

static void tracee(void)
{
	char *none[] = { (char *)"prog", NULL };

	need(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	execve(path, none, environ);
	_exit(9);
}

static void trace(int request, bool meddle, const char *how)
{
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0)
		tracee();
	need(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	need(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD |
		    PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC) == 0);
	while (ptrace(request, pid, NULL, NULL) == 0 &&
	       waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		long word;

		memcpy(&word, SECRET, sizeof(word));
		if (meddle && WSTOPSIG(status) == (SIGTRAP | 0x80))
			ptrace(PTRACE_POKEDATA, pid,
			       path + strlen(attack_dir) + 1, word);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == RAN_SECRET)
		broken("%s runs a denied program", how);
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	path = strdup(in_dir(SECRET "/prog"));
	trace(PTRACE_CONT, false, "a traced process");
	trace(PTRACE_SYSCALL, false, "a process traced by calls");
	path = strdup(in_dir(PUBLIC "/prog"));
	trace(PTRACE_SYSCALL, true, "a name that a tracer changes");
	held();
}
