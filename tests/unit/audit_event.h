/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_TESTS_UNIT_AUDIT_EVENT_H
#define GOSUP_TESTS_UNIT_AUDIT_EVENT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emul/notif.h"
#include "policy/plan.h"

/* An event of the calling process under a policy given as text. */
struct scene {
	struct policy *policy;
	struct plan *plan;
	struct emul emul;
	struct notif notif;
	struct event event;
};

static inline struct scene *scene_new(const char *policy)
{
	struct plan_features features = { .notify = true };
	struct scene *s = calloc(1, sizeof(*s));
	struct diag diag = { .line = 0 };

	assert_non_null(s);
	if (policy_parse("p.json", policy, strlen(policy), &s->policy, &diag) ||
	    plan_make(s->policy, &features, &s->plan, &diag))
		fail_msg("line %u: %s", diag.line, diag.message);
	s->emul.plan = s->plan;
	s->notif.emul = &s->emul;
	s->notif.tid = s->notif.tgid = getpid();
	s->event.notif = &s->notif;
	return s;
}

static inline void scene_free(struct scene *s)
{
	plan_destroy(s->plan);
	policy_destroy(s->policy);
	free(s);
}

static inline void scene_call(struct scene *s, const char *name)
{
	s->notif.row = syscall_by_name(name);
	assert_non_null(s->notif.row);
	s->notif.nr = s->notif.row->nr;
}

/* An open of @path, judged by the policy. */
static inline void scene_open(struct scene *s, const char *path, int flags)
{
	struct path_wish wish = path_wish_open(flags);

	scene_call(s, "openat");
	s->notif.object = path;
	s->notif.operation = wish.rights & ACCESS_WRITE ? "write" : "read";
	s->notif.decision = decide_path(s->policy, path, strlen(path), wish);
	switch (s->notif.decision.verdict) {
	case VERDICT_ERRNO:
		s->event.kind = EVENT_DENY;
		s->event.result = -s->notif.decision.error;
		break;
	case VERDICT_ALLOW:
		s->event.kind = EVENT_ALLOW;
		s->event.result = 0;
		break;
	default:
		s->event.kind = EVENT_REDIRECT;
		s->event.result = 0;
		break;
	}
}

/* An execve of @path, judged by the policy. */
static inline void scene_exec(struct scene *s, const char *path)
{
	struct path_wish wish = { .op = OP_EXEC, .rights = ACCESS_EXEC };

	scene_call(s, "execve");
	s->notif.object = path;
	s->notif.operation = "exec";
	s->notif.decision = decide_path(s->policy, path, strlen(path), wish);
	s->event.kind = s->notif.decision.verdict == VERDICT_ERRNO ? EVENT_DENY : EVENT_EXEC;
	s->event.result = s->event.kind == EVENT_DENY ? -s->notif.decision.error : 0;
}

/* Call @name with @args, judged by the `syscalls` section. */
static inline void scene_scalar(struct scene *s, const char *name,
				const uint64_t args[SYSCALL_ARGS])
{
	struct decision *d = &s->notif.decision;

	scene_call(s, name);
	s->notif.object = s->notif.operation = NULL;
	memcpy(s->notif.args, args, sizeof(s->notif.args));
	*d = decide_scalar(&s->plan->calls[syscall_slot(s->notif.row)], args);
	s->event.kind = d->verdict == VERDICT_ERRNO || d->verdict == VERDICT_KILL ? EVENT_DENY :
			d->verdict == VERDICT_RETURN ? EVENT_REDIRECT : EVENT_LOG;
	s->event.result = d->verdict == VERDICT_ERRNO ? -d->error : 0;
}

#endif
