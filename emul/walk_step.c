/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a walk: one component taken, one link followed, a directory
 * pinned. walk.c tells how they come together.
 */
#include "emul/walker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "emul/pathname.h"
#include "policy/base/cleanup.h"

void walker_set_base(struct walker *w, int fd)
{
	close_fd(w->base);
	w->base = fd;
	w->virtual = w->searched = false;
}

/* Where the kernel shall start: it ignores the base for absolute paths. */
int walker_base_fd(const struct walker *w)
{
	return w->base >= 0 ? w->base : AT_FDCWD;
}

bool notif_owns_proc(struct notif *n, const char *path)
{
	char own[24];

	snprintf(own, sizeof(own), "/proc/%d", notif_tgid(n));
	return path_begins(path, own);
}

void place_lift(struct notif *n, const struct place *place)
{
	if (n->worker->acting && notif_owns_proc(n, place->path))
		act_lift(n->worker);
}

int walker_pin(struct walker *w, int dir, const char *path, const char *seen,
	       uint64_t flags, uint64_t resolve)
{
	bool own = w->n->worker->acting && notif_owns_proc(w->n, seen);
	int fd;

	if (own)
		act_lift(w->n->worker);
	fd = kernel_openat2(dir, path, flags, 0, resolve);
	if (own)
		act_drop(w->n->worker);
	return fd;
}

/* The pinned object is what the path leads to. */
int walker_done(struct walker *w, int fd, const struct stat *st)
{
	if (w->place->want_dir && !S_ISDIR(st->st_mode) && !(w->flags & WALK_LEAF)) {
		close_fd(fd);
		return -ENOTDIR;
	}
	w->place->fd = fd;
	w->place->st = *st;
	return STEP_DONE;
}

/* Put what a link says before what remains after the link. */
static int substitute(struct walker *w, const char *target, const char *remaining)
{
	char tmp[SEEN_MAX];
	int len;

	if (!*target)
		return -ENOENT;
	if (++w->links > WALKER_MAX_LINKS)
		return -ELOOP;
	len = snprintf(tmp, sizeof(tmp), "%s%s%s", target,
		       *remaining && *remaining != '/' ? "/" : "", remaining);
	if (len < 0 || (size_t)len >= sizeof(tmp))
		return -ENAMETOOLONG;
	memcpy(w->rest, tmp, (size_t)len + 1);
	return STEP_AGAIN;
}

/* fs.protected_symlinks, may_follow_link() in fs/namei.c: in a sticky
 * world-writable directory only the owner's own links are followed. */
static bool links_are_protected(void)
{
	static _Atomic int known = -1;
	int value = atomic_load(&known);
	char text[8] = "";
	auto_fd fd = -1;

	if (value >= 0)
		return value;
	fd = open("/proc/sys/fs/protected_symlinks", O_RDONLY | O_CLOEXEC);
	value = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && atoi(text);
	atomic_store(&known, value);
	return value;
}

static bool link_protected(int dir, const struct stat *link, uid_t fsuid)
{
	struct stat parent;

	if (link->st_uid == fsuid || !links_are_protected() || fstat(dir, &parent) < 0)
		return false;
	if ((parent.st_mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH))
		return false;
	return parent.st_uid != link->st_uid;
}

static bool on_procfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Of a link in procfs: does it lead to an object, not to a name? */
static bool is_magic(struct walker *w, int dir, const char *name)
{
	int fd;

	fd = walker_pin(w, dir, name, w->seen, O_PATH | O_CLOEXEC, RESOLVE_NO_MAGICLINKS);
	close_fd(fd);
	return fd == -ELOOP;
}

/* What a link says to the caller: /proc/self, wherever procfs is mounted, names
 * its reader. Return: its length, less than @size, or a negative errno. */
