/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_NOTIF_H
#define GOSUP_EMUL_NOTIF_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "emul/handover.h"
#include "policy/decide.h"
#include "policy/plan.h"

struct event;
struct notif;
struct views;
struct worker;

/* What is known of a program's processes. */
struct emul_known {
	/* True until some process may have a root, ids or capabilities other
	 * than those it started with, which are the supervisor's own. While
	 * it holds, receivers need not ask /proc whom they act for. */
	_Atomic bool uniform;
	/* The same for the file mode creation mask. */
	_Atomic bool umask_uniform;
	/* Whether some process may have a socket of the UNIX domain that can be
	 * given an address; false until shown otherwise. */
	_Atomic bool unix_sockets;
};

/*
 * What all receivers of one supervised program share. Not changed once a
 * receiver serves by it: a policy that replaces another comes with a struct
 * emul of its own, and each call is served by one of them from end to end.
 * What is learnt while the program runs belongs to struct emul_known.
 */
struct emul {
	unsigned generation;		/* 0, 1, ...: which policy of the run */
	int listener;
	struct emul_known *known;
	const struct plan *plan;
	struct views *views;

	bool confines_exec;	/* some rule can forbid an execve */

	/* Processes out of the program's reach: the supervisor, the guard. */
	pid_t protected_pids[2];

	/* What happened, for the record; called on the receiver's thread. */
	void (*record)(void *arg, const struct event *event);
	void *record_arg;
	/* The events anybody wants: enum event_kind. */
	unsigned record_kinds;

	/* The program listens on a socket; called on the receiver's thread
	 * after each listen(2) that is notified. */
	void (*listening)(void *arg);
	void *listening_arg;

	/* A receiver is about to wait for long, and has stopped waiting, so
	 * that another takes its place at once. */
	void (*block_begin)(struct worker *worker);
	void (*block_end)(struct worker *worker);

	/* A call is about to be answered. */
	void (*before_reply)(struct worker *worker);
};

/*
 * The life of one notification. Only reply_send() moves it to an end state.
 *
 *   RECEIVED --> REPLIED   answered, the kernel took the answer
 *            \-> GONE      the caller died or its call was aborted
 */
enum notif_state { NOTIF_RECEIVED, NOTIF_REPLIED, NOTIF_GONE };

/* One notified call. Lives on the receiver's stack. */
struct notif {
	struct worker *worker;
	struct emul *emul;
	uint64_t id;			/* the kernel's cookie */
	pid_t tid;			/* the calling thread, in our pid namespace */
	const struct syscall_row *row;	/* NULL: a number the table lacks */
	int nr;
	uint64_t args[SYSCALL_ARGS];	/* narrowed as the kernel does */
	enum notif_state state;
	struct decision decision;	/* of the policy, for the record */
	const char *object;		/* what it was about: the path seen */
	const char *operation;		/* "read", "write", "create", ... */
	const unsigned char *digest;	/* sha256 of a program that is denied for
					   it; else NULL */
	unsigned path_flags;		/* AT_* of a call with one path */
	void *fetched;			/* likewise, what else it has read: on the
					   heap, or NULL */
	pid_t tgid;			/* 0 until notif_tgid() was asked */
	int lent;			/* a descriptor in the caller that it is to
					   use once; for .then of an outcome */
	struct relay *relay;		/* likewise, of an execve: exec_view.c */
};

/* Service times by logarithmic bucket, four to an octave, so that the middle
 * of a bucket is right within 13 %. */
unsigned stats_bucket(uint64_t ns);
/* The upper bound of bucket @i in nanoseconds. */
uint64_t stats_bucket_ns(unsigned i);

/* Something worth recording, valid only during the call of record(). */
struct event {
	enum event_kind kind;
	const struct notif *notif;
	int result;			/* negative errno, or the value */
};

#define STATS_BUCKETS 128
#define LINKS_KNOWN 4
#define LINK_KNOWN_MAX 128

struct call_stats {
	uint64_t received;
	uint64_t by_outcome[8];		/* enum outcome_kind */
	uint64_t nanoseconds;
	uint32_t histogram[STATS_BUCKETS]; /* service time, by stats_bucket() */
};

/*
 * One receiver thread's own state: a filesystem context (root, umask), the
 * credentials it currently has, its buffers and counters.
 */
struct worker {
	struct emul *emul;
	unsigned generation;		/* of .rule_hits */
	int proc_self_fd;		/* O_PATH of /proc/self/fd, or -1 */
	struct call_stats *stats;	/* by slot; NULL when not asked for */
	uint64_t *rule_hits;		/* by rule id; NULL likewise */
	uint64_t received, answered, gone;
	mode_t umask;			/* set on this thread now */
	uid_t fsuid;			/* likewise */
	bool acting;			/* with credentials other than our own */
	uint64_t acting_caps;		/* ... and these capabilities */
	bool seen;			/* real and effective ids among them */
	struct handover handover;	/* what injecting costs here */
	/* Whose call is being served, for who looks after those that take
	 * long: the caller's signals interrupt the receiver (EINTR), unless
	 * it is patient. */
	_Atomic pid_t caller;
	_Atomic uint64_t caller_id;
	_Atomic bool patient;
	char links[LINKS_KNOWN][LINK_KNOWN_MAX]; /* where some were: a guess */
	unsigned links_next;
	char path[PATH_MAX];		/* the path argument, as read */
	char path2[PATH_MAX];		/* the second path argument */
	void *pool;			/* the daemon's own */
};

/* The process of the calling thread. Return: tgid, or 0 if it is gone. */
pid_t notif_tgid(struct notif *n);

/**
 * notif_getfd() - the caller's own open file behind its descriptor @fd.
 * Return: a descriptor of ours for it; -EBADF; -ESRCH if the caller is gone;
 * -EPERM where pidfd_getfd(2) is refused, as in most containers.
 */
int notif_getfd(struct notif *n, int fd);

/* Return: whether the caller still waits for this answer. Asked after its
 * memory was read and before anything is done in its name: until then its
 * thread id may have become another's. */
bool notif_alive(const struct notif *n);

/**
 * signal_pending() - has thread @tid a signal to handle?
 * While a caller has, and only then, -ERESTARTSYS may be answered: the kernel then
 * treats the call as one that the signal interrupted (the caller waits
 * killably, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, so signals stay pending).
 */
bool signal_pending(pid_t tid);

/* Return: whether thread or process @tid is one of gosup's own. */
bool emul_is_protected(const struct emul *emul, pid_t tid);

/* Return: whether process or thread @pid belongs to the program: the one that was
 * started, or a descendant. */
bool emul_in_tree(const struct emul *emul, pid_t pid);

/* Return: whether processes have the numbers that the caller uses. If not, it is in
 * a pid namespace of its own, with none but descendants. */
bool notif_same_numbers(const struct notif *n);

#endif
