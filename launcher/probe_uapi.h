/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_PROBE_UAPI_H
#define GOSUP_LAUNCHER_PROBE_UAPI_H

#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* Kernel constants that are newer than the headers gosup may be built with. */

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1UL << 5)	/* 5.19 */
#endif
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND			(1UL << 1)	/* 5.14 */
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP			/* 6.6 */
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	(1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS		SECCOMP_IOW(4, __u64)
#endif
#ifndef PIDFD_THREAD						/* 6.9 */
#define PIDFD_THREAD				O_EXCL
#endif

/* Landlock beyond ABI 2. The kernel reads as much of the ruleset attribute
 * as the size says, so one structure with all fields does for every ABI. */
struct landlock_attr {
	uint64_t fs;
	uint64_t net;		/* ABI 4, Linux 6.7 */
	uint64_t scoped;	/* ABI 6, Linux 6.12 */
};

#ifndef LANDLOCK_ACCESS_NET_CONNECT_TCP
#define LANDLOCK_ACCESS_NET_CONNECT_TCP		(1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_SIGNAL			(1ULL << 1)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE		(1ULL << 14)	/* ABI 3, 6.2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV		(1ULL << 15)	/* ABI 5, 6.10 */
#endif

#endif
