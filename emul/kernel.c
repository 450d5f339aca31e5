/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel seam: raw system calls and ioctls, errno turned into a negative
 * return value. Nothing here decides anything.
 */
#include "emul/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "policy/base/cleanup.h"

static int result(long ret)
{
	return ret < 0 ? -errno : (int)ret;
}

int kernel_seccomp_sizes(struct seccomp_notif_sizes *ret)
{
	return result(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, ret));
}

int kernel_seccomp_listen(const struct sock_fprog *prog, unsigned flags)
{
	return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, prog));
}

int kernel_notif_recv(int listener, struct seccomp_notif *req, size_t size)
{
	/* The kernel refuses a buffer that is not zeroed. */
	memset(req, 0, size);
	return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, req));
}

/* A signal breaks these off while they wait for the filter's lock, before they
 * have done anything (mutex_lock_interruptible() in kernel/seccomp.c). */
static int ioctl_through(int listener, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = result(ioctl(listener, request, arg));
	} while (ret == -EINTR);
	return ret;
}

int kernel_notif_send(int listener, struct seccomp_notif_resp *resp)
{
	return ioctl_through(listener, SECCOMP_IOCTL_NOTIF_SEND, resp);
}

int kernel_notif_id_valid(int listener, uint64_t id)
{
	return ioctl_through(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
}

int kernel_notif_addfd(int listener, struct seccomp_notif_addfd *addfd)
{
	return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, addfd));
}

int kernel_notif_sync_wake(int listener)
{
	/* The flags are the ioctl's argument itself, not a pointer to them:
	 * seccomp_notify_set_flags() in kernel/seccomp.c. */
	return result(ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
			    SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP));
}

static int open_proc_mem(pid_t tid, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	return result(open(path, flags | O_CLOEXEC));
}

/*
 * One remote segment per page: process_vm_readv(2) never splits a segment, so
 * this is what makes a copy end at an unmapped page instead of failing.
 */
#define VM_SEGMENTS 18 /* 64 KiB and its two ragged ends */

static unsigned split_pages(uint64_t addr, size_t len, struct iovec *iov)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned n = 0;

	while (len && n < VM_SEGMENTS) {
		size_t part = page - (addr & (page - 1));

		if (part > len)
			part = len;
		iov[n++] = (struct iovec){ (void *)(uintptr_t)addr, part };
		addr += part;
		len -= part;
	}
	return n;
}

static ssize_t vm_copy(pid_t tid, uint64_t addr, void *buf, size_t len, bool write)
{
	struct iovec remote[VM_SEGMENTS];
	struct iovec local = { buf, len };
	unsigned n = split_pages(addr, len, remote);
	ssize_t done;
	auto_fd mem = -1;

	done = write ? process_vm_writev(tid, &local, 1, remote, n, 0)
		     : process_vm_readv(tid, &local, 1, remote, n, 0);
	if (done >= 0)
		return done;
	if (errno != EPERM && errno != ENOSYS)
		return -errno;

	mem = open_proc_mem(tid, write ? O_WRONLY : O_RDONLY);
	if (mem < 0)
		return mem == -ENOENT ? -ESRCH : -EPERM;
	done = write ? pwrite(mem, buf, len, (off_t)addr)
		     : pread(mem, buf, len, (off_t)addr);
	if (done < 0)
		return errno == EIO ? -EFAULT : -errno;
	return done ? done : -ESRCH;
}

static ssize_t vm_copy_all(pid_t tid, uint64_t addr, char *buf, size_t len, bool write)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = vm_copy(tid, addr + done, buf + done, len - done, write);

		if (n < 0)
			return done ? (ssize_t)done : n;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t kernel_vm_read(pid_t tid, uint64_t addr, void *buf, size_t len)
{
	return vm_copy_all(tid, addr, buf, len, false);
}

ssize_t kernel_vm_write(pid_t tid, uint64_t addr, const void *buf, size_t len)
{
	return vm_copy_all(tid, addr, (char *)(uintptr_t)buf, len, true);
}

int kernel_pidfd_open(pid_t pid, unsigned flags)
{
	return result(syscall(SYS_pidfd_open, pid, flags));
}

int kernel_pidfd_send_signal(int pidfd, int sig)
{
	return result(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
}

int kernel_pidfd_getfd(int pidfd, int fd)
{
	return result(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
}

int kernel_tgkill(pid_t tgid, pid_t tid, int sig)
{
	return result(syscall(SYS_tgkill, tgid, tid, sig));
}

int kernel_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode,
		   uint64_t resolve)
{
	struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };

	int fd = kernel_openat2_how(dirfd, path, &how, sizeof(how));

	return fd == -ENOSYS ? kernel_openat_resolved(dirfd, path, flags, mode, resolve)
			     : fd;
}

int kernel_openat2_how(int dirfd, const char *path, const void *how, size_t size)
{
	return result(syscall(SYS_openat2, dirfd, path, how, size));
}

int kernel_faccessat2(int dirfd, const char *path, int mode, int flags)
{
	return result(syscall(SYS_faccessat2, dirfd, path, mode, flags));
}

int kernel_close_range(unsigned first, unsigned last, unsigned flags)
{
	return result(syscall(SYS_close_range, first, last, flags));
}

int kernel_setfsuid(uid_t uid)
{
	/* Returns the old id either way; asking again tells if it worked. */
	syscall(SYS_setfsuid, uid);
	return (uid_t)syscall(SYS_setfsuid, -1) == uid ? 0 : -EPERM;
}

int kernel_setfsgid(gid_t gid)
{
	syscall(SYS_setfsgid, gid);
	return (gid_t)syscall(SYS_setfsgid, -1) == gid ? 0 : -EPERM;
}

int kernel_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	return result(syscall(SYS_setresuid, real, effective, saved));
}

int kernel_setresgid(gid_t real, gid_t effective, gid_t saved)
{
	return result(syscall(SYS_setresgid, real, effective, saved));
}

int kernel_setgroups(size_t count, const gid_t *groups)
{
	return result(syscall(SYS_setgroups, count, groups));
}

int kernel_set_effective_caps(uint64_t caps)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	data[0].effective = (uint32_t)caps & data[0].permitted;
	data[1].effective = (uint32_t)(caps >> 32) & data[1].permitted;
	return result(syscall(SYS_capset, &head, data));
}

int kernel_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

int kernel_landlock_create(const void *attr, size_t size)
{
	return result(syscall(SYS_landlock_create_ruleset, attr, size, 0));
}

int kernel_landlock_add_path(int ruleset, uint64_t access, int parent_fd)
{
	struct landlock_path_beneath_attr attr = {
		.allowed_access = access, .parent_fd = parent_fd,
	};

	return result(syscall(SYS_landlock_add_rule, ruleset,
			      LANDLOCK_RULE_PATH_BENEATH, &attr, 0));
}

int kernel_landlock_restrict(int ruleset)
{
	return result(syscall(SYS_landlock_restrict_self, ruleset, 0));
}

uint64_t kernel_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
