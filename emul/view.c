/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Every object is kept under the path where it is seen,
 * for a rule with "*" is seen at many, and its inode tells where a descriptor
 * came from. A directory cannot be had from memfd_create(2), so one is made in
 * a place that everybody may write to, or where there is none, in a file system
 * that is mounted nowhere, and its name removed at once: it can be opened, listed
 * and worked in, and nobody but the program ever sees it.
 */
#include "emul/view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "emul/view_name.h"
#include "policy/base/cleanup.h"

/* A rule with "*" must not fill the table of descriptors. */
#define OBJECTS_MAX 512
#define MARKS 32

struct object {
	char *path;
	const struct file_rule *rule;	/* NULL: a directory */
	int fd;
	dev_t dev;
	ino_t ino;
};

/* A hash table with as many chains as there is room for objects. */
struct chain {
	unsigned first;		/* of those with this hash: index + 1, or 0 */
	unsigned next;		/* of the object with this index: the same */
};

struct views {
	pthread_mutex_t lock;
	const struct policy *policy;
	struct view_names *names;
	struct object *objects;		/* in the order they were asked for */
	size_t count, room;
	struct chain *by_path, *by_inode; /* room of each */
	_Atomic bool any;		/* count, for who does not hold the lock */
	struct view_mark marks[MARKS];
	unsigned next_mark;
};

struct views *views_new(const struct policy *policy)
{
	struct views *views = calloc(1, sizeof(*views));

	if (!views)
		return NULL;
	views->policy = policy;
	pthread_mutex_init(&views->lock, NULL);
	views->names = view_names_new(policy);
	if (!views->names) {
		views_destroy(views);
		return NULL;
	}
	return views;
}

void views_destroy(struct views *views)
{
	size_t i;

	if (!views)
		return;
	for (i = 0; i < views->count; i++) {
		close_fd(views->objects[i].fd);
		free(views->objects[i].path);
	}
	free(views->objects);
	free(views->by_path);
	free(views->by_inode);
	view_names_destroy(views->names);
	pthread_mutex_destroy(&views->lock);
	free(views);
}

