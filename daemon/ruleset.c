/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ruleset.h"

#include <stdlib.h>

#include "emul/view.h"

void ruleset_parts_finish(struct ruleset_parts *parts)
{
	audit_close(parts->audit);
	plan_destroy(parts->plan);
	policy_destroy(parts->policy);
	*parts = (struct ruleset_parts){ .policy = NULL };
}

/* Can any rule forbid an execve? Where none can, none need be verified. */
static bool confines_exec(const struct policy *policy)
{
	size_t i;

	if (policy->exec_count)
		return true;
	for (i = 0; i < policy->file_count; i++) {
		const struct file_rule *rule = &policy->files[i];

		if (rule->kind == FILE_DENY || rule->kind == FILE_HIDE ||
		    (rule->kind == FILE_ALLOW && !(rule->rights & ACCESS_EXEC)))
			return true;
	}
	return policy->def == DEFAULT_DENY;
}

struct ruleset *ruleset_new(const struct emul *like, const struct ruleset_parts *parts)
{
	struct ruleset *r = calloc(1, sizeof(*r));
	struct emul *e;

	if (!r)
		return NULL;
	e = &r->emul;
	*e = *like;
	e->plan = parts->plan;
	e->confines_exec = confines_exec(parts->policy);
	e->record = audit_record;
	e->record_arg = parts->audit;
	e->record_kinds = parts->policy->log.events;
	e->views = views_new(parts->policy);
	if (!e->views) {
		free(r);
		return NULL;
	}
	r->parts = *parts;
	return r;
}

static void destroy_one(struct ruleset *r)
{
	views_destroy(r->emul.views);
	ruleset_parts_finish(&r->parts);
	free(r);
}

void ruleset_replace(struct ruleset **current, struct ruleset *next,
		     struct receivers *receivers)
{
	struct ruleset **link;

	next->before = *current;
	next->emul.generation = next->before->emul.generation + 1;
	receivers_adopt(receivers, &next->emul);
	*current = next;
	link = &next->before;
	while ((*link)->before) {
		struct ruleset *old = *link;

		if (receivers_use(receivers, &old->emul)) {
			link = &old->before;
		} else {
			*link = old->before;
			destroy_one(old);
		}
	}
}

const struct ruleset *ruleset_first(const struct ruleset *r)
{
	while (r->before)
		r = r->before;
	return r;
}

void ruleset_destroy(struct ruleset *r)
{
	while (r) {
		struct ruleset *before = r->before;

		destroy_one(r);
		r = before;
	}
}
