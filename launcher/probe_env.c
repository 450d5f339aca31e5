/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "launcher/probe.h"
#include "policy/base/cleanup.h"
#include "policy/base/uapi.h"

/* What else gosup wants of the kernel. Each runs in a process of its own, so
 * filters and rulesets may stay behind. */

struct probe_result probe_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return probe_fails(errno, "no_new_privs is refused");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		return probe_fails(errno, NULL);
	if (syscall(SYS_getppid) != -1 || errno != EDOM)
		return probe_fails(0, "the filter does nothing");
	return probe_works();
}

/* What each Landlock ABI adds that gosup can use. */
static const char *landlock_gain(long abi)
{
	if (abi >= 6)
		return "files, TCP ports, devices, signals, abstract sockets";
	if (abi >= 5)
		return "files, TCP ports, devices; signals and abstract sockets "
		       "need 6";
	if (abi >= 4)
		return "files and TCP ports; signals need 6";
	if (abi >= 3)
		return "files; TCP ports need 4";
	if (abi == 2)
		return "files but truncation, which needs 3";
	return "files but truncation; renames across directories fail";
}

/* A ruleset with every right of this ABI must hold: try to open "/". */
struct probe_result probe_landlock(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_attr attr = {
		.fs = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		.net = abi >= 4 ? LANDLOCK_ACCESS_NET_CONNECT_TCP : 0,
		.scoped = abi >= 6 ? LANDLOCK_SCOPE_SIGNAL : 0,
	};
	size_t size = abi >= 6 ? sizeof(attr) :
		      abi >= 4 ? offsetof(struct landlock_attr, scoped) :
				 offsetof(struct landlock_attr, net);
	auto_fd ruleset = -1;
	auto_fd root = -1;

	if (abi <= 0)
		return probe_fails(errno, errno == EOPNOTSUPP ?
				   "not in the kernel's lsm= list" : NULL);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return probe_fails(errno, "ABI %ld, but no ruleset", abi);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return probe_fails(errno, "ABI %ld, but no effect", abi);
	root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0 || errno != EACCES)
		return probe_fails(0, "ABI %ld, but it does not restrict", abi);
	return probe_works_value(abi, "ABI %ld: %s", abi, landlock_gain(abi));
}

struct probe_result probe_openat2(void)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd fd = (int)syscall(SYS_openat2, root, "..", &how, sizeof(how));

	return fd < 0 ? probe_fails(errno, NULL) : probe_works();
}

struct probe_result probe_proc(void)
{
	struct statfs fs;
	char self[16] = "";

	if (statfs("/proc", &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return probe_fails(0, "/proc is not procfs");
	if (readlink("/proc/self", self, sizeof(self) - 1) < 0)
		return probe_fails(errno, "/proc/self");
	if (strtol(self, NULL, 10) != getpid())
		return probe_fails(0, "/proc belongs to another pid namespace");
	return probe_works();
}

/* A thread with a file-system context of its own: its umask is its own. */
static void *own_umask(void *arg)
{
	int *err = arg;

	*err = unshare(CLONE_FS) < 0 ? errno : 0;
	umask(0123);
	return NULL;
}

struct probe_result probe_thread_fs(void)
{
	pthread_t thread;
	int err = 0;

	umask(022);	/* for good: this process ends with the probe */
	if (pthread_create(&thread, NULL, own_umask, &err))
		return probe_unknown("no thread to try it on");
	pthread_join(thread, NULL);
	if (err)
		return probe_fails(err, NULL);
	if (umask(022) != 022)
		return probe_fails(0, "threads share it nevertheless");
	return probe_works();
}

struct probe_result probe_io_uring(void)
{
	char params[256] = "";	/* struct io_uring_params is 120 bytes */
	auto_fd fd = (int)syscall(SYS_io_uring_setup, 1, params);

	if (fd < 0)
		return probe_fails(errno, NULL);
	return probe_works_value(1, "refused to programs under rules, which "
				 "it would bypass");
}
