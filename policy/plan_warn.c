/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>

#include "policy/base/line.h"
#include "policy/explain.h"

/*
 * Warnings of `gosup check`: rules that are right in form and yet cannot do
 * what their author hopes.
 */

struct warnings {
	const struct plan *plan;
	FILE *out;
	unsigned count;
};

/* Calls that do the same work. Denying some of them denies nothing. */
static const char *const families[][5] = {
	{ "open", "openat", "openat2", "creat" },
	{ "clone", "clone3", "fork", "vfork" },
	{ "execve", "execveat" },
	{ "rename", "renameat", "renameat2" },
	{ "unlink", "unlinkat" },
	{ "mkdir", "mkdirat" },
	{ "link", "linkat" },
	{ "symlink", "symlinkat" },
	{ "mknod", "mknodat" },
	{ "chmod", "fchmodat", "fchmodat2" },
	{ "chown", "lchown", "fchownat" },
	{ "kill", "tkill", "tgkill", "pidfd_send_signal" },
	{ "accept", "accept4" },
	{ "pipe", "pipe2" },
	{ "epoll_create", "epoll_create1" },
	{ "eventfd", "eventfd2" },
	{ "inotify_init", "inotify_init1" },
	{ "sendto", "sendmsg", "sendmmsg" },
	{ "setrlimit", "prlimit64" },
	{ "mount", "move_mount" },
	{ "init_module", "finit_module" },
	{ "kexec_load", "kexec_file_load" },
	{ "getdents", "getdents64" },
	{ "memfd_create", "memfd_secret" },
};

__attribute__((format(printf, 3, 4)))
static void warn(struct warnings *w, const struct rule_place *place,
		 const char *fmt, ...)
{
	char where[512], text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Paths and file names are the policy's author's choice. */
	text_make_printable(text);
	if (place)
		fprintf(w->out, "%s: ",
			line_shown(rule_place_format(place, where, sizeof(where))).s);
	fprintf(w->out, "%s\n", text);
	w->count++;
}

static bool refuses(const struct call_rule *rule)
{
	return rule->verdict == CALL_ERRNO || rule->verdict == CALL_KILL;
}

static void warn_fatal(struct warnings *w, const struct call_rule *rule)
{
	if (!(rule->row->flags & ROW_RUNTIME_FATAL) ||
	    rule->verdict == CALL_ALLOW || rule->verdict == CALL_LOG)
		return;
	warn(w, &rule->place, "the Go runtime ends the program when %s fails%s",
	     rule->row->name,
	     rule->cond_count ? "; make sure that it never meets the conditions"
			      : "");
}

/* Whether the call always fails here, by rule or guard. */
static bool always_refused(const struct plan *plan, const char *name)
{
	const struct syscall_row *row = syscall_by_name(name);
	const struct plan_call *call = &plan->calls[syscall_slot(row)];

	for (unsigned i = 0; i < call->rule_count; i++)
		if (refuses(&call->rules[i]))
			return true; /* with conditions, too: it was thought of */
	return call->verdict == PLAN_ERRNO || call->verdict == PLAN_KILL;
}

static void warn_family(struct warnings *w, const struct call_rule *rule)
{
	if (!refuses(rule) || rule->cond_count)
		return;
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		const char *const *member = families[f];
		char others[128] = "";
		bool in = false;

		for (; *member; member++) {
			size_t len = strlen(others);

			if (strcmp(*member, rule->row->name) == 0)
				in = true;
			else if (!always_refused(w->plan, *member))
				snprintf(others + len, sizeof(others) - len,
					 "%s%s", len ? ", " : "", *member);
		}
		if (in && others[0])
			warn(w, &rule->place, "denies %s, but not what does the "
			     "same: %s", rule->row->name, others);
	}
}

/* An "allow" that cannot lift what gosup refuses. */
static void warn_stays_refused(struct warnings *w, const struct call_rule *rule)
{
	const struct plan_call *call =
		&w->plan->calls[syscall_slot(rule->row)];

	if (rule->verdict != CALL_ALLOW)
		return;
	for (unsigned i = 0; i < call->guard_count; i++) {
		const struct plan_guard *guard = &call->guards[i];

		if (guard->verdict != PLAN_ERRNO || guard->liftable ||
		    guard->why == WHY_SELF)
			continue;
		warn(w, &rule->place, "%s stays refused%s: %s", rule->row->name,
		     guard->cond_count ? " for some arguments" : "",
		     guard->reason);
		return;
	}
}

