/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_WALKER_H
#define GOSUP_EMUL_WALKER_H

#include <fcntl.h>

#include "emul/view.h"
#include "emul/walk.h"

/* Inside of a walk, shared by walk.c and walk_*.c; nobody else includes
 * this. */

#define WALKER_MAX_LINKS 40	/* MAXSYMLINKS, include/linux/namei.h */
#define PIN (O_PATH | O_NOFOLLOW | O_CLOEXEC)

enum step { STEP_DONE = 0, STEP_AGAIN = 1 };	/* or a negative errno */

struct walker {
	struct notif *n;
	struct place *place;
	unsigned flags;		/* enum walk_flags */
	unsigned links;		/* followed so far */
	unsigned guesses;	/* made so far of where one is */
	int base;		/* O_PATH, where a relative rest starts; or -1 */
	bool virtual;		/* base is not what its name leads to: only
				   the name counts */
	bool rooted;		/* base was reached from the root by this walk */
	bool searched;		/* a name was looked up in base */
	char seen[SEEN_MAX];	/* canonical name of base */
	char rest[SEEN_MAX];	/* still to be walked */
};

/* Make @fd the base; the old one is closed. */
void walker_set_base(struct walker *w, int fd);
/* Where the kernel shall start: it ignores the base for absolute paths. */
int walker_base_fd(const struct walker *w);

/* Pin what is at @path, called @seen (or in the directory called so). The
 * caller's own /proc/PID, which is open to it whatever ids it has taken, is so
 * for us. */
int walker_pin(struct walker *w, int dir, const char *path, const char *seen,
	       uint64_t flags, uint64_t resolve);
/* The walk ends at pinned @fd, which the place takes over. */
int walker_done(struct walker *w, int fd, const struct stat *st);
/* The walk ends at the virtual file of @rule, if @exact: nothing is below. */
int walker_use_content(struct walker *w, const struct file_rule *rule, bool exact);
/* There is nothing at the place's path. The walk ends at the directory that
 * rules below it need, if any do; else this is -ENOENT. */
int walker_use_virtual(struct walker *w);
/* The walk ends at a descriptor of the program's, which is of @kind. */
void walker_set_view(struct walker *w, enum view_kind kind);

/* Follow link @name of @dir, in /proc/PID, which leads to an object. */
int walker_follow_magic(struct walker *w, int dir, const char *name, const char *remaining);

/* Pin the directory that holds the last component of @path, seen from the
 * base; _as: under other RESOLVE_* flags than RESOLVE_NO_SYMLINKS. @missing: that
 * is not there, so it cannot be "." either, which is what comes before it. */
int walker_pin_parent(struct walker *w, const char *path, bool missing);
int walker_pin_parent_as(struct walker *w, const char *path, bool missing, uint64_t resolve);

/* The same for a name that is to be created, and that is not there. */
int walker_pin_new_parent(struct walker *w, const char *path);

/* The rule that governs the program's @path, or NULL. */
const struct file_rule *walker_rule_of(const struct walker *w, const char *path,
				       struct path_match *ret);
/* Whether it forbids even to look; the way to other rules' objects is open. */
bool walker_is_shut(const struct file_rule *rule, const struct path_match *m);
/* The from or map rule that the program's @path lies in, or NULL. */
const struct file_rule *walker_view_of(const struct walker *w, const char *path);

/* Find the base's name, given its stat. @ret: what it is. */
int walker_name_base(struct walker *w, const struct stat *st, enum view_kind *ret);

/**
 * walker_place_rest() - where the kernel is to look for the rest.
 * @rule: governs the end of it, and covers @covered bytes of the place's path
 * @real: a buffer of SEEN_MAX bytes
 * @ret: the path, to be taken from the base
 */
int walker_place_rest(struct walker *w, const struct file_rule *rule, size_t covered,
		      char *real, const char **ret);

/* Pin @name in the base, which is called @here, or what a rule puts there.
 * @ret_virtual: it is a directory that only a rule below it makes */
int walker_pin_component(struct walker *w, const char *name, const char *here,
			 bool *ret_virtual);

/* Go ahead in the rest, as far as no link, no ".." and no rule is in the way, and
 * not to the end. */
void walker_jump(struct walker *w);

/* Was there a link on the way to the place's path, not long ago? Then it is taken
 * without trying how far the kernel gets. */
bool walker_knows_link(const struct walker *w);
int walker_take_known_link(struct walker *w);
/* There is one at @path. */
void walker_remember_link(struct walker *w, const char *path);

/* Take one component of the rest. */
int walker_take(struct walker *w);
/* Go on component by component until a link was followed. */
int walker_take_link(struct walker *w);

#endif
