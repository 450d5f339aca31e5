/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_DECIDE_H
#define GOSUP_POLICY_DECIDE_H

#include "policy/plan.h"
#include "policy/policy.h"

/*
 * The verdict on one call: pure functions of the policy and of values that
 * the program can no longer change. Nothing here has side effects.
 */

enum verdict {
	VERDICT_ALLOW,		/* do as asked, on the supervisor's own copy */
	VERDICT_ERRNO,		/* fail with .error */
	VERDICT_RETURN,		/* answer .value without doing anything */
	VERDICT_KILL,
	VERDICT_CONTENT,	/* use .file->content instead */
	VERDICT_REDIRECT,	/* use the path in .file->target instead */
};

struct decision {
	enum verdict verdict;
	int error;			/* VERDICT_ERRNO: positive */
	int64_t value;			/* VERDICT_RETURN */
	const struct rule_place *rule;	/* NULL: the default decided. A place
					 * with line 0 is gosup's own rule. */
	const struct file_rule *file;	/* the files rule, if one decided */
	const struct exec_rule *exec;	/* the exec rule, likewise */
	size_t match_len;		/* bytes of the path that .file covers */
	unsigned need;			/* of a path: enum access_right asked
					 * for; 0 = only to look */
	bool in_directory;		/* ... of which ACCESS_WRITE is needed
					 * at the directory of the path */
	bool unlisted;			/* `exec` has rules, and none names it */
	bool loader;			/* judged as the loader of another */
	bool outside;			/* the memory of a process outside of the tree */
	bool log;			/* a "log" rule wants it recorded */
};

/* What an operation on a path needs, besides metadata. */
struct path_wish {
	enum path_op op;
	unsigned rights;	/* enum access_right it needs; 0 = only looks */
	bool creates;		/* would bring the entry into being: clear it
				 * once the entry is known to exist. OP_CREATE
				 * without it fails with EEXIST of itself. */
	bool leaf;		/* what is moved or removed is known not to be
				 * a directory: no rule's object is below it */
};

/**
 * path_wish_open() - what open flags @flags (O_*) need.
 *
 * O_PATH only looks. O_CREAT sets .creates, which asks for ACCESS_WRITE.
 */
struct path_wish path_wish_open(int flags);

/**
 * decide_path() - judge @wish on the canonical @path.
 * @path: absolute, normalised, all symlinks resolved, as the program sees it
 *
 * Under "default": "deny" a path that no rule names may be looked at (OP_STAT,
 * OP_READLINK, OP_CHDIR) but not opened, listed, executed, created, removed
 * or changed: that is what Landlock can enforce, so a rule means the same in
 * every layer. An explicit deny or hide covers looking, too, but not at the
 * directories that lead to another rule.
 *
 * What a rule grants is about the object at its path and what is below. Making,
 * removing and moving the entry itself changes the directory that holds it, as
 * for the kernel and for Landlock, so it takes ACCESS_WRITE there, too: a rule
 * for one file lets its content be changed, not the file be replaced.
 *
 * Content, from and map rules act like mounts: what is seen through content and
 * from is read-only (EROFS, as on a read-only mount: unlike EACCES it tells the
 * program that no other user or mode would do), and the place itself cannot be
 * moved or removed (EBUSY). Nor can a directory with rules below it (EACCES):
 * it would take the objects out of reach of their rules.
 *
 * Starting a program takes a rule of `exec` as well, if there are any and
 * nothing else is allowed by default. One that allows stands in for the right
 * that an "allow" of `files` does not grant, but lifts no "deny" or "hide". If it
 * is .exec->hashed, what is started must be verified to have that digest.
 */
struct decision decide_path(const struct policy *policy, const char *path,
			    size_t len, struct path_wish wish);

/**
 * decide_loader() - judge the loader at @path with which the kernel starts a
 * program. It needs the right of `files`, but no rule of `exec`: who may start
 * it can have it start any program. Where one denies it there must be one that
 * allows it as a loader.
 */
struct decision decide_loader(const struct policy *policy, const char *path, size_t len);

/**
 * decide_move() - whether what is at @from may become reachable at @to, too.
 *
 * For rename(2) and link(2), after decide_path() has allowed both ends. An
 * object must not gain rights by a new name: where the rule for @to grants what
 * the one for @from does not, the verdict is EXDEV, which makes programs fall
 * back to copying (and which Landlock answers for the same reason).
 */
struct decision decide_move(const struct policy *policy,
			    const char *from, size_t from_len,
			    const char *to, size_t to_len);

/**
 * decide_scalar() - judge a call by the `syscalls` section, then by the
 * plan's guards that refuse (those that notify are the handler's to judge).
 * @args: as the kernel copied them
 * Return: VERDICT_ALLOW with rule NULL where no rule matches.
 */
struct decision decide_scalar(const struct plan_call *call, const uint64_t args[6]);

/**
 * decide_anonymous() - judge @wish on an object that no path leads to: a pipe,
 * a socket, a memory file. The program has it already, so all is well, but for
 * executing it where only named programs may be executed: a rule of `exec` for
 * "/" is about these, too.
 */
struct decision decide_anonymous(const struct policy *policy, struct path_wish wish);

#endif
