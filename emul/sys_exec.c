/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execve and execveat cannot be performed on behalf, so they are judged, let
 * go on, and what was really executed is judged again at the exec stop: the
 * path in the program's memory may have changed in between. A program that
 * another process traces cannot be stopped there, and is refused.
 *
 * For a script, /proc/PID/exe is its interpreter. That the script itself was
 * swapped for another gains nothing: the interpreter reads it by a path of its
 * own, which is judged as reading. For the same reason a script's digest would
 * say nothing.
 *
 * The bytes of a program that a rule gives a digest for are read twice: before,
 * for an error that its parent understands, if they are not known, and at the exec
 * stop, since when nobody can write to the file (ETXTBSY, execve(2)), for certain.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/digest.h"
#include "emul/exec_image.h"
#include "emul/exec_stop.h"
#include "emul/exec_view.h"
#include "emul/handlers.h"
#include "emul/path_call.h"
#include "emul/pathname.h"
#include "policy/base/cleanup.h"

static const struct path_wish exec_wish = { .op = OP_EXEC, .rights = ACCESS_EXEC };

/* Take @decided for the program called @path. Return: whether it may run. */
static bool may_run(struct notif *n, const char *path, struct decision decided)
{
	n->object = path;
	n->operation = "exec";
	n->decision = decided;
	if (n->decision.verdict == VERDICT_ERRNO)
		notif_record(n, EVENT_DENY, -n->decision.error);
	n->object = NULL;
	return n->decision.verdict != VERDICT_ERRNO;
}

static struct decision judge_program(struct notif *n, const char *path, bool memory)
{
	const struct policy *policy = n->emul->plan->policy;

	return memory ? decide_anonymous(policy, exec_wish) :
			decide_path(policy, path, strlen(path), exec_wish);
}

static struct decision judge_loader(struct notif *n, const char *path, bool memory)
{
	const struct policy *policy = n->emul->plan->policy;

	return memory ? decide_anonymous(policy, exec_wish) :
			decide_loader(policy, path, strlen(path));
}

static bool is_script(int fd)
{
	char start[2];

	return pread(fd, start, sizeof(start), 0) == sizeof(start) &&
	       !memcmp(start, "#!", sizeof(start));
}

/*
 * Has the program pinned at @pin the bytes that the rule which has allowed it
 * wants? Called where that may take long.
 */
static bool has_digest(struct notif *n, int pin, const char *path)
{
	const struct exec_rule *rule = n->decision.exec;
	unsigned char digest[SHA256_SIZE];
	char buf[PROC_FD_SIZE];
	auto_fd fd = -1;
	struct stat st;

	if (!rule || !rule->hashed)
		return true;
	n->object = path;
	fd = open(proc_fd_path(pin, buf), O_RDONLY | O_CLOEXEC);
	if (fd < 0 || digest_sha256(fd, digest) < 0) {
		notif_refuse(n, EACCES, "cannot be read, as its sha256 needs");
		return false;
	}
	if (is_script(fd)) {
		notif_refuse(n, EACCES, "a script's sha256 says nothing, its interpreter reads it "
			     "again");
		return false;
	}
	if (fstat(fd, &st) == 0)
		digest_remember(&st, digest);
	if (!memcmp(digest, rule->sha256, SHA256_SIZE))
		return true;
	n->decision.verdict = VERDICT_ERRNO;
	n->decision.error = EACCES;
	n->digest = digest;
	notif_record(n, EVENT_DENY, -EACCES);
	n->digest = NULL;
	return false;
}

/* A program's file, at its exec stop. */
struct image {
	int fd;			/* O_PATH */
	bool memory;		/* it never had a path */
	bool linked;		/* it has a name, if perhaps not the one it ran by */
	char path[SEEN_MAX];	/* as /proc tells it */
	char start[SEEN_MAX];	/* where it will start: its loader's, or the same */
};