static ssize_t read_link(struct walker *w, const char *name, int link, bool in_proc,
			 char *buf, size_t size)
{
	bool thread = !strcmp(name, "thread-self");
	ssize_t len;
	pid_t tgid;

	if (in_proc && (thread || !strcmp(name, "self"))) {
		tgid = notif_tgid(w->n);
		if (tgid <= 0)
			return -ESRCH;
		return thread ? snprintf(buf, size, "%d/task/%d", tgid, w->n->tid)
			      : snprintf(buf, size, "%d", tgid);
	}
	len = readlinkat(link, "", buf, size - 1);
	if (len < 0)
		return -errno;
	buf[len] = '\0';
	return len;
}

static int follow(struct walker *w, int dir, const char *name, int link,
		  const struct stat *st, const char *remaining)
{
	char target[PATH_MAX];
	bool in_proc = on_procfs(link);
	ssize_t len;

	if (w->flags & WALK_NO_LINKS)
		return -ELOOP;
	if (in_proc && is_magic(w, dir, name))
		return w->flags & WALK_NO_MAGIC ? -ELOOP :
		       walker_follow_magic(w, dir, name, remaining);
	if (link_protected(dir, st, w->n->worker->fsuid))
		return -EACCES;
	len = read_link(w, name, link, in_proc, target, sizeof(target));
	return len < 0 ? (int)len : substitute(w, target, remaining);
}

