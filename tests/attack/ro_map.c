/* SPDX-License-Identifier: Apache-2.0 */
/* A file that may only be read is mapped, shared, and its pages written: after
 * mprotect(2), by remapping, through /proc/self/mem, by process_vm_writev(2)
 * and by a tracer, which both pass over the protection of pages. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "locked.h"

static char *map_file(int prot)
{
	int fd = locked_best_fd();
	char *map = mmap(NULL, 4096, prot, MAP_SHARED, fd, 0);

	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static void by_store(char *map)
{
	if (mprotect(map, 4096, PROT_READ | PROT_WRITE) == 0)
		memcpy(map, "broken", 6);
	locked_check("mprotect");
	map = map_file(PROT_READ | PROT_WRITE);
	if (map)
		memcpy(map, "broken", 6);
	locked_check("a mapping to be written");
}

static void by_copy(char *map)
{
	struct iovec local = { (char *)"broken", 6 }, remote = { map, 6 };
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	LOCKED_TRY(pwrite(mem, "broken", 6, (off_t)(uintptr_t)map));
	LOCKED_TRY(process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	LOCKED_TRY(madvise(map, 4096, MADV_REMOVE));
	LOCKED_TRY(syscall(SYS_remap_file_pages, map, 4096, 0, 0, 0));
}

static void by_tracer(char *map)
{
	int status;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	need(waitpid(pid, &status, WUNTRACED) == pid);
	LOCKED_TRY(ptrace(PTRACE_POKEDATA, pid, map, 0x6e656b6f7262L));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

int main(int argc, char **argv)
{
	char *map;

	attack_init(argc, argv);
	locked_remember();
	map = map_file(PROT_READ);
	need(map);
	by_tracer(map);
	by_copy(map);
	by_store(map);
	held();
}
