/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decide.h"

#include <errno.h>
#include <fcntl.h>

/*
 * Theory of operation. The path tree gives the one rule that governs a path;
 * what the call wants is reduced to rights (read, write, exec, or none: only
 * looking); the kind of the rule then says whether that is granted. Every
 * switch below names all cases, and what falls out of one is refused.
 */

struct path_wish path_wish_open(int flags)
{
	struct path_wish wish = { .op = OP_OPEN };

	if (flags & O_PATH)
		return (struct path_wish){ .op = OP_STAT };

	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		wish.rights = ACCESS_READ;
		break;
	case O_WRONLY:
		wish.rights = ACCESS_WRITE;
		break;
	default: /* O_RDWR, and 3: the kernel checks both for it */
		wish.rights = ACCESS_READ | ACCESS_WRITE;
		break;
	}
	if (flags & O_TRUNC)
		wish.rights |= ACCESS_WRITE;
	/* O_TMPFILE shares a bit with O_DIRECTORY. */
	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
		wish.creates = true;
	return wish;
}

/* The rights that @wish needs, those its operation implies included. */
static unsigned rights_needed(struct path_wish wish)
{
	unsigned need = wish.rights | (wish.creates ? ACCESS_WRITE : 0);

	switch (wish.op) {
	case OP_STAT:
		/* Searching a directory is no right of ours. */
		return wish.leaf ? need : need & ~ACCESS_EXEC;
	case OP_READLINK:
	case OP_CHDIR:
	case OP_OPEN:
	case OP_CREATE: /* of what exists: fails, and does so without rights */
		return need;
	case OP_LIST:
		return need | ACCESS_READ;
	case OP_REMOVE:
	case OP_RENAME:
	case OP_LINK:
	case OP_TRUNCATE:
	case OP_SETATTR:
	case OP_CONNECT: /* the kernel, too, asks for write permission */
		return need | ACCESS_WRITE;
	case OP_EXEC:
		return need | ACCESS_EXEC;
	case OP_NONE:
	case OP_MOUNT:
	case OP_COUNT_:
		break;
	}
	return ACCESS_ALL;
}

static struct decision allow(struct decision d)
{
	d.verdict = VERDICT_ALLOW;
	return d;
}

static struct decision fail(struct decision d, int error)
{
	d.verdict = VERDICT_ERRNO;
	d.error = error;
	return d;
}

static struct decision answer(struct decision d, enum verdict verdict)
{
	d.verdict = verdict;
	return d;
}

/* Whether the operation takes the name at the path away or puts another
 * object there. */
static bool unseats(enum path_op op)
{
	return op == OP_REMOVE || op == OP_RENAME || op == OP_MOUNT;
}

/* Whether it would do so to objects that rules below the path are about. */
static bool uproots(const struct path_match *m, struct path_wish wish)
{
	return m->rules_below && !wish.leaf && unseats(wish.op);
}

/* Whether the operation changes what entries the directory of the path has. */
static bool changes_directory(struct path_wish wish)
{
	return wish.creates || wish.op == OP_LINK || wish.op == OP_REMOVE ||
	       wish.op == OP_RENAME;
}

static unsigned rights_at(const struct policy *policy, const struct path_match *m);

/* What the rules grant at the directory that holds @path. */
static unsigned rights_of_parent(const struct policy *policy, const char *path, size_t len)
{
	struct path_match m;

	while (len && path[len - 1] != '/')
		len--;
	m = path_tree_find(policy->file_tree, path, len > 1 ? len - 1 : 1);
	return rights_at(policy, &m);
}

static struct decision decide_hidden(struct decision d, struct path_wish wish)
{
	/* What would make the name appear must not say that it is free. */
	if (wish.creates || wish.op == OP_CREATE)
		return fail(d, EACCES);
	return fail(d, ENOENT);
}

