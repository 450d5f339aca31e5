/* SPDX-License-Identifier: Apache-2.0 */
/* A path in memory that the kernel shows to nobody but its owner: what cannot
 * be read cannot be judged, and must be refused. */
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "attack.h"

int main(int argc, char **argv)
{
	struct open_how *how;
	struct stat st;
	char *mem;
	int fd;

	attack_init(argc, argv);
	fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 8192) < 0)
		cannot("no secret memory: %s", strerror(errno));
	mem = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		cannot("no secret memory: %s", strerror(errno));
	strcpy(mem, secret_file());
	check_path(mem, "a path that cannot be read");
	check_fd(creat(mem, 0600), "creat");	/* truncates where it succeeds */
	if (getenv("ATTACK_LOOKING_DENIED") && stat(mem, &st) == 0)
		broken("stat of a path that cannot be read");
	if (chmod(mem, 0600) == 0)
		broken("chmod of a path that cannot be read");
	how = (void *)(mem + 4096);
	memset(how, 0, sizeof(*how));
	how->flags = O_RDONLY;
	check_fd((int)syscall(SYS_openat2, AT_FDCWD, secret_file(), how,
			      sizeof(*how)), "flags that cannot be read");
	held();
}
