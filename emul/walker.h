/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_WALKER_H
#define GOSUP_EMUL_WALKER_H

#include <fcntl.h>

#include "emul/walk.h"

/* Inside of a walk, shared by walk.c and walk_step.c; nobody else includes
 * this. */

#define PIN (O_PATH | O_NOFOLLOW | O_CLOEXEC)

enum step { STEP_DONE = 0, STEP_AGAIN = 1 };	/* or a negative errno */

struct walker {
	struct notif *n;
	struct place *place;
	unsigned flags;		/* enum walk_flags */
	unsigned links;		/* followed so far */
	int base;		/* O_PATH, where a relative rest starts; or -1 */
	char seen[SEEN_MAX];	/* canonical name of base */
	char rest[SEEN_MAX];	/* still to be walked */
};

/* Make @fd the base; the old one is closed. */
void walker_set_base(struct walker *w, int fd);
/* Where the kernel shall start: it ignores the base for absolute paths. */
int walker_base_fd(const struct walker *w);

/* The walk ends at pinned @fd, which the place takes over. */
int walker_done(struct walker *w, int fd, const struct stat *st);
/* The walk ends at the virtual file of @rule, if @exact: nothing is below. */
int walker_use_content(struct walker *w, const struct file_rule *rule, bool exact);

/* Pin the directory that holds the last component of @path, seen from the
 * base; _as: under other RESOLVE_* flags than RESOLVE_NO_SYMLINKS. */
int walker_pin_parent(struct walker *w, const char *path);
int walker_pin_parent_as(struct walker *w, const char *path, uint64_t resolve);

/* The from or map rule that the program's @path lies in, or NULL. */
const struct file_rule *walker_view_of(const struct walker *w, const char *path);

/* Take one component of the rest. */
int walker_take(struct walker *w);
/* Go on component by component until a link was followed. */
int walker_take_link(struct walker *w);

#endif
