/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io_uring performs calls that no filter sees: here it opens a file in a
 * process whose filter denies every open. So gosup refuses io_uring_setup(2)
 * whenever a rule could be gone round through it.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/kernel/check.h"

static void deny_open(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		skip("seccomp is refused: %s", strerror(errno));
	check(open("/", O_RDONLY | O_CLOEXEC) == -1 && errno == EDOM);
}

static void *map(int ring, size_t size, off_t what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, what);

	check(p != MAP_FAILED);
	return p;
}

/* Open "/" through @ring. Return: the result as the kernel posts it. */
static int open_by_ring(int ring, const struct io_uring_params *p)
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
	sqe->addr = (uintptr_t)"/";
	sqe->open_flags = O_RDONLY;
	*(unsigned *)(sq + p->sq_off.array) = 0;
	__atomic_store_n((unsigned *)(sq + p->sq_off.tail), 1, __ATOMIC_RELEASE);
	check(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS,
		      NULL, 0) == 1);
	check(__atomic_load_n((unsigned *)(cq + p->cq_off.tail),
			      __ATOMIC_ACQUIRE) == 1);
	return cqe->res;
}

int main(void)
{
	struct io_uring_params params = {};
	int ring = (int)syscall(SYS_io_uring_setup, 1, &params);

	if (ring < 0)
		skip("no io_uring here: %s", strerror(errno));
	deny_open();
	check_ok(open_by_ring(ring, &params));
	return 0;
}
