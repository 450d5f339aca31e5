/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path of an open is exchanged by another process: in memory that both
 * share, by process_vm_writev(2), or through /proc/PID/mem. ATTACK_BY says how.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "attack.h"

static char *path;
static size_t at;	/* of the eight letters in it */

static void by_sharing(const char *name)
{
	memcpy(path + at, name, 8);
}

static pid_t victim;
static int mem = -1;

static void by_vm(const char *name)
{
	struct iovec local = { (void *)name, 8 }, remote = { path + at, 8 };

	process_vm_writev(victim, &local, 1, &remote, 1, 0);
}

static void by_mem(const char *name)
{
	if (mem < 0) {
		char file[32];

		snprintf(file, sizeof(file), "/proc/%d/mem", victim);
		mem = open(file, O_RDWR | O_CLOEXEC);
	}
	if (pwrite(mem, name, 8, (off_t)(uintptr_t)(path + at)) < 0)
		usleep(1000);
}

static void exchange(void (*write_name)(const char *name))
{
	while (kill(victim, 0) == 0) {
		write_name(SECRET);
		write_name(PUBLIC);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	const char *how = getenv("ATTACK_BY");
	long i;
	pid_t pid;

	attack_init(argc, argv);
	need(how);
	path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_ANONYMOUS |
		    (strcmp(how, "sharing") ? MAP_PRIVATE : MAP_SHARED), -1, 0);
	need(path != MAP_FAILED);
	strcpy(path, in_dir(PUBLIC "/data"));
	at = strlen(attack_dir) + 1;
	victim = getpid();
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	pid = fork();
	need(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		exchange(!strcmp(how, "sharing") ? by_sharing :
			 !strcmp(how, "vm") ? by_vm : by_mem);
	}
	for (i = 0; i < attack_count; i++)
		check_path(path, "a path that another process exchanges");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	held();
}