static void warn_note(struct warnings *w, const struct rule_place *place)
{
	const struct plan_rule_note *note = &w->plan->notes[place->id];

	if (note->unreachable)
		warn(w, place, "is never reached: rules before it decide all "
		     "that it would");
	if (note->unenforced)
		warn(w, place, "is not enforced: system call notifications do "
		     "not work here (\"degrade\": true accepts that)");
}

/* The rule that would govern the path if @file were not there. */
static const struct file_rule *rule_above(const struct policy *policy,
					  const struct file_rule *file)
{
	const char *slash = strrchr(file->path, '/');
	size_t len = (size_t)(slash - file->path);
	struct path_match m;

	if (!file->path[1])
		return NULL;
	m = path_tree_find(policy->file_tree, file->path, len ? len : 1);
	return m.value < 0 ? NULL : &policy->files[m.value];
}

static void warn_file(struct warnings *w, const struct file_rule *file)
{
	const struct policy *policy = w->plan->policy;
	const struct file_rule *above = rule_above(policy, file);
	char where[512];

	warn_note(w, &file->place);
	if (above && above->kind == FILE_CONTENT)
		warn(w, &file->place, "is never reached: %s is a file by %s", above->path,
		     rule_place_format(&above->place, where, sizeof(where)));
	else if (!above && policy->def == DEFAULT_ALLOW &&
		 file->kind == FILE_ALLOW && file->rights == ACCESS_ALL)
		warn(w, &file->place, "allows what \"default\": \"allow\" "
		     "allows anyway");
}

/* glibc's and musl's: ld-linux-x86-64.so.2, ld-musl-x86_64.so.1. */
static bool is_loader(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return !strncmp(name, "ld-", 3) && strstr(name, ".so");
}

static void warn_exec(struct warnings *w, const struct exec_rule *rule)
{
	const struct policy *policy = w->plan->policy;
	struct path_match m = path_tree_find(policy->file_tree, rule->path, strlen(rule->path));
	const struct file_rule *file = m.value < 0 ? NULL : &policy->files[m.value];
	char where[512] = "";

	warn_note(w, &rule->place);
	if (rule->deny_errno)
		return;
	if (file)
		rule_place_format(&file->place, where, sizeof(where));
	if (file && (file->kind == FILE_DENY || file->kind == FILE_HIDE ||
		     file->kind == FILE_CONTENT))
		warn(w, &rule->place, "allows nothing: %s does not let %s be executed", where,
		     rule->path);
	else if (file && file->kind == FILE_ALLOW && (file->rights & ACCESS_WRITE) &&
		 !rule->hashed)
		warn(w, &rule->place, "what may be started can be replaced by the program: %s "
		     "lets it write there (\"sha256\" would tell)", where);
	else if (!rule->loader && is_loader(rule->path))
		warn(w, &rule->place, "who may start a loader can have it start any program; as "
		     "that of others it needs \"allow\": \"loader\" only");
}

unsigned plan_warnings(const struct plan *plan, FILE *out)
{
	const struct policy *policy = plan->policy;
	struct warnings w = { .plan = plan, .out = out };

	if (!plan->features.notify)
		warn(&w, NULL, "system call notifications do not work here: the "
		     "supervisor is not protected from the program");
	for (size_t i = 0; i < policy->file_count; i++)
		warn_file(&w, &policy->files[i]);
	for (size_t i = 0; i < policy->exec_count; i++)
		warn_exec(&w, &policy->execs[i]);
	for (size_t i = 0; i < policy->call_count; i++) {
		const struct call_rule *rule = &policy->calls[i];

		warn_note(&w, &rule->place);
		if (plan->notes[rule->place.id].unreachable)
			continue;
		warn_fatal(&w, rule);
		warn_family(&w, rule);
		warn_stays_refused(&w, rule);
	}
	return w.count;
}
