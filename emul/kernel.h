/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_KERNEL_H
#define GOSUP_EMUL_KERNEL_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>

#include "policy/base/uapi.h"

/*
 * Every raw kernel interface that gosup uses and glibc does not wrap, or wraps
 * with other semantics. All return 0 or a value, or a negative errno; none
 * logs. Unit tests link a fake of this file in its place.
 */

/* The kernel's answer for "this call was interrupted": include/linux/errno.h,
 * never seen by programs when a signal is pending. */
#define KERNEL_ERESTARTSYS 512

/* seccomp(2) and the listener, Documentation/userspace-api/seccomp_filter.rst */
int kernel_seccomp_sizes(struct seccomp_notif_sizes *ret);
int kernel_seccomp_listen(const struct sock_fprog *prog, unsigned flags);
int kernel_notif_recv(int listener, struct seccomp_notif *req, size_t size);
/* No signal breaks these two off. */
int kernel_notif_send(int listener, struct seccomp_notif_resp *resp);
int kernel_notif_id_valid(int listener, uint64_t id);
/* Return: the descriptor number in the target. */
int kernel_notif_addfd(int listener, struct seccomp_notif_addfd *addfd);
/* Hand over on the notifying thread's CPU; 6.6. */
int kernel_notif_sync_wake(int listener);

/* Another process's memory: process_vm_readv(2), falling back on
 * /proc/TID/mem where a profile refuses the first. Return: bytes copied, which
 * is short at an unmapped page; -EFAULT if nothing could be copied; -ESRCH. */
ssize_t kernel_vm_read(pid_t tid, uint64_t addr, void *buf, size_t len);
ssize_t kernel_vm_write(pid_t tid, uint64_t addr, const void *buf, size_t len);

int kernel_pidfd_open(pid_t pid, unsigned flags);
int kernel_pidfd_send_signal(int pidfd, int sig);
int kernel_pidfd_getfd(int pidfd, int fd);
int kernel_tgkill(pid_t tgid, pid_t tid, int sig);

/* Where openat2(2) is missing, or a filter refuses it, the same by openat(2). */
int kernel_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode,
		   uint64_t resolve);
/* That is this. With RESOLVE_NO_SYMLINKS it can pin (O_PATH), with
 * RESOLVE_NO_MAGICLINKS pin what a single component names; the rest is
 * -ENOSYS. */
int kernel_openat_resolved(int dirfd, const char *path, uint64_t flags, uint64_t mode,
			   uint64_t resolve);
/* openat2(2) with the program's own structure, of any size the kernel knows. */
int kernel_openat2_how(int dirfd, const char *path, const void *how, size_t size);
int kernel_faccessat2(int dirfd, const char *path, int mode, int flags);
int kernel_close_range(unsigned first, unsigned last, unsigned flags);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t kernel_now_ns(void);

/* Credentials of this thread only; glibc's wrappers change every thread. */
int kernel_setfsuid(uid_t uid);
int kernel_setfsgid(gid_t gid);
/* -1 leaves one as it is */
int kernel_setresuid(uid_t real, uid_t effective, uid_t saved);
int kernel_setresgid(gid_t real, gid_t effective, gid_t saved);
int kernel_setgroups(size_t count, const gid_t *groups);
int kernel_set_effective_caps(uint64_t caps);

/* landlock(7). Return of _abi: the version, 0 if there is none. */
int kernel_landlock_abi(void);
int kernel_landlock_create(const void *attr, size_t size);
int kernel_landlock_add_path(int ruleset, uint64_t access, int parent_fd);
int kernel_landlock_restrict(int ruleset);

#endif
