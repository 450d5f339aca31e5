/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Where a link or ".." is in the way, components are taken
 * one by one, from the first. But of what comes before the link, any part without
 * links can be pinned at once, by one openat2() that refuses links: its canonical
 * name is what is written, as if its components had been taken singly. So the walk
 * may jump there and go on singly. The further the better; where the link is, is
 * found by halving, and remembered by name. What is remembered is a guess and
 * nothing else: it is tried in the same way, so if it is wrong, that costs time.
 *
 * Not where rules put something in the way (emul/walk_view.c), nor in /proc,
 * where names mean something else for each caller.
 */
#include "emul/walker.h"

#include <string.h>

#include "emul/kernel.h"
#include "emul/pathname.h"
#include "policy/base/cleanup.h"

#define MOST_PARTS 64

/* The components of what is still to be walked, as the place's path has them. */
struct parts {
	bool absolute;			/* they start at the root */
	size_t start;			/* in the place's path, at a slash */
	unsigned count;			/* that may be jumped over */
	size_t end[MOST_PARTS + 1];	/* of the first so many; [0] is start */
};

/* Not the last component, and none after a "..". */
static void find_parts(const struct walker *w, struct parts *ret)
{
	const char *path = w->place->path;
	const char *p;

	ret->absolute = w->rest[0] == '/';
	ret->start = ret->absolute || !strcmp(w->seen, "/") ? 0 : strlen(w->seen);
	ret->count = 0;
	ret->end[0] = ret->start;
	for (p = path + ret->start; *p == '/' && ret->count < MOST_PARTS;) {
		size_t n = strcspn(p + 1, "/");

		if (!p[n + 1] || (n == 2 && p[1] == '.' && p[2] == '.'))
			break;
		p += n + 1;
		ret->end[++ret->count] = (size_t)(p - path);
	}
}

/* Is there nothing but what the kernel has at the first @len bytes? */
static bool is_plain(const struct walker *w, size_t len)
{
	const struct policy *policy = w->n->emul->plan->policy;
	struct path_match m = path_tree_find(policy->file_tree, w->place->path, len);

	return m.value < 0 || policy->files[m.value].kind == FILE_ALLOW;
}

/* Pin the directory that the first @count components lead to. */
static int pin_parts(struct walker *w, const struct parts *parts, unsigned count)
{
	char *path = w->place->path;
	size_t end = parts->end[count];
	int fd;

	if (!is_plain(w, end))
		return -EACCES;
	path[end] = '\0';
	fd = kernel_openat2(walker_base_fd(w), path + parts->start + !parts->absolute,
			    PIN | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);
	path[end] = '/';
	return fd;
}

/* Go on from @fd, which is what the first @count components lead to. */
static void land(struct walker *w, const struct parts *parts, unsigned count, int fd)
{
	const char *p = w->rest;
	size_t end = parts->end[count];

	while (count) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		count -= n != 1 || *p != '.';
		p += n;
	}
	p += strspn(p, "/");
	walker_set_base(w, fd);
	w->rooted |= parts->absolute;
	memcpy(w->seen, w->place->path, end);
	w->seen[end] = '\0';
	memmove(w->rest, p, strlen(p) + 1);
}

/* ---- where links were ---- */

static char *known_link(const struct walker *w)
{
	struct worker *worker = w->n->worker;
	const char *path = w->place->path;
	unsigned i;

	for (i = 0; i < LINKS_KNOWN; i++) {
		char *link = worker->links[i];
		size_t n = strlen(link);

		if (n && !strncmp(path, link, n) &&
		    (path[n] == '/' || (!path[n] && !(w->flags & WALK_NOFOLLOW))))
			return link;
	}
	return NULL;
}

bool walker_knows_link(const struct walker *w)
{
	/* One wrong guess is enough. */
	return w->guesses <= w->links && known_link(w);
}

int walker_take_known_link(struct walker *w)
{
	char *link = known_link(w);
	unsigned links = w->links;
	int ret;

	w->guesses++;
	ret = walker_take_link(w);
	if (w->links == links)
		*link = '\0';
	return ret;
}

void walker_remember_link(struct walker *w, const char *path)
{
	struct worker *worker = w->n->worker;
	size_t len = strlen(path);
	unsigned i;

	if (len >= LINK_KNOWN_MAX || path_begins(path, "/proc"))
		return;
	for (i = 0; i < LINKS_KNOWN; i++)
		if (!strcmp(worker->links[i], path))
			return;
	memcpy(worker->links[worker->links_next++ % LINKS_KNOWN], path, len + 1);
}

/* How many of @parts are the directory that holds @link? -1 if that is none of
 * them. */
static int parts_of_link(const struct parts *parts, const char *link)
{
	size_t dir = (size_t)(strrchr(link, '/') - link);
	int i = (int)parts->count;

	while (i >= 0 && parts->end[i] != dir)
		i--;
	return i;
}

void walker_jump(struct walker *w)
{
	const char *link = known_link(w);
	unsigned near = 0, far, next;
	struct parts parts;
	int best = -1, at = -1;

	if (w->virtual || (w->base >= 0 && walker_view_of(w, w->seen)) ||
	    path_begins(w->place->path, "/proc"))
		return;
	find_parts(w, &parts);
	if (link)
		at = parts_of_link(&parts, link);
	far = at ? parts.count + 1 : 0;
	next = at > 0 ? (unsigned)at : parts.count;
	while (near + 1 < far) {
		int fd = pin_parts(w, &parts, next);

		if (fd >= 0) {
			close_fd(best);
			best = fd;
			near = next;
			if (at > 0)
				break;
		} else {
			far = next;
		}
		at = -1;
		next = near + (far - near) / 2;
	}
	if (best >= 0)
		land(w, &parts, near, best);
}
