/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directory listings: what rules hide is left out, what they show is put in.
 * The call is made on the caller's own open file, got by pidfd_getfd(2), so
 * its offset moves as it would have.
 *
 * Entries that are really there keep their place in the stream, with the type
 * and inode of what is seen instead. The others follow the first one, all with
 * its offset: who goes back to an offset that it was told (seekdir(3)) gets
 * each entry at most once, and who starts again gets all. If they do not fit
 * in with the first entries, the caller gets these alone, and its next calls,
 * known by the offset that it stands at, get the others.
 *
 * A directory that is there only because of rules has no stream, so its offset
 * counts entries.
 *
 * Sources: getdents(2), iterate_dir() in fs/readdir.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/handlers.h"
#include "emul/kernel.h"
#include "emul/mem.h"
#include "emul/view.h"
#include "emul/view_name.h"
#include "policy/base/cleanup.h"

#define ROOM_MAX 65536
/* What the directory's own first entries should get. */
#define ROOM_REAL 512

/* struct linux_dirent64. The older struct linux_dirent is as long: it has the
 * type behind the name instead of before. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};
#define NAME_AT 19	/* not sizeof(struct entry), which is padded */

/* What a rule shows. */
struct shown {
	char name[NAME_MAX + 1];
	uint64_t ino;
	uint8_t type;
	bool there;		/* an entry of that name is in the stream */
};

struct listing {
	struct notif *n;
	int fd;			/* the caller's own, duplicated */
	struct stat st;
	char dir[SEEN_MAX];	/* its name, as the program knows it */
	bool hides;		/* some names may have to be left out */
	uint64_t up;		/* inode of "..", if that is another; or 0 */
	struct shown *shown;
	size_t count, room;
	char *out;
	size_t used, size;
};

/* ---- what rules show and hide here ---- */

static bool child_path(const struct listing *l, const char *name, char *buf)
{
	return snprintf(buf, SEEN_MAX, "%s/%s", strcmp(l->dir, "/") ? l->dir : "",
			name) < SEEN_MAX;
}

/* Where @path leads: the place is as stat(2) finds it. */
static int look(struct listing *l, const char *path, struct place *place)
{
	int err = walk(l->n, AT_FDCWD, path, WALK_NOFOLLOW, place);
	struct path_wish wish = { .op = OP_STAT };

	if (!err && decide_place(l->n, place, wish).verdict == VERDICT_ERRNO)
		err = -ENOENT;
	return err;
}

