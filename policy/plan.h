/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_PLAN_H
#define GOSUP_POLICY_PLAN_H

#include <limits.h>

#include "policy/arena.h"
#include "policy/policy.h"

/*
 * A policy lowered: for every system call the cheapest layer that can enforce
 * all rules that concern it (docs/design.md, "Layers"). Made before the fork,
 * read by the filter builder, the Landlock installer, the dispatcher and
 * `gosup explain`.
 */

enum layer {
	LAYER_NATIVE,		/* 0: not in the filter's way */
	LAYER_BPF,		/* 1: verdict in the filter */
	LAYER_LANDLOCK,		/* 2 */
	LAYER_NOTIFY_SCALAR,	/* 3: decided on values the kernel copied */
	LAYER_NOTIFY_PERFORM,	/* 4: performed by the supervisor */
};

/* What this kernel and this run can do, filled in by the launcher. */
struct plan_features {
	bool notify;		/* user notification works */
	int landlock_abi;	/* that rules are lowered to; 0: none */
	bool landlock_threads;	/* a thread of gosup's own may confine itself */
	bool privileged;	/* CAP_SYS_ADMIN: may run without no_new_privs */
	bool map_files;		/* may open /proc/PID/map_files, and so execute
				 * anonymous memory */
	bool reads_any;		/* CAP_SYS_PTRACE: memory that its owner hides, too */
	bool cores_in_cwd;	/* the kernel writes core files into the working
				 * directory of whoever dies */
	bool reloadable;	/* rules are to be where a reload can change them,
				 * which is not in the filter */
	bool notify_listen;	/* somebody wants to know when it listens */
	/* What a filter that is in force already has been made for. */
	bool mediates_files, confines_files, judges_exec, restricts;
	/* It runs without. */
	bool no_landlock_files, no_landlock_signals, no_landlock_apart;
};

/* Why a call is notified: bits, because several sections can want one call. */
enum notify_why {
	WHY_SYSCALLS	= 1 << 0,	/* a rule of `syscalls` */
	WHY_FILES	= 1 << 1,	/* `files` rules must judge its path */
	WHY_SELF	= 1 << 2,	/* protects the supervisor */
	WHY_TRACK	= 1 << 3,	/* keeps what is known of targets right */
	WHY_DEFAULT	= 1 << 4,	/* "default": "deny" refuses it */
	WHY_BYPASS	= 1 << 5,	/* would go round the filter */
	WHY_SERVICE	= 1 << 6,	/* tells how the program is doing */
	WHY_SIGNALS	= 1 << 7,	/* keeps signals within the program's tree */
};

/* What the filter does with a call, or with the part of it that a branch
 * describes. */
enum plan_verdict {
	PLAN_ALLOW,
	PLAN_ERRNO,	/* .error: 0..4095, as SECCOMP_RET_ERRNO */
	PLAN_KILL,	/* the process */
	PLAN_NOTIFY,
};

#define PLAN_NO_RULE	UINT_MAX

/*
 * A verdict under conditions, all of which must hold. Ready for a filter:
 * conditions compare all 64 bits of a register, so arguments that the kernel
 * narrows appear as COND_MASKED_EQ with a mask of their width, and no argument
 * appears twice. Branches of one call do not overlap, except where both say
 * PLAN_NOTIFY.
 */
struct plan_branch {
	const struct arg_cond *conds;
	unsigned cond_count;
	enum plan_verdict verdict;	/* not PLAN_ALLOW */
	int error;
	unsigned rule_id;		/* PLAN_NO_RULE: gosup's own */
};

/* A rule that no policy writes, but its default, its other sections or the
 * supervisor's safety demand. Judged after those of `syscalls`, in order. */
struct plan_guard {
	const struct arg_cond *conds;	/* as in rules: narrowed first */
	unsigned cond_count;
	enum plan_verdict verdict;	/* PLAN_ERRNO or PLAN_NOTIFY */
	int error;			/* 0: not done, and said to be done */
	bool liftable;			/* an "allow" of `syscalls` ends it */
	bool perform;			/* NOTIFY: the supervisor must do it */
	enum notify_why why;		/* what it is for */
	const char *reason;
	struct rule_place place;	/* for decisions; line 0 */
};

