/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's asynchronous writes, io_submit(2), to a file that may only be
 * read. */
#include <linux/aio_abi.h>

#include "locked.h"

static void submit(int fd, int opcode, const char *how)
{
	aio_context_t ctx = 0;
	struct iocb cb = {
		.aio_fildes = (uint32_t)fd, .aio_lio_opcode = (uint16_t)opcode,
		.aio_buf = (uintptr_t)"broken", .aio_nbytes = 6,
	}, *list = &cb;
	struct io_event event;

	if (syscall(SYS_io_setup, 1, &ctx) < 0)
		cannot("no asynchronous input and output: %s", strerror(errno));
	if (syscall(SYS_io_submit, ctx, 1, &list) == 1)
		syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL);
	syscall(SYS_io_destroy, ctx);
	locked_check(how);
}

int main(int argc, char **argv)
{
	int fd;

	attack_init(argc, argv);
	locked_remember();
	fd = open(locked_file(), O_RDONLY | O_CLOEXEC);
	need(fd >= 0);
	submit(fd, IOCB_CMD_PWRITE, "io_submit to what is open for reading");
	submit(locked_best_fd(), IOCB_CMD_PWRITE, "io_submit");
	held();
}