/* The directory that holds the last component of @path, seen from the base. */
int walker_pin_parent_as(struct walker *w, const char *path, bool missing, uint64_t resolve)
{
	char copy[SEEN_MAX];
	size_t end = strlen(path);
	size_t start;

	while (end > 1 && path[end - 1] == '/')
		end--;
	start = end;
	while (start && path[start - 1] != '/')
		start--;
	memcpy(copy, path, start);
	/* What is missing was looked for there, which has to be allowed. */
	strcpy(copy + start, start && !missing ? "" : ".");
	/* The walk has ended at this directory itself: nothing can be made, moved or
	 * removed by such a name. */
	if (missing && end - start == 1 && path[start] == '.')
		return -ENOENT;
	if (end - start > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(w->place->last, path + start, end - start);
	strcpy(w->place->last + (end - start), end > start ? "" : ".");
	/* The base itself need not let itself be searched for this. */
	if (!start && !missing && w->base >= 0)
		w->place->parent = fcntl(w->base, F_DUPFD_CLOEXEC, 0);
	else
		w->place->parent = walker_pin(w, walker_base_fd(w), copy, w->place->path,
					      O_PATH | O_DIRECTORY | O_CLOEXEC, resolve);
	return w->place->parent < 0 ? w->place->parent : STEP_DONE;
}

int walker_pin_parent(struct walker *w, const char *path, bool missing)
{
	return walker_pin_parent_as(w, path, missing, RESOLVE_NO_SYMLINKS);
}

/* Take ".." off the name of the base, and off the rest as often as it comes. */
static int name_dotdot(struct walker *w)
{
	const char *rest = w->rest;
	char tmp[SEEN_MAX];
	int len;

	*strrchr(w->seen, '/') = '\0';
	while (rest[0] == '.' && rest[1] == '.' && (rest[2] == '/' || !rest[2])) {
		char *end = strrchr(w->seen, '/');

		if (end)
			*end = '\0';
		rest += 2 + strspn(rest + 2, "/");
	}
	len = snprintf(tmp, sizeof(tmp), "%s%s%s", w->seen, *rest || !*w->seen ? "/" : "", rest);
	if (len < 0 || (size_t)len >= sizeof(tmp))
		return -ENAMETOOLONG;
	strcpy(w->rest, tmp);
	return STEP_AGAIN;
}

/*
 * Inside a view the names are ours, not the kernel's. Where the walk came down
 * from the root, all directories above could be searched, and their names are
 * above in its own, so what remains is as well taken from the root; the base
 * itself has to let itself be searched for its "..". Elsewhere the kernel tells
 * what is above.
 */
static int dotdot(struct walker *w)
{
	int fd, len;

	if (!strcmp(w->seen, "/"))
		return STEP_AGAIN;
	if (w->virtual || walker_view_of(w, w->seen) || (w->rooted && w->searched))
		return name_dotdot(w);
	fd = kernel_openat2(walker_base_fd(w), "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0, 0);
	if (fd < 0)
		return fd;
	if (w->rooted) {
		close_fd(fd);
		return name_dotdot(w);
	}
	walker_set_base(w, fd);
	len = fd_path(w->n->worker, fd, w->seen, sizeof(w->seen));
	return len < 0 ? len : STEP_AGAIN;
}

/* Split the first component off the rest. Return: false if it is
 * longer than any name. */
static bool split(struct walker *w, char *name, char *remaining)
{
	const char *p = w->rest;
	size_t n;

	if (*p == '/') {
		walker_set_base(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
		strcpy(w->seen, "/");
		w->rooted = true;
	}
	while (*p == '/')
		p++;
	n = strcspn(p, "/");
	if (n > NAME_MAX)
		return false;
	memcpy(name, p, n);
	name[n] = '\0';
	p += n;
	/* Of trailing slashes one stays: it makes the last a directory. */
	while (p[0] == '/' && p[1])
		p++;
	strcpy(remaining, p);
	return true;
}

/* The base holds the last component, which turned out to be a directory. */
static int keep_parent(struct walker *w, const char *name)
{
	strcpy(w->place->last, name);
	w->place->parent = fcntl(w->base, F_DUPFD_CLOEXEC, 0);
	return w->place->parent < 0 ? -errno : 0;
}

/* Take one component. */
int walker_take(struct walker *w)
{
	char name[NAME_MAX + 1], remaining[SEEN_MAX], here[SEEN_MAX];
	struct stat st;
	auto_fd fd = -1;
	bool virtual;
	int len;

	if (!split(w, name, remaining))
		return -ENAMETOOLONG;
	/* Nothing, which is the base itself: unlike for "." in it, that need not let
	 * itself be searched. */
	strcpy(w->rest, strcmp(remaining, "/") ? remaining : "");
	if (!strcmp(name, ".") || !*name)
		return STEP_AGAIN;
	if (!strcmp(name, ".."))
		return dotdot(w);
	if ((w->flags & WALK_FILE) && !strcmp(remaining, "/")) {
		/* If a name could be looked up at all. */
		fd = walker_pin(w, walker_base_fd(w), ".", w->seen, O_PATH | O_CLOEXEC, 0);
		return fd < 0 ? fd : -EISDIR;
	}
	len = snprintf(here, sizeof(here), "%s/%s", strcmp(w->seen, "/") ? w->seen : "", name);
	if (len < 0 || (size_t)len >= sizeof(here))
		return -ENAMETOOLONG;
	fd = walker_pin_component(w, name, here, &virtual);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode) && (*remaining || !(w->flags & WALK_NOFOLLOW))) {
		walker_remember_link(w, here);
		w->searched = true;
		return follow(w, walker_base_fd(w), name, fd, &st, remaining);
	}
	if (!S_ISDIR(st.st_mode)) {
		if (*remaining)
			return -ENOTDIR;
		if ((w->flags & WALK_PARENT) && (len = walker_pin_parent(w, name, false)) < 0)
			return len;
		walker_set_view(w, VIEW_FILE);
		return walker_done(w, steal_fd(&fd), &st);
	}
	if ((w->flags & WALK_PARENT) && !*w->rest && (len = keep_parent(w, name)) < 0)
		return len;
	strcpy(w->seen, here);
	walker_set_base(w, steal_fd(&fd));
	w->virtual = virtual;
	return STEP_AGAIN;
}

/* Go on component by component until a link was followed, or, should it be gone,
 * to the end. */
int walker_take_link(struct walker *w)
{
	unsigned links = w->links;
	int ret;

	walker_jump(w);
	do {
		char next[SEEN_MAX];
		bool missing_ok;

		strcpy(next, w->rest);
		missing_ok = (w->flags & WALK_CREATE) && !strchr(next, '/');
		ret = walker_take(w);
		if (ret == -ENOENT && missing_ok)
			return walker_pin_parent(w, next, true);
	} while (ret == STEP_AGAIN && w->links == links && *w->rest && strcmp(w->rest, "."));
	return ret;
}
