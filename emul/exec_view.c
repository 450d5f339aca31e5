/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel resolves what is to be executed by itself, and where rules show
 * something else than what is there, it finds the wrong thing or nothing. So its
 * caller is lent a descriptor, stopped on its way out of the call
 * (emul/thread_call.h) and made to execute that. It is closed by the execve.
 *
 * Since the kernel could name a script only by that descriptor, scripts are
 * resolved here, down to the program that interprets them, and what the kernel
 * would have put before the arguments is put there at the exec stop.
 *
 * Another thread may put anything else behind the descriptor's number meanwhile.
 * Then that is executed, and verified as what it is.
 */
#include "emul/exec_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/exec_args.h"
#include "emul/handlers.h"
#include "emul/kernel.h"
#include "emul/path_call.h"
#include "emul/script.h"
#include "emul/thread_call.h"
#include "emul/view_name.h"
#include "policy/base/cleanup.h"

static const struct path_wish exec_wish = { .op = OP_EXEC, .rights = ACCESS_EXEC };

/* What the caller is to execute instead of what it has named. */
struct relay {
	int pin;			/* open for reading */
	char path[SEEN_MAX];		/* by this name the program knows it */
	bool (*verify)(struct notif *n, pid_t pid);
	char file[PATH_MAX + 32];	/* what was named, as the kernel puts it */
	struct script scripts[SCRIPT_DEPTH];
	unsigned depth;			/* of these */
};

static void relay_free(struct relay *relay)
{
	if (relay)
		close_fd(relay->pin);
	free(relay);
}

/* Source: alloc_bprm() in fs/exec.c. */
static void name_file(const struct notif *n, struct relay *relay)
{
	const char *path = n->worker->path;
	int dirfd = (int)n->args[0];

	if (n->row->nr != SYS_execveat || dirfd == AT_FDCWD || *path == '/')
		snprintf(relay->file, sizeof(relay->file), "%s", path);
	else
		snprintf(relay->file, sizeof(relay->file), "/dev/fd/%d%s%s", dirfd,
			 *path ? "/" : "", path);
}

/* Have the caller begin with @place. What is only pinned could not be lent:
 * fget() in seccomp_notify_addfd(). Return: 0 or a negative errno. */
