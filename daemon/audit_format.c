/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a line is put together from parts, and if it does not
 * fit into its buffer, again with less: first without the advice, then with
 * the beginning of the object only. Everything that the program chose (paths,
 * its own name) goes through the escapes of daemon/line.h.
 */
#include "daemon/audit_format.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "daemon/audit.h"
#include "policy/names.h"

/* Bytes of a path in a line that cannot hold it all. An escaped byte takes up
 * to 6 bytes, and 2 more in hexadecimal. */
#define CUT_PATH 96

/* ---- what both formats share ---- */

static unsigned arg_count(const struct syscall_row *row)
{
	unsigned n = 0;

	while (row && n < SYSCALL_ARGS && row->args[n] != ARG_NONE)
		n++;
	return n;
}

/* How the formats show arguments: @json in decimal, else as in C. */
static void put_arg(struct line *line, const struct notif *n, unsigned i, bool json)
{
	uint64_t arg = n->args[i];

	switch ((enum arg_kind)n->row->args[i]) {
	case ARG_INT:
	case ARG_FD:
	case ARG_DIRFD:
	case ARG_PID:
	case ARG_TID:
	case ARG_PIDFD:
	case ARG_SIGNO:
		line_printf(line, "%d", (int)arg);
		break;
	case ARG_UINT:
		line_printf(line, "%u", (unsigned)arg);
		break;
	case ARG_LONG:
		line_printf(line, "%" PRId64, (int64_t)arg);
		break;
	case ARG_MODE:
		line_printf(line, json ? "%u" : "%#o", (unsigned)arg);
		break;
	case ARG_OPEN_FLAGS:
	case ARG_AT_FLAGS:
		line_printf(line, json ? "%u" : "0x%x", (unsigned)arg);
		break;
	case ARG_HEX:
		line_printf(line, json ? "%" PRIu64 : "0x%" PRIx64, arg);
		break;
	case ARG_PATH:
	case ARG_STR:
	case ARG_BUF:
	case ARG_STRUCT:
	case ARG_SOCKADDR:
	case ARG_NONE:
	case ARG_KIND_COUNT_:
		/* An address says only where the program's memory is. */
		line_puts(line, json ? "null" : "...");
		break;
	}
}

/* @s and @len bytes of @more in one string. */
static void put_json_strings(struct line *line, const char *s, const char *more, size_t len)
{
	line_puts(line, "\"");
	line_put_json(line, s, strlen(s));
	line_put_json(line, more, len);
	line_puts(line, "\"");
}

static void put_errno(struct line *line, int error)
{
	const char *name = errno_name(error);

	if (strcmp(name, "E?") != 0)
		line_puts(line, name);
	else
		line_printf(line, "errno %d", error);
}

/* The rule to add, as it would stand in a policy. */
static void put_advice_rule(struct line *line, const struct audit_facts *f)
{
	switch (f->advice) {
	case ADVICE_FILES_ADD:
	case ADVICE_FILES_CHANGE:
		line_puts(line, "{\"path\": ");
		put_json_strings(line, f->advice_path, f->advice_tail, f->advice_tail_len);
		line_printf(line, ", \"allow\": \"%s\"}", f->advice_rights);
		break;
	case ADVICE_FILES_MAP:
		line_puts(line, "{\"path\": ");
		put_json_strings(line, f->advice_path, f->advice_tail, f->advice_tail_len);
		line_puts(line, ", \"map\": ");
		put_json_strings(line, f->event->notif->decision.file->target, "", 0);
		line_puts(line, "}");
		break;
	case ADVICE_EXEC_ADD:
	case ADVICE_EXEC_CHANGE:
	case ADVICE_EXEC_HASH:
		line_puts(line, "{\"path\": ");
		put_json_strings(line, f->advice_path, f->advice_tail, f->advice_tail_len);
		line_printf(line, ", \"allow\": %s", f->event->notif->decision.loader ?
			    "\"loader\"" : "true");
		if (f->advice == ADVICE_EXEC_HASH) {
			line_puts(line, ", \"sha256\": \"");
			line_put_hex(line, (const char *)f->event->notif->digest, SHA256_SIZE);
			line_puts(line, "\"");
		}
		line_puts(line, "}");
		break;
	case ADVICE_SYSCALLS:
		line_printf(line, "{\"%s\": {\"allow\": true}}", f->call);
		break;
	case ADVICE_NONE:
	case ADVICE_UNNAMEABLE:
		break;
	}
}

/* ---- text ---- */

static const char *event_verb(const struct audit_facts *f)
{
	bool seen = f->observed;	/* and not done */

	switch (f->event->kind) {
	case EVENT_DENY:
		return seen ? "would be denied" : "denied";
	case EVENT_REDIRECT:
		return seen ? "would be redirected" : "redirected";
	case EVENT_ALLOW:
		return "allowed";
	case EVENT_LOG:
		return "logged";
	case EVENT_EXEC:
		return "executed";
	case EVENT_SIGNAL:
		return "signalled";
	}
	return "?";
}

