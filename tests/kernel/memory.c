/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a string that ends at an unmapped page: process_vm_readv(2) copies
 * whole segments only, but segments up to the page end succeed on their own;
 * /proc/PID/mem copies as far as it can. Writing to read-only pages: only
 * /proc/PID/mem does it.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/kernel/check.h"

#define PAGE 4096

static char *page;	/* mapped, then an unmapped page; shared by fork */

static int body(int sock)
{
	(void)sock;
	syscall(SYS_getppid);
	return page[0] == 'w' ? 0 : 1;
}

static ssize_t vm(int op, pid_t pid, void *buf, struct iovec *remote,
		  unsigned long count)
{
	struct iovec local = { .iov_base = buf, .iov_len = 2 * PAGE };

	if (count == 1)
		local.iov_len = remote->iov_len;
	return syscall(op, pid, &local, 1, remote, count, 0);
}

static void check_vm(pid_t pid)
{
	char buf[2 * PAGE] = "";
	struct iovec pages[2] = {
		{ .iov_base = page + PAGE - 8, .iov_len = 8 },
		{ .iov_base = page + PAGE, .iov_len = PAGE },
	};

	if (vm(SYS_process_vm_readv, pid, buf, pages, 1) < 0) {
		printf("process_vm_readv is refused: %s\n", strerror(errno));
		return;
	}
	check(strcmp(buf, "the end") == 0);
	check(vm(SYS_process_vm_readv, pid, buf, pages, 2) == 8,
	      "segments of their own end at the unmapped page");
	check(vm(SYS_process_vm_readv, pid, buf, pages + 1, 1) == -1 &&
	      errno == EFAULT);
	pages[0].iov_base = page;
	check(vm(SYS_process_vm_writev, pid, buf, pages, 1) == -1 &&
	      errno == EFAULT, "process_vm_writev writes read-only pages");
}

static void check_mem(pid_t pid)
{
	char path[32], buf[2 * PAGE] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	check(fd >= 0, "%s", path);
	check(pread(fd, buf, sizeof(buf), (off_t)page + PAGE - 8) == 8);
	check(strcmp(buf, "the end") == 0);
	check(pread(fd, buf, 1, (off_t)page + PAGE) == -1 && errno == EIO);
	check(pwrite(fd, "w", 1, (off_t)page) == 1);
	close(fd);
}

int main(void)
{
	struct probe_child child;
	struct seccomp_notif req;

	check(sysconf(_SC_PAGESIZE) == PAGE);
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(page != MAP_FAILED);
	strcpy(page + PAGE - 8, "the end");
	check(munmap(page + PAGE, PAGE) == 0);
	check(mprotect(page, PAGE, PROT_READ) == 0);
	start(&child, SYS_getppid, 0, body);
	check_ok(probe_recv(&child, &req));
	check_vm(child.pid);
	check_mem(child.pid);
	check_ok(probe_send(&child, req.id, 0, 0, 0));
	check(probe_child_exit(&child) == 0);
	probe_child_finish(&child);
	return 0;
}
