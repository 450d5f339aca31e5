/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_REPLY_H
#define GOSUP_EMUL_REPLY_H

#include <stdint.h>

#include "emul/notif.h"

/*
 * Answers. A handler returns a struct outcome, and only the functions below
 * make one, so a handler that forgets to answer does not compile; dispatch()
 * hands each outcome to reply_send(), the only place that talks to the
 * listener, so each notification is answered once.
 */
enum outcome_kind {
	OUTCOME_GONE,		/* nobody waits any more: nothing to answer */
	OUTCOME_VALUE,
	OUTCOME_ERRNO,
	OUTCOME_FD,
	OUTCOME_CONTINUE,
	OUTCOME_KILL,
	OUTCOME_KIND_COUNT_
};

/*
 * The only reasons for letting the kernel do the call after all. None of them
 * may hold where a verdict depended on memory that the program can change.
 */
enum continue_reason {
	CONTINUE_SCALARS_JUDGED = 1, /* all that was judged, the kernel copied */
	CONTINUE_OBSERVE,	/* "mode": "observe" enforces nothing */
	CONTINUE_NOT_A_PATH,	/* only a descriptor is used: no path rule
				   can apply to what it does */
	CONTINUE_NOTHING_TO_VERIFY, /* no rule can forbid it, whatever its
				   arguments turn out to be */
	CONTINUE_NOTHING_GAINED, /* whatever it does gives access to nothing;
				   each later use is judged */
	CONTINUE_EXEC_VERIFIED,	/* verified at the exec stop, killed on a
				   mismatch */
	CONTINUE_TRACKED,	/* allowed; only noted for later calls */
};

struct outcome {
	enum outcome_kind kind;
	union {
		int64_t value;
		int error;	/* positive */
		enum continue_reason reason;
		struct {
			int fd;		/* ours; reply_send() closes it */
			unsigned flags;	/* O_CLOEXEC or 0 */
		} inject;
	};
	/* Called after the answer was sent, whether or not it was taken. */
	void (*then)(struct notif *n);
};

struct outcome reply_value(int64_t value);
/* The same, with work left to do once the caller has it. */
struct outcome reply_value_then(int64_t value, void (*then)(struct notif *n));
/* @error: positive or negative errno */
struct outcome reply_errno(int error);
struct outcome reply_errno_then(int error, void (*then)(struct notif *n));
/* Put @fd, owned by the outcome from now on, into the caller and answer with
 * its number there. */
struct outcome reply_fd(int fd, bool cloexec);
struct outcome reply_continue(enum continue_reason reason);
/* The same, with work left to do once the call goes on. */
struct outcome reply_continue_then(enum continue_reason reason, void (*then)(struct notif *n));
/* The caller is gone: what was read may be another process's. */
struct outcome reply_gone(void);
/* End the calling process. By SIGKILL: unlike the filter, we cannot force
 * SIGSYS on a process that handles or blocks it. */
struct outcome reply_kill(void);

/* 0 and negative errno as a value or an error. */
static inline struct outcome reply_result(int64_t ret)
{
	return ret < 0 ? reply_errno((int)-ret) : reply_value(ret);
}

/**
 * reply_send() - answer @n with @outcome, exactly once.
 * Return: the result as the program sees it: a value or a negative errno.
 */
int64_t reply_send(struct notif *n, struct outcome outcome);

#endif