static void put_call(struct line *line, const struct audit_facts *f)
{
	const struct notif *n = f->event->notif;
	unsigned i;

	line_puts(line, f->call);
	if (!n->row)
		return;
	for (i = 0; i < arg_count(n->row); i++) {
		line_puts(line, i ? ", " : "(");
		put_arg(line, n, i, false);
	}
	line_puts(line, i ? ")" : "()");
}

/* At most @max bytes of @s. */
static void put_some(struct line *line, const char *s, size_t max)
{
	size_t len = strlen(s);

	line_put_shown(line, s, len < max ? len : max);
	if (len > max)
		line_puts(line, "...");
}

static void put_object(struct line *line, const struct audit_facts *f, size_t max)
{
	line_printf(line, "%s %s%s\"", f->call, f->operation ? f->operation : "",
		    f->operation ? " " : "");
	put_some(line, f->object, max);
	line_puts(line, "\"");
}

static void put_result(struct line *line, const struct audit_facts *f, size_t max)
{
	const struct decision *d = &f->event->notif->decision;

	if (f->event->kind == EVENT_DENY && d->verdict == VERDICT_KILL) {
		line_puts(line, ": killed");
	} else if (f->event->kind == EVENT_REDIRECT && f->target) {
		line_puts(line, " to \"");
		put_some(line, f->target, max);
		put_some(line, f->target_tail, max);
		line_puts(line, "\"");
	} else if (f->event->kind == EVENT_REDIRECT && d->verdict == VERDICT_CONTENT) {
		line_puts(line, " to the rule's content");
	} else if (f->event->kind == EVENT_REDIRECT && d->verdict == VERDICT_RETURN) {
		line_printf(line, ": answered %" PRId64, d->value);
	}
	if (f->error && d->verdict != VERDICT_KILL) {
		line_puts(line, ": ");
		put_errno(line, f->error);
	}
}

static void put_reason(struct line *line, const struct audit_facts *f)
{
	if (f->why[0]) {
		line_printf(line, " (%s)", f->why);
	} else if (!strcmp(f->rule, "default")) {
		line_puts(line, " (no rule names it)");
	} else if (f->rule[0]) {
		line_puts(line, " (");
		line_put_shown(line, f->rule, strlen(f->rule));
		line_puts(line, f->event->notif->digest ? ": other bytes)" : ")");
	}
}

static void put_advice(struct line *line, const struct audit_facts *f)
{
	static const char unnameable[] = "; to allow it, write a rule for its "
		"directory, as its own path is not UTF-8";
	static const char *const before[] = {
		[ADVICE_FILES_ADD] = "; to allow it, add ",
		[ADVICE_FILES_CHANGE] = "; to allow it, make that rule ",
		[ADVICE_FILES_MAP] = "; to allow it, make that rule ",
		[ADVICE_EXEC_ADD] = "; to allow it, add ",
		[ADVICE_EXEC_CHANGE] = "; to allow it, make that rule ",
		[ADVICE_EXEC_HASH] = "; to allow it, make that rule ",
		[ADVICE_SYSCALLS] = "; to allow it, put ",
		[ADVICE_UNNAMEABLE] = unnameable,
	};
	static const char *const after[] = {
		[ADVICE_FILES_ADD] = " to files",
		[ADVICE_EXEC_ADD] = " to exec",
		[ADVICE_SYSCALLS] = " in syscalls",
		[ADVICE_UNNAMEABLE] = "",
	};

	if (f->advice == ADVICE_NONE) {
		if (f->why[0])
			line_puts(line, "; no rule can allow it");
		return;
	}
	line_puts(line, before[f->advice]);
	put_advice_rule(line, f);
	line_puts(line, after[f->advice] ? after[f->advice] : "");
}

static void try_text(struct line *line, const struct audit_facts *f, size_t max,
		     bool advise)
{
	line_printf(line, "gosup: %s: ", event_verb(f));
	if (f->object)
		put_object(line, f, max);
	else
		put_call(line, f);
	line_puts(line, " by ");
	line_put_shown(line, f->comm, strlen(f->comm));
	line_printf(line, "[%d]", (int)f->pid);
	put_result(line, f, max);
	put_reason(line, f);
	if (advise && f->event->kind == EVENT_DENY)
		put_advice(line, f);
}

/* ---- JSON ---- */

static void put_time(struct line *line, const struct timespec *time)
{
	struct tm tm;

	gmtime_r(&time->tv_sec, &tm);
	line_printf(line, "{\"time\": \"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\"",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		    tm.tm_min, tm.tm_sec, time->tv_nsec / 1000);
}

static void put_member(struct line *line, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	line_printf(line, ", \"%s\": ", key);
	put_json_strings(line, value, "", 0);
}

static void put_json_object(struct line *line, const struct audit_facts *f, size_t max)
{
	size_t len = f->object_len < max ? f->object_len : max;

	line_puts(line, ", \"object\": \"");
	if (!line_put_json(line, f->object, len)) {
		line_puts(line, "\", \"object_hex\": \"");
		line_put_hex(line, f->object, len);
	}
	line_puts(line, "\"");
	if (len < f->object_len)
		line_puts(line, ", \"object_cut\": true");
}

