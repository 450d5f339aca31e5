/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86-64 has two more system call ABIs: that of i386 (int 0x80 works in
 * 64-bit programs, too) and x32 (bit 30 of the number). A policy that
 * restricts anything closes both, since its rules know neither's numbers.
 * Without rules 32-bit programs run as usual; only what would reach the
 * supervisor is refused.
 *
 * The instructions are the kind that the kernel evaluates once per call number
 * and remembers (seccomp_is_const_allow() in kernel/seccomp.c).
 */
#include "launcher/arch.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/param.h>

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
				 (unsigned)offsetof(struct seccomp_data, field))
#define RET(action)	BPF_STMT(BPF_RET | BPF_K, (action))
#define REFUSE(err)	RET(SECCOMP_RET_ERRNO | (err))
#define X32_BIT		0x40000000u

struct emitter {
	struct sock_filter *insns;
	unsigned len, room;
};

static void emit(struct emitter *e, struct sock_filter insn)
{
	if (e->len < e->room)
		e->insns[e->len++] = insn;
}

/* Skip @skip instructions unless the accumulator is @value. */
static void unless_equal(struct emitter *e, unsigned value, unsigned char skip)
{
	emit(e, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip));
}

static int max_known_nr(void)
{
	unsigned i;
	int max = 0;

	for (i = 0; i < syscall_count; i++)
		max = MAX(max, syscall_rows[i].nr);
	return max;
}

/* arch/x86/entry/syscalls/syscall_32.tbl: calls that act on another process,
 * and the argument that names it. */
static const struct {
	int nr;
	unsigned arg;
} i386_reaches[] = {
	{ 26, 1 },	/* ptrace */
	{ 37, 0 },	/* kill */
	{ 178, 0 },	/* rt_sigqueueinfo */
	{ 238, 0 },	/* tkill */
	{ 270, 0 },	/* tgkill */
	{ 335, 0 },	/* rt_tgsigqueueinfo */
	{ 340, 0 },	/* prlimit64 */
	{ 348, 0 },	/* process_vm_writev */
	{ 434, 0 },	/* pidfd_open */
};

static void guard_i386(struct emitter *e, const pid_t own_pids[2])
{
	size_t i;

	for (i = 0; i < sizeof(i386_reaches) / sizeof(i386_reaches[0]); i++) {
		emit(e, (struct sock_filter)LOAD(nr));
		unless_equal(e, (unsigned)i386_reaches[i].nr, 5);
		emit(e, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			(unsigned)offsetof(struct seccomp_data, args) + 8 * i386_reaches[i].arg));
		emit(e, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						     (unsigned)own_pids[0], 1, 0));
		unless_equal(e, (unsigned)own_pids[1], 1);
		emit(e, (struct sock_filter)REFUSE(EPERM));
		emit(e, (struct sock_filter)RET(SECCOMP_RET_ALLOW));
	}
	emit(e, (struct sock_filter)RET(SECCOMP_RET_ALLOW));
}

unsigned arch_filter_prologue(const struct plan *plan, const pid_t own_pids[2],
			      struct sock_filter *insns, unsigned room)
{
	struct emitter e = { .insns = insns, .room = room };
	size_t reaches = sizeof(i386_reaches) / sizeof(i386_reaches[0]);

	emit(&e, (struct sock_filter)LOAD(arch));
	if (plan->refuse_foreign_abi) {
		emit(&e, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						      AUDIT_ARCH_X86_64, 1, 0));
		emit(&e, (struct sock_filter)RET(SECCOMP_RET_KILL_PROCESS));
		emit(&e, (struct sock_filter)LOAD(nr));
		/* x32 numbers are beyond the last known one as well. */
		emit(&e, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K,
						      (unsigned)max_known_nr(), 0, 1));
		emit(&e, (struct sock_filter)REFUSE(ENOSYS));
		return e.len;
	}
	unless_equal(&e, AUDIT_ARCH_I386, (unsigned char)(reaches * 7 + 1));
	guard_i386(&e, own_pids);
	return e.len;
}
