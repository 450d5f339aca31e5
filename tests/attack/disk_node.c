/* SPDX-License-Identifier: Apache-2.0 */
/* A device node made in the public tree: of the disk that all files are on, and
 * of the machine's memory. Below what confines, none may be made. */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "attack.h"

static void attempt(mode_t type, dev_t dev, const char *what)
{
	char *path = in_dir(PUBLIC "/node");
	struct stat st;
	int fd;

	if (mknod(path, type | 0600, dev) < 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		broken("a node of %s can be made and opened", what);
	if (fd >= 0)
		close(fd);
	unlink(path);
}

int main(int argc, char **argv)
{
	char path[64], line[256];
	unsigned ma, mi;
	struct stat st;
	FILE *f;

	attack_init(argc, argv);
	if (stat(attack_dir, &st) == 0 && major(st.st_dev) != 0)
		attempt(S_IFBLK, st.st_dev, "the disk");
	f = fopen("/proc/partitions", "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%u %u %*u %63s", &ma, &mi, path) == 3)
			attempt(S_IFBLK, makedev(ma, mi), path);
	if (f)
		fclose(f);
	attempt(S_IFCHR, makedev(1, 1), "memory");
	attempt(S_IFCHR, makedev(1, 8), "random numbers");
	if (getenv("ATTACK_CONTROL"))
		cannot("nodes of devices may not be made");
	held();
}
