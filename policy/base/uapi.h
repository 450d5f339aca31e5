/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_BASE_UAPI_H
#define GOSUP_BASE_UAPI_H

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/memfd.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

/* Kernel constants that are newer than the headers gosup may be built with, which
 * are Debian 12's, with the Linux release that brought them. Source:
 * include/uapi/linux/ and asm-generic/unistd.h. */

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1UL << 5)	/* 5.19 */
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)	/* 6.6 */
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	(1UL << 0)	/* 6.6 */
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD			O_EXCL			/* 6.9 */
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL			0x0008U			/* 6.3 */
#endif
#ifndef MFD_EXEC
#define MFD_EXEC			0x0010U			/* 6.3 */
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2			452			/* 6.6 */
#endif

/* Landlock beyond ABI 2. The kernel reads as much of the ruleset attribute
 * as the size says, so one structure with all fields does for every ABI. */
struct landlock_attr {
	uint64_t fs;
	uint64_t net;		/* ABI 4, Linux 6.7 */
	uint64_t scoped;	/* ABI 6, Linux 6.12 */
};

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE	(1ULL << 14)		/* ABI 3, 6.2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV	(1ULL << 15)		/* ABI 5, 6.10 */
#endif
#ifndef LANDLOCK_ACCESS_NET_CONNECT_TCP
#define LANDLOCK_ACCESS_NET_CONNECT_TCP	(1ULL << 1)		/* ABI 4, 6.7 */
#endif
#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_SIGNAL		(1ULL << 1)		/* ABI 6, 6.12 */
#endif

#endif