static void put_json_args(struct line *line, const struct notif *n)
{
	unsigned i;

	if (!n->row)
		return;
	line_puts(line, ", \"args\": [");
	for (i = 0; i < arg_count(n->row); i++) {
		line_puts(line, i ? ", " : "");
		put_arg(line, n, i, true);
	}
	line_puts(line, "]");
}

static const char *advice_section(const struct audit_facts *f)
{
	switch (f->advice) {
	case ADVICE_SYSCALLS:
		return "syscalls";
	case ADVICE_EXEC_ADD:
	case ADVICE_EXEC_CHANGE:
	case ADVICE_EXEC_HASH:
		return "exec";
	case ADVICE_FILES_ADD:
	case ADVICE_FILES_CHANGE:
	case ADVICE_FILES_MAP:
	case ADVICE_NONE:
	case ADVICE_UNNAMEABLE:
		break;
	}
	return "files";
}

static void put_json_result(struct line *line, const struct audit_facts *f, bool advise)
{
	const struct decision *d = &f->event->notif->decision;

	if (f->error) {
		line_puts(line, ", \"errno\": \"");
		put_errno(line, f->error);
		line_puts(line, "\"");
	}
	if (f->event->kind == EVENT_DENY && d->verdict == VERDICT_KILL)
		line_puts(line, ", \"killed\": true");
	if (f->event->kind == EVENT_REDIRECT && d->verdict == VERDICT_RETURN)
		line_printf(line, ", \"value\": %" PRId64, d->value);
	if (f->target && advise) {
		line_puts(line, ", \"target\": ");
		put_json_strings(line, f->target, f->target_tail, strlen(f->target_tail));
	}
	put_member(line, "rule", f->rule);
	put_member(line, "why", f->why);
	if (!advise || f->event->kind != EVENT_DENY ||
	    f->advice == ADVICE_NONE || f->advice == ADVICE_UNNAMEABLE)
		return;
	/* As a policy that could be included. */
	line_printf(line, ", \"allow_with\": {\"%s\": %s", advice_section(f),
		    f->advice == ADVICE_SYSCALLS ? "" : "[");
	put_advice_rule(line, f);
	line_puts(line, f->advice == ADVICE_SYSCALLS ? "}" : "]}");
}

static void try_json(struct line *line, const struct audit_facts *f, size_t max,
		     bool advise)
{
	put_time(line, &f->time);
	put_member(line, "event", event_kind_name(f->event->kind));
	if (f->observed)
		put_member(line, "mode", "observe");
	put_member(line, "syscall", f->call);
	put_member(line, "operation", f->operation);
	if (f->object)
		put_json_object(line, f, max);
	else
		put_json_args(line, f->event->notif);
	line_printf(line, ", \"pid\": %d, \"tid\": %d", (int)f->pid, (int)f->tid);
	put_member(line, "comm", f->comm);
	put_json_result(line, f, advise);
	line_puts(line, "}");
}

/* ---- what fits ---- */

typedef void try_fn(struct line *line, const struct audit_facts *f, size_t max, bool advise);

static void put_what_fits(struct line *line, const struct audit_facts *f, try_fn *try)
{
	size_t start = line->len;
	int less;

	for (less = 0; less < 3; less++) {
		line->len = start;
		line->full = false;
		try(line, f, less == 2 ? CUT_PATH : SIZE_MAX, less == 0);
		if (!line->full)
			return;
	}
	line->len = start;
	line->buf[start] = '\0';
}

void audit_put_text(struct line *line, const struct audit_facts *f)
{
	put_what_fits(line, f, try_text);
}

void audit_put_json(struct line *line, const struct audit_facts *f)
{
	put_what_fits(line, f, try_json);
}

size_t audit_json_size(const struct audit_facts *f)
{
	size_t paths = 2 * f->object_len;	/* in the advice, too */

	if (f->target)
		paths += strlen(f->target);
	if (f->advice == ADVICE_FILES_MAP)
		paths += strlen(f->advice_path) +
			 strlen(f->event->notif->decision.file->target);
	/* Escaped 6 bytes each, and the object in hexadecimal. */
	return (size_t)2 * AUDIT_LINE_MIN + 6 * paths + 2 * f->object_len;
}

static size_t format(const struct event *event, char *buf, size_t size,
		     void (*put)(struct line *line, const struct audit_facts *facts))
{
	struct audit_facts facts;
	struct line line;

	audit_facts_get(event, &facts);
	line_init(&line, buf, size);
	put(&line, &facts);
	return line.len;
}

size_t audit_format_text(const struct event *event, char *buf, size_t size)
{
	return format(event, buf, size, audit_put_text);
}

size_t audit_format_json(const struct event *event, char *buf, size_t size)
{
	return format(event, buf, size, audit_put_json);
}
