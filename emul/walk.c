/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A path is judged by the canonical name of the object
 * it leads to, and the object that was judged is the one that is used, so it
 * is pinned first (O_PATH). To know its canonical name without asking for it,
 * the kernel is told to refuse symlinks: then the name is what was written,
 * tidied up. Most paths are settled by that one openat2().
 *
 * Where a symlink is in the way (ELOOP), or the path has "..", components are
 * taken one by one (walk_jump.c: from not far before it) until the next link is
 * followed by hand; then the rest is tried in one go again. Rules with a view
 * (content, from, map) take effect where the walk passes them, as a mount would.
 *
 * "/proc/self" and magic links mean the caller's, not ours: the first is
 * rewritten with the caller's pid, the latter are followed by the kernel
 * from there.
 *
 * Sources: path_resolution(7), openat2(2), fs/namei.c.
 */
#include "emul/walker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "emul/path_call.h"
#include "emul/pathname.h"
#include "emul/view.h"
#include "policy/base/cleanup.h"

/*
 * If the tidied path goes through /proc/self or /proc/thread-self, write the
 * caller's ids there. Return: STEP_AGAIN if it was, STEP_DONE if not.
 */
static int rewrite_proc_self(struct walker *w)
{
	const char *path = w->place->path;
	bool self = path_begins(path, "/proc/self");
	bool thread = path_begins(path, "/proc/thread-self");
	const char *tail = path + strlen(self ? "/proc/self" : "/proc/thread-self");
	const char *end = !w->place->want_dir ? "" :
			  path_last_kind(w->rest) == '.' ? "/." : "/";
	char tmp[SEEN_MAX];
	pid_t tgid;

	if (!self && !thread)
		return STEP_DONE;
	if (!*tail && !w->place->want_dir && (w->flags & WALK_NOFOLLOW))
		return STEP_DONE;	/* the link itself is meant */
	if (w->flags & WALK_NO_LINKS)
		return -ELOOP;
	tgid = notif_tgid(w->n);
	if (tgid <= 0)
		return -ESRCH;
	if (self)
		snprintf(tmp, sizeof(tmp), "/proc/%d%s%s", tgid, tail, end);
	else
		snprintf(tmp, sizeof(tmp), "/proc/%d/task/%d%s%s", tgid, w->n->tid, tail, end);
	strcpy(w->rest, tmp);
	return STEP_AGAIN;
}

/* Does it end in a name with a slash behind it? */
static bool has_slash(const char *path)
{
	size_t len = strlen(path);

	return len && path[len - 1] == '/' && !path_last_kind(path);
}

/* The path has no "..": ask the rules what is there, then the kernel. */
static int try_rest(struct walker *w)
{
	struct path_match m;
	const struct file_rule *rule = walker_rule_of(w, w->place->path, &m);
	char real[SEEN_MAX];
	const char *path;
	struct stat st;
	int fd, err;

	if (walker_is_shut(rule, &m))
		return -EACCES;
	if (rule && rule->kind == FILE_CONTENT)
		return walker_use_content(w, rule, m.exact);
	err = walker_place_rest(w, rule, m.length, real, &path);
	if (err)
		return err;
	if (walker_knows_link(w))
		return walker_take_known_link(w);
	if ((w->flags & WALK_FILE) && has_slash(w->rest)) {
		err = walker_pin_parent(w, path, true);
		return err == -ELOOP ? walker_take_link(w) : err ? err : -EISDIR;
	}
	fd = *path ? walker_pin(w, walker_base_fd(w), path, w->place->path, PIN,
				RESOLVE_NO_SYMLINKS)
		   : fcntl(w->base, F_DUPFD_CLOEXEC, 0);
	if (fd == -ENOENT) {
		err = walker_use_virtual(w);
		if (err != -ENOENT)
			return err;
		return w->flags & WALK_CREATE ? walker_pin_new_parent(w, path) : err;
	}
	if (fd < 0)
		return fd == -ELOOP ? walker_take_link(w) : fd;
	if (fstat(fd, &st) < 0) {
		close_fd(fd);
		return -errno;
	}
	if (S_ISLNK(st.st_mode) && !(w->flags & WALK_NOFOLLOW)) {
		close_fd(fd);
		return walker_take_link(w);
	}
	if ((w->flags & WALK_PARENT) && w->place->parent < 0) {
		err = walker_pin_parent(w, path, false);
		if (err) {
			close_fd(fd);
			return err;
		}
	}
	return walker_done(w, fd, &st);
}

