/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes into a file by every call that moves them from another descriptor, and
 * by those that clone or punch: none may take one that is open for reading. */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "locked.h"

static int source(void)
{
	int fd = open(in_dir(PUBLIC "/data"), O_RDONLY | O_CLOEXEC);

	need(fd >= 0);
	return fd;
}

static int full_pipe(void)
{
	int fds[2];

	need(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	need(write(fds[1], "broken", 6) == 6);
	return fds[0];
}

int main(int argc, char **argv)
{
	struct iovec iov = { (char *)"broken", 6 };
	struct file_clone_range range = { .src_length = 8 };
	off_t zero = 0;
	int fd;

	attack_init(argc, argv);
	range.src_fd = source();
	locked_remember();
	fd = locked_best_fd();
	LOCKED_TRY(splice(full_pipe(), NULL, fd, &zero, 6, 0));
	LOCKED_TRY(copy_file_range(source(), NULL, fd, NULL, 8, 0));
	LOCKED_TRY(sendfile(fd, source(), NULL, 8));
	LOCKED_TRY(pwritev2(fd, &iov, 1, 0, 0));
	LOCKED_TRY(fcntl(fd, F_SETFL, O_RDWR | O_APPEND));
	LOCKED_TRY(pwritev(fd, &iov, 1, 0));
	LOCKED_TRY(ioctl(fd, FICLONE, range.src_fd));
	LOCKED_TRY(ioctl(fd, FICLONERANGE, &range));
	LOCKED_TRY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 8));
	LOCKED_TRY(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 8));
	LOCKED_TRY(ftruncate(fd, 3));
	held();
}
