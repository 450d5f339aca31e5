/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: inotify(7) tells about directories what it cannot tell
 * about names. So every directory is watched that a file's name passes through
 * on its way to the file: that of the name itself, and that of each symbolic
 * link it leads to. An event in one of them says only "look again"; whether a
 * file has become another is seen by its inode, size and times. When it has,
 * the directories are found anew, for links may lead elsewhere, and a second
 * look tells whether it is still being written.
 */
#include "daemon/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/links.h"
#include "policy/base/log.h"

#define LOOK_MS 100		/* from an event to a look, and to the second one */
#define MAX_DIRS 64

struct print {			/* of a file's contents, without reading them */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
	int error;
};

struct dir {
	struct watch *watch;
	uv_fs_event_t event;
	char *path;
	struct dir *next;
};

struct watch {
	uv_loop_t *loop;
	void (*changed)(void *arg);
	void *arg;
	const char *const *files;
	size_t count;
	struct print *prints;
	struct dir *dirs;
	uv_timer_t timer;
	bool due;		/* changed at the last look */
	unsigned handles;	/* not closed yet, the timer among them */
	bool stopping;
};

static void release(struct watch *w)
{
	if (--w->handles)
		return;
	free(w->prints);
	free(w);
}

/* ---- directories ---- */

static void on_dir_closed(uv_handle_t *handle)
{
	struct dir *dir = handle->data;
	struct watch *w = dir->watch;

	free(dir->path);
	free(dir);
	release(w);
}

static void on_timer(uv_timer_t *timer);

/* Unless it runs: in a busy directory it would otherwise never end. */
static void start_timer(struct watch *w)
{
	if (!w->stopping && !uv_is_active((uv_handle_t *)&w->timer))
		uv_timer_start(&w->timer, on_timer, LOOK_MS, 0);
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct dir *dir = event->data;

	(void)name, (void)events, (void)status;
	start_timer(dir->watch);
}

static int add_dir(struct watch *w, const char *path)
{
	struct dir *dir;
	unsigned n = 0;
	int err;

	for (dir = w->dirs; dir; dir = dir->next, n++)
		if (strcmp(dir->path, path) == 0)
			return 0;
	if (n == MAX_DIRS)
		return -EMFILE;
	dir = calloc(1, sizeof(*dir));
	if (!dir)
		return -ENOMEM;
	dir->watch = w;
	dir->path = strdup(path);
	uv_fs_event_init(w->loop, &dir->event);
	w->handles++;
	dir->event.data = dir;
	err = dir->path ? uv_fs_event_start(&dir->event, on_event, path, 0) : -ENOMEM;
	if (err) {
		uv_close((uv_handle_t *)&dir->event, on_dir_closed);
		return err;
	}
	uv_unref((uv_handle_t *)&dir->event);
	dir->next = w->dirs;
	w->dirs = dir;
	return 0;
}

static void drop_dirs(struct dir *dirs)
{
	while (dirs) {
		struct dir *next = dirs->next;

		uv_close((uv_handle_t *)&dirs->event, on_dir_closed);
		dirs = next;
	}
}

struct adding {
	struct watch *watch;
	unsigned hops;
};

static int add_dir_of(void *arg, const char *path)
{
	struct adding *a = arg;
	char dir[PATH_MAX];
	int err = add_dir(a->watch, links_dir(path, dir));

	/* A link's far end may be missing for a moment. */
	return a->hops++ && err == -ENOENT ? 0 : err;
}

static int add_file(struct watch *w, const char *name)
{
	struct adding a = { w, 0 };

	return links_walk(name, add_dir_of, &a);
}

/* Watch where the files are now. */
static int add_files(struct watch *w)
{
	struct dir *old = w->dirs;
	int err = 0;
	size_t i;

	w->dirs = NULL;
	for (i = 0; i < w->count && !err; i++)
		err = add_file(w, w->files[i]);
	/* Only now, so that nothing is missed between the two. */
	drop_dirs(old);
	return err;
}

/* ---- files ---- */

static struct print print_of(const char *name)
{
	struct stat st;

	if (stat(name, &st) < 0)
		return (struct print){ .error = errno };
	return (struct print){ st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim, 0 };
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same(const struct print *a, const struct print *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       same_time(a->mtime, b->mtime) && same_time(a->ctime, b->ctime) &&
	       a->error == b->error;
}

/* Look at all files. Return: whether one has become another. */
static bool look(struct watch *w)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < w->count; i++) {
		struct print now = print_of(w->files[i]);

		changed |= !same(&now, &w->prints[i]);
		w->prints[i] = now;
	}
	return changed;
}

/* A file that is gone for a moment will be back. */
static bool all_there(const struct watch *w)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		if (w->prints[i].error)
			return false;
	return true;
}

static void on_timer(uv_timer_t *timer)
{
	struct watch *w = timer->data;
	int err;

	if (look(w)) {
		w->due = true;
		err = add_files(w);
		if (err)
			log_error("cannot watch the policy any more: %s",
				  uv_strerror(err));
		start_timer(w);
	} else if (w->due && all_there(w)) {
		w->due = false;
		w->changed(w->arg);
	}
}

static int set_files(struct watch *w, const char *const *files, size_t count)
{
	struct print *prints = calloc(count, sizeof(*prints));

	if (!prints)
		return -ENOMEM;
	free(w->prints);
	w->prints = prints;
	w->files = files;
	w->count = count;
	look(w);
	return add_files(w);
}

void watch_set_files(struct watch *w, const char *const *files, size_t count)
{
	int err = set_files(w, files, count);

	if (err)
		log_error("cannot watch the policy: %s", uv_strerror(err));
}

static void on_timer_closed(uv_handle_t *handle)
{
	release(handle->data);
}

int watch_start(struct watch **ret, uv_loop_t *loop, const char *const *files,
		size_t count, void (*changed)(void *arg), void *arg, struct diag *diag)
{
	struct watch *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return diag_set(diag, -ENOMEM, "out of memory");
	w->loop = loop;
	w->changed = changed;
	w->arg = arg;
	w->handles = 1;
	uv_timer_init(loop, &w->timer);
	w->timer.data = w;
	uv_unref((uv_handle_t *)&w->timer);
	err = set_files(w, files, count);
	if (err) {
		watch_stop(w);
		return diag_set(diag, err, "cannot watch the policy: %s", uv_strerror(err));
	}
	*ret = w;
	return 0;
}

void watch_stop(struct watch *w)
{
	struct dir *dirs;

	if (!w)
		return;
	w->stopping = true;
	dirs = w->dirs;
	w->dirs = NULL;
	drop_dirs(dirs);
	uv_close((uv_handle_t *)&w->timer, on_timer_closed);
}
