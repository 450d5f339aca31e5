/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher/features.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "policy/base/cleanup.h"

/*
 * Theory of operation
 *
 * Where no filter applies to this process, four cheap calls answer all
 * questions, and none of them can hurt. Under somebody else's filter (a
 * container, a systemd unit, another gosup) two things change: a call may kill
 * instead of failing, and a listener may be there already, which no call
 * reports. Then a child asks in our place and really installs a listener, so
 * that the worst outcome is a dead child.
 */

/* Return: whether this thread has the capability now. */
static bool has_cap(unsigned cap)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &hdr, data) < 0)
		return false;
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

static bool notify_known(void)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF;
	struct seccomp_notif_sizes sizes;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 &&
	       kernel_seccomp_sizes(&sizes) == 0;
}

/* Return: 0 or a positive errno. Only in a child: the filter stays. */
static int try_listener(bool privileged)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &allow };

	if (!privileged && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog) < 0)
		return errno;
	return 0;
}

/* What the child of ask_in_child() has found out so far. It writes each
 * answer before it risks its life with the next question. */
struct answer {
	char what;	/* 'n': listener errno, 'l': landlock ABI */
	int value;
};

static void child_ask_listener(int out)
{
	struct answer answer = { .what = 'n' };
	ssize_t n;

	answer.value = try_listener(has_cap(CAP_SYS_ADMIN));
	n = write(out, &answer, sizeof(answer));
	(void)n;	/* a missing answer is an answer */
}

static void child_ask_all(int out)
{
	struct answer answer = { .what = 'l', .value = kernel_landlock_abi() };
	ssize_t n = write(out, &answer, sizeof(answer));

	(void)n;
	child_ask_listener(out);
}

/**
 * ask_in_child() - run @ask in a child and collect what it writes.
 * @listener_err: positive errno; ECANCELED if the child died before answering
 * @abi: may be NULL
 */
static void ask_in_child(void (*ask)(int), int *listener_err, int *abi)
{
	struct answer answer;
	int fds[2];
	pid_t pid;

	*listener_err = ECANCELED;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		*listener_err = errno;
		return;
	}
	/* Raw: no atfork handlers, and the child only makes system calls. */
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		ask(fds[1]);
		_exit(0);
	}
	if (pid < 0)
		*listener_err = errno;
	close_fd(fds[1]);
	while (pid > 0 && read(fds[0], &answer, sizeof(answer)) ==
	       (ssize_t)sizeof(answer)) {
		if (answer.what == 'n')
			*listener_err = answer.value;
		else if (abi)
			*abi = answer.value;
	}
	close_fd(fds[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int features_listener_error(void)
{
	int err;

	ask_in_child(child_ask_listener, &err, NULL);
	return -err;
}

const char *features_listener_hint(int err)
{
	switch (-err) {
	case EBUSY:
		return "this process is supervised already, by another gosup or "
		       "by a seccomp agent of the container runtime; run gosup "
		       "outside of it, or remove listenerPath from its profile";
	case EINVAL:
	case ENOSYS:
		return "this kernel has no system-call notification, as gVisor "
		       "has not; use Linux 5.14 or newer, or another runtime class";
	case EPERM:
	case EACCES:
		return "an outer seccomp filter refuses seccomp(2); allow seccomp "
		       "in the container's or the unit's profile";
	case ECANCELED:
		return "an outer seccomp filter kills for seccomp(2); in a systemd "
		       "unit add seccomp to SystemCallFilter=";
	case EAGAIN:
	case ENOMEM:
		return "no process or memory is left to try it; raise the limits";
	default:
		return "the kernel refuses a seccomp listener; run gosup doctor";
	}
}

static void ask_kernel(struct plan_features *ret)
{
	int err;

	/* In mode 1 we could not have come here, so nonzero is a filter. */
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0) {
		ret->notify = notify_known();
		ret->landlock_abi = kernel_landlock_abi();
		return;
	}
	ask_in_child(child_ask_all, &err, &ret->landlock_abi);
	if (err == ECANCELED)	/* maybe of the Landlock question */
		ask_in_child(child_ask_listener, &err, NULL);
	ret->notify = err == 0;
}

/* core(5): a pattern that names no program, socket or place of its own. */
static bool cores_in_cwd(void)
{
	auto_fd fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	char first;

	/* Unknown counts as the default, "core". */
	return fd < 0 || read(fd, &first, 1) != 1 || !strchr("|/@", first);
}

void features_probe(struct plan_features *ret)
{
	*ret = (struct plan_features){
		.privileged = has_cap(CAP_SYS_ADMIN),
		.reads_any = has_cap(CAP_SYS_PTRACE),
		.cores_in_cwd = cores_in_cwd(),
		/* proc_map_files_get_link() in fs/proc/base.c */
		.map_files = has_cap(CAP_SYS_ADMIN) || has_cap(CAP_CHECKPOINT_RESTORE),
	};
	ask_kernel(ret);
	ret->landlock_threads = ret->landlock_abi > 0;
}

const char *features_foreign_proc(void)
{
	char self[16] = "";

	/* Without any /proc nothing is mistaken. */
	if (readlink("/proc/self", self, sizeof(self) - 1) <= 0 || atoi(self) == getpid())
		return NULL;
	return "/proc shows another pid namespace than the one that gosup is in; mount one that "
	       "belongs here, as unshare --mount-proc or `mount -t proc proc /proc` does";
}
