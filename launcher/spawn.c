/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation:
 *
 *   supervisor --clone--> guard --clone--> program
 *
 * Supervisor and program share one descriptor table until the listener is
 * there, so what the program's filter creates is at once the supervisor's,
 * without any call that the filter might notify. Then the supervisor leaves
 * the table, and so does the program when it execs (unshare_files() in
 * fs/exec.c). Whatever the supervisor opens meanwhile is close-on-exec.
 *
 * The filter holds the pids of supervisor and guard, so it is built while the
 * other two are being started, in pages that all share. Each wake of another
 * process costs as much as building it; there are two.
 * The Landlock ruleset is made before, and confines the program alone: it is
 * entered in the program's process.
 */
#include "launcher/spawn.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/guard.h"
#include "emul/kernel.h"
#include "emul/proc.h"
#include "emul/sock.h"
#include "launcher/app_env.h"
#include "launcher/exec_search.h"
#include "launcher/filter.h"
#include "launcher/landlock.h"
#include "policy/base/cleanup.h"

/* How far the launch has come; only ever grows. */
enum stage {
	STAGE_START,
	STAGE_FILTER_BUILT,	/* by the supervisor */
	STAGE_LISTENING,	/* by the program */
	STAGE_FAILED,		/* by anybody: .what and .error tell */
};

struct spawn_shared {
	_Atomic uint32_t stage;
	_Atomic int exec_error;
	bool warn_reaped;
	_Atomic bool witness_ready;	/* see forget_early_signals() */
	struct witness witness;
	int error;
	const char *what;	/* the same text in all three processes */
	int listener;
	pid_t app;
	struct landlock landlock;	/* made before the first clone */
	unsigned short filter_len;
	struct sock_filter filter[FILTER_MAX];
};

static void set_stage(struct spawn_shared *s, enum stage stage)
{
	atomic_store(&s->stage, stage);
	syscall(SYS_futex, &s->stage, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void fail(struct spawn_shared *s, int error, const char *what)
{
	s->error = error < 0 ? error : -error;
	s->what = what;
	set_stage(s, STAGE_FAILED);
}

/* Wait until the stage is beyond @stage, or @link says that the guard has
 * something to tell or is gone: then a process of the launch has died. */
static enum stage wait_beyond(struct spawn_shared *s, enum stage stage, int link)
{
	struct timespec tick = { 0, 100 * 1000 * 1000 };

	for (;;) {
		struct pollfd p = { .fd = link, .events = POLLIN };
		uint32_t now = atomic_load(&s->stage);

		if (now > stage)
			return now;
		syscall(SYS_futex, &s->stage, FUTEX_WAIT, now, &tick, NULL, 0);
		if (atomic_load(&s->stage) <= stage && poll(&p, 1, 0) == 1)
			fail(s, -ECHILD, "a child of the launch was killed");
	}
}

/* ---- in the program's process ---- */

static int install(const struct plan *plan, struct spawn_shared *s)
{
	const struct rlimit none = { 0, 0 };
	struct sock_fprog prog = { .len = s->filter_len, .filter = s->filter };
	const char *what;
	int fd;

	if (plan->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		fail(s, -errno, "cannot set no_new_privs");
		return -1;
	}
	if (plan->no_cores && setrlimit(RLIMIT_CORE, &none) < 0) {
		fail(s, -errno, "cannot limit core files");
		return -1;
	}
	/* Before the filter, which may notify what this does. */
	fd = landlock_enter(&s->landlock, &what);
	if (fd < 0) {
		fail(s, fd, what);
		return -1;
	}
	/* Without WAIT_KILLABLE_RECV (5.19) signals abort calls, and handlers
	 * that Go preempts every 10 ms see them again. */
	fd = kernel_seccomp_listen(&prog, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	if (fd == -EINVAL)
		fd = kernel_seccomp_listen(&prog, 0);
	if (fd < 0) {
		fail(s, fd, "cannot install the system call filter");
		return -1;
	}
	return fd;
}

__attribute__((noreturn))
static void be_program(const struct plan *plan, struct spawn_shared *s,
		       char *const argv[], const sigset_t *mask, pid_t supervisor,
		       pid_t guard)
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guard ||
	    wait_beyond(s, STAGE_START, -1) != STAGE_FILTER_BUILT)
		_exit(125);
	/* Long since, mostly: until then no signal may be handled. */
	while (!atomic_load(&s->witness_ready))
		sched_yield();
	/* The supervisor must be able to read the path of the exec below. */
	prctl(PR_SET_DUMPABLE, 1);
	/* Before the filter: a rule may notify any call from there on. */
	s->app = getpid();
	s->listener = install(plan, s);
	if (s->listener < 0)
		_exit(125);
	set_stage(s, STAGE_LISTENING);
	app_env_adopt(supervisor);
	sigprocmask(SIG_SETMASK, mask, NULL);
	error = exec_search(argv);
	atomic_store(&s->exec_error, error);
	_exit(error == ENOENT ? 127 : 126);
}

/* ---- in the guard's process ---- */

/* The signals that wait for process @pid, as proc_pid_status(5) has them. */
static uint64_t pending_signals(pid_t pid)
{
	char text[PROC_STATUS_SIZE];
	const char *own, *shared;

	proc_read(pid, "status", text, sizeof(text));
	own = proc_field(text, "\nSigPnd:");
	shared = proc_field(text, "\nShdPnd:");
	return (own ? strtoull(own, NULL, 16) : 0) | (shared ? strtoull(shared, NULL, 16) : 0);
}

/*
 * A signal to the group that came when there was no program yet has reached us,
 * but not it. Without us as a witness the supervisor passes it on. What came
 * later the program has got first, and still has: it blocks all signals until
 * we are done here.
 */
static void forget_early_signals(pid_t app)
{
	struct timespec now = { 0, 0 };
	uint64_t of_app;
	sigset_t mine;
	int sig;

	sigpending(&mine);
	sigdelset(&mine, SIGCHLD);
	sigdelset(&mine, GUARD_PARENT_DIED);
	if (sigisemptyset(&mine))
		return;
	of_app = pending_signals(app);
	for (sig = 1; sig < NSIG; sig++) {
		sigset_t one;

		if (sigismember(&mine, sig) != 1 || of_app >> (sig - 1) & 1)
			continue;
		sigemptyset(&one);
		sigaddset(&one, sig);
		sigtimedwait(&one, NULL, &now);
	}
}

static pid_t clone_sharing_files(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);
}

