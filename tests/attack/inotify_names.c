/* SPDX-License-Identifier: Apache-2.0 */
/* What is hidden is looked for, while a watch of its directory tells the names
 * of all that is opened, read, made and moved there: the looking itself must not
 * give the name away. */
#include <dirent.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "attack.h"

static void look_for(void)
{
	struct stat st;
	DIR *dir;
	int fd;

	dir = opendir(in_dir(SECRET));
	while (dir && readdir(dir))
		;
	if (dir)
		closedir(dir);
	fd = open(in_dir(SECRET "/data"), O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	stat(in_dir(SECRET), &st);
	access(in_dir(SECRET), R_OK);
	chmod(in_dir(SECRET), 0755);
	mkdir(in_dir(SECRET), 0755);
	dir = opendir(attack_dir);
	while (dir && readdir(dir))
		;
	if (dir)
		closedir(dir);
}

int main(int argc, char **argv)
{
	char buf[65536] __attribute__((aligned(8)));
	ssize_t len;
	int fd;

	attack_init(argc, argv);
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	need(fd >= 0);
	if (inotify_add_watch(fd, attack_dir, IN_ALL_EVENTS) < 0)
		cannot("no watch: %s", strerror(errno));
	inotify_add_watch(fd, in_dir(SECRET), IN_ALL_EVENTS);
	look_for();
	/* There is something to see: what was done to the directory itself. */
	len = read(fd, buf, sizeof(buf));
	need(len > 0);
	for (; len > 0; len = read(fd, buf, sizeof(buf)))
		if (memmem(buf, (size_t)len, SECRET, strlen(SECRET)) ||
		    memmem(buf, (size_t)len, "data", 4))
			broken("a watch tells a hidden name");
	held();
}
