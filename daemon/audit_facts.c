/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit_facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "emul/proc.h"
#include "policy/base/line.h"

const char *event_kind_name(enum event_kind kind)
{
	switch (kind) {
	case EVENT_DENY:
		return "deny";
	case EVENT_REDIRECT:
		return "redirect";
	case EVENT_ALLOW:
		return "allow";
	case EVENT_LOG:
		return "log";
	case EVENT_EXEC:
		return "exec";
	case EVENT_SIGNAL:
		return "signal";
	}
	return "?";
}

/* The name of process @pid; "?" if it is gone. proc_pid_comm(5) */
static void read_comm(pid_t pid, char *buf, size_t size)
{
	int len = proc_read(pid, "comm", buf, size);

	if (len > 0 && buf[len - 1] == '\n')
		buf[--len] = '\0';
	if (len <= 0)
		snprintf(buf, size, "?");
}

static void get_caller(const struct notif *n, struct audit_facts *f)
{
	/* Asking for the process remembers it, and changes nothing else. */
	pid_t tgid = notif_tgid((struct notif *)n);

	f->tid = n->tid;
	f->pid = tgid ? tgid : n->tid;
	read_comm(f->pid, f->comm, sizeof(f->comm));
}

static const char *rights_words(unsigned rights)
{
	static const char *const words[] = {
		[0] = "read",	/* looking comes with any right */
		[ACCESS_READ] = "read",
		[ACCESS_WRITE] = "write",
		[ACCESS_READ | ACCESS_WRITE] = "read write",
		[ACCESS_EXEC] = "exec",
		[ACCESS_READ | ACCESS_EXEC] = "read exec",
		[ACCESS_WRITE | ACCESS_EXEC] = "write exec",
		[ACCESS_ALL] = "read write exec",
	};

	return words[rights & ACCESS_ALL];
}

static bool is_utf8(const char *s)
{
	char scratch[1];
	struct line nowhere;

	line_init(&nowhere, scratch, sizeof(scratch));
	return line_put_json(&nowhere, s, strlen(s));
}

/* How much of the object's path is to be in a rule: all, or its directory. */
static size_t length_to_advise(const struct decision *d, const struct audit_facts *f)
{
	size_t len = strlen(f->object);

	if (!d->in_directory)
		return len;
	while (len > 1 && f->object[len - 1] != '/')
		len--;
	return len > 1 ? len - 1 : len;
}

/* Rules call it /proc/self, whoever the caller: see decide_place(). */
static void set_advice_path(const struct decision *d, struct audit_facts *f)
{
	char own[32];
	size_t own_len = (size_t)snprintf(own, sizeof(own), "/proc/%d", (int)f->pid);
	size_t len = length_to_advise(d, f);

	f->advice_path = "";
	f->advice_tail = f->object;
	f->advice_tail_len = len;
	if (len >= own_len && !memcmp(f->object, own, own_len) &&
	    (f->object[own_len] == '/' || !f->object[own_len])) {
		f->advice_path = "/proc/self";
		f->advice_tail = f->object + own_len;
		f->advice_tail_len = len - own_len;
	}
}

/* Whether @file is about the very path that is advised. */
static bool is_advised(const struct audit_facts *f, const struct file_rule *file)
{
	size_t len = strlen(f->advice_path);

	return !strncmp(file->path, f->advice_path, len) &&
	       strlen(file->path) == len + f->advice_tail_len &&
	       !memcmp(file->path + len, f->advice_tail, f->advice_tail_len);
}

/* A rule for the object, in the place of one for exactly it. */
static void advise_files(const struct decision *d, unsigned rights,
			 struct audit_facts *f)
{
	f->advice_rights = rights_words(rights);
	set_advice_path(d, f);
	if (!is_utf8(f->object))
		f->advice = ADVICE_UNNAMEABLE;
	else if (d->file && is_advised(f, d->file))
		f->advice = ADVICE_FILES_CHANGE;
	else
		f->advice = ADVICE_FILES_ADD;
}

/* A rule for the program, in the place of one for exactly it. */
static void advise_exec(const struct notif *n, struct audit_facts *f)
{
	const struct exec_rule *exec = n->decision.exec;

	set_advice_path(&n->decision, f);
	if (!is_utf8(f->object))
		f->advice = ADVICE_UNNAMEABLE;
	else if (exec && n->digest)
		f->advice = ADVICE_EXEC_HASH;
	else if (exec && !strcmp(exec->path, f->object))
		f->advice = ADVICE_EXEC_CHANGE;
	else
		f->advice = ADVICE_EXEC_ADD;
}

/* A call that takes the name away, where other rules' objects lie below it:
 * no right allows that. */
static bool uproots(const struct notif *n, const struct audit_facts *f)
{
	const struct path_tree *tree = n->emul->plan->policy->file_tree;
	enum path_op op = n->row ? n->row->op : OP_NONE;

	return (op == OP_REMOVE || op == OP_RENAME || op == OP_MOUNT) &&
	       path_tree_find(tree, f->object, f->object_len).rules_below;
}

/* Why a path is denied that no rule is about, if it is not the default's doing:
 * decide_place() in emul/dispatch.c, decide_path(), decide_anonymous(). */