/* ---- the whole walk ---- */

/* Pin the caller's working directory or descriptor. */
static int pin_start(struct notif *n, int dirfd)
{
	char path[48];
	int fd, err;

	if (dirfd == AT_FDCWD)
		snprintf(path, sizeof(path), "/proc/%d/cwd", n->tid);
	else
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", n->tid, dirfd);
	if (dirfd < 0 && dirfd != AT_FDCWD)
		return -EBADF;
	/* Its own are open to the caller whatever ids it has taken. */
	act_lift(n->worker);
	fd = open(path, O_PATH | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	act_drop(n->worker);
	if (fd >= 0)
		return fd;
	return err == -ENOENT && dirfd != AT_FDCWD ? -EBADF : err;
}

/*
 * A directory so deep that its name fits no system call: the program may work
 * there by relative paths. Where rules take nothing away, it does so here, too,
 * unjudged; views do not reach so deep.
 */
static int walk_unnamed(struct walker *w)
{
	unsigned follow = w->flags & WALK_NOFOLLOW ? O_NOFOLLOW : 0;
	struct stat st;
	int fd, err;

	w->place->anonymous = true;
	strcpy(w->place->path, w->rest);
	fd = kernel_openat2(w->base, w->rest, O_PATH | O_CLOEXEC | follow, 0,
			    RESOLVE_NO_MAGICLINKS);
	if ((fd == -ENOENT && (w->flags & WALK_CREATE)) ||
	    (fd >= 0 && (w->flags & WALK_PARENT))) {
		err = walker_pin_parent(w, w->rest, fd < 0);
		if (fd < 0 || err)
			close_fd(fd);
		if (fd < 0 || err)
			return err;
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0) {
		close_fd(fd);
		return -errno;
	}
	return walker_done(w, fd, &st);
}

/* The descriptor itself is meant. */
static int use_start(struct walker *w, const struct stat *st, enum view_kind kind)
{
	int fd = w->base;

	if (kind == VIEW_NONE && (w->seen[0] != '/' || text_begins(w->seen, "/memfd:")))
		w->place->anonymous = true;
	strcpy(w->place->path, w->seen);
	w->place->len = strlen(w->seen);
	w->base = -1;
	walker_set_view(w, kind);
	return walker_done(w, fd, st);
}

/* Find where the walk starts. Return: STEP_AGAIN to go on from there. */
static int start(struct walker *w, int dirfd, const char *path)
{
	enum view_kind kind;
	struct stat st;
	int err;

	if (*path == '/') {
		strcpy(w->seen, "/");
		return STEP_AGAIN;
	}
	w->base = pin_start(w->n, dirfd);
	if (w->base < 0)
		return w->base;
	if (fstat(w->base, &st) < 0)
		return -errno;
	if (*path && !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	err = walker_name_base(w, &st, &kind);
	if (err == -ENAMETOOLONG && !w->n->emul->plan->confines_files)
		return walk_unnamed(w);
	if (err)
		return err;
	if (!*path)
		return use_start(w, &st, kind);
	/* Detached from our root: no name that rules could be about. */
	return w->seen[0] == '/' ? STEP_AGAIN : -EACCES;
}

/* Take the slashes off the end of the rest. Return: whether there were any. */
static bool strip_slashes(struct walker *w)
{
	size_t len = strlen(w->rest);
	size_t end = len;

	while (end > 1 && w->rest[end - 1] == '/')
		end--;
	w->rest[end] = '\0';
	return end < len;
}

void place_init(struct place *place)
{
	place->path[0] = '\0';
	place->len = 0;
	place->fd = place->parent = -1;
	place->fd_borrowed = place->anonymous = place->want_dir = false;
	place->synthetic = place->detour = false;
	place->last[0] = '\0';
	place->view = NULL;
}

/* Not by an initialiser: that would clear 16 KiB of buffers at each call. */
static void walker_init(struct walker *w, struct notif *n, struct place *place, unsigned flags)
{
	w->n = n;
	w->place = place;
	w->flags = flags;
	w->links = w->guesses = 0;
	w->base = -1;
	w->virtual = w->rooted = w->searched = false;
	w->seen[0] = w->rest[0] = '\0';
	place_init(place);
}

int walk(struct notif *n, int dirfd, const char *path, unsigned flags, struct place *ret)
{
	struct walker w;
	bool slashes = false;
	unsigned steps = 0;
	int step;

	walker_init(&w, n, ret, flags);
	if (!*path && !(flags & WALK_EMPTY))
		return -ENOENT;
	if (n->worker->proc_self_fd < 0)
		return -EACCES;
	strcpy(w.rest, path);
	if (flags & WALK_LEAF)
		slashes = strip_slashes(&w);
	step = start(&w, dirfd, path);
	while (step == STEP_AGAIN && ++steps < 2 * PATH_MAX) {
		bool dotdots;

		step = path_join(w.seen, w.rest, ret, &dotdots);
		if (step == 0 && dotdots) {
			walker_jump(&w);
			step = walker_take(&w);
		}
		else if (step == 0 && (step = rewrite_proc_self(&w)) == STEP_DONE)
			step = try_rest(&w);
	}
	ret->want_dir |= slashes;
	close_fd(w.base);
	return step == STEP_AGAIN ? -ELOOP : step;
}

bool walk_not_needed(struct notif *n, int dirfd, const char *path, struct place *ret,
		     int *ret_base)
{
	const struct policy *policy = n->emul->plan->policy;
	struct walker w;
	struct path_match m;
	bool dotdots;

	walker_init(&w, n, ret, 0);
	if (!*path || n->worker->proc_self_fd < 0)
		return false;
	if (start(&w, dirfd, path) != STEP_AGAIN ||
	    path_join(w.seen, path, ret, &dotdots) || dotdots ||
	    path_begins(ret->path, "/proc/self") || path_begins(ret->path, "/proc/thread-self") ||
	    walker_knows_link(&w))
		goto no;
	m = path_tree_find(policy->file_tree, ret->path, ret->len);
	/* With rules below, what is missing may have to be made up. */
	if ((m.value >= 0 && policy->files[m.value].kind != FILE_ALLOW) || m.rules_below ||
	    w.virtual || (w.base >= 0 && walker_view_of(&w, w.seen)))
		goto no;
	*ret_base = walker_base_fd(&w);
	return true;
no:
	close_fd(w.base);
	return false;
}

/* Fill in the place of pinned @fd, which it takes over. */
static int scoped_done(struct walker *w, int fd)
{
	const struct file_rule *around = walker_view_of(w, w->seen);
	const struct file_rule *rule;
	enum view_kind kind = VIEW_NONE;
	struct path_match m;
	struct stat st;
	int err;

	walker_set_base(w, fd);
	err = fstat(fd, &st) < 0 ? -errno : walker_name_base(w, &st, &kind);
	if (err)
		return err;
	strcpy(w->place->path, w->seen);
	w->place->len = strlen(w->seen);
	rule = walker_rule_of(w, w->seen, &m);
	if (rule && rule->kind == FILE_CONTENT)
		return walker_use_content(w, rule, m.exact);
	if (w->virtual || walker_view_of(w, w->seen) != around)
		return -EXDEV;	/* a view is like a mount point */
	walker_set_view(w, kind);
	w->base = -1;
	return walker_done(w, fd, &st);
}

/* What is to be created, in a directory that was found under the constraints. */
static int scoped_new(struct walker *w)
{
	const struct file_rule *around = walker_view_of(w, w->seen);
	enum view_kind kind;
	struct stat st;
	bool dotdots;
	int err;

	walker_set_base(w, fcntl(w->place->parent, F_DUPFD_CLOEXEC, 0));
	err = fstat(w->base, &st) < 0 ? -errno : walker_name_base(w, &st, &kind);
	if (!err)
		err = path_join(w->seen, w->place->last, w->place, &dotdots);
	if (!err && (w->virtual || walker_view_of(w, w->place->path) != around))
		err = -EXDEV;
	if (!err)
		walker_set_view(w, VIEW_NONE);
	return err;
}

/*
 * What is missing at w->rest may be what a link there leads to. Write the path of
 * that. Return: STEP_AGAIN, STEP_DONE if there is no link, or a negative errno.
 */
static int scoped_link(struct walker *w, uint64_t resolve)
{
	char target[PATH_MAX];
	char *end = strrchr(w->rest, '/');
	size_t dir = end ? (size_t)(end + 1 - w->rest) : 0;
	ssize_t len = readlinkat(w->place->parent, w->place->last, target, sizeof(target) - 1);

	if (len <= 0 || (w->flags & WALK_NOFOLLOW))
		return STEP_DONE;
	target[len] = '\0';
	if (++w->links > WALKER_MAX_LINKS || (resolve & RESOLVE_NO_SYMLINKS))
		return -ELOOP;
	if (*target == '/' && (resolve & RESOLVE_BENEATH))
		return -EXDEV;
	if (*target == '/')
		dir = 0;
	if (dir + (size_t)len >= sizeof(w->rest))
		return -ENAMETOOLONG;
	memcpy(w->rest + dir, target, (size_t)len + 1);
	w->place->parent = close_fd(w->place->parent);
	return STEP_AGAIN;
}

/* Pin where w->rest leads, or the directory that it would be in. */
static int scoped_walk(struct walker *w, uint64_t resolve)
{
	unsigned nofollow = w->flags & WALK_NOFOLLOW ? O_NOFOLLOW : 0;
	int fd, err;

	do {
		bool slash = (w->flags & WALK_FILE) && has_slash(w->rest);

		fd = slash ? -ENOENT : kernel_openat2(w->base, w->rest,
			O_PATH | O_CLOEXEC | nofollow, 0, resolve);
		if (fd >= 0)
			return scoped_done(w, fd);
		if (fd != -ENOENT || !(w->flags & WALK_CREATE))
			return fd;
		err = walker_pin_parent_as(w, w->rest, true, resolve);
		if (err || slash)
			return err ? err : -EISDIR;
		err = scoped_link(w, resolve);
	} while (err == STEP_AGAIN);
	return err ? err : scoped_new(w);
}

int walk_scoped(struct notif *n, int dirfd, const char *path, unsigned flags,
		uint64_t resolve, struct place *ret)
{
	struct walker w;
	enum view_kind kind;
	struct stat st;
	int err;

	walker_init(&w, n, ret, flags);
	if (!*path)
		return -ENOENT;
	if (n->worker->proc_self_fd < 0)
		return -EACCES;
	if (*path == '/' && !(resolve & RESOLVE_IN_ROOT)) {
		w.base = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		w.base = w.base < 0 ? -errno : w.base;
	} else {
		w.base = pin_start(n, dirfd);
	}
	if (w.base < 0)
		return w.base;
	err = fstat(w.base, &st) < 0 ? -errno : walker_name_base(&w, &st, &kind);
	if (err) {
		close_fd(w.base);
		return err;
	}
	strcpy(w.rest, path);
	err = scoped_walk(&w, resolve);
	close_fd(w.base);
	return err;
}

void place_finish(struct place *place)
{
	if (!place->fd_borrowed)
		close_fd(place->fd);
	close_fd(place->parent);
	place->fd = place->parent = -1;
}
