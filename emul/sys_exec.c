/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execve and execveat cannot be performed on behalf, so they are judged, let
 * go on, and what was really executed is judged again at the exec stop: the
 * path in the program's memory may have changed in between. A program that
 * another process traces cannot be stopped there, and is refused.
 *
 * For a script, /proc/PID/exe is its interpreter. That the script itself was
 * swapped for another gains nothing: the interpreter reads it by a path of its
 * own, which is judged as reading.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/exec_image.h"
#include "emul/exec_stop.h"
#include "emul/handlers.h"
#include "emul/pathname.h"
#include "policy/base/cleanup.h"

static const struct path_wish exec_wish = { .op = OP_EXEC, .rights = ACCESS_EXEC };

/* Judge the file called @path, of which a process is made. */
static bool may_run(struct notif *n, const char *path, bool anonymous)
{
	const struct policy *policy = n->emul->plan->policy;

	n->object = path;
	n->operation = "exec";
	n->decision = anonymous ? decide_anonymous(policy, exec_wish)
				: decide_path(policy, path, strlen(path), exec_wish);
	if (n->decision.verdict == VERDICT_ERRNO)
		notif_record(n, EVENT_DENY, -n->decision.error);
	n->object = NULL;
	return n->decision.verdict != VERDICT_ERRNO;
}

/* Judge what is about to run in process @pid. */
static bool verify(struct notif *n, pid_t pid)
{
	char link[40], path[SEEN_MAX], loader[SEEN_MAX];
	struct stat st;
	auto_fd fd = -1;
	bool memory;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	fd = open(link, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 ||
	    fd_path(n->worker, fd, path, sizeof(path)) < 0)
		return false;
	path_strip_deleted(path, &st);
	memory = text_begins(path, "/memfd:") && st.st_nlink == 0;
	if (!may_run(n, path, memory))
		return false;
	/* The kernel may have loaded another file to start it: its loader. */
	if (exec_image_start(pid, loader, sizeof(loader)) < 0)
		return false;
	if (!strcmp(loader, path))
		return true;
	if (!may_run(n, loader, memory))
		return false;
	/* Whether it is gone, or is called like that, makes no difference. */
	st.st_nlink = 0;
	path_strip_deleted(loader, &st);
	return may_run(n, loader, memory);
}

static void wait_and_verify(struct notif *n)
{
	atomic_store(&n->worker->patient, true);
	n->emul->block_begin(n->worker);
	exec_stop_wait(n, verify);
	n->emul->block_end(n->worker);
	atomic_store(&n->worker->patient, false);
}

static struct outcome refuse(struct notif *n, const char *why)
{
	n->operation = why;
	notif_record(n, EVENT_DENY, -EACCES);
	return reply_errno(EACCES);
}

static struct outcome go_on(struct notif *n, const struct place *place)
{
	if (place->view || place->detour)
		return refuse(n, "exec through a view is not supported:");
	notif_record(n, EVENT_EXEC, 0);
	if (!n->emul->confines_exec)
		return reply_continue(CONTINUE_NOTHING_TO_VERIFY);
	if (exec_stop_attach(n) < 0)
		return refuse(n, "exec cannot be verified while another process traces this one:");
	return reply_continue_then(CONTINUE_EXEC_VERIFIED, wait_and_verify);
}

struct outcome sys_exec(struct notif *n)
{
	bool at = n->row->nr == SYS_execveat;
	unsigned flags = at ? (unsigned)n->args[4] : 0;
	struct outcome outcome;
	struct place place;
	int err;

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
	n->object = NULL;
	place_finish(&place);
	return outcome;
}