static const char *own_reason(const struct notif *n, const struct audit_facts *f)
{
	if (n->decision.error == ENOENT)
		return "is one of gosup's own processes";
	if (n->decision.outside)
		return "is the memory of a process outside of the program's tree";
	if (n->decision.error == EXDEV)
		return "would get more rights by its new name";
	if (f->object[0] != '/' || !strncmp(f->object, "/memfd:", 7))
		return "has no path that a rule could name";
	return uproots(n, f) ? "rules are about what lies below" : NULL;
}

/* What rule for the object would do. */
static void advise_path(const struct notif *n, struct audit_facts *f)
{
	const struct decision *d = &n->decision;

	if (d->exec || d->unlisted) {
		advise_exec(n, f);
		return;
	}
	if (!d->file) {
		advise_files(d, d->need, f);
		return;
	}
	if (uproots(n, f) || d->error == EXDEV)
		return;
	switch (d->file->kind) {
	case FILE_ALLOW:
		if (d->need & ~d->file->rights || d->in_directory)
			advise_files(d, d->need | d->file->rights, f);
		break;
	case FILE_DENY:
	case FILE_HIDE:
		advise_files(d, d->need, f);
		break;
	case FILE_FROM:
		if (d->error == EROFS) {
			f->advice = ADVICE_FILES_MAP;
			f->advice_path = d->file->path;
			f->advice_tail = "";
			f->advice_tail_len = 0;
		}
		break;
	case FILE_CONTENT:	/* nothing but its bytes is there */
	case FILE_MAP:
		break;
	}
}

/* The guard of the plan that @place belongs to, or NULL. */
static const struct plan_guard *guard_at(const struct notif *n,
					 const struct rule_place *place)
{
	const struct plan_call *call;
	unsigned i;

	if (!n->row || !n->emul->plan->calls)
		return NULL;
	call = &n->emul->plan->calls[syscall_slot(n->row)];
	for (i = 0; i < call->guard_count; i++)
		if (&call->guards[i].place == place)
			return &call->guards[i];
	return NULL;
}

static void set_why(struct audit_facts *f, const char *why)
{
	snprintf(f->why, sizeof(f->why), "%s", why ? why : "is refused");
}

/* Who denied, and what would make it an allow. */
static void get_denial(const struct notif *n, struct audit_facts *f)
{
	const struct decision *d = &n->decision;
	const struct plan_guard *guard;

	if (d->verdict != VERDICT_ERRNO && d->verdict != VERDICT_KILL) {
		/* No rule did: the handler says why in the operation's place. */
		set_why(f, n->operation);
		f->operation = NULL;
	} else if (d->rule && !d->rule->line) {
		guard = guard_at(n, d->rule);
		set_why(f, guard ? guard->reason : NULL);
		if (guard && guard->liftable)
			f->advice = ADVICE_SYSCALLS;
	} else if (f->object && !d->rule && own_reason(n, f)) {
		set_why(f, own_reason(n, f));
	} else if (f->object) {
		advise_path(n, f);
	} else {
		f->advice = ADVICE_SYSCALLS;
	}
	if (f->why[0] || !d->rule)
		snprintf(f->rule, sizeof(f->rule), f->why[0] ? "built-in" : "default");
}

/* The place of the rule; of a long file name the end says more. */
static void get_rule(const struct rule_place *rule, struct audit_facts *f)
{
	const size_t room = sizeof(f->rule) - 64;
	struct rule_place place = *rule;
	size_t len = strlen(place.file);

	if (len <= room) {
		rule_place_format(&place, f->rule, sizeof(f->rule));
		return;
	}
	place.file += len - room;
	memcpy(f->rule, "...", 3);
	rule_place_format(&place, f->rule + 3, sizeof(f->rule) - 3);
}

static void get_target(const struct decision *d, struct audit_facts *f)
{
	const struct file_rule *file = d->file;

	if (d->verdict != VERDICT_REDIRECT || !file || !file->target ||
	    !f->object || d->match_len > f->object_len)
		return;
	f->target = strcmp(file->target, "/") ? file->target : "";
	f->target_tail = f->object + d->match_len;
	if (!strcmp(f->target_tail, "/") || (!*f->target && !*f->target_tail)) {
		f->target = file->target;
		f->target_tail = "";
	}
}

void audit_facts_get(const struct event *event, struct audit_facts *f)
{
	const struct notif *n = event->notif;
	const struct decision *d = &n->decision;

	*f = (struct audit_facts){ .event = event };
	clock_gettime(CLOCK_REALTIME, &f->time);
	f->observed = n->emul->plan->policy->mode == MODE_OBSERVE;
	get_caller(n, f);
	if (n->row)
		snprintf(f->call, sizeof(f->call), "%s", n->row->name);
	else
		snprintf(f->call, sizeof(f->call), "system call %d", n->nr);
	f->operation = n->operation;
	f->object = n->object;
	f->object_len = n->object ? strlen(n->object) : 0;
	f->error = event->result < 0 ? -event->result : 0;
	if (d->rule && d->rule->line)
		get_rule(d->rule, f);
	if (event->kind == EVENT_DENY)
		get_denial(n, f);
	else
		get_target(d, f);
}
