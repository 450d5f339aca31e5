/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/view.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/base/cleanup.h"

struct views {
	pthread_mutex_t lock;
	const struct policy *policy;
	int *fds;		/* by index into policy->files; -1 = not made */
};

struct views *views_new(const struct policy *policy)
{
	struct views *views = calloc(1, sizeof(*views));
	size_t i;

	if (!views)
		return NULL;
	views->policy = policy;
	views->fds = calloc(policy->file_count + 1, sizeof(int));
	if (!views->fds) {
		free(views);
		return NULL;
	}
	for (i = 0; i < policy->file_count; i++)
		views->fds[i] = -1;
	pthread_mutex_init(&views->lock, NULL);
	return views;
}

void views_destroy(struct views *views)
{
	size_t i;

	if (!views)
		return;
	for (i = 0; i < views->policy->file_count; i++)
		close_fd(views->fds[i]);
	pthread_mutex_destroy(&views->lock);
	free(views->fds);
	free(views);
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

static int make_view(const struct file_rule *rule)
{
	const char *slash = rule->path;
	const char *p;
	auto_fd fd = -1;
	int err;

	for (p = rule->path; *p; p++)
		if (*p == '/')
			slash = p + 1;
	/* At most 249 bytes of name: memfd_create(2). */
	fd = memfd_create(p - slash < 240 ? slash : "view",
			  MFD_CLOEXEC | MFD_ALLOW_SEALING);
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

int view_fd(struct views *views, const struct file_rule *rule)
{
	int *slot = &views->fds[rule - views->policy->files];
	int fd;

	pthread_mutex_lock(&views->lock);
	if (*slot < 0)
		*slot = make_view(rule);
	fd = *slot;
	pthread_mutex_unlock(&views->lock);
	return fd;
}
