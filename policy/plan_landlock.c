/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Landlock (landlock(7)) knows lists of what is allowed:
 * a right granted on an object counts for all that is below, rights add up, and
 * nothing takes one away again. `files` takes the longest match alone. Both say
 * the same if
 *
 *   - what no rule names is denied,
 *   - every rule is an "allow" of a plain path, and grants at least what the
 *     rule above it grants,
 *   - what may be executed may be read (the kernel opens it for that), and
 *   - no rule grants more than one above it that lets the program write: it
 *     could put another object in the place of the one that the right was tied
 *     to, and rules are about names.
 *
 * Then the kernel judges by itself, at native speed, and the supervisor is not
 * asked. In every other case (views, denials within what is allowed, "*") all
 * paths stay with the supervisor, and Landlock is not set beside it: what the
 * supervisor opens for the program, Landlock does not judge, so there would be
 * nothing for it to do but to contradict now and then.
 *
 * Rules are tied to the objects that their paths lead to when the program
 * starts. A path that leads nowhere then grants nothing later.
 *
 * What Landlock has no say in keeps its layer: changing modes, owners, times
 * and extended attributes, inotify, access(2), and opens that ask for no mode
 * at all (flags 3, good for ioctl) or for reading with O_TRUNC. Looking is free
 * in both.
 *
 * Executing is a right of its own, and can be with the supervisor while the
 * rest is not; but where what was written may become executable by a move,
 * Landlock must know, for it judges the move. Landlock lets objects without a
 * path be executed, so memory files are made so that they cannot be
 * (MFD_NOEXEC_SEAL, Linux 6.3); who may open /proc/PID/map_files could execute
 * any shared memory, and is verified at the exec stop as ever.
 *
 * Rules of `exec` are the supervisor's: for Landlock a program's loader is one
 * more program, and who may start that can have it start any other. What can be
 * moved to where they allow programs could be written there as well.
 *
 * Signals: under "default": "deny" other processes are denied, too, unless
 * `signals` says otherwise. A scope (ABI 6) makes that so, and protects supervisor
 * and guard as well, which are outside of it. There is a scope for abstract
 * sockets, too, which is not used: addresses have no rules yet, and it would cut
 * off the service manager.
 *
 * Who is confined by any ruleset cannot trace who is not, nor take what else the
 * kernel asks that right for (hook_ptrace_access_check() in security/landlock/task.c):
 * memory, descriptors. That is wanted wherever rules take something away, since
 * processes outside of the tree may do what the program may not. So where no other
 * ruleset is needed there is one that takes nothing else: it handles moves between
 * directories (ABI 2), which any ruleset refuses but where it grants them, and
 * grants them below "/".
 */
#include "policy/plan_landlock.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define ABI_REFER	2
#define ABI_TRUNCATE	3	/* and REFER: moves between directories */
#define ABI_NOEXEC_SEAL	4	/* Linux 6.7, so memfd_create(2) has the flag */
#define ABI_SIGNALS	6

static const char old_abi[] =
	"this kernel's Landlock is missing or too old (ABI 3 is needed)";
static const char records[] = "what is denied is to be recorded";
static const char records_exec[] = "each program that starts is to be recorded";
static const char no_list[] = "Landlock can allow, not show or deny";
static const char wildcard[] = "Landlock knows no \"*\"";
static const char takes_away[] =
	"it takes away what a rule above it allows";
static const char replaceable[] =
	"it grants more than the directory, where the program may replace it";
static const char unread[] =
	"Landlock lets only what may be read be executed";
static const char takes_exec[] =
	"it takes away the exec of a rule above it";
static const char programs[] =
	"rules for programs are judged when one starts";
static const char anonymous[] =
	"who may open map_files could execute shared memory";
static const char old_exec_abi[] =
	"memory files could be executed (Landlock ABI 4 is needed)";

bool plan_is_own_proc(const char *path)
{
	static const char own[] = "/proc/self";

	return !strncmp(path, own, sizeof(own) - 1) &&
	       (path[sizeof(own) - 1] == '/' || !path[sizeof(own) - 1]);
}

static bool wants(const struct policy *policy, unsigned events)
{
	return policy->log.asked && policy->log.to != LOG_TO_NONE &&
	       (policy->log.events & events);
}

/* Why Landlock is out of the question whatever the rules are; NULL if not. */
static const char *ruled_out(const struct plan *plan)
{
	const struct plan_features *f = &plan->features;

	if (f->no_landlock_files)
		return "the program was started without";
	if (f->reloadable)
		return "rules are kept where a reload can change them";
	if (f->landlock_abi < ABI_TRUNCATE)
		return old_abi;
	return wants(plan->policy, EVENT_DENY | EVENT_ALLOW) ? records : NULL;
}

/* What rules grant at the directory of @path. */
static unsigned rights_above(const struct policy *policy, const char *path)
{
	size_t len = (size_t)(strrchr(path, '/') - path);
	struct path_match m;

	if (!path[1])
		return 0;
	m = path_tree_find(policy->file_tree, path, len ? len : 1);
	return m.value < 0 ? 0 : policy->files[m.value].rights;
}

static void blame(const char **why, const struct rule_place **culprit,
		  const char *reason, const struct rule_place *place)
{
	if (*why)
		return;
	*why = reason;
	*culprit = place;
}

struct check {
	struct plan *plan;
	bool takes_exec;	/* some rule takes exec away */
	bool write_exec;	/* some rule grants write and exec */
	const struct rule_place *taker;
};

