/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_PROBE_H
#define GOSUP_LAUNCHER_PROBE_H

#include <stddef.h>

/*
 * Probes that really try what gosup relies on. `gosup doctor` prints them all;
 * tests/kernel/ runs each as a test. A probe has no side effects on its caller:
 * it runs in a child of its own, which an outer filter may kill.
 */

enum probe_state {
	PROBE_WORKS,
	PROBE_FAILS,	/* tried and not there; .error may say why */
	PROBE_UNKNOWN,	/* could not be tried here; .note says why */
};

struct probe_result {
	enum probe_state state;
	int error;	/* PROBE_FAILS: positive errno, 0 if there is none */
	long value;	/* of probes that measure something, as .note tells */
	char note[120];	/* what was found; "" if the state says it all */
};

/* How much gosup depends on it. */
enum probe_weight {
	PROBE_NEEDED,	/* gosup cannot supervise without it */
	PROBE_USEFUL,	/* something is refused, slower or less exact without */
	PROBE_FACT,	/* tells where we are; both answers are fine */
};

enum probe_group { PROBE_KERNEL, PROBE_LIMITS };

struct probe {
	const char *name;	/* stable: in JSON and in test names */
	const char *title;
	enum probe_group group;
	enum probe_weight weight;
	const char *since;	/* the kernel release that brought it, or NULL */
	const char *without;	/* what its absence means, NULL for facts */
	struct probe_result (*run)(void);
};

extern const struct probe probes[];
extern const unsigned probe_count;

/* Return: the probe called @name, or NULL. */
const struct probe *probe_by_name(const char *name);

/**
 * probe_run() - run @probe in a child and wait for its result.
 * A probe that dies or does not end in time is PROBE_FAILS with a note.
 */
struct probe_result probe_run(const struct probe *probe);

/* Results in one line; the note is a printf format or NULL. */
struct probe_result probe_works(void);
__attribute__((format(printf, 2, 3)))
struct probe_result probe_works_value(long value, const char *note, ...);
__attribute__((format(printf, 2, 3)))
struct probe_result probe_fails(int error, const char *note, ...);
__attribute__((format(printf, 1, 2)))
struct probe_result probe_unknown(const char *note, ...);

/* probe_notify.c */
struct probe_result probe_listener(void);
struct probe_result probe_wait_killable(void);
struct probe_result probe_sync_wake_up(void);
struct probe_result probe_continue(void);
struct probe_result probe_addfd(void);

/* probe_proc.c */
struct probe_result probe_vm_readv(void);
struct probe_result probe_mem_read(void);
struct probe_result probe_mem_write(void);
struct probe_result probe_pidfd_open(void);
struct probe_result probe_pidfd_thread(void);
struct probe_result probe_pidfd_getfd(void);
struct probe_result probe_ptrace_seize(void);
struct probe_result probe_subreaper(void);

/* probe_env.c: what the kernel offers besides */
struct probe_result probe_filter(void);
struct probe_result probe_landlock(void);
struct probe_result probe_openat2(void);
struct probe_result probe_proc(void);
struct probe_result probe_thread_fs(void);
struct probe_result probe_io_uring(void);

/* arch_probe.c */
struct probe_result probe_foreign_32(void);
struct probe_result probe_foreign_x32(void);

/* probe_limits.c: where this process stands */
struct probe_result probe_outer_listener(void);
struct probe_result probe_outer_filter(void);
struct probe_result probe_no_new_privs(void);
struct probe_result probe_capabilities(void);
struct probe_result probe_yama(void);
struct probe_result probe_container(void);
struct probe_result probe_user_namespace(void);
struct probe_result probe_pid_namespace(void);
struct probe_result probe_read_only_root(void);
struct probe_result probe_open_files(void);
struct probe_result probe_processes(void);
struct probe_result probe_memory(void);
struct probe_result probe_terminal(void);

#endif
