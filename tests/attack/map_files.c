/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/map_files names what is mapped, also by descriptors long closed:
 * opened there for writing, by oneself and by a child. */
#include <sys/mman.h>
#include <sys/wait.h>

#include "locked.h"

static void attempt(const char *who, const char *map)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%s/map_files/%lx-%lx", who,
		 (unsigned long)map, (unsigned long)map + 4096);
	locked_write(open(path, O_RDWR | O_CLOEXEC), path);
	LOCKED_TRY(open(path, O_RDONLY | O_TRUNC | O_CLOEXEC));
	LOCKED_TRY(truncate(path, 1));
	LOCKED_TRY(chmod(path, 0777));
}

int main(int argc, char **argv)
{
	char parent[16];
	char *map;
	int fd, status;
	pid_t pid;

	attack_init(argc, argv);
	locked_remember();
	fd = open(locked_file(), O_RDONLY | O_CLOEXEC);
	need(fd >= 0);
	map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	need(map != MAP_FAILED);
	close(fd);
	attempt("self", map);
	attempt("thread-self", map);
	snprintf(parent, sizeof(parent), "%d", getpid());
	pid = fork();
	need(pid >= 0);
	if (pid == 0) {
		attempt(parent, map);
		_exit(0);
	}
	need(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		exit(1);
	if (getenv("ATTACK_CONTROL"))
		cannot("map_files leads nowhere: %s", strerror(errno));
	held();
}
