/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket's name is the very path that was bound: others see it as the
 * sender's, and answer to it. So the path cannot be replaced by one through
 * /proc/self/fd, and the kernel finds the directory by it once more, when a
 * link on the way may lead elsewhere than it did for us. Landlock confines the
 * thread that binds to the directory that was judged: should the path lead out
 * of it now, nothing is created. (Into it, to where rules are about another
 * directory below, only a link could lead; then it is not done.)
 *
 * Where the path does not lead to that directory for us, since rules show it
 * there, the socket is bound, and named, by the directory's real path.
 *
 * Sources: landlock(7), unix_bind_bsd() in net/unix/af_unix.c.
 */
#include "emul/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/kernel.h"
#include "emul/pathname.h"
#include "policy/base/cleanup.h"

struct job {
	int fd, parent;
	int cwd;		/* where a relative path starts; or -1 */
	const char *path;
	bool confine;
	int result;
};

static int confine(int parent)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_SOCK,
	};
	auto_fd ruleset = kernel_landlock_create(&attr, sizeof(attr.handled_access_fs));
	int err;

	if (ruleset < 0)
		return -EOPNOTSUPP;
	err = kernel_landlock_add_path(ruleset, LANDLOCK_ACCESS_FS_MAKE_SOCK, parent);
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err = -errno;
	return err ? err : kernel_landlock_restrict(ruleset);
}

/* A thread of its own, since it is no good for anything else afterwards. It
 * has the credentials of the one that made it. */
static void *run(void *arg)
{
	struct job *job = arg;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(job->path);

	memcpy(addr.sun_path, job->path, len < sizeof(addr.sun_path) ? len : sizeof(addr.sun_path));
	len += offsetof(struct sockaddr_un, sun_path) + (len < sizeof(addr.sun_path));
	job->result = unshare(CLONE_FS) < 0 ? -errno : 0;
	/* A directory that cannot be searched any more is of no matter then. */
	if (!job->result && job->path[0] != '/' && fchdir(job->cwd) < 0)
		job->result = -errno;
	if (!job->result && job->confine)
		job->result = confine(job->parent);
	if (!job->result && bind(job->fd, (struct sockaddr *)&addr, (socklen_t)len) < 0)
		job->result = -errno;
	return NULL;
}

static int do_job(struct job *job)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, run, job);

	if (err)
		return -err;
	pthread_join(thread, NULL);
	return job->result;
}

/* By the name in the directory itself, so that nothing is followed. */
static int do_job_in_parent(struct job *job, const struct place *place)
{
	job->cwd = place->parent;
	job->path = place->last;
	job->confine = false;
	return do_job(job);
}

/* Does the directory of @path, from @cwd, seem to be @parent? */
static bool leads_to(int cwd, const char *path, int parent)
{
	char dir[sizeof(struct sockaddr_un) + 2];
	char *slash;
	struct stat a, b;

	strcpy(dir, path);
	slash = strrchr(dir, '/');
	if (!slash)
		strcpy(dir, ".");
	else
		slash[1] = '\0';
	return fstatat(cwd, dir, &a, 0) == 0 && fstat(parent, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Is @path, taken from @cwd, a canonical name as it stands? */
static bool is_canonical(struct notif *n, int cwd, const char *path, const struct place *place)
{
	struct place plain;
	char seen[SEEN_MAX];
	bool dotdots;

	place_init(&plain);
	return fd_path(n->worker, cwd, seen, sizeof(seen)) > 0 &&
	       !path_join(seen, path, &plain, &dotdots) && !dotdots &&
	       !strcmp(plain.path, place->path);
}

static bool rules_below_parent(struct notif *n, const struct place *place)
{
	const struct policy *policy = n->emul->plan->policy;
	const char *slash = strrchr(place->path, '/');
	size_t len = slash > place->path ? (size_t)(slash - place->path) : 1;

	return path_tree_find(policy->file_tree, place->path, len).rules_below;
}

static int open_cwd(const struct notif *n)
{
	char link[32];
	int fd;

	snprintf(link, sizeof(link), "/proc/%d/cwd", n->tid);
	act_lift(n->worker);
	fd = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	act_drop(n->worker);
	return fd;
}

int sock_bind_at(struct notif *n, int fd, const char *path, const struct place *place)
{
	char real[SEEN_MAX];
	auto_fd cwd = open_cwd(n);
	struct job job = { .fd = fd, .parent = place->parent, .cwd = cwd, .path = path,
			   .confine = n->emul->plan->confines_files };
	int len;

	if (cwd < 0)
		return cwd;
	if (!strchr(path, '/') && leads_to(cwd, path, place->parent))
		return do_job_in_parent(&job, place);
	if (!leads_to(cwd, path, place->parent)) {
		len = fd_path(n->worker, place->parent, real, PATH_MAX);
		if (len < 0)
			return len;
		snprintf(real + len, sizeof(real) - (size_t)len, "/%s", place->last);
		/* Through the program's own /proc, which we cannot name. */
		if (strlen(real) > sizeof(((struct sockaddr_un *)0)->sun_path))
			return do_job_in_parent(&job, place);
		job.path = real;
	}
	/* Asking again could be fatal: a filter may kill for it. */
	if (job.confine && !n->emul->plan->features.landlock_threads)
		return -EOPNOTSUPP;
	/* A link could lead to where other rules hold, below the directory. */
	if (job.confine && !is_canonical(n, cwd, path, place) && rules_below_parent(n, place))
		return -EOPNOTSUPP;
	len = do_job(&job);
	/* A directory above the program's own need not let itself be searched. */
	return len == -EACCES && job.path == real ? do_job_in_parent(&job, place) : len;
}