/* Whether Landlock can say what the rule at @path does. */
static int check_rule(void *arg, const char *path, int value)
{
	struct check *c = arg;
	const struct plan *plan = c->plan;
	struct plan_landlock *l = &c->plan->landlock;
	const struct file_rule *rule = &plan->policy->files[value];
	unsigned above;

	if (rule->kind != FILE_ALLOW || strchr(path, '*')) {
		blame(&l->not_files, &l->files_culprit,
		      rule->kind != FILE_ALLOW ? no_list : wildcard, &rule->place);
		return 0;
	}
	/* If the one above is no "allow", that is found when its turn comes. */
	above = rights_above(plan->policy, path);
	if (above & ~rule->rights & (ACCESS_READ | ACCESS_WRITE))
		blame(&l->not_files, &l->files_culprit, takes_away, &rule->place);
	if ((rule->rights & ACCESS_EXEC) && !(rule->rights & ACCESS_READ))
		blame(&l->not_files, &l->files_culprit, unread, &rule->place);
	if ((above & ACCESS_WRITE) && (rule->rights & ~above))
		blame(&l->not_files, &l->files_culprit, replaceable, &rule->place);
	c->write_exec |= (rule->rights & ACCESS_WRITE) && (rule->rights & ACCESS_EXEC);
	if (above & ~rule->rights & ACCESS_EXEC) {
		c->takes_exec = true;
		c->taker = &rule->place;
	}
	return 0;
}

/* Whether Landlock would let what the `exec` rule at @path allows be opened. */
static int check_exec(void *arg, const char *path, int value)
{
	struct check *c = arg;
	const struct policy *policy = c->plan->policy;
	const struct exec_rule *rule = &policy->execs[value];
	const char *star = strstr(path, "/*");
	size_t len = star ? (size_t)(star - path) : strlen(path);
	struct path_match m = path_tree_find(policy->file_tree, path, len ? len : 1);

	if (!rule->deny_errno &&
	    (m.value < 0 || !(policy->files[m.value].rights & ACCESS_READ)))
		blame(&c->plan->landlock.not_files, &c->plan->landlock.files_culprit, unread,
		      &rule->place);
	return 0;
}

/* Where the rules are no hindrance, who else must look at what is executed. */
static const char *not_exec_alone(const struct plan *plan)
{
	if (wants(plan->policy, EVENT_EXEC))
		return records_exec;
	if (plan->features.landlock_abi < ABI_NOEXEC_SEAL)
		return old_exec_abi;
	return plan->features.map_files ? anonymous : NULL;
}

static void judge_files(struct plan *plan)
{
	struct plan_landlock *l = &plan->landlock;
	struct check check = { .plan = plan };

	l->not_files = ruled_out(plan);
	if (l->not_files)
		return;
	if (path_tree_each(plan->policy->file_tree, check_rule, &check) < 0 ||
	    path_tree_each(plan->policy->exec_tree, check_exec, &check) < 0)
		l->not_files = "a path is too long";
	l->not_exec = check.takes_exec ? takes_exec : not_exec_alone(plan);
	l->exec_culprit = check.taker;
	if (!l->not_files && check.takes_exec && check.write_exec) {
		l->not_files = takes_exec;
		l->files_culprit = check.taker;
	}
	l->files = !l->not_files;
	if (plan->policy->exec_count) {
		l->not_exec = programs;
		l->exec_culprit = &plan->policy->execs[0].place;
	}
	l->exec = l->files && !check.takes_exec && !plan->policy->exec_count;
	l->exec_alone = l->exec && !l->not_exec;
}

static bool keeps_signals(const struct policy *policy)
{
	return policy->signal_send == SIGNAL_SEND_TREE ||
	       (policy->signal_send == SIGNAL_SEND_UNSET && policy->def == DEFAULT_DENY);
}

bool plan_landlock_can_keep_apart(const struct plan_features *features)
{
	return features->landlock_abi >= ABI_REFER && !features->no_landlock_apart;
}

void plan_landlock(struct plan *plan)
{
	const struct policy *policy = plan->policy;

	plan->landlock = (struct plan_landlock){ .files = false };
	if (policy->mode != MODE_ENFORCE || !plan->features.notify)
		return;
	plan->landlock.signals = keeps_signals(policy) &&
				 plan->features.landlock_abi >= ABI_SIGNALS &&
				 !plan->features.reloadable &&
				 !plan->features.no_landlock_signals;
	if (policy->def == DEFAULT_DENY)
		judge_files(plan);
	plan->landlock.apart = plan->landlock.files || plan->landlock.signals ||
			       (plan->keeps_apart &&
				plan_landlock_can_keep_apart(&plan->features));
}

/* ---- two plans ---- */

static int check_same(void *arg, const char *path, int value)
{
	const struct policy *const *both = arg;
	struct path_match m = path_tree_find(both[1]->file_tree, path, strlen(path));

	return !m.exact || both[1]->files[m.value].rights != both[0]->files[value].rights;
}

static bool within(const struct policy *a, const struct policy *b)
{
	const struct policy *both[] = { a, b };

	return path_tree_each(a->file_tree, check_same, (void *)both) == 0;
}

bool plan_landlock_same_files(const struct plan *a, const struct plan *b)
{
	if (a->landlock.files != b->landlock.files ||
	    a->landlock.exec != b->landlock.exec ||
	    a->landlock.exec_alone != b->landlock.exec_alone)
		return false;
	return !a->landlock.files || (within(a->policy, b->policy) &&
				      within(b->policy, a->policy));
}
