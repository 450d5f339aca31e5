/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a plan to BPF. libseccomp builds and optimises the program; it is
 * exported rather than loaded, because only seccomp(2) itself can be asked for
 * WAIT_KILLABLE_RECV and tells why it failed.
 */
#include "launcher/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "launcher/arch.h"
#include "policy/base/cleanup.h"

static uint32_t action(enum plan_verdict verdict, int error)
{
	switch (verdict) {
	case PLAN_ERRNO:
		return SCMP_ACT_ERRNO((uint32_t)error);
	case PLAN_KILL:
		return SCMP_ACT_KILL_PROCESS;
	case PLAN_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case PLAN_ALLOW:
		break;
	}
	return SCMP_ACT_ALLOW;
}

static struct scmp_arg_cmp compare(const struct arg_cond *c)
{
	static const enum scmp_compare ops[] = {
		[COND_EQ] = SCMP_CMP_EQ, [COND_NE] = SCMP_CMP_NE,
		[COND_LT] = SCMP_CMP_LT, [COND_LE] = SCMP_CMP_LE,
		[COND_GT] = SCMP_CMP_GT, [COND_GE] = SCMP_CMP_GE,
		[COND_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};
	struct scmp_arg_cmp cmp = { .arg = c->arg, .op = ops[c->op] };

	if (c->op == COND_MASKED_EQ) {
		cmp.datum_a = c->mask;
		cmp.datum_b = c->value;
	} else {
		cmp.datum_a = c->value;
	}
	return cmp;
}

static int add_branch(scmp_filter_ctx ctx, int nr, const struct plan_branch *b)
{
	struct scmp_arg_cmp cmps[SYSCALL_ARGS];
	unsigned i;

	if (b->cond_count > SYSCALL_ARGS)
		return -E2BIG;
	for (i = 0; i < b->cond_count; i++)
		cmps[i] = compare(&b->conds[i]);
	return seccomp_rule_add_array(ctx, action(b->verdict, b->error), nr,
				      b->cond_count, cmps);
}

static int add_self_guard(scmp_filter_ctx ctx, int nr, unsigned arg, const pid_t own_pids[2])
{
	int err = 0;
	int i;

	for (i = 0; !err && i < 2; i++) {
		struct scmp_arg_cmp cmp = {
			.arg = arg, .op = SCMP_CMP_MASKED_EQ,
			.datum_a = 0xffffffff, .datum_b = (uint32_t)own_pids[i],
		};

		err = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), nr, 1, &cmp);
	}
	return err;
}

static int add_call(scmp_filter_ctx ctx, const struct syscall_row *row,
		    const struct plan_call *call, const pid_t own_pids[2])
{
	unsigned i;
	int err = 0;

	if (call->verdict != PLAN_ALLOW)
		return seccomp_rule_add_array(ctx, action(call->verdict, call->error),
					      row->nr, 0, NULL);
	if (call->self_guard_arg >= 0)
		err = add_self_guard(ctx, row->nr, (unsigned)call->self_guard_arg, own_pids);
	for (i = 0; !err && i < call->branch_count; i++)
		err = add_branch(ctx, row->nr, &call->branches[i]);
	return err;
}

static int add_calls(scmp_filter_ctx ctx, const struct plan *plan, const pid_t own_pids[2])
{
	unsigned i;
	int err;

	/* The prologue has dealt with other architectures. */
	err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
			       plan->refuse_foreign_abi ? SCMP_ACT_KILL_PROCESS
							: SCMP_ACT_ALLOW);
	if (!err)
		err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (i = 0; !err && i < syscall_count; i++)
		err = add_call(ctx, &syscall_rows[i], &plan->calls[i], own_pids);
	return err;
}

/* Somewhere to write the longest program to and read it back: a pipe, or a
 * memory file where pipes are short (pipe-user-pages-soft in pipe(7)). A file is
 * subject to RLIMIT_FSIZE, which may be the program's to live with. */
static int open_outlet(int ret[2])
{
	if (pipe2(ret, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if (fcntl(ret[1], F_GETPIPE_SZ) >= (int)(FILTER_MAX * sizeof(struct sock_filter)))
		return 0;
	close(ret[0]);
	close(ret[1]);
	ret[0] = memfd_create("filter", MFD_CLOEXEC);
	ret[1] = ret[0] < 0 ? -1 : fcntl(ret[0], F_DUPFD_CLOEXEC, 0);
	return ret[1] < 0 ? -errno : 0;
}

/* Read the program that libseccomp writes only to a descriptor. */
static int export(scmp_filter_ctx ctx, struct sock_filter *insns, unsigned room,
		  unsigned *ret_len)
{
	int fds[2] = { -1, -1 };
	int err = open_outlet(fds);
	auto_fd in = fds[0], out = fds[1];
	ssize_t len;

	if (!err)
		err = seccomp_export_bpf(ctx, out);
	if (err)
		return err;
	lseek(in, 0, SEEK_SET);	/* a file's only */
	len = read(in, insns, room * sizeof(*insns));
	if (len <= 0)
		return -EIO;
	if ((size_t)len == room * sizeof(*insns))
		return -E2BIG;
	*ret_len = (unsigned)((size_t)len / sizeof(*insns));
	return 0;
}

int filter_build(const struct plan *plan, const pid_t own_pids[2],
		 struct sock_filter *insns, unsigned short *ret_len)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	unsigned head = 0, len = 0;
	int err;

	if (!ctx)
		return -ENOMEM;
	err = add_calls(ctx, plan, own_pids);
	if (!err) {
		head = arch_filter_prologue(plan, own_pids, insns, FILTER_MAX);
		err = export(ctx, insns + head, FILTER_MAX - head, &len);
	}
	seccomp_release(ctx);
	if (!err)
		*ret_len = (unsigned short)(head + len);
	return err;
}
