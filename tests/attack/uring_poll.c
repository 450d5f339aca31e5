/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring whose requests a thread of the kernel takes by itself
 * (IORING_SETUP_SQPOLL), without io_uring_enter(2) but to wake it. */
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <time.h>

#include "attack.h"

static void *map(int ring, size_t size, off_t what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, what);

	need(p != MAP_FAILED);
	return p;
}

static int open_by_ring(int ring, const struct io_uring_params *p, const char *path)
{
	static struct open_how how = { .flags = O_RDONLY };
	char *sq = map(ring, p->sq_off.array + p->sq_entries * 4, IORING_OFF_SQ_RING);
	char *cq = map(ring, p->cq_off.cqes + p->cq_entries *
		       sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqe = map(ring, sizeof(*sqe), IORING_OFF_SQES);
	struct io_uring_cqe *cqe = (void *)(cq + p->cq_off.cqes);
	unsigned *done = (void *)(cq + p->cq_off.tail);
	unsigned *flags = (void *)(sq + p->sq_off.flags);
	time_t end = time(NULL) + 10;

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_OPENAT2;
	sqe->fd = AT_FDCWD;
	sqe->addr = (uintptr_t)path;
	sqe->len = sizeof(how);
	sqe->off = (uintptr_t)&how;
	*(unsigned *)(sq + p->sq_off.array) = 0;
	__atomic_store_n((unsigned *)(sq + p->sq_off.tail), 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(done, __ATOMIC_ACQUIRE)) {
		if (time(NULL) > end)
			return -1;
		if (__atomic_load_n(flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP)
			syscall(SYS_io_uring_enter, ring, 0, 0,
				IORING_ENTER_SQ_WAKEUP, NULL, 0);
		usleep(1000);
	}
	return cqe->res;
}

int main(int argc, char **argv)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1000,
	};
	int ring;

	attack_init(argc, argv);
	ring = (int)syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0 && getenv("ATTACK_CONTROL"))
		cannot("no io_uring that polls: %s", strerror(errno));
	if (ring >= 0)
		check_fd(open_by_ring(ring, &params, secret_file()), "a polled ring");
	held();
}