static int take(struct relay *relay, const struct place *place)
{
	char buf[PROC_FD_SIZE];

	if (place->fd < 0 || !S_ISREG(place->st.st_mode))
		return -EACCES;
	close_fd(relay->pin);
	relay->pin = open(proc_fd_path(place->fd, buf), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	strcpy(relay->path, place->path);
	return relay->pin < 0 ? -errno : 0;
}

/* As the caller: resolve an interpreter, or see if a script may be executed. */
static int find(struct notif *n, const char *path, struct place *ret)
{
	int err = act_begin(n, 0);

	if (err) {
		place_init(ret);
		return err;
	}
	err = walk(n, AT_FDCWD, path, 0, ret);
	act_end(n);
	return err;
}

static int may_execute(struct notif *n, const struct place *place)
{
	int err = act_begin(n, 0);

	if (err)
		return err;
	err = kernel_faccessat2(place->fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS);
	act_end(n);
	return err;
}

static bool is_elsewhere(const struct place *place)
{
	return place->view || place->detour;
}

/* The script that relay->pin is. Return: 0, 1 if it is none, or an errno. */
static int read_script(struct relay *relay)
{
	char head[SCRIPT_HEAD] = "";

	if (pread(relay->pin, head, sizeof(head), 0) < 0)
		return -errno;
	if (relay->depth == SCRIPT_DEPTH)
		return head[0] == '#' && head[1] == '!' ? -ELOOP : 1;
	return script_parse(head, &relay->scripts[relay->depth]);
}

/*
 * Follow the interpreters of what is at @place.
 * @judge: whether each of them may be started; if not, only look
 * @ret_elsewhere: one of them is seen through a view
 * Return: 0; 1 if one may not be started, then @ret says so; or a negative errno.
 */
static int follow(struct notif *n, struct relay *relay, const struct place *place,
		  bool judge, bool *ret_elsewhere, struct outcome *ret)
{
	struct place next;
	int err;

	relay->depth = 0;
	*ret_elsewhere = is_elsewhere(place);
	err = take(relay, place);
	if (!err && judge)
		err = may_execute(n, place);
	while (!err && !(err = read_script(relay))) {
		const char *interpreter = relay->scripts[relay->depth++].interpreter;

		/* For the kernel that is the working directory. */
		if (!*interpreter)
			return -EACCES;
		err = find(n, interpreter, &next);
		if (judge && judge_path(n, &next, err, exec_wish, ret))
			err = 1;
		if (!err)
			err = take(relay, &next);
		if (!err && judge && is_elsewhere(&next) && next.view)
			view_names_note(views_names(n->emul->views), next.path, next.view);
		*ret_elsewhere |= !err && is_elsewhere(&next);
		n->object = NULL;
		place_finish(&next);
		if (err)
			return err;
	}
	return err == 1 ? 0 : err;
}

static void run(struct notif *n)
{
	bool at = n->row->nr == SYS_execveat;
	/* The end of the path as it was read: an empty one, or else what is
	 * executed is not what was lent. */
	uint64_t empty = n->args[at ? 1 : 0] + strlen(n->worker->path);
	struct thread_call exec = {
		SYS_execveat, { (uint64_t)n->lent, empty, n->args[at ? 2 : 1],
				n->args[at ? 3 : 2], AT_EMPTY_PATH },
	};
	struct thread_call undo = { SYS_close, { (uint64_t)n->lent } };

	atomic_store(&n->worker->patient, true);
	n->emul->block_begin(n->worker);
	if (n->lent >= 0)
		thread_call_exec(n, &exec, n->relay->verify, &undo);
	else
		thread_call_run(n, NULL, 0);
	n->emul->block_end(n->worker);
	atomic_store(&n->worker->patient, false);
	relay_free(n->relay);
	n->relay = NULL;
}

/* Lend the caller what it is to execute, and stop it behind its call. */
static struct outcome hand_over(struct notif *n, struct relay *relay)
{
	struct seccomp_notif_addfd add = {
		.id = n->id, .srcfd = (uint32_t)relay->pin, .newfd_flags = O_CLOEXEC,
	};

	if (thread_call_attach(n) < 0) {
		relay_free(relay);
		return notif_refuse(n, EACCES, "cannot start what a view shows while another "
				    "process traces it");
	}
	do {
		n->lent = kernel_notif_addfd(n->emul->listener, &add);
	} while (n->lent == -EINTR);
	n->relay = relay;
	return reply_errno_then(n->lent < 0 ? n->lent : EACCES, run);
}

/* May the program read what it would be lent? */
static bool may_read(struct notif *n, const char *path)
{
	struct path_wish wish = { .op = OP_OPEN, .rights = ACCESS_READ };

	return decide_path(n->emul->plan->policy, path, strlen(path), wish).verdict !=
	       VERDICT_ERRNO;
}

bool exec_view(struct notif *n, const struct place *place,
	       bool (*verify)(struct notif *n, pid_t pid), struct outcome *ret)
{
	struct decision decided = n->decision;
	struct relay *relay;
	bool elsewhere;
	int err;

	if (!is_elsewhere(place) && !n->emul->plan->shifts_paths)
		return false;
	relay = calloc(1, sizeof(*relay));
	if (!relay) {
		*ret = reply_errno(ENOMEM);
		return true;
	}
	relay->pin = -1;
	relay->verify = verify;
	name_file(n, relay);
	/* Most programs are neither scripts nor elsewhere. */
	if (!is_elsewhere(place)) {
		follow(n, relay, place, false, &elsewhere, ret);
		if (!elsewhere) {
			relay_free(relay);
			return false;
		}
	}
	err = follow(n, relay, place, true, &elsewhere, ret);
	n->decision = decided;
	n->object = place->path;
	if (err) {
		relay_free(relay);
		if (err < 0)
			*ret = err == -ESRCH ? reply_gone() : reply_errno(err);
	} else if (!may_read(n, relay->path)) {
		relay_free(relay);
		*ret = notif_refuse(n, EACCES, "what a view shows must be readable to be started");
	} else {
		if (place->view)
			view_names_note(views_names(n->emul->views), place->path, place->view);
		*ret = hand_over(n, relay);
	}
	return true;
}

const char *exec_view_name(const struct notif *n, int fd)
{
	struct stat want, is;

	if (!n->relay || fstat(n->relay->pin, &want) < 0 || fstat(fd, &is) < 0 ||
	    want.st_dev != is.st_dev || want.st_ino != is.st_ino)
		return NULL;
	return n->relay->path;
}

/* [INTERPRETER, ARGUMENT]... FILE: the innermost interpreter comes first. */
int exec_view_set_args(const struct notif *n, pid_t pid)
{
	const struct relay *relay = n->relay;
	const char *first[2 * SCRIPT_DEPTH + 1];
	size_t count = 0;

	for (unsigned i = relay->depth; i > 0; i--) {
		const struct script *script = &relay->scripts[i - 1];

		first[count++] = script->interpreter;
		if (script->has_argument)
			first[count++] = script->argument;
	}
	if (count)
		first[count++] = relay->file;
	return exec_args_set(pid, first, count, relay->file);
}

bool exec_view_is_ours(const struct notif *n)
{
	return n->row->nr == SYS_execveat && ((unsigned)n->args[4] & AT_EMPTY_PATH) &&
	       thread_call_is_ours(n);
}
