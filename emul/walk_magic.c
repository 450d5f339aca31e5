/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links in /proc/PID (fd/N, cwd, exe, root, map_files) that lead to an object and
 * not to a name. The kernel follows them; the object's name is asked for afterwards.
 *
 * What it says is the name where the object is mounted. If a process that is not of
 * the program's tree has mounts of its own, that is no name here, and another object
 * may go by it: what rules deny, bound elsewhere there, would be had by a name that
 * nothing denies. So where rules take something away, such a link has to lead to where
 * its name leads here, in the same mount. (The program's own processes cannot get
 * mounts of their own then: policy/plan_special.c.)
 *
 * Sources: proc_pid_root(5), proc_pid_get_link() in fs/proc/base.c, d_path().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "emul/pathname.h"
#include "emul/walker.h"
#include "policy/base/cleanup.h"

static bool is_memory_file(const struct walker *w, const struct stat *st)
{
	return st->st_nlink == 0 && text_begins(w->seen, "/memfd:");
}

/* The process or thread whose directory @path in a procfs is, or lies in: the last
 * number. Return: 0 if there is none. */
static pid_t owner_of(const char *path)
{
	pid_t found = 0;

	for (const char *p = strchr(path, '/'); p; p = strchr(p, '/')) {
		size_t digits = strspn(++p, "0123456789");

		if (digits && (p[digits] == '/' || !p[digits]))
			found = atoi(p);
	}
	return found;
}

static bool mount_of(int fd, uint64_t *ret)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0 ||
	    !(stx.stx_mask & STATX_MNT_ID))
		return false;
	*ret = stx.stx_mnt_id;
	return true;
}

/* Does the name of pinned @fd lead to it in our own mounts, too? */
static bool is_ours(struct walker *w, int fd, const struct stat *st)
{
	char name[SEEN_MAX];
	uint64_t its, here;
	struct stat other;
	auto_fd same = -1;

	if (fd_path(w->n->worker, fd, name, sizeof(name)) < 0)
		return false;
	act_lift(w->n->worker);		/* it is only compared */
	same = kernel_openat2(AT_FDCWD, name, O_PATH | O_CLOEXEC | O_NOFOLLOW, 0,
			      RESOLVE_NO_SYMLINKS);
	act_drop(w->n->worker);
	return same >= 0 && fstat(same, &other) == 0 && other.st_ino == st->st_ino &&
	       other.st_dev == st->st_dev && mount_of(fd, &its) && mount_of(same, &here) &&
	       its == here;
}

int walker_follow_magic(struct walker *w, int dir, const char *name, const char *remaining)
{
	char link[SEEN_MAX];
	enum view_kind kind;
	struct stat st;
	int fd = walker_pin(w, dir, name, w->seen, O_PATH | O_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return fd;
	strcpy(link, w->seen);
	walker_set_base(w, fd);
	w->rooted = false;
	if (fstat(fd, &st) < 0)
		return -errno;
	err = walker_name_base(w, &st, &kind);
	if (err)
		return err;
	if (w->n->emul->plan->keeps_apart && w->seen[0] == '/' && !is_memory_file(w, &st) &&
	    !emul_in_tree(w->n->emul, owner_of(link)) && !is_ours(w, fd, &st))
		return -EACCES;
	if (++w->links > WALKER_MAX_LINKS)
		return -ELOOP;
	if (*remaining) {
		if (!S_ISDIR(st.st_mode))
			return -ENOTDIR;
		return w->seen[0] == '/' ? STEP_AGAIN : -EACCES;
	}
	if (kind == VIEW_NONE && (w->seen[0] != '/' || is_memory_file(w, &st))) {
		/* No name of its own: rules see the link's. */
		w->place->anonymous = true;
		snprintf(w->seen, sizeof(w->seen), "%s/%s", link, name);
	}
	strcpy(w->place->path, w->seen);
	w->place->len = strlen(w->seen);
	w->place->want_dir = false;
	walker_set_view(w, kind);
	w->base = -1;
	return walker_done(w, fd, &st);
}
