/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_TESTS_KERNEL_CHECK_H
#define GOSUP_TESTS_KERNEL_CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/probe_child.h"

/*
 * For programs that each check one kernel behaviour: exit 0 if the kernel
 * behaves as gosup relies on, 1 if not, 77 if it cannot be tried here.
 */

#define check(cond, ...) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s:", __FILE__, __LINE__, #cond); \
		fprintf(stderr, " " __VA_ARGS__);			\
		fprintf(stderr, "\n");					\
		exit(1);						\
	}								\
} while (0)

/* The same for calls that return 0 or a value, or a negative errno. */
#define check_ok(call) __extension__ ({					\
	int ret_ = (call);						\
	check(ret_ >= 0, "%s: %s", #call, strerror(-ret_));		\
	ret_;								\
})

#define skip(...) do {							\
	printf("skipped: " __VA_ARGS__);				\
	printf("\n");							\
	exit(77);							\
} while (0)

/* Start a child under a listener, or skip where that is impossible. */
static inline void start(struct probe_child *child, int nr,
			 unsigned long flags, int (*body)(int))
{
	int err = probe_child_start(child, nr, flags, body);

	if (err)
		skip("no listener here: %s", strerror(-err));
}

#endif
