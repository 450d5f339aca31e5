/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the supervisor starts with the very credentials that
 * the program starts with, so while no process has changed any (emul->known)
 * there is nothing to do. Once one has, the caller's are read from
 * /proc/TID/status, which tells the file system ids, groups and capabilities
 * of that thread at that moment, and set on this thread with raw calls. The
 * thread's permitted capabilities stay, so the way back is open.
 */
#include "emul/act.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emul/kernel.h"
#include "emul/proc.h"

#define GROUPS_MAX 256

struct identity {
	uid_t ruid, euid, fsuid;
	gid_t rgid, egid, fsgid;
	mode_t umask;
	uint64_t caps, permitted;
	size_t group_count;
	gid_t groups[GROUPS_MAX];
};

/* What gosup itself is; the same for every thread. */
static struct identity own;

static int parse_groups(const char *text, struct identity *id)
{
	char *end;

	id->group_count = 0;
	for (;;) {
		unsigned long gid = strtoul(text, &end, 10);

		if (end == text || *text == '\n')
			return 0;
		if (id->group_count == GROUPS_MAX)
			return -EACCES;
		id->groups[id->group_count++] = (gid_t)gid;
		text = end;
		while (*text == ' ')
			text++;
	}
}

/* Parse proc_pid_status(5). */
static int parse_status(const char *text, struct identity *ret)
{
	const char *uid = proc_field(text, "\nUid:"), *gid = proc_field(text, "\nGid:");
	const char *groups = proc_field(text, "\nGroups:\t");
	const char *caps = proc_field(text, "\nCapEff:");
	const char *permitted = proc_field(text, "\nCapPrm:");
	const char *mask = proc_field(text, "\nUmask:");

	if (!uid || !gid || !groups || !caps || !permitted || !mask)
		return -ESRCH;	/* a zombie's status lacks some */
	if (sscanf(uid, "%u %u %*u %u", &ret->ruid, &ret->euid, &ret->fsuid) != 3 ||
	    sscanf(gid, "%u %u %*u %u", &ret->rgid, &ret->egid, &ret->fsgid) != 3)
		return -ESRCH;
	ret->umask = (mode_t)strtoul(mask, NULL, 8);
	ret->caps = strtoull(caps, NULL, 16);
	ret->permitted = strtoull(permitted, NULL, 16);
	return parse_groups(groups, ret);
}

static int read_identity(pid_t tid, struct identity *ret)
{
	char text[PROC_STATUS_SIZE];
	int len = proc_read(tid, "status", text, sizeof(text));

	if (len <= 0)
		return -ESRCH;
	/* The groups go on where the buffer has ended. */
	return len == sizeof(text) - 1 ? -EACCES : parse_status(text, ret);
}

/* The saved user id stays, and with it the way back and the permitted
 * capabilities: capabilities(7), "Effect of user ID changes". */
static int set_user(const struct identity *id)
{
	return kernel_setresuid(id->ruid, id->euid, (uid_t)-1);
}

/* Capabilities last on the way in and first on the way out: changing the
 * others needs them. Changing the effective user id takes them, or gives them
 * back. @seen: real and effective ids, too. */
static int become(const struct identity *from, const struct identity *to, bool back, bool seen)
{
	int err = 0;

	if (back && seen)
		err = set_user(to);
	if (!err && back)
		err = kernel_set_effective_caps(to->caps);
	if (!err && (from->group_count != to->group_count ||
		     memcmp(from->groups, to->groups, to->group_count * sizeof(gid_t))))
		err = kernel_setgroups(to->group_count, to->groups);
	if (!err && seen)
		err = kernel_setresgid(to->rgid, to->egid, (gid_t)-1);
	/* Those set the file system's along with the effective ones. */
	if (!err && (seen || from->fsgid != to->fsgid))
		err = kernel_setfsgid(to->fsgid);
	if (!err && seen && !back)
		err = set_user(to);
	/* With the effective id may have gone what the next step needs. */
	if (!err && seen && !back)
		err = kernel_set_effective_caps(from->caps);
	if (!err && (seen || from->fsuid != to->fsuid))
		err = kernel_setfsuid(to->fsuid);
	if (!err && !back && (seen || from->caps != to->caps))
		err = kernel_set_effective_caps(to->caps);
	return err;
}

