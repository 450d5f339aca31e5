/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_BASE_CLEANUP_H
#define GOSUP_BASE_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Scope-bound ownership. Ownership leaves a scope only through steal_fd() or
 * steal_ptr(), so that a reader sees every transfer.
 */

/* Close @fd if it is one and keep errno. Return: -1, to be stored back. */
static inline int close_fd(int fd)
{
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return -1;
}

static inline void cleanup_fd(int *fd)
{
	close_fd(*fd);
}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

#define auto_fd		__attribute__((cleanup(cleanup_fd))) int
#define auto_free	__attribute__((cleanup(cleanup_free)))

static inline int steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define steal_ptr(p) __extension__ ({	\
	__typeof__(p) taken_ = (p);	\
	(p) = NULL;			\
	taken_;				\
})

#endif
