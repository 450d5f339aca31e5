/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a notification to its answer:
 *
 *   1. the row of the call, the arguments narrowed as the kernel does
 *   2. the rules of `syscalls`, judged on what the kernel copied
 *   3. the row's handler, which fetches what the arguments point to, judges
 *      it and performs the call
 *   4. reply_send()
 */
#include "emul/dispatch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/handlers.h"
#include "emul/kernel.h"
#include "emul/mem.h"
#include "emul/pathname.h"
#include "policy/base/cleanup.h"

/* By slot. */
static handler_fn *const handlers[] = {
#define ROW(nr_, name_, class_, op_, args_, handler_, flags_) sys_##handler_,
#include "policy/syscalls.def"
#undef ROW
};

/* Nothing in the caller's memory was looked at. */
struct outcome sys_none(struct notif *n)
{
	(void)n;
	return reply_continue(CONTINUE_SCALARS_JUDGED);
}

/* A call that could get round a rule and that gosup cannot perform. */
struct outcome sys_refuse(struct notif *n)
{
	if (n->emul->plan->policy->mode == MODE_OBSERVE)
		return reply_continue(CONTINUE_OBSERVE);
	return notif_refuse(n, EPERM, "is not mediated");
}

struct outcome notif_refuse(struct notif *n, int error, const char *why)
{
	n->operation = why;
	notif_record(n, EVENT_DENY, -error);
	return reply_errno(error);
}

void notif_record(struct notif *n, enum event_kind kind, int result)
{
	struct event event = { kind, n, result };

	if (n->worker->rule_hits && n->decision.rule)
		n->worker->rule_hits[n->decision.rule->id]++;
	if (n->emul->record_kinds & kind)
		n->emul->record(n->emul->record_arg, &event);
}

int fetch_path(struct notif *n, unsigned i, char *buf)
{
	int len = mem_read_string(n, n->args[i], buf, PATH_MAX);

	if (len < 0)
		return len;
	return notif_alive(n) ? 0 : -ESRCH;
}

