/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a plan to a Landlock ruleset. Which policies Landlock can enforce, and
 * why the rules mean the same to it, is said in policy/plan_landlock.c; here
 * they become access rights tied to objects.
 *
 * Paths of rules are canonical; one that has a link on the way has another
 * entry for where it leads (launcher/amend.c), so it is passed over.
 *
 * Sources: landlock(7), include/uapi/linux/landlock.h.
 */
#include "launcher/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "policy/arena.h"
#include "policy/base/cleanup.h"
#include "policy/base/log.h"
#include "policy/base/uapi.h"
#include "policy/plan_landlock.h"

/* Devices that may be opened may be controlled, as without gosup. */
#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | \
		     LANDLOCK_ACCESS_FS_IOCTL_DEV)
#define WRITE_RIGHTS							\
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |	\
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |	\
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |	\
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |	\
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM |	\
	 LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE |		\
	 LANDLOCK_ACCESS_FS_IOCTL_DEV)
/* Those that make sense for what is not a directory; others are refused. */
#define FILE_RIGHTS							\
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |	\
	 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |	\
	 LANDLOCK_ACCESS_FS_IOCTL_DEV)

struct maker {
	const struct plan *plan;
	struct landlock *landlock;
	const char *what;	/* failed */
};

static uint64_t handled_rights(const struct plan *plan)
{
	uint64_t rights = READ_RIGHTS;

	rights |= WRITE_RIGHTS;
	if (!plan->landlock.files)
		return plan->landlock.apart && !plan->landlock.signals ?
		       LANDLOCK_ACCESS_FS_REFER : 0;
	if (plan->landlock.exec)
		rights |= LANDLOCK_ACCESS_FS_EXECUTE;
	if (plan->features.landlock_abi < 5)
		rights &= ~LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return rights;
}

static uint64_t rights_of_rule(const struct maker *m, const struct file_rule *rule)
{
	uint64_t rights = 0;

	if (rule->rights & ACCESS_READ)
		rights |= READ_RIGHTS;
	if (rule->rights & ACCESS_WRITE)
		rights |= WRITE_RIGHTS;
	if (rule->rights & ACCESS_EXEC)
		rights |= LANDLOCK_ACCESS_FS_EXECUTE;
	return rights & m->landlock->handled;
}

static bool is_procfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Tie @rights to the object at @path. Return: 0; -ENOENT if there is none or it
 * has no use for them; -ELOOP for a link; or a negative errno. */
static int add_object(int ruleset, const char *path, uint64_t rights)
{
	auto_fd fd = kernel_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0,
				    plan_is_own_proc(path) ? 0 : RESOLVE_NO_SYMLINKS);
	struct stat st;
	int err;

	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM || fd == -ELOOP)
		return fd;
	if (fd < 0)
		return -ENOENT;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		rights &= FILE_RIGHTS;
	if (!rights)
		return -ENOENT;
	err = kernel_landlock_add_path(ruleset, rights, fd);
	if (is_procfs(fd))
		steal_fd(&fd);	/* stays open: see landlock_prepare() */
	/* A file system of the kernel's own, where nothing is judged. */
	return err == -EBADFD ? -ENOENT : err;
}

static int add_own(struct maker *m, const char *path, uint64_t rights)
{
	struct landlock *l = m->landlock;
	struct landlock_own *own = arena_calloc(m->plan->arena, l->own_count + 1, sizeof(*own));

	if (!own)
		return -ENOMEM;
	if (l->own_count)
		memcpy(own, l->own, l->own_count * sizeof(*own));
	own[l->own_count].path = arena_strdup(m->plan->arena, path);
	own[l->own_count].access = rights;
	if (!own[l->own_count].path)
		return -ENOMEM;
	l->own = own;
	l->own_count++;
	return 0;
}

static int add_rule(void *arg, const char *path, int value)
{
	struct maker *m = arg;
	const struct file_rule *rule = &m->plan->policy->files[value];
	uint64_t rights = rights_of_rule(m, rule);
	int err;

	if (!rights)
		return 0;
	if (plan_is_own_proc(path))
		return add_own(m, path, rights);
	err = add_object(m->landlock->ruleset, path, rights);
	if (err == -ELOOP)
		return 0;
	if (err == -ENOENT) {
		m->landlock->skipped++;
		log_info("%s is not there: its rule will grant nothing that appears later",
			 path);
		return 0;
	}
	return err;
}

int landlock_prepare(const struct plan *plan, struct landlock *ret, const char **ret_what)
{
	struct maker m = { .plan = plan, .landlock = ret, .what = NULL };
	struct landlock_attr attr = { .fs = handled_rights(plan) };
	size_t size = sizeof(attr.fs);
	int err = 0;

	*ret = (struct landlock){ .ruleset = -1, .handled = attr.fs };
	if (plan->landlock.signals) {
		attr.scoped = LANDLOCK_SCOPE_SIGNAL;
		size = sizeof(attr);
	}
	if (!attr.fs && !attr.scoped)
		return 0;
	ret->ruleset = kernel_landlock_create(&attr, size);
	if (ret->ruleset < 0) {
		*ret_what = "cannot make a Landlock ruleset";
		return ret->ruleset;
	}
	m.what = "cannot add a rule to the Landlock ruleset";
	if (plan->landlock.files)
		err = path_tree_each(plan->policy->file_tree, add_rule, &m);
	else if (attr.fs)
		err = add_object(ret->ruleset, "/", attr.fs);
	if (!err)
		return 0;
	*ret_what = m.what;
	landlock_finish(ret);
	return err;
}

int landlock_enter(const struct landlock *landlock, const char **ret_what)
{
	unsigned i;
	int err = 0;

	if (landlock->ruleset < 0)
		return 0;
	*ret_what = "cannot add a rule for /proc/self to the Landlock ruleset";
	for (i = 0; !err && i < landlock->own_count; i++) {
		err = add_object(landlock->ruleset, landlock->own[i].path,
				 landlock->own[i].access);
		if (err == -ENOENT || err == -ELOOP)
			err = 0;
	}
	if (err)
		return err;
	*ret_what = "cannot restrict the program with Landlock";
	return kernel_landlock_restrict(landlock->ruleset);
}

void landlock_finish(struct landlock *landlock)
{
	landlock->ruleset = close_fd(landlock->ruleset);
}
