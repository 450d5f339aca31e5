/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reaching the supervisor and its helpers: signals by every call that sends
 * them, tracing, memory, limits, descriptors. The victim is the process in
 * ATTACK_VICTIM and, with ATTACK_PARENT, the parent.
 */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "attack.h"

static const char *reached;	/* how the victim was reached */

static void tried(long ret, const char *how)
{
	if (ret >= 0)
		reached = how;
}

/* Signals that would not harm a control victim; what sends one of them sends
 * SIGKILL, too, unless the supervisor tells them apart, so both are tried. */
static void send_signals(pid_t pid, int sig)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };
	int pidfd;

	tried(syscall(SYS_kill, pid, sig), "kill");
	tried(syscall(SYS_tkill, pid, sig), "tkill");
	tried(syscall(SYS_tgkill, pid, pid, sig), "tgkill");
	tried(syscall(SYS_rt_sigqueueinfo, pid, sig, &info), "rt_sigqueueinfo");
	tried(syscall(SYS_rt_tgsigqueueinfo, pid, pid, sig, &info),
	      "rt_tgsigqueueinfo");
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0) {
		tried(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0),
		      "pidfd_send_signal");
		close(pidfd);
	}
}

/* A directory of /proc serves as a pidfd for pidfd_send_signal(2). */
static void by_proc_directory(pid_t pid, int sig)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return;
	tried(syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0),
	      "pidfd_send_signal by /proc");
	close(fd);
}

/* Any process may have the kernel send a signal of its choice to another that
 * it could kill: as the owner of a descriptor. That this was done shows only
 * in the victim. */
static void by_owner(pid_t pid, int sig)
{
	struct f_owner_ex owner = { F_OWNER_PID, pid };
	int fds[2];

	if (pipe(fds) < 0)
		return;
	if (fcntl(fds[0], F_SETOWN, pid) < 0)
		fcntl(fds[0], F_SETOWN_EX, &owner);
	if (fcntl(fds[0], F_SETSIG, sig) == 0 &&
	    fcntl(fds[0], F_SETFL, O_ASYNC) == 0)
		need(write(fds[1], "x", 1) == 1);
	close(fds[0]);
	close(fds[1]);
}

static void by_memory(pid_t pid)
{
	char buf[8] = "", path[64];
	struct iovec local = { buf, sizeof(buf) };
	struct iovec remote = { &attack_dir, sizeof(buf) };
	int fd;

	/* EFAULT: it was let in, and there is nothing at that address. */
	tried(process_vm_readv(pid, &local, 1, &remote, 1, 0) >= 0 ||
	      errno == EFAULT ? 0 : -1, "process_vm_readv");
	tried(process_vm_writev(pid, &local, 1, &remote, 1, 0) >= 0 ||
	      errno == EFAULT ? 0 : -1, "process_vm_writev");
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	tried(fd, "/proc/PID/mem");
	if (fd >= 0)
		close(fd);
}

/* Return: whether @fd, which is closed, is something that has no path. */
static bool nameless(int fd)
{
	struct stat st;
	bool ret = fd >= 0 && fstat(fd, &st) == 0 && !S_ISCHR(st.st_mode) &&
		   st.st_nlink == 1 && !S_ISREG(st.st_mode);

	if (fd >= 0)
		close(fd);
	return ret;
}

/* The listener itself must not be had, nor its pipes. What has a path can be
 * opened by that as well. */
static void by_descriptors(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	char path[64];

	for (int i = 0; i < 32; i++) {
		int fd;

		if (pidfd >= 0) {
			fd = (int)syscall(SYS_pidfd_getfd, pidfd, i, 0);
			tried(fd, "pidfd_getfd");
			if (fd >= 0)
				close(fd);
		}
		/* 0 to 2 are the same as ours. */
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, i);
		fd = i > 2 ? open(path, O_RDWR | O_NONBLOCK) : -1;
		tried(nameless(fd) ? 0 : -1, "/proc/PID/fd");
	}
	if (pidfd >= 0)
		close(pidfd);
}

static void by_control(pid_t pid)
{
	struct rlimit lim;
	uint64_t set = 1;

	tried(syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, NULL, &lim) == 0 ?
	      prlimit(pid, RLIMIT_NOFILE, &lim, NULL) : -1, "prlimit64");
	tried(ptrace(PTRACE_SEIZE, pid, NULL, NULL), "PTRACE_SEIZE");
	tried(ptrace(PTRACE_ATTACH, pid, NULL, NULL), "PTRACE_ATTACH");
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	tried(syscall(SYS_sched_setaffinity, pid, sizeof(set), &set),
	      "sched_setaffinity");
	tried(setpriority(PRIO_PROCESS, (id_t)pid, 10), "setpriority");
	tried(syscall(SYS_ioprio_set, 1, pid, (3 << 13)), "ioprio_set");
	tried(syscall(SYS_migrate_pages, pid, 64, &set, &set) >= 0 ? 0 : -1,
	      "migrate_pages");
}

/* Files of /proc through which another process is changed. */
static void by_proc_files(pid_t pid)
{
	static const char *const files[] = {
		"oom_score_adj", "coredump_filter", "timerslack_ns", "comm",
		"clear_refs", "attr/current", "autogroup", "sched", "uid_map",
	};
	char path[64];

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		fd = open(path, O_WRONLY);
		if (fd >= 0) {
			fprintf(stderr, "%s is open for writing\n", path);
			tried(0, "a file of /proc/PID");
			close(fd);
		}
	}
}

/* Each way in a child of its own, so that one that stops us is not the last.
 * Return: false if something got through. */
static bool attack(pid_t pid, void (*way)(pid_t pid))
{
	int status;
	pid_t child = fork();

	need(child >= 0);
	if (child == 0) {
		way(pid);
		if (reached)
			fprintf(stderr, "%s reaches process %d\n", reached, pid);
		_exit(reached != NULL);
	}
	need(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void harmless_signals(pid_t pid)
{
	send_signals(pid, SIGURG);
	/* Not by_proc_directory(): what the supervisor can catch it passes on
	 * to the program, which signals nobody but itself that way. */
	by_owner(pid, SIGURG);
}

static void deadly_signals(pid_t pid)
{
	send_signals(pid, SIGKILL);
	by_proc_directory(pid, SIGKILL);
	by_owner(pid, SIGKILL);
}

/* Return: the state letter of @pid, 0 if it is gone. */
static char state_of(pid_t pid)
{
	char path[64], line[256];
	char state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "State: %c", &state) == 1)
			break;
	if (f)
		fclose(f);
	return state;
}

static bool attack_all(pid_t pid)
{
	bool visible = state_of(pid) != 0, ok = true;
	char state;

	ok &= attack(pid, by_memory);
	ok &= attack(pid, by_descriptors);
	ok &= attack(pid, by_control);
	ok &= attack(pid, by_proc_files);
	ok &= attack(pid, harmless_signals);
	ok &= attack(pid, deadly_signals);
	state = visible ? state_of(pid) : 'S';
	if (!state || strchr("ZXTt", state)) {
		fprintf(stderr, "process %d is killed or stopped\n", pid);
		ok = false;
	}
	return ok;
}

int main(int argc, char **argv)
{
	const char *victim = getenv("ATTACK_VICTIM");
	bool ok;

	attack_init(argc, argv);
	need(victim);
	ok = attack_all(atoi(victim));
	if (getenv("ATTACK_PARENT"))
		ok &= attack_all(getppid());
	if (!ok)
		broken("the supervisor is within reach");
	/* Its death would have left us without answers. */
	check_path(secret_file(), "after all that, open");
	held();
}