/* Does /proc, or another mount of its kind, lie at the first @len of @path? */
static bool is_procfs(const char *path, size_t len)
{
	char dir[SEEN_MAX];
	struct statfs fs;

	memcpy(dir, path, len);
	dir[len] = '\0';
	return statfs(dir, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC;
}

/* What anybody may read of any process, for ps(1) and its like. */
static bool is_public(const char *name)
{
	static const char *const files[] = {
		"cgroup", "cmdline", "comm", "stat", "statm", "status", NULL,
	};
	size_t i = 0;

	while (files[i] && strcmp(files[i], name))
		i++;
	return files[i];
}

/* Is @path about one of gosup's own processes or threads, and of what only the
 * process itself and its like may see? The receivers may look at themselves, so
 * to the program these files are not there. */
static bool is_own_proc(const struct notif *n, const char *path, struct path_wish wish)
{
	const char *p = path;

	while ((p = strchr(p, '/'))) {
		size_t digits = strspn(++p, "0123456789");

		if (digits && p[digits] == '/' && emul_is_protected(n->emul, atoi(p)) &&
		    is_procfs(path, (size_t)(p - path)))
			return (wish.rights & ACCESS_WRITE) ||
			       !is_public(strrchr(path, '/') + 1);
	}
	return false;
}

/* Is @path the memory of a process outside of the program's tree? Who writes there
 * has that process do what he may not. */
static bool is_memory_outside(const struct notif *n, const char *path)
{
	const char *p = path;

	if (strcmp(strrchr(path, '/'), "/mem"))
		return false;
	while ((p = strchr(p, '/'))) {
		size_t digits = strspn(++p, "0123456789");

		if (digits && p[digits] == '/' && !emul_in_tree(n->emul, atoi(p)) &&
		    is_procfs(path, (size_t)(p - path)))
			return true;
	}
	return false;
}

/* Rules write /proc/self for what the walk knows as the caller's /proc/PID.
 * Return: the path to judge, @buf or place->path. */
static const char *path_to_judge(struct notif *n, const struct place *place, char *buf)
{
	const char *path = place->path;
	char *end;
	long pid;

	if (!text_begins(path, "/proc/"))
		return path;
	pid = strtol(path + strlen("/proc/"), &end, 10);
	if (pid <= 0 || (*end && *end != '/') || pid != notif_tgid(n))
		return path;
	snprintf(buf, SEEN_MAX, "/proc/self%s", end);
	return buf;
}

struct decision decide_place(struct notif *n, const struct place *place, struct path_wish wish)
{
	const struct policy *policy = n->emul->plan->policy;
	char buf[SEEN_MAX];
	struct decision d;
	const char *path;

	if (place->fd >= 0) {
		wish.creates = false;
		wish.leaf = !S_ISDIR(place->st.st_mode);
	}
	if (place->path[0] == '/' && is_own_proc(n, place->path, wish))
		return (struct decision){ .verdict = VERDICT_ERRNO, .error = ENOENT };
	if (place->path[0] != '/' || place->anonymous)
		return decide_anonymous(policy, wish);
	if (wish.rights && n->emul->plan->keeps_apart && is_memory_outside(n, place->path))
		return (struct decision){ .verdict = VERDICT_ERRNO, .error = EACCES,
					  .outside = true };
	path = path_to_judge(n, place, buf);
	d = decide_path(policy, path, strlen(path), wish);
	/* Nothing can be changed where nothing is but for the policy. */
	if (place->synthetic && d.verdict == VERDICT_ALLOW && (d.need & ACCESS_WRITE)) {
		d.verdict = VERDICT_ERRNO;
		d.error = EROFS;
	}
	return d;
}

bool judge_path(struct notif *n, const struct place *place, int error,
		struct path_wish wish, struct outcome *ret)
{
	return settle_path(n, place, error, wish, decide_place(n, place, wish), ret);
}

/* What no rule hides may be looked at, so that it is not there is no secret, and
 * a search along PATH no list of denials. Nor is what is wrong with a path that
 * a view shows: on a read-only mount that is told first, too, save that a name
 * that is to go is not looked for. */
static bool is_open_secret(const struct decision *d, int error, struct path_wish wish)
{
	bool goes = wish.op == OP_REMOVE || wish.op == OP_RENAME;

	if (d->file && d->file->kind == FILE_FROM && d->error == EROFS)
		return error < 0 && error != -EACCES && error != -ESRCH &&
		       !(goes && error == -ENOENT);
	return (!d->file || d->file->kind == FILE_ALLOW) &&
	       (error == -ENOENT || error == -ENOTDIR);
}

bool settle_path(struct notif *n, const struct place *place, int error,
		 struct path_wish wish, struct decision decided, struct outcome *ret)
{
	struct decision *d = &n->decision;

	n->object = place->path;
	n->operation = wish.rights & ACCESS_WRITE ? "write" :
		       wish.rights & ACCESS_EXEC ? "exec" :
		       wish.rights & ACCESS_READ ? "read" : path_op_name(wish.op);
	*d = decided;
	if (d->verdict == VERDICT_ERRNO && is_open_secret(d, error, wish))
		*d = (struct decision){ .verdict = VERDICT_ALLOW };
	if (d->verdict == VERDICT_ERRNO)
		notif_record(n, EVENT_DENY, -d->error);
	else if (d->verdict == VERDICT_ALLOW)
		notif_record(n, EVENT_ALLOW, error);
	else
		notif_record(n, EVENT_REDIRECT, error);
	if (n->emul->plan->policy->mode == MODE_OBSERVE)
		*ret = reply_continue(CONTINUE_OBSERVE);
	else if (d->verdict == VERDICT_ERRNO)
		*ret = reply_errno(d->error);
	else if (error == -ESRCH)
		*ret = reply_gone();
	else if (error < 0)
		*ret = reply_errno(error);
	else
		return false;
	return true;
}

/* What a rule of `syscalls` says. Return: true if it settles the call. */
static bool judge_scalar(struct notif *n, const struct plan_call *call, struct outcome *ret)
{
	bool observe = n->emul->plan->policy->mode == MODE_OBSERVE;

	n->decision = decide_scalar(call, n->args);
	if (!n->decision.rule)
		return false;
	if (n->decision.log)
		notif_record(n, EVENT_LOG, 0);
	switch (n->decision.verdict) {
	case VERDICT_ERRNO:
		notif_record(n, EVENT_DENY, -n->decision.error);
		*ret = observe ? reply_continue(CONTINUE_OBSERVE)
			       : reply_errno(n->decision.error);
		return true;
	case VERDICT_RETURN:
		notif_record(n, EVENT_REDIRECT, 0);
		*ret = observe ? reply_continue(CONTINUE_OBSERVE)
			       : reply_value(n->decision.value);
		return true;
	case VERDICT_KILL:
		notif_record(n, EVENT_DENY, -EPERM);
		*ret = observe ? reply_continue(CONTINUE_OBSERVE) : reply_kill();
		return true;
	default:
		return false;
	}
}

static struct outcome serve(struct notif *n)
{
	const struct plan_call *call;
	struct outcome outcome;
	unsigned slot;

	if (!n->row)
		return notif_refuse(n, ENOSYS, "is unknown to this gosup");
	slot = syscall_slot(n->row);
	call = &n->emul->plan->calls[slot];
	if (judge_scalar(n, call, &outcome))
		return outcome;
	return handlers[slot](n);
}

/*
 * Serve until it is settled. A receiver that waits for long in the caller's
 * place is interrupted when the caller has a signal to handle. What is a mere
 * EINTR here must look to the program as if its own call had been interrupted,
 * with SA_RESTART and all, which is what ERESTARTSYS says to the kernel, while
 * the signal is pending. If none is, the interruption was not meant for it.
 */
static struct outcome serve_through(struct notif *n)
{
	struct outcome outcome;

	for (;;) {
		outcome = serve(n);
		if (outcome.kind != OUTCOME_ERRNO || outcome.error != EINTR)
			return outcome;
		if (!notif_alive(n))
			return reply_gone();
		if (signal_pending(n->tid))
			return reply_errno(KERNEL_ERESTARTSYS);
	}
}

/* Bucket 4*o+q holds [(4+q) << o, (5+q) << o) nanoseconds, beyond the first 4. */
unsigned stats_bucket(uint64_t ns)
{
	unsigned octave, b;

	if (ns < 4)
		return (unsigned)ns;
	octave = 61 - (unsigned)__builtin_clzll(ns);
	b = 4 * (octave + 1) + ((unsigned)(ns >> octave) & 3);
	return b < STATS_BUCKETS ? b : STATS_BUCKETS - 1;
}

uint64_t stats_bucket_ns(unsigned i)
{
	return i < 4 ? i + 1 : (uint64_t)(5 + i % 4) << (i / 4 - 1);
}

static void count(struct notif *n, enum outcome_kind kind, uint64_t started)
{
	struct call_stats *stats;
	uint64_t ns;

	if (!n->worker->stats || !n->row)
		return;
	ns = kernel_now_ns() - started;
	stats = &n->worker->stats[syscall_slot(n->row)];
	stats->received++;
	stats->by_outcome[n->state == NOTIF_GONE ? OUTCOME_GONE : kind]++;
	stats->nanoseconds += ns;
	stats->histogram[stats_bucket(ns)]++;
}

void dispatch(struct worker *worker, const struct seccomp_notif *req)
{
	struct notif n = {
		.worker = worker,
		.emul = worker->emul,
		.id = req->id,
		.tid = (pid_t)req->pid,
		.nr = req->data.nr,
		.row = syscall_by_nr(req->data.nr),
		.state = NOTIF_RECEIVED,
	};
	uint64_t started = worker->stats ? kernel_now_ns() : 0;
	struct outcome outcome;
	unsigned i;

	worker->received++;
	for (i = 0; i < SYSCALL_ARGS; i++)
		n.args[i] = n.row ? syscall_narrow(n.row, i, req->data.args[i])
				  : req->data.args[i];
	atomic_store_explicit(&worker->caller, n.tid, memory_order_relaxed);
	atomic_store_explicit(&worker->caller_id, n.id, memory_order_relaxed);
	outcome = serve_through(&n);
	n.emul->before_reply(worker);
	reply_send(&n, outcome);
	count(&n, outcome.kind, started);
}

/* By rule id; one more for gosup's own rules. */
static uint64_t *new_rule_hits(const struct emul *emul)
{
	return calloc(emul->plan->policy->rule_count + 1, sizeof(uint64_t));
}

int worker_init(struct worker *worker, struct emul *emul, bool want_stats)
{
	int err;

	*worker = (struct worker){ .emul = emul, .pool = worker->pool,
				   .generation = emul->generation };
	worker->proc_self_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = act_thread_init(worker);
	if (err)
		goto fail;
	if (want_stats) {
		worker->stats = calloc(syscall_count, sizeof(*worker->stats));
		worker->rule_hits = new_rule_hits(emul);
		err = worker->stats && worker->rule_hits ? 0 : -ENOMEM;
	}
	if (!err)
		return 0;
fail:
	worker_finish(worker);
	return err;
}

void worker_finish(struct worker *worker)
{
	worker->proc_self_fd = close_fd(worker->proc_self_fd);
	free(worker->stats);
	free(worker->rule_hits);
	worker->stats = NULL;
	worker->rule_hits = NULL;
}

void worker_adopt(struct worker *worker, struct emul *emul)
{
	if (worker->rule_hits && worker->generation != emul->generation) {
		free(worker->rule_hits);
		/* Without memory there are no counts. */
		worker->rule_hits = new_rule_hits(emul);
	}
	worker->emul = emul;
	worker->generation = emul->generation;
}