__attribute__((noreturn))
static void be_guard(const struct plan *plan, struct spawn_shared *s,
		     char *const argv[], const sigset_t *mask, const int link[2],
		     pid_t supervisor)
{
	pid_t self = getpid();
	pid_t app;
	int end;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* The end of the link tells as well, but only once the program, too, has
	 * left the shared table, which is after its exec. */
	prctl(PR_SET_PDEATHSIG, GUARD_PARENT_DIED);
	if (getppid() != supervisor)
		_exit(125);
	app = clone_sharing_files();
	if (app == 0)
		be_program(plan, s, argv, mask, supervisor, self);
	if (app < 0) {
		fail(s, -errno, "cannot fork");
		_exit(125);
	}
	if (unshare(CLONE_FILES) < 0) {
		fail(s, -errno, "cannot unshare the descriptor table");
		_exit(125);
	}
	forget_early_signals(app);
	witness_attend(&s->witness);
	atomic_store(&s->witness_ready, true);
	end = dup3(link[1], 0, O_CLOEXEC);
	kernel_close_range(1, ~0U, 0);
	guard_run(end, app, supervisor, s->warn_reaped);
}

/* ---- in the supervisor ---- */

void spawn_reserve_stdio(void)
{
	int fd;

	do {
		fd = open("/", O_PATH | O_CLOEXEC);
	} while (fd >= 0 && fd <= 2);
	close_fd(fd);
}

/* What is not close-on-exec is not gosup's own, but was given to it for the
 * program. @ret_unix: sockets of the UNIX domain were among it, or may have been. */
static void drop_inherited(bool *ret_unix)
{
	DIR *fds = opendir("/proc/self/fd");
	struct dirent *entry;

	*ret_unix = !fds;
	while (fds && (entry = readdir(fds))) {
		int fd = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : -1;

		if (fd < 0 || (fcntl(fd, F_GETFD) & FD_CLOEXEC))
			continue;
		*ret_unix |= sock_takes_path(fd);
		if (fd > 2)
			close(fd);
	}
	if (fds)
		closedir(fds);
}

/*
 * Leave the shared table, and let go of what is the program's: whoever is at
 * the other end of a pipe shall see when the program closes it. stderr stays,
 * for messages.
 */
static int own_descriptors(bool *ret_unix)
{
	int fd;

	if (unshare(CLONE_FILES) < 0)
		return -errno;
	drop_inherited(ret_unix);
	fd = open("/", O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dup3(fd, 0, O_CLOEXEC);
	dup3(fd, 1, O_CLOEXEC);
	close(fd);
	return 0;
}

int spawn(const struct plan *plan, char *const argv[], bool warn_reaped, struct spawned *ret,
	  struct spawn_shared **ret_shared, const char **ret_what)
{
	struct spawn_shared *s;
	pid_t supervisor = getpid();
	pid_t own[2] = { supervisor, 0 };
	sigset_t all, mask;
	int link[2], executed[2];
	bool unix_sockets = true;
	int err;

	*ret_what = "cannot allocate";
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		return -errno;
	s->warn_reaped = warn_reaped;
	err = landlock_prepare(plan, &s->landlock, ret_what);
	if (err)
		return err;
	*ret_what = "cannot make a socket pair";
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) < 0 ||
	    pipe2(executed, O_CLOEXEC) < 0)
		return -errno;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	/* No core, no ptrace, no /proc/PID/mem: for guard and supervisor. */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	witness_open(&s->witness);
	own[1] = clone_sharing_files();
	if (own[1] == 0)
		be_guard(plan, s, argv, &mask, link, supervisor);
	*ret_what = "cannot fork";
	if (own[1] < 0)
		return -errno;
	err = filter_build(plan, own, s->filter, &s->filter_len);
	if (err)
		fail(s, err, "cannot build the system call filter");
	else
		set_stage(s, STAGE_FILTER_BUILT);
	if (wait_beyond(s, STAGE_FILTER_BUILT, link[0]) != STAGE_LISTENING) {
		*ret_what = s->what;
		return s->error;
	}
	*ret_what = "cannot unshare the descriptor table";
	err = own_descriptors(&unix_sockets);
	if (err)
		return err;
	close(link[1]);
	landlock_finish(&s->landlock);
	close(executed[1]);
	*ret = (struct spawned){ s->listener, link[0], own[1], s->app, executed[0],
				 s->witness, unix_sockets };
	*ret_shared = s;
	return 0;
}

const _Atomic int *spawn_exec_error(const struct spawn_shared *shared)
{
	return &shared->exec_error;
}