static int look_at_image(struct notif *n, pid_t pid, struct image *image)
{
	char link[40];
	struct stat st;
	int err;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	image->fd = open(link, O_PATH | O_CLOEXEC);
	if (image->fd < 0 || fstat(image->fd, &st) < 0)
		return -errno;
	err = fd_path(n->worker, image->fd, image->path, sizeof(image->path));
	if (err < 0)
		return err;
	image->linked = st.st_nlink;
	image->memory = text_begins(image->path, "/memfd:") && !image->linked;
	return exec_image_start(pid, image->start, sizeof(image->start));
}

static bool image_may_run(struct notif *n, const struct image *image, bool loaded)
{
	if (!may_run(n, image->path, judge_program(n, image->path, image->memory)) ||
	    !has_digest(n, image->fd, image->path))
		return false;
	return !loaded || may_run(n, image->start, judge_loader(n, image->start, image->memory));
}

/*
 * Judge what is about to run in process @pid. Where a name ends in " (deleted)",
 * that is the kernel's word for a name that is gone, or part of the name: unless
 * the file has no name at all, nothing tells, so both must be allowed.
 */
static bool verify(struct notif *n, pid_t pid)
{
	struct image image = { .fd = -1 };
	bool may = false, loaded, gone;
	const char *seen;

	if (look_at_image(n, pid, &image) < 0)
		goto out;
	loaded = strcmp(image.path, image.start) != 0;
	seen = exec_view_name(n, image.fd);
	if (seen) {
		strcpy(image.path, seen);
		may = image_may_run(n, &image, loaded) && !exec_view_set_args(n, pid);
		goto out;
	}
	if (!image.linked)
		path_strip_deleted(image.path);
	may = image_may_run(n, &image, loaded);
	gone = path_strip_deleted(image.path);
	if (may && (path_strip_deleted(image.start) || gone))
		may = image_may_run(n, &image, loaded);
out:
	close_fd(image.fd);
	return may;
}

static void wait_and_verify(struct notif *n)
{
	atomic_store(&n->worker->patient, true);
	n->emul->block_begin(n->worker);
	exec_stop_wait(n, verify);
	n->emul->block_end(n->worker);
	atomic_store(&n->worker->patient, false);
}

/* The same before the execve: a guess will do. */
static bool has_digest_now(struct notif *n, const struct place *place)
{
	const struct exec_rule *rule = n->decision.exec;
	bool has;

	if (!rule || !rule->hashed || digest_is_likely(&place->st, rule->sha256))
		return true;
	n->emul->block_begin(n->worker);
	has = has_digest(n, place->fd, place->path);
	n->emul->block_end(n->worker);
	return has;
}

static struct outcome go_on(struct notif *n, const struct place *place)
{
	struct outcome outcome;

	if (!has_digest_now(n, place))
		return reply_errno(EACCES);
	notif_record(n, EVENT_EXEC, 0);
	if (exec_view(n, place, verify, &outcome))
		return outcome;
	if (!n->emul->confines_exec)
		return reply_continue(CONTINUE_NOTHING_TO_VERIFY);
	if (exec_stop_attach(n) < 0)
		return notif_refuse(n, EACCES, "exec cannot be verified while another process "
				    "traces this one");
	return reply_continue_then(CONTINUE_EXEC_VERIFIED, wait_and_verify);
}

struct outcome sys_exec(struct notif *n)
{
	bool at = n->row->nr == SYS_execveat;
	unsigned flags = at ? (unsigned)n->args[4] : 0;
	struct outcome outcome;
	struct place place;
	int err;

	if (exec_view_is_ours(n))
		return reply_continue(CONTINUE_EXEC_VERIFIED);
	err = fetch_path(n, at ? 1 : 0, n->worker->path);
	if (!err)
		err = act_begin(n, 0);
	if (err)
		return err == -ESRCH ? reply_gone() : reply_errno(err);
	err = walk(n, at ? (int)n->args[0] : AT_FDCWD, n->worker->path,
		   (flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0) |
		   (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0), &place);
	act_end(n);
	if (!judge_path(n, &place, err, exec_wish, &outcome))
		outcome = go_on(n, &place);
	else if (!err && n->decision.verdict == VERDICT_ALLOW)
		has_digest_now(n, &place);	/* observed: for the record */
	n->object = NULL;
	place_finish(&place);
	return outcome;
}