/* A file made of the policy's bytes: regular, and read-only. */
static struct decision decide_content(struct decision d, struct path_wish wish,
				      bool exact)
{
	if (!exact)
		return fail(d, ENOTDIR);

	switch (wish.op) {
	case OP_OPEN:
		/* It exists, so O_CREAT asks for nothing more. */
		if (wish.rights & ACCESS_WRITE)
			return fail(d, EROFS);
		return answer(d, VERDICT_CONTENT);
	case OP_STAT:
		/* access(2) asks with rights. */
		if (wish.rights & ACCESS_WRITE)
			return fail(d, EROFS);
		if (wish.rights & ACCESS_EXEC)
			return fail(d, EACCES);
		return answer(d, VERDICT_CONTENT);
	case OP_LIST:
		return answer(d, VERDICT_CONTENT);
	case OP_READLINK:
		return fail(d, EINVAL);
	case OP_CHDIR:
		return fail(d, ENOTDIR);
	case OP_EXEC:
		return fail(d, EACCES);
	case OP_CONNECT:
		return fail(d, ECONNREFUSED);
	case OP_CREATE:
		return fail(d, EEXIST);
	case OP_REMOVE:
	case OP_RENAME:
		return fail(d, EBUSY);
	case OP_LINK:
	case OP_TRUNCATE:
	case OP_SETATTR:
		return fail(d, EROFS);
	case OP_NONE:
	case OP_MOUNT:
	case OP_COUNT_:
		break;
	}
	return fail(d, EACCES);
}

/* Judge by `files`, where another section has granted the rights in @granted. */
static struct decision decide_files(const struct policy *policy, const char *path,
				    size_t len, struct path_wish wish, unsigned granted)
{
	struct path_match m = path_tree_find(policy->file_tree, path, len);
	unsigned need = rights_needed(wish);
	struct decision d = { .verdict = VERDICT_ERRNO, .error = EACCES,
			      .need = need,
			      .in_directory = changes_directory(wish) };
	const struct file_rule *file;
	bool hides;

	if (m.value < 0) {
		if (uproots(&m, wish))
			return fail(d, EACCES);
		if (policy->def == DEFAULT_ALLOW || !(need & ~granted))
			return allow(d);
		return fail(d, EACCES);
	}

	file = &policy->files[m.value];
	d.file = file;
	d.rule = &file->place;
	d.match_len = m.length;
	hides = file->kind == FILE_DENY || file->kind == FILE_HIDE;
	/* The way to another rule's objects stays visible. */
	if (hides && m.rules_below && wish.op == OP_STAT && !need)
		return allow(d);
	if (!hides && uproots(&m, wish))
		return fail(d, EACCES);

	switch (file->kind) {
	case FILE_ALLOW:
		if (need & ~(file->rights | granted) ||
		    (m.exact && d.in_directory &&
		     !(rights_of_parent(policy, path, len) & ACCESS_WRITE)))
			return fail(d, EACCES);
		return allow(d);
	case FILE_DENY:
		return fail(d, file->deny_errno);
	case FILE_HIDE:
		return decide_hidden(d, wish);
	case FILE_CONTENT:
		return decide_content(d, wish, m.exact);
	case FILE_FROM:
		if (m.exact && unseats(wish.op))
			return fail(d, EBUSY);
		if (need & ACCESS_WRITE)
			return fail(d, EROFS);
		return answer(d, VERDICT_REDIRECT);
	case FILE_MAP:
		if (m.exact && unseats(wish.op))
			return fail(d, EBUSY);
		return answer(d, VERDICT_REDIRECT);
	}
	return fail(d, EACCES);
}

static const struct exec_rule *exec_rule_of(const struct policy *policy, const char *path,
					    size_t len)
{
	struct path_match m = path_tree_find(policy->exec_tree, path, len);

	return m.value < 0 ? NULL : &policy->execs[m.value];
}

static struct decision decide_by_exec(struct decision d, const struct exec_rule *rule)
{
	bool may = d.loader ? !rule->hashed : !rule->loader;

	d.exec = rule;
	d.rule = &rule->place;
	if (rule->deny_errno)
		return fail(d, rule->deny_errno);
	return may ? d : fail(d, EACCES);
}

/* Starting a program, or asking with access(2) whether one could. */
static struct decision decide_start(const struct policy *policy, const char *path,
				    size_t len, struct path_wish wish)
{
	const struct exec_rule *rule = exec_rule_of(policy, path, len);
	bool listed_only = policy->exec_count && policy->def == DEFAULT_DENY;
	struct decision d = decide_files(policy, path, len, wish,
					 rule || listed_only ? ACCESS_EXEC : 0);

	if (d.verdict == VERDICT_ERRNO)
		return d;
	if (rule)
		return decide_by_exec(d, rule);
	if (!listed_only)
		return d;
	d.rule = NULL;
	d.file = NULL;
	d.unlisted = true;
	return fail(d, EACCES);
}

