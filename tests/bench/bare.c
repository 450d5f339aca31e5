/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_bare [-c CPU] MODE PROGRAM [ARGUMENT...]: the least that a supervisor
 * could be, to measure gosup against in the same run.
 *
 *   allow   an empty filter that allows everything, nobody listens
 *   return  getppid(2) is answered with a constant
 *   open    openat(2): read the path, open it, inject the descriptor
 *   landlock  no supervisor: rights of reading, writing and executing are
 *	     granted below the current directory and below the root
 *   stat    newfstatat(2), race-free: read the path, pin what is there without
 *           following links, ask about the pin, write the answer; what of it is
 *           allowed nobody asks
 *
 * It judges nothing, resolves nothing as the program would and knows one
 * program only. With -c both sides stay on one CPU, which is the best case for
 * a hand-over.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/base/uapi.h"

static void die(const char *what)
{
	perror(what);
	exit(125);
}

/* Read a string that may end before the page does, as one copy. */
static int read_path(pid_t pid, uint64_t addr, char *buf)
{
	size_t first = 4096 - addr % 4096;
	struct iovec local = { .iov_base = buf, .iov_len = PATH_MAX };
	struct iovec remote = { .iov_base = (void *)addr, .iov_len = first };

	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) <= 0)
		return -EFAULT;
	return memchr(buf, 0, first) ? 0 : -ENAMETOOLONG;
}

static void answer_open(int listener, const struct seccomp_notif *req)
{
	struct seccomp_notif_resp resp = { .id = req->id };
	struct seccomp_notif_addfd add = {
		.id = req->id, .flags = SECCOMP_ADDFD_FLAG_SEND,
		.newfd_flags = (uint32_t)req->data.args[2] & O_CLOEXEC,
	};
	char path[PATH_MAX];
	int fd, err;

	err = read_path((pid_t)req->pid, req->data.args[1], path);
	if (!err && ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &req->id) < 0)
		return;
	fd = err ? -1 : openat((int)req->data.args[0], path,
			       (int)req->data.args[2] | O_CLOEXEC,
			       (mode_t)req->data.args[3]);
	if (fd >= 0) {
		add.srcfd = (uint32_t)fd;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
		close(fd);
		return;
	}
	resp.error = err ? err : -errno;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

static int answer_stat(int listener, const struct seccomp_notif *req)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
				.resolve = RESOLVE_NO_SYMLINKS };
	struct stat st;
	struct iovec local = { .iov_base = &st, .iov_len = sizeof(st) };
	struct iovec remote = { .iov_base = (void *)req->data.args[2],
				.iov_len = sizeof(st) };
	char path[PATH_MAX];
	int err = read_path((pid_t)req->pid, req->data.args[1], path);
	int fd;

	if (err || ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &req->id) < 0)
		return err;
	fd = (int)syscall(SYS_openat2, (int)req->data.args[0], path, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 ||
	    process_vm_writev((pid_t)req->pid, &local, 1, &remote, 1, 0) < 0)
		err = -errno;
	close(fd);
	return err;
}

static void answer(int listener, const struct seccomp_notif *req, int nr)
{
	struct seccomp_notif_resp resp = { .id = req->id, .val = 1 };

	if (nr == SYS_newfstatat && (req->data.args[3] & AT_EMPTY_PATH)) {
		resp.val = 0;	/* the C library's own */
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	} else if (nr == SYS_newfstatat) {
		resp.val = 0;
		resp.error = answer_stat(listener, req);
	}
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* Blocks in RECV and hands over on the caller's CPU, as fast as can be. */
static void serve(int listener, int nr)
{
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
	      SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	for (;;) {
		struct seccomp_notif req = {};

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req) < 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			die("RECV");
		}
		if (nr == SYS_openat)
			answer_open(listener, &req);
		else
			answer(listener, &req, nr);
	}
}

/* Return: the listener, or -1 where nobody is to listen. */
static int install(int nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = 4, .filter = code };
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
			      SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	long fd;

	if (nr < 0) {
		prog = (struct sock_fprog){ .len = 1, .filter = code + 3 };
		flags = 0;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("no_new_privs");
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (fd < 0)
		die("seccomp");
	return nr < 0 ? -1 : (int)fd;
}

static void grant(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		die(path);
}

static void confine(void)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE |
				     LANDLOCK_ACCESS_FS_WRITE_FILE |
				     LANDLOCK_ACCESS_FS_EXECUTE,
	};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (ruleset < 0)
		die("landlock_create_ruleset");
	grant(ruleset, ".", attr.handled_access_fs);
	grant(ruleset, "/", attr.handled_access_fs);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		die("landlock_restrict_self");
}

static volatile pid_t child;

static void on_child(int sig)
{
	int status;

	(void)sig;
	if (waitpid(child, &status, WNOHANG) == child)
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* The child shares our table of descriptors until it executes, so the
 * listener's number is all that must be handed over. */
static void supervise(int nr, char **argv)
{
	struct sigaction sa = { .sa_handler = on_child };
	int fds[2], listener;

	if (pipe2(fds, O_CLOEXEC) < 0)
		die("pipe2");
	sigaction(SIGCHLD, &sa, NULL);
	child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		listener = install(nr);
		if (write(fds[1], &listener, sizeof(listener)) < 0)
			die("pipe");
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (child < 0 || read(fds[0], &listener, sizeof(listener)) !=
			 sizeof(listener))
		die("child");
	serve(listener, nr);
}

int main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+c:")) == 'c') {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET((unsigned)atoi(optarg), &set);
		if (sched_setaffinity(0, sizeof(set), &set) < 0)
			die("sched_setaffinity");
	}
	if (opt == -1 && argc - optind >= 2) {
		const char *mode = argv[optind];

		argv += optind + 1;
		if (strcmp(mode, "return") == 0)
			supervise(SYS_getppid, argv);
		if (strcmp(mode, "open") == 0)
			supervise(SYS_openat, argv);
		if (strcmp(mode, "stat") == 0)
			supervise(SYS_newfstatat, argv);
		if (strcmp(mode, "allow") == 0) {
			install(-1);
			execvp(argv[0], argv);
			die(argv[0]);
		}
		if (strcmp(mode, "landlock") == 0) {
			confine();
			execvp(argv[0], argv);
			die(argv[0]);
		}
	}
	fprintf(stderr, "usage: bench_bare [-c CPU] allow|return|open|stat|landlock "
		"PROGRAM [ARGUMENT...]\n");
	return 2;
}
