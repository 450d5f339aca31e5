/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any call with any arguments and any memory behind them, served by the
 * handlers themselves under a policy with every kind of rule: each is answered
 * once, no descriptor leaks, and none of what the policy denies is injected.
 *
 * The kernel seam is fake_kernel.c: notifications come from here, the caller's
 * memory is the rest of the input, its files and sockets are those of a child
 * that sleeps. All else is real, files included, so this runs as nobody, and
 * writes only to its own directory (landlock(7)). What executes, traces and
 * signals is left out.
 *
 * Input: the call, then for each argument a kind and, if that says so, a value;
 * what follows is memory, which ends at the end of a page.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "emul/dispatch.h"
#include "emul/handlers.h"
#include "emul/kernel.h"
#include "emul/reply.h"
#include "emul/view.h"
#include "policy/policy.h"
#include "tests/fuzz/fake_kernel.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOBODY 65534
#define DIR_FD 10	/* the caller's, open on its directory */
#define FILE_FD 11
#define SOCKET_FD 12
#define DATAGRAM_FD 13

static char top[] = "/tmp/gosup-fuzz-XXXXXX";
static pid_t caller;
static struct emul emul;
static struct emul_known known = { .uniform = true, .umask_uniform = true };
static struct worker worker;
static unsigned performed[512], performed_count;	/* slots */

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz_calls: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the world ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind;
	if (at->level)
		remove(path);
	return 0;
}

static void make_file(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return;
	need(write(fd, text, strlen(text)) >= 0, path);
	close(fd);
}

static void make_tree(void)
{
	static const char *const dirs[] = { "secret", "dir", "dir/sub", "real", "hidden" };
	char path[128];
	size_t i;

	nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	chmod(top, 0755);
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, dirs[i]);
		mkdir(path, 0755);
	}
	make_file("secret/key", "secret");
	make_file("file", "text");
	make_file("dir/a", "a");
	make_file("real/b", "b");
	make_file("hidden/c", "secret");
	snprintf(path, sizeof(path), "%s/link", top);
	need(symlink("secret/key", path) == 0 || errno == EEXIST, path);
	snprintf(path, sizeof(path), "%s/to-dir", top);
	need(symlink("dir", path) == 0 || errno == EEXIST, path);
}

/* Sleep as long as the fuzzer lives, then take its directory away. */
static void be_caller(void)
{
	sigset_t set;
	int fds[2];

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	need(chdir(top) == 0, top);
	need(dup2(open(".", O_RDONLY | O_DIRECTORY), DIR_FD) >= 0, "dup2");
	need(dup2(open("file", O_RDWR), FILE_FD) >= 0, "dup2");
	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0, "socketpair");
	need(dup2(fds[0], SOCKET_FD) >= 0, "dup2");
	need(dup2(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), DATAGRAM_FD) >= 0, "dup2");
	sigwaitinfo(&set, NULL);
	nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	rmdir(top);
	_exit(0);
}

/* From here on, nothing is written but to @argv's directories and the tree. */
static void confine(int argc, char **argv)
{
	static const char prefix[] = "-artifact_prefix=";
	const struct landlock_ruleset_attr attr = {
		/* All but EXECUTE, READ_FILE and READ_DIR, as of ABI 3. */
		.handled_access_fs = 0x7ff2,
	};
	int ruleset = kernel_landlock_create(&attr, sizeof(attr.handled_access_fs));

	need(ruleset >= 0, "Landlock of Linux 6.2 is needed");
	for (int i = 0; i <= argc; i++) {
		const char *path = i < argc ? argv[i] : top;
		char dir[4096];
		int fd;

		if (!strncmp(path, prefix, sizeof(prefix) - 1)) {
			snprintf(dir, sizeof(dir), "./%s", path + sizeof(prefix) - 1);
			*(strrchr(dir, '/') + 1) = '\0';
			path = dir;
		}
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			kernel_landlock_add_path(ruleset, 0x7ff2, fd);
		if (fd >= 0)
			close(fd);
	}
	need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
	need(kernel_landlock_restrict(ruleset) == 0, "landlock");
	close(ruleset);
}

/* ---- the supervisor ---- */

static void record(void *arg, const struct event *event)
{
	(void)arg;
	/* What a record is made of must be there. */
	if (event->notif->object && !memchr(event->notif->object, 0, 2 * PATH_MAX))
		abort();
}