static int add_shown(void *arg, const char *name, size_t len)
{
	struct listing *l = arg;
	struct shown *s;
	struct place place;
	char path[SEEN_MAX];
	struct stat st;
	size_t room = l->room ? l->room * 2 : 16;
	int err = -ENAMETOOLONG;

	if (l->count == l->room) {
		s = reallocarray(l->shown, room, sizeof(*s));
		if (!s)
			return -ENOMEM;
		l->shown = s;
		l->room = room;
	}
	s = &l->shown[l->count];
	memcpy(s->name, name, len);
	s->name[len] = '\0';
	place_init(&place);
	if (child_path(l, s->name, path))
		err = look(l, path, &place);
	/* Neither a view nor made up: it is in the stream as it is. */
	if (!err && (place.view || place.synthetic)) {
		s->ino = place.st.st_ino;
		s->type = (uint8_t)IFTODT(place.st.st_mode);
		s->there = !place.synthetic &&
			   fstatat(l->fd, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
		l->count++;
	}
	place_finish(&place);
	return 0;
}

/* The inode that stat(2) finds for ".." of the place of a view. */
static uint64_t inode_up(struct listing *l)
{
	struct place place;
	char path[SEEN_MAX];
	uint64_t ino = 0;

	strcpy(path, l->dir);
	strrchr(path, '/')[1] = '\0';
	if (look(l, path, &place) == 0)
		ino = place.st.st_ino;
	place_finish(&place);
	return ino;
}

static int find_changes(struct listing *l)
{
	const struct policy *policy = l->n->emul->plan->policy;
	struct path_match m = path_tree_find(policy->file_tree, l->dir, strlen(l->dir));
	const struct file_rule *rule = m.value >= 0 ? &policy->files[m.value] : NULL;

	l->hides = m.rules_below || (rule && rule->kind == FILE_HIDE);
	if (rule && m.exact && (rule->kind == FILE_FROM || rule->kind == FILE_MAP))
		l->up = inode_up(l);
	if (!m.rules_below)
		return 0;
	return view_names_children(views_names(l->n->emul->views), l->dir, add_shown, l);
}

static bool hidden(const struct listing *l, const char *name)
{
	const struct policy *policy = l->n->emul->plan->policy;
	struct path_match m;
	char path[SEEN_MAX];

	if (!l->hides || !strcmp(name, ".") || !strcmp(name, "..") ||
	    !child_path(l, name, path))
		return false;
	m = path_tree_find(policy->file_tree, path, strlen(path));
	return m.value >= 0 && policy->files[m.value].kind == FILE_HIDE && !m.rules_below;
}

/* ---- entries ---- */

static size_t entry_size(const char *name)
{
	return (NAME_AT + strlen(name) + 1 + 7) & ~(size_t)7;
}

static bool fits(const struct listing *l, const char *name)
{
	return l->used + entry_size(name) <= l->size;
}

static void emit(struct listing *l, const char *name, uint64_t ino, uint8_t type, int64_t off)
{
	struct entry *e = (struct entry *)(void *)(l->out + l->used);
	size_t len = entry_size(name);

	memset(e, 0, len);
	e->ino = ino;
	e->off = off;
	e->reclen = (uint16_t)len;
	e->type = type;
	strcpy(e->name, name);
	l->used += len;
}

/* An entry of the stream, as it is seen. */
static void emit_real(struct listing *l, const struct entry *e)
{
	uint64_t ino = e->ino;
	uint8_t type = e->type;
	size_t i;

	if (hidden(l, e->name))
		return;
	if (l->up && !strcmp(e->name, ".."))
		ino = l->up;
	for (i = 0; i < l->count; i++) {
		if (l->shown[i].there && !strcmp(l->shown[i].name, e->name)) {
			ino = l->shown[i].ino;
			type = l->shown[i].type;
		}
	}
	emit(l, e->name, ino, type, e->off);
}

/* What is not in the stream, from the @next one on. Return: the first that did
 * not fit, or the count if all did. */
static size_t emit_shown(struct listing *l, size_t next, int64_t off)
{
	for (; next < l->count; next++) {
		const struct shown *s = &l->shown[next];

		if (s->there)
			continue;
		if (!fits(l, s->name))
			break;
		emit(l, s->name, s->ino, s->type, off);
	}
	return next;
}

/* Bytes for what is not in the stream. @ret_first: the first such */
static size_t shown_size(const struct listing *l, size_t *ret_first)
{
	size_t i, size = 0;

	for (i = l->count; i-- > 0; ) {
		if (l->shown[i].there)
			continue;
		size += entry_size(l->shown[i].name);
		*ret_first = i;
	}
	return size;
}

/* ---- a directory that exists ---- */

static struct view_mark mark_here(const struct listing *l)
{
	return (struct view_mark){
		.tgid = notif_tgid(l->n), .fd = (int)l->n->args[0],
		.dev = l->st.st_dev, .ino = l->st.st_ino,
		.pos = lseek(l->fd, 0, SEEK_CUR),
	};
}

/* Entries that an earlier call had no room for. Return: 1 if there were, 0, or
 * -EINVAL if this one has none either. */
static int list_rest(struct listing *l)
{
	struct view_mark mark = mark_here(l);

	if (!view_mark_take(l->n->emul->views, &mark))
		return 0;
	mark.next = emit_shown(l, mark.next, mark.pos);
	if (mark.next < l->count)
		view_mark_set(l->n->emul->views, &mark);
	return l->used ? 1 : mark.next < l->count ? -EINVAL : 0;
}

/* One piece of the stream, edited. Return: its length as read, or an error. */
static long list_piece(struct listing *l, char *in, size_t size, bool insert)
{
	long got = syscall(SYS_getdents64, l->fd, in, size);
	long at = 0;

	if (got < 0)
		return -errno;
	while (at < got) {
		const struct entry *e = (const struct entry *)(const void *)(in + at);

		emit_real(l, e);
		if (at == 0 && insert)
			emit_shown(l, 0, e->off);
		at += e->reclen;
	}
	return got;
}

static int list_real(struct listing *l)
{
	auto_free char *in = malloc(l->size);
	size_t first = 0, extra = shown_size(l, &first);
	struct view_mark mark;
	long got = 0;
	bool insert;

	if (!in)
		return -ENOMEM;
	if (extra) {
		int ret = list_rest(l);

		if (ret)
			return ret < 0 ? ret : 0;
	}
	extra = extra && lseek(l->fd, 0, SEEK_CUR) == 0 ? extra : 0;
	insert = extra && extra + ROOM_REAL <= l->size;
	do {	/* all of a piece may be hidden, which is not the end */
		got = list_piece(l, in, insert ? l->size - extra : l->size, insert);
		if (got > 0 && extra && !insert) {
			mark = mark_here(l);
			mark.next = first;
			view_mark_set(l->n->emul->views, &mark);
		}
		insert = false;
		extra = 0;
	} while (got > 0 && !l->used);
	return got < 0 ? (int)got : 0;
}

/* ---- a directory that only rules make ---- */

static int list_virtual(struct listing *l)
{
	off_t at = lseek(l->fd, 0, SEEK_CUR);
	size_t i = (size_t)at;

	for (; i < l->count + 2; i++) {
		const char *name = i == 0 ? "." : i == 1 ? ".." : l->shown[i - 2].name;

		if (!fits(l, name))
			break;
		if (i < 2)
			emit(l, name, i ? inode_up(l) : l->st.st_ino, DT_DIR, (int64_t)i + 1);
		else
			emit(l, name, l->shown[i - 2].ino, l->shown[i - 2].type,
			     (int64_t)i + 1);
	}
	if (i < l->count + 2 && !l->used)
		return -EINVAL;
	return lseek(l->fd, (off_t)i, SEEK_SET) < 0 ? -errno : 0;
}

/* ---- the call ---- */

/* Turn entries into those of the older call. */
static void make_old(char *out, size_t used)
{
	size_t at = 0;

	while (at < used) {
		struct entry *e = (struct entry *)(void *)(out + at);
		uint8_t type = e->type;
		size_t len = e->reclen;

		memmove(out + at + NAME_AT - 1, out + at + NAME_AT, len - NAME_AT);
		out[at + len - 1] = (char)type;
		at += len;
	}
}

static int list(struct listing *l)
{
	enum view_kind kind = VIEW_NONE;
	int err = fstat(l->fd, &l->st) < 0 ? -errno : 0;

	if (!err && !S_ISDIR(l->st.st_mode))
		err = -ENOTDIR;
	if (!err)
		err = fd_seen_path(l->n, l->fd, &l->st, &kind, l->dir);
	/* Too deep for a name, so for rules. */
	if (err == -ENAMETOOLONG)
		l->dir[0] = '\0', err = 0;
	if (err >= 0 && l->dir[0] == '/')
		err = find_changes(l);
	if (err >= 0)
		err = kind == VIEW_DIR ? list_virtual(l) : list_real(l);
	return err;
}

static struct outcome serve(struct notif *n, int fd)
{
	struct listing l = { .n = n, .fd = fd, .size = n->args[2] };
	off_t before = lseek(fd, 0, SEEK_CUR);
	int err;

	if (l.size > ROOM_MAX)
		l.size = ROOM_MAX;
	/* Each entry is aligned, so the end of the room is of no use. */
	l.size &= ~(size_t)7;
	l.out = malloc(l.size + 1);
	err = l.out ? list(&l) : -ENOMEM;
	if (!err && n->row->nr == SYS_getdents)
		make_old(l.out, l.used);
	if (!err && l.used) {
		err = mem_write(n, n->args[1], l.out, l.used);
		if (err)
			lseek(fd, before, SEEK_SET);
	}
	free(l.out);
	free(l.shown);
	return reply_result(err ? err : (int64_t)l.used);
}

/* Where the caller's open file cannot be had. */
static struct outcome refused(struct notif *n)
{
	const struct policy *policy = n->emul->plan->policy;
	size_t i;

	for (i = 0; i < policy->file_count; i++) {
		if (policy->files[i].kind != FILE_HIDE)
			continue;
		return notif_refuse(n, EPERM, "a listing, which rules hide something of, cannot "
				    "be had where pidfd_getfd is refused");
	}
	/* Names that views add are missing, but none gets out. */
	return reply_continue(CONTINUE_NOTHING_TO_VERIFY);
}

struct outcome sys_list(struct notif *n)
{
	struct outcome outcome;
	auto_fd fd = -1;
	int err;

	if (n->emul->plan->policy->mode == MODE_OBSERVE)
		return reply_continue(CONTINUE_OBSERVE);
	if (!n->emul->plan->edits_lists)
		return reply_continue(CONTINUE_NOTHING_TO_VERIFY);
	fd = notif_getfd(n, (int)n->args[0]);
	if (fd == -EPERM)
		return refused(n);
	if (fd >= 0 && fcntl(fd, F_GETFL) & O_PATH)
		return reply_errno(EBADF);
	err = fd < 0 ? fd : act_begin(n, 0);
	if (err)
		return err == -ESRCH ? reply_gone() : reply_errno(err);
	outcome = serve(n, fd);
	act_end(n);
	return outcome;
}
