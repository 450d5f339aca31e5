/* SPDX-License-Identifier: Apache-2.0 */
/* New entries in a directory that may only be read, by every call that makes
 * one, and by the directory's descriptor. */
#include <sys/socket.h>
#include <sys/un.h>

#include "locked.h"

static void by_path(void)
{
	const char *made = strdup(in_dir(LOCKED "/made"));
	const char *deep = strdup(in_dir(LOCKED "/dir/made"));

	LOCKED_TRY(open(made, O_CREAT | O_RDONLY, 0600));
	LOCKED_TRY(open(deep, O_CREAT | O_EXCL | O_WRONLY, 0600));
	LOCKED_TRY(creat(deep, 0600));
	LOCKED_TRY(mkdir(made, 0700));
	LOCKED_TRY(mknod(made, S_IFREG | 0600, 0));
	LOCKED_TRY(mknod(deep, S_IFIFO | 0600, 0));
	LOCKED_TRY(symlink("data", made));
	LOCKED_TRY(link(in_dir(PUBLIC "/data"), made));
	LOCKED_TRY(rename(in_dir(PUBLIC "/verdict"), deep));
}

static void by_descriptor(void)
{
	int dir = open(in_dir(LOCKED "/dir"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int pub = open(in_dir(PUBLIC), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[64];

	need(dir >= 0 && pub >= 0);
	LOCKED_TRY(openat(dir, "made", O_CREAT | O_WRONLY, 0600));
	LOCKED_TRY(mkdirat(dir, "made", 0700));
	LOCKED_TRY(symlinkat("x", dir, "made"));
	LOCKED_TRY(linkat(pub, "data", dir, "made", 0));
	LOCKED_TRY(renameat(pub, "data", dir, "made"));
	LOCKED_TRY(mkdirat(pub, "../" LOCKED "/made", 0700));
	snprintf(path, sizeof(path), "/proc/self/fd/%d/made", dir);
	LOCKED_TRY(mkdir(path, 0700));
	LOCKED_TRY(open(path, O_CREAT | O_WRONLY, 0600));
	LOCKED_TRY(fchdir(dir));
	LOCKED_TRY(mkdir("made", 0700));
	LOCKED_TRY(creat("./made", 0600));
}

static void by_bind(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* In the directory of by_descriptor(). */
	strcpy(addr.sun_path, "sock");
	LOCKED_TRY(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	locked_remember();
	by_path();
	by_descriptor();
	by_bind();
	held();
}