static int own_error;

static void read_own(void)
{
	own_error = read_identity(getpid(), &own);
}

int act_thread_init(struct worker *worker)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	/* Own root, directory and umask: what one receiver sets must not be
	 * another's. */
	if (unshare(CLONE_FS) < 0)
		return -errno;
	pthread_once(&once, read_own);
	/* Without /proc nothing can be done in anyone's name, and nothing is:
	 * resolving paths fails first. */
	if (own_error && own_error != -ESRCH)
		return own_error;
	worker->umask = own.umask;
	worker->fsuid = own.fsuid;
	worker->acting = worker->seen = false;
	return 0;
}

static void set_umask(struct worker *worker, mode_t mask)
{
	if (worker->umask != mask) {
		umask(mask);
		worker->umask = mask;
	}
}

static bool same_identity(const struct identity *a, const struct identity *b)
{
	return a->fsuid == b->fsuid && a->fsgid == b->fsgid && a->caps == b->caps &&
	       a->group_count == b->group_count &&
	       !memcmp(a->groups, b->groups, b->group_count * sizeof(gid_t));
}

static bool same_user(const struct identity *a, const struct identity *b)
{
	return a->ruid == b->ruid && a->euid == b->euid && a->rgid == b->rgid &&
	       a->egid == b->egid;
}

/* access_override_creds() in fs/open.c */
static void use_real_ids(struct identity *id)
{
	id->fsuid = id->ruid;
	id->fsgid = id->rgid;
	id->caps = id->ruid ? 0 : id->permitted;
}

int act_begin(struct notif *n, enum act_flags flags)
{
	bool masked = (flags & ACT_CREATES) && !atomic_load(&n->emul->known->umask_uniform);
	bool differs = !atomic_load(&n->emul->known->uniform);
	struct identity id;
	bool seen;
	int err;

	if (!masked && !differs)
		return 0;
	err = read_identity(n->tid, &id);
	if (err)
		return err;
	if (flags & ACT_REAL)
		use_real_ids(&id);
	if (masked)
		set_umask(n->worker, id.umask);
	seen = (flags & ACT_SEEN) && !same_user(&own, &id);
	if (!differs || (!seen && same_identity(&own, &id)))
		return 0;
	err = become(&own, &id, false, seen);
	n->worker->acting = true;
	n->worker->acting_caps = id.caps;
	n->worker->seen = seen;
	n->worker->fsuid = id.fsuid;
	if (err) {
		act_end(n);
		return -EACCES;
	}
	return 0;
}

/* Apart, for an identity is large and has to be cleared. */
static void become_own(struct worker *worker)
{
	struct identity now = { .fsuid = (uid_t)-1, .fsgid = (gid_t)-1,
				.group_count = GROUPS_MAX };

	/* An unprivileged supervisor cannot have changed its groups. */
	if (!(own.caps & (1ULL << CAP_SETGID))) {
		now.group_count = own.group_count;
		memcpy(now.groups, own.groups, sizeof(own.groups));
	}
	if (become(&now, &own, true, worker->seen))
		abort();
	worker->acting = false;
	worker->fsuid = own.fsuid;
}

void act_end(struct notif *n)
{
	if (n->worker->acting)
		become_own(n->worker);
}

void act_lift(struct worker *worker)
{
	if (worker->acting && kernel_set_effective_caps(own.caps))
		abort();
}

void act_drop(struct worker *worker)
{
	if (worker->acting && kernel_set_effective_caps(worker->acting_caps))
		abort();
}
