/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring performs an open out of the filter's sight. */
#include <linux/io_uring.h>
#include <sys/mman.h>

#include "attack.h"

static void *map(int ring, size_t size, off_t what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		       what);

	need(p != MAP_FAILED);
	return p;
}

static int open_by_ring(int ring, const struct io_uring_params *p,
			const char *path)
{
	char *sq = map(ring, p->sq_off.array + p->sq_entries * 4,
		       IORING_OFF_SQ_RING);
	char *cq = map(ring, p->cq_off.cqes +
		       p->cq_entries * sizeof(struct io_uring_cqe),
		       IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqe = map(ring, sizeof(*sqe), IORING_OFF_SQES);
	struct io_uring_cqe *cqe = (void *)(cq + p->cq_off.cqes);

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_OPENAT;
	sqe->fd = AT_FDCWD;
	sqe->addr = (uintptr_t)path;
	*(unsigned *)(sq + p->sq_off.array) = 0;
	__atomic_store_n((unsigned *)(sq + p->sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) != 1)
		return -1;
	return cqe->res;
}

int main(int argc, char **argv)
{
	struct io_uring_params params = {};
	int ring;

	attack_init(argc, argv);
	ring = (int)syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0 && getenv("ATTACK_CONTROL"))
		cannot("this kernel has no io_uring: %s", strerror(errno));
	if (ring >= 0)
		check_fd(open_by_ring(ring, &params, secret_file()), "io_uring");
	held();
}
