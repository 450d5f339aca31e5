/* SPDX-License-Identifier: Apache-2.0 */
/* Path calls of a kind of their own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "emul/mem.h"
#include "emul/path_call.h"
#include "emul/thread_call.h"
#include "emul/view_name.h"
#include "policy/base/cleanup.h"

/* A call newer than its mediated equivalent: programs know how to do without. */
struct outcome sys_absent(struct notif *n)
{
	if (n->emul->plan->policy->mode == MODE_OBSERVE)
		return reply_continue(CONTINUE_OBSERVE);
	return reply_errno(ENOSYS);
}

/* ---- chdir ---- */

/* The caller has its answer, and a descriptor of the directory. */
static void go_to_lent(struct notif *n)
{
	struct thread_call calls[] = {
		{ SYS_fchdir, { (uint64_t)n->lent } }, { SYS_close, { (uint64_t)n->lent } },
	};

	atomic_store(&n->worker->patient, true);
	n->emul->block_begin(n->worker);
	thread_call_run(n, calls, n->lent >= 0 ? 2 : 0);
	n->emul->block_end(n->worker);
	atomic_store(&n->worker->patient, false);
}

/* What a view shows has no such name for the kernel, so the caller is given the
 * directory, and made to go there. */
static struct outcome chdir_to_view(struct notif *n, const struct place *place)
{
	char path[PROC_FD_SIZE];
	auto_fd fd = open(proc_fd_path(place->fd, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct seccomp_notif_addfd add = {
		.id = n->id, .srcfd = (uint32_t)fd, .newfd_flags = O_CLOEXEC,
	};

	if (fd < 0)
		return notif_refuse(n, EACCES, "cannot change into a mapped directory that it "
				    "may not read");
	act_end(n);	/* the supervisor traces, not the caller */
	if (thread_call_attach(n) < 0)
		return notif_refuse(n, EACCES, "cannot change into a mapped directory while "
				    "another process traces it");
	do {
		n->lent = kernel_notif_addfd(n->emul->listener, &add);
	} while (n->lent == -EINTR);
	view_names_note(views_names(n->emul->views), place->path, place->view);
	return n->lent < 0 ? reply_errno_then(n->lent, go_to_lent)
			   : reply_value_then(0, go_to_lent);
}

/*
 * Nobody can change another process's directory, so chdir goes on natively
 * once it was judged. That the path may have changed meanwhile gains nothing:
 * a working directory gives access to nothing, and each path that starts there
 * is judged by where it really leads.
 */
static struct outcome do_chdir(struct notif *n, const struct place *place)
{
	if (!S_ISDIR(place->st.st_mode))
		return reply_errno(ENOTDIR);
	if (place->detour)
		return chdir_to_view(n, place);
	return reply_continue(CONTINUE_NOTHING_GAINED);
}

struct outcome sys_chdir(struct notif *n)
{
	static const struct path_call calls[] = {
		{ SYS_chdir, NO_ARG, 0, NO_ARG, 0, 0, 0, 0, do_chdir },
		{ 0 },
	};

	return path_call_serve(n, calls);
}

/* ---- getcwd ---- */

/* What the program has as its directory may be the target of a view, or one
 * that only rules make. */
struct outcome sys_cwd(struct notif *n)
{
	char link[32], path[SEEN_MAX];
	enum view_kind kind;
	struct stat st;
	auto_fd fd = -1;
	size_t len;
	int ret;

	snprintf(link, sizeof(link), "/proc/%d/cwd", n->tid);
	fd = open(link, O_PATH | O_CLOEXEC);
	if (!n->emul->plan->edits_lists || fd < 0 || fstat(fd, &st) < 0)
		return reply_continue(CONTINUE_NOTHING_TO_VERIFY);
	ret = fd_seen_path(n, fd, &st, &kind, path);
	/* Of what was removed the kernel says so. */
	if (ret < 0 || (kind == VIEW_NONE && (!ret || !st.st_nlink)))
		return reply_continue(CONTINUE_NOTHING_TO_VERIFY);
	if (!notif_alive(n))
		return reply_gone();
	len = strlen(path) + 1;
	if (len > PATH_MAX)
		return reply_errno(ENAMETOOLONG);
	if (len > n->args[1])
		return reply_errno(ERANGE);
	ret = mem_write(n, n->args[0], path, len);
	return reply_result(ret ? ret : (int64_t)len);
}

/* ---- inotify_add_watch ---- */

/* The kernel looks at mask and descriptor before it does so at the path, which it
 * would not find here. */
static int early_watch(struct notif *n)
{
	uint32_t mask = (uint32_t)n->args[2];
	auto_fd inotify = -1;

	if (inotify_add_watch(-1, "", mask) < 0 && errno == EINVAL)
		return -EINVAL;
	inotify = notif_getfd(n, (int)n->args[0]);
	if (inotify < 0)
		return inotify == -EPERM ? 0 : inotify;
	return inotify_add_watch(inotify, "", mask) < 0 && errno != ENOENT ?
	       -errno : 0;
}

static struct outcome do_watch(struct notif *n, const struct place *place)
{
	char path[PROC_FD_SIZE];
	auto_fd inotify = -1;
	uint32_t mask = (uint32_t)n->args[2];
	int wd;

	if (!n->emul->plan->confines_files && !place->view && !place->detour)
		return reply_continue(CONTINUE_NOTHING_TO_VERIFY);
	if ((mask & IN_ONLYDIR) && !S_ISDIR(place->st.st_mode))
		return reply_errno(ENOTDIR);
	inotify = notif_getfd(n, (int)n->args[0]);
	if (inotify == -EPERM)
		return notif_refuse(n, EPERM, "cannot watch where pidfd_getfd is refused");
	if (inotify < 0)
		return inotify == -ESRCH ? reply_gone() : reply_errno(inotify);
	/* A link itself cannot be reached through /proc/self/fd; there is
	 * nothing to see of it either. */
	mask &= ~(uint32_t)(IN_DONT_FOLLOW | IN_ONLYDIR);
	/* Some bit has to be set; this one is anyway. */
	wd = inotify_add_watch(inotify, proc_fd_path(place->fd, path), mask | IN_UNMOUNT);
	return wd < 0 ? reply_errno(errno) : reply_value(wd);
}

struct outcome sys_watch(struct notif *n)
{
	struct path_call calls[] = {
		{ SYS_inotify_add_watch, NO_ARG, 1, NO_ARG, 0, 0, 0, 0, do_watch, early_watch },
		{ 0 },
	};

	if (n->args[2] & IN_DONT_FOLLOW)
		calls[0].walk = WALK_NOFOLLOW;
	return path_call_serve(n, calls);
}

/* ---- name_to_handle_at ---- */

/* AT_*, of 6.12 and 6.13; the latter not together with AT_EMPTY_PATH. */
#define HANDLE_MNT_ID_UNIQUE 1
#define HANDLE_CONNECTABLE 2

/* The handle is of no use to whom open_by_handle_at() is refused, but programs
 * compare handles and mount ids. */
static struct outcome do_handle(struct notif *n, const struct place *place)
{
	struct {
		struct file_handle head;
		unsigned char bytes[MAX_HANDLE_SZ];
	} handle;
	unsigned more = (unsigned)n->args[4] & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
	size_t id_size = more & HANDLE_MNT_ID_UNIQUE ? sizeof(uint64_t) : sizeof(int);
	char path[PROC_FD_SIZE];
	uint64_t mount_id = 0;
	int err;

	/* Whether there can be a handle at all is asked first, and more room than
	 * any needs refused then: do_sys_name_to_handle() in fs/fhandle.c. */
	err = mem_read(n, n->args[2], &handle.head, sizeof(handle.head));
	if (more & HANDLE_CONNECTABLE)
		more |= AT_SYMLINK_FOLLOW;
	else
		more |= AT_EMPTY_PATH;
	if (syscall(SYS_name_to_handle_at, place->fd, more & AT_EMPTY_PATH ? "" :
		    proc_fd_path(place->fd, path), err ? NULL : &handle.head, &mount_id, more) < 0) {
		err = errno;
		if (err == EOVERFLOW &&
		    (mem_write(n, n->args[3], &mount_id, id_size) ||
		     mem_write(n, n->args[2], &handle.head, sizeof(handle.head))))
			err = EFAULT;
		return reply_errno(err);
	}
	err = mem_write(n, n->args[3], &mount_id, id_size);
	if (!err)
		err = mem_write(n, n->args[2], &handle,
				sizeof(handle.head) + handle.head.handle_bytes);
	return reply_result(err);
}

/* Which flags there are, the kernel knows; it would not find the path. */
static int early_handle(struct notif *n)
{
	unsigned flags = (unsigned)n->args[4] & ~(unsigned)AT_EMPTY_PATH;

	return syscall(SYS_name_to_handle_at, AT_FDCWD, "", NULL, NULL, flags) < 0 &&
	       errno == EINVAL ? -EINVAL : 0;
}

struct outcome sys_handle(struct notif *n)
{
	struct path_call calls[] = {
		{ SYS_name_to_handle_at, 0, 1, NO_ARG, 0, 0, 0, 0, do_handle, early_handle },
		{ 0 },
	};
	unsigned flags = (unsigned)n->args[4];

	if (!(flags & AT_SYMLINK_FOLLOW))
		calls[0].walk = WALK_NOFOLLOW;
	if (flags & AT_EMPTY_PATH)
		calls[0].walk |= WALK_EMPTY;
	return path_call_serve(n, calls);
}