struct view_names *views_names(struct views *views)
{
	return views->names;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int make_file(const struct file_rule *rule)
{
	/* At most 249 bytes of name: memfd_create(2). */
	const char *name = strrchr(rule->path, '/') + 1;
	auto_fd fd = memfd_create(strlen(name) < 240 ? name : "view",
				  MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, rule->content, rule->content_len);
	if (err)
		return err;
	if (fchmod(fd, rule->mode) < 0 ||
	    fcntl(fd, F_ADD_SEALS,
		  F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* Open @path below @at, a directory of ours, and remove its name. */
static int keep_dir(int at, const char *path)
{
	auto_fd fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (unlinkat(at, path, AT_REMOVEDIR) < 0 || fd < 0 || fchmod(fd, 0555) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int make_dir_in(const char *where)
{
	char path[64];

	strcpy(path, where);
	strcat(path, "/gosup-XXXXXX");
	return mkdtemp(path) ? keep_dir(AT_FDCWD, path) : -errno;
}

/* Where there is no place to write to, in a file system that is mounted nowhere,
 * for whom may make one. */
static int make_dir_apart(void)
{
	auto_fd fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	auto_fd mount = -1;

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (mount < 0 || mkdirat(mount, "d", 0700) < 0)
		return -errno;
	return keep_dir(mount, "d");
}

static int make_dir(void)
{
	static const char *const places[] = { "/dev/shm", "/tmp", "/var/tmp", "/run" };
	int fd = -EACCES, apart;
	size_t i;

	for (i = 0; fd < 0 && i < sizeof(places) / sizeof(places[0]); i++)
		fd = make_dir_in(places[i]);
	if (fd >= 0)
		return fd;
	apart = make_dir_apart();
	return apart < 0 ? fd : apart;
}

static size_t hash_path(const struct views *views, const char *path)
{
	uint64_t h = 0xcbf29ce484222325u;

	while (*path)
		h = (h ^ (unsigned char)*path++) * 0x100000001b3u;	/* FNV-1a */
	return (h ^ h >> 32) & (views->room - 1);
}

static size_t hash_inode(const struct views *views, dev_t dev, ino_t ino)
{
	return ((uint64_t)ino * 0x9e3779b97f4a7c15u >> 32 ^ dev) & (views->room - 1);
}

static void chain_add(struct chain *table, size_t hash, size_t i)
{
	table[i].next = table[hash].first;
	table[hash].first = (unsigned)i + 1;
}

static void index_object(struct views *views, size_t i)
{
	const struct object *o = &views->objects[i];

	chain_add(views->by_path, hash_path(views, o->path), i);
	chain_add(views->by_inode, hash_inode(views, o->dev, o->ino), i);
}

static struct object *find(struct views *views, const struct file_rule *rule, const char *path)
{
	unsigned i = views->room ? views->by_path[hash_path(views, path)].first : 0;

	for (; i; i = views->by_path[i - 1].next) {
		struct object *o = &views->objects[i - 1];

		if (o->rule == rule && !strcmp(o->path, path))
			return o;
	}
	return NULL;
}

/* Make room for more objects. */
static int grow(struct views *views)
{
	size_t room = views->room ? views->room * 2 : 16;	/* a power of two */
	struct object *objects = reallocarray(views->objects, room, sizeof(*objects));
	struct chain *by_path, *by_inode;
	size_t i;

	if (!objects)
		return -ENOMEM;
	views->objects = objects;
	by_path = calloc(room, sizeof(*by_path));
	by_inode = calloc(room, sizeof(*by_inode));
	if (!by_path || !by_inode) {
		free(by_path);
		free(by_inode);
		return -ENOMEM;
	}
	free(views->by_path);
	free(views->by_inode);
	views->by_path = by_path;
	views->by_inode = by_inode;
	views->room = room;
	for (i = 0; i < views->count; i++)
		index_object(views, i);
	return 0;
}

/* Keep @fd, which is taken over. Return: @fd or a negative errno. */
static int keep(struct views *views, const struct file_rule *rule, const char *path, int fd)
{
	auto_fd owned = fd;
	auto_free char *copy = strdup(path);
	struct stat st;

	if (!copy || fstat(fd, &st) < 0)
		return -ENOMEM;
	if (views->count == views->room && grow(views))
		return -ENOMEM;
	views->objects[views->count] = (struct object){
		.path = steal_ptr(copy), .rule = rule, .fd = steal_fd(&owned),
		.dev = st.st_dev, .ino = st.st_ino,
	};
	index_object(views, views->count++);
	atomic_store(&views->any, true);
	return fd;
}

/* The object of @rule (NULL: a directory) at @path. */
static int get(struct views *views, const struct file_rule *rule, const char *path)
{
	struct object *o;
	int fd;

	pthread_mutex_lock(&views->lock);
	o = find(views, rule, path);
	if (o) {
		fd = o->fd;
	} else if (views->count >= OBJECTS_MAX + views->policy->file_count) {
		fd = -ENFILE;
	} else {
		fd = rule ? make_file(rule) : make_dir();
		if (fd >= 0)
			fd = keep(views, rule, path, fd);
	}
	pthread_mutex_unlock(&views->lock);
	return fd;
}

int view_fd(struct views *views, const struct file_rule *rule, const char *path)
{
	return get(views, rule, path);
}

int view_dir(struct views *views, const char *path)
{
	return view_names_dir(views->names, path) ? get(views, NULL, path) : -ENOENT;
}

enum view_kind view_identify(struct views *views, const struct stat *st, char *path)
{
	enum view_kind kind = VIEW_NONE;
	unsigned i;

	/* Both kinds have no name, which is rare enough to look no further. */
	if (st->st_nlink || !atomic_load(&views->any))
		return VIEW_NONE;
	pthread_mutex_lock(&views->lock);
	i = views->by_inode[hash_inode(views, st->st_dev, st->st_ino)].first;
	for (; i; i = views->by_inode[i - 1].next) {
		const struct object *o = &views->objects[i - 1];

		if (o->dev == st->st_dev && o->ino == st->st_ino) {
			strcpy(path, o->path);
			kind = o->rule ? VIEW_FILE : VIEW_DIR;
			break;
		}
	}
	pthread_mutex_unlock(&views->lock);
	return kind;
}

void view_mark_set(struct views *views, const struct view_mark *mark)
{
	pthread_mutex_lock(&views->lock);
	views->marks[views->next_mark++ % MARKS] = *mark;
	pthread_mutex_unlock(&views->lock);
}

bool view_mark_take(struct views *views, struct view_mark *mark)
{
	bool found = false;
	size_t i;

	pthread_mutex_lock(&views->lock);
	for (i = 0; i < MARKS && !found; i++) {
		struct view_mark *m = &views->marks[i];

		if (!m->tgid || m->tgid != mark->tgid || m->fd != mark->fd ||
		    m->dev != mark->dev || m->ino != mark->ino || m->pos != mark->pos)
			continue;
		mark->next = m->next;
		m->tgid = 0;
		found = true;
	}
	pthread_mutex_unlock(&views->lock);
	return found;
}