/* The plan for one system call, by slot. */
struct plan_call {
	const struct syscall_row *row;
	enum layer layer;		/* the dearest that a branch needs */
	unsigned why;			/* enum notify_why, when notified */
	enum plan_verdict verdict;	/* if no branch holds; PLAN_ALLOW if
					 * there are branches */
	int error;			/* PLAN_ERRNO */
	unsigned rule_id;		/* of .verdict, or PLAN_NO_RULE */
	const struct plan_branch *branches;
	unsigned branch_count;
	int self_guard_arg;		/* the filter answers EPERM if the low 32
					 * bits of this argument are a pid of
					 * the supervisor's; -1: no such guard.
					 * May overlap branches, which then are
					 * refusals, too. */
	const struct call_rule *rules;	/* of `syscalls`, in order */
	unsigned rule_count;
	const struct plan_guard *guards;
	unsigned guard_count;
	const char *reason;		/* for explain: why this layer */
};

/*
 * What Landlock does of the policy. Where it judges files, a call that it
 * judges as the rules do is not notified; the others (modes, owners, times,
 * access(2), ...) still are.
 */
struct plan_landlock {
	bool files;		/* opening, making, removing, moving, truncating */
	bool exec;		/* executing; only with .files */
	bool exec_alone;	/* ... and nobody else judges that */
	bool signals;		/* signals to others than the program's tree */
	bool apart;		/* processes outside of it cannot be reached into: any
				 * ruleset does that */
	/* Why not .files or .exec_alone, or NULL; and the rule that stands in
	 * the way, or NULL. */
	const char *not_files, *not_exec;
	const struct rule_place *files_culprit, *exec_culprit;
};

struct plan_rule_note {			/* by rule id, for explain */
	enum layer layer;
	const char *reason;
	bool unreachable;		/* earlier rules leave nothing to it */
	bool unenforced;		/* "degrade" accepted the loss */
};

struct plan {
	const struct policy *policy;
	struct plan_features features;
	struct plan_call *calls;	/* syscall_count entries, by slot */
	bool restricts;			/* some rule exists */
	bool mediates_files;		/* paths are judged by the supervisor */
	bool confines_files;		/* ... and not only shown otherwise */
	bool judges_exec;		/* what is started is judged, at least */
	bool keeps_signals;		/* whom the program signals is judged */
	bool keeps_apart;		/* ... and into whom it reaches, as a debugger
					 * does: others may do what it may not */
	bool edits_lists;		/* ... and some are in the wrong listing */
	bool shifts_paths;		/* ... or lead into another tree */
	bool refuse_foreign_abi;	/* int 0x80, x32, other architectures */
	bool refuse_bypass;		/* io_uring */
	bool no_new_privs;
	bool no_cores;			/* core files would go where no rule is asked */
	struct plan_landlock landlock;
	struct plan_rule_note *notes;	/* policy->rule_count entries */
	unsigned cond_total;		/* of the branches of all calls */
	struct arena *arena;		/* owns every array above */
};

/**
 * plan_make() - lower @policy for a kernel with @features.
 * @policy: must outlive the plan
 * @ret: the plan, freed by plan_destroy(); untouched on failure
 *
 * Return: 0, or -EOPNOTSUPP when a rule cannot be enforced here and the
 * policy does not say "degrade"; then @diag names rule and missing feature.
 */
int plan_make(const struct policy *policy, const struct plan_features *features,
	      struct plan **ret, struct diag *diag);
void plan_destroy(struct plan *plan);

/**
 * plan_remake() - lower @policy for a program that runs under @installed.
 *
 * The filter of @installed stays in force, so the new plan may ask of it
 * nothing that it does not do already: where it notifies, any rule can be
 * enforced; where it lets through or refuses, only the same. What gosup itself
 * refuses so that rules cannot be got round stays refused.
 *
 * Return: 0; -EOPNOTSUPP if the filter does not give what a rule needs, or
 * gives what no rule wants any more, with @diag naming rule and reason.
 */
int plan_remake(const struct policy *policy, const struct plan *installed,
		struct plan **ret, struct diag *diag);

const char *layer_name(enum layer layer);

/* Whether a rule for files takes something away, rather than showing another
 * thing. */
bool policy_confines_files(const struct policy *policy);

/**
 * cond_holds() - whether @cond holds for a call of @row.
 * Argument and value are narrowed as the kernel's prototype does and compared
 * as unsigned numbers.
 */
bool cond_holds(const struct syscall_row *row, const struct arg_cond *cond,
		const uint64_t args[SYSCALL_ARGS]);

/* Whether all of @count conditions hold. */
bool conds_hold(const struct syscall_row *row, const struct arg_cond *conds,
		unsigned count, const uint64_t args[SYSCALL_ARGS]);

#endif