struct decision decide_loader(const struct policy *policy, const char *path, size_t len)
{
	struct path_wish wish = { .op = OP_EXEC, .rights = ACCESS_EXEC };
	const struct exec_rule *rule = exec_rule_of(policy, path, len);
	struct decision d = decide_files(policy, path, len, wish, rule ? ACCESS_EXEC : 0);

	d.loader = true;
	return d.verdict == VERDICT_ERRNO || !rule ? d : decide_by_exec(d, rule);
}

struct decision decide_path(const struct policy *policy, const char *path,
			    size_t len, struct path_wish wish)
{
	if (wish.op == OP_EXEC ||
	    (wish.op == OP_STAT && wish.leaf && (wish.rights & ACCESS_EXEC)))
		return decide_start(policy, path, len, wish);
	return decide_files(policy, path, len, wish, 0);
}

/* What the rule that @m found grants. */
static unsigned rights_at(const struct policy *policy, const struct path_match *m)
{
	const struct file_rule *file;

	if (m->value < 0)
		return policy->def == DEFAULT_ALLOW ? ACCESS_ALL : 0;
	file = &policy->files[m->value];
	switch (file->kind) {
	case FILE_ALLOW:
		return file->rights;
	case FILE_MAP:
		return ACCESS_ALL;
	case FILE_FROM:
		return ACCESS_READ | ACCESS_EXEC;
	case FILE_CONTENT:
		return ACCESS_READ;
	case FILE_DENY:
	case FILE_HIDE:
		break;
	}
	return 0;
}

struct decision decide_move(const struct policy *policy,
			    const char *from, size_t from_len,
			    const char *to, size_t to_len)
{
	struct path_match old = path_tree_find(policy->file_tree, from,
					       from_len);
	struct path_match new = path_tree_find(policy->file_tree, to, to_len);
	struct decision d = { .verdict = VERDICT_ALLOW };

	if (rights_at(policy, &new) & ~rights_at(policy, &old)) {
		if (old.value >= 0) {
			d.file = &policy->files[old.value];
			d.rule = &d.file->place;
			d.match_len = old.length;
		}
		return fail(d, EXDEV);
	}
	return d;
}

static struct decision decide_rule(const struct call_rule *rule)
{
	struct decision d = { .rule = &rule->place };

	switch (rule->verdict) {
	case CALL_LOG:
		d.log = true;
		return allow(d);
	case CALL_ALLOW:
		return allow(d);
	case CALL_ERRNO:
		return fail(d, (int)rule->value);
	case CALL_RETURN:
		d.value = rule->value;
		return answer(d, VERDICT_RETURN);
	case CALL_KILL:
		return answer(d, VERDICT_KILL);
	}
	return fail(d, EPERM);
}

struct decision decide_scalar(const struct plan_call *call,
			      const uint64_t args[SYSCALL_ARGS])
{
	struct decision d = { .verdict = VERDICT_ALLOW };
	bool lifted = false;

	for (unsigned i = 0; i < call->rule_count; i++) {
		const struct call_rule *rule = &call->rules[i];

		if (!conds_hold(call->row, rule->conds, rule->cond_count, args))
			continue;
		d = decide_rule(rule);
		if (d.verdict != VERDICT_ALLOW)
			return d;
		lifted = rule->verdict == CALL_ALLOW;
		break;
	}
	for (unsigned i = 0; i < call->guard_count; i++) {
		const struct plan_guard *guard = &call->guards[i];

		if (guard->verdict != PLAN_ERRNO ||
		    (guard->liftable && lifted) ||
		    !conds_hold(call->row, guard->conds, guard->cond_count,
				args))
			continue;
		d.rule = &guard->place;
		return guard->error ? fail(d, guard->error) : answer(d, VERDICT_RETURN);
	}
	return d;
}

struct decision decide_anonymous(const struct policy *policy, struct path_wish wish)
{
	struct decision d = { .verdict = VERDICT_ALLOW, .need = wish.rights };
	const struct exec_rule *rule = exec_rule_of(policy, "/", 1);

	if (!(wish.rights & ACCESS_EXEC))
		return d;
	if (rule)
		return decide_by_exec(d, rule);
	return policy->def == DEFAULT_DENY ? fail(d, EACCES) : d;
}