static void ignore(struct worker *w)
{
	(void)w;
}

static void ignore_listening(void *arg)
{
	(void)arg;
}

static void make_policy(void)
{
	static const struct plan_features features = { .notify = true };
	struct policy *policy;
	struct plan *plan;
	struct diag diag;
	char text[2048];

	snprintf(text, sizeof(text), "{\"version\": 1, \"files\": ["
		 "{\"path\": \"%1$s/secret\", \"deny\": \"EACCES\"},"
		 "{\"path\": \"%1$s/hidden\", \"hide\": true},"
		 "{\"path\": \"%1$s/made\", \"content\": \"made up\"},"
		 "{\"path\": \"%1$s/mapped\", \"map\": \"%1$s/real\"},"
		 "{\"path\": \"%1$s/from/*/x\", \"from\": \"%1$s/dir\"},"
		 "{\"path\": \"%1$s/dir/sub\", \"allow\": \"read\"}]}", top);
	need(policy_parse("fuzz", text, strlen(text), &policy, &diag) == 0, diag.message);
	need(plan_make(policy, &features, &plan, &diag) == 0, diag.message);
	emul = (struct emul){
		.listener = -1, .known = &known, .plan = plan, .views = views_new(policy),
		.confines_exec = true, .protected_pids = { getpid(), getppid() },
		.record = record, .record_kinds = ~0U, .listening = ignore_listening,
		.block_begin = ignore, .block_end = ignore, .before_reply = ignore,
	};
	need(emul.views != NULL, "views");
}

static void list_performed(void)
{
	for (unsigned i = 0; i < syscall_count; i++) {
		const struct syscall_row *row = &syscall_rows[i];

		if (emul.plan->calls[i].verdict == PLAN_ALLOW && !emul.plan->calls[i].branch_count)
			continue;
		if (row->class != CLASS_EXEC && row->class != CLASS_PROCESS &&
		    row->class != CLASS_ADMIN)
			performed[performed_count++] = i;
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	need(mkdtemp(top) != NULL, top);
	if (geteuid() == 0) {
		need(chown(top, NOBODY, NOBODY) == 0, top);
		need(setgid(NOBODY) == 0 && setuid(NOBODY) == 0, "setuid");
	}
	need(prctl(PR_SET_DUMPABLE, 1) == 0, "dumpable");
	make_tree();
	caller = fork();
	if (caller == 0)
		be_caller();
	confine(*argc, *argv);
	make_policy();
	list_performed();
	need(worker_init(&worker, &emul, true) == 0, "worker_init");
	fake_init(caller, top);
	return 0;
}

/* ---- an input ---- */

struct bytes {
	const uint8_t *at;
	size_t left;
};

static uint64_t take(struct bytes *b, size_t size)
{
	uint64_t value = 0;

	if (size > b->left)
		size = b->left;
	memcpy(&value, b->at, size);
	b->at += size;
	b->left -= size;
	return value;
}

static uint64_t argument(struct bytes *b)
{
	static const int fds[] = { AT_FDCWD, DIR_FD, FILE_FD, SOCKET_FD, DATAGRAM_FD, 99 };
	uint64_t kind = take(b, 1);

	switch (kind & 7) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)(int64_t)fds[(kind >> 3) % (sizeof(fds) / sizeof(fds[0]))];
	case 2:
		return take(b, 1);
	case 3:
		return take(b, 3);
	case 4:
		return take(b, 8);
	default:	/* into the memory */
		return FAKE_END - take(b, 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	struct seccomp_notif req = { .id = 1, .pid = (uint32_t)caller };
	unsigned slot = performed[take(&b, 1) % performed_count];
	int before, after;
	size_t i;

	req.data.nr = syscall_rows[slot].nr;
	for (i = 0; i < SYSCALL_ARGS; i++)
		req.data.args[i] = argument(&b);
	make_tree();
	/* What it remembers of directories is not this call's. */
	before = open("/", O_PATH | O_CLOEXEC);
	close(before);
	fake_begin(b.at, b.left);
	dispatch(&worker, &req);
	fake_end();
	after = open("/", O_PATH | O_CLOEXEC);
	close(after);
	if (before != after) {
		fprintf(stderr, "%s leaves descriptor %d open\n", syscall_rows[slot].name, before);
		abort();
	}
	return 0;
}
