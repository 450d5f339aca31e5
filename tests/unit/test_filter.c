/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The BPF program that comes out of a plan does what the plan says, whatever
 * libseccomp makes of its branches. The program is interpreted here: loading
 * it would answer only one question per process.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "launcher/filter.h"
#include "policy/policy.h"

#define SUPERVISOR 4242
#define GUARD 4243
#define JUNK 0xabcdef0100000000u

static struct sock_filter program[FILTER_MAX];
static unsigned short program_len;

/* The instructions that libseccomp and the prologue use. */
static uint32_t run(const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (unsigned pc = 0; pc < program_len; pc++) {
		const struct sock_filter *i = &program[pc];
		bool jump;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k + 4 <= sizeof(*data) && !(i->k % 4));
			memcpy(&a, (const char *)data + i->k, 4);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			jump = a == i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			jump = a > i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			jump = a >= i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			jump = a & i->k;
			break;
		default:
			fail_msg("instruction %#x", i->code);
			return 0;
		}
		pc += jump ? i->jt : i->jf;
	}
	fail_msg("the program runs off its end");
	return 0;
}

static bool holds(const struct plan_branch *b, const uint64_t *args)
{
	for (unsigned i = 0; i < b->cond_count; i++) {
		const struct arg_cond *c = &b->conds[i];
		uint64_t arg = args[c->arg];

		if (c->op == COND_MASKED_EQ)
			arg &= c->mask;
		if ((arg == c->value) == (c->op == COND_NE))
			return false;
	}
	return true;
}

static uint32_t action(enum plan_verdict verdict, int error)
{
	switch (verdict) {
	case PLAN_ERRNO:
		return SECCOMP_RET_ERRNO | (uint32_t)error;
	case PLAN_KILL:
		return SECCOMP_RET_KILL_PROCESS;
	case PLAN_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	case PLAN_ALLOW:
		break;
	}
	return SECCOMP_RET_ALLOW;
}

static uint32_t planned(const struct plan_call *call, const uint64_t *args)
{
	for (unsigned i = 0; i < call->branch_count; i++)
		if (holds(&call->branches[i], args))
			return action(call->branches[i].verdict,
				      call->branches[i].error);
	return action(call->verdict, call->error);
}

static bool names_own_pid(const struct plan_call *call, const uint64_t *args)
{
	uint32_t pid;

	if (call->self_guard_arg < 0)
		return false;
	pid = (uint32_t)args[call->self_guard_arg];
	return pid == SUPERVISOR || pid == GUARD;
}

static void compare(const struct plan_call *call, const uint64_t *args)
{
	struct seccomp_data data = {
		.nr = call->row->nr, .arch = AUDIT_ARCH_X86_64,
	};
	uint32_t want = planned(call, args), got;

	memcpy(data.args, args, sizeof(data.args));
	got = run(&data);
	if (names_own_pid(call, args)) {
		/* Refused one way or the other. */
		if (got != SECCOMP_RET_KILL_PROCESS &&
		    got != (SECCOMP_RET_ERRNO | EPERM) && got != want)
			fail_msg("%s reaches the supervisor", call->row->name);
		assert_int_not_equal(got, SECCOMP_RET_ALLOW);
		return;
	}
	if (got != want)
		fail_msg("%s(%#llx, %#llx, %#llx): filter %#x, plan %#x",
			 call->row->name, (unsigned long long)args[0],
			 (unsigned long long)args[1],
			 (unsigned long long)args[2], got, want);
}

static void check_plan(const char *text)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 5, 7, 8, 9, 10, 16, 17, 19, 0x4206, 0x541c, 0x5412,
		100, 101, 255, 32768, 65536, 0x7fffffff, 0x80000000, 0xffffffff,
		0x10000000, 0x20000, JUNK, JUNK | 2, JUNK | 9, 0x40086602,
		JUNK | 0x5412, SUPERVISOR, JUNK | GUARD, UINT64_MAX,
	};
	const unsigned count = sizeof(values) / sizeof(values[0]);
	const struct plan_features features = { .notify = true };
	const pid_t own[2] = { SUPERVISOR, GUARD };
	struct policy *policy = NULL;
	struct plan *plan = NULL;
	struct diag diag = { .line = 0 };
	unsigned seed = 7;

	if (policy_parse("p", text, strlen(text), &policy, &diag) ||
	    plan_make(policy, &features, &plan, &diag))
		fail_msg("%s in %s", diag.message, text);
	assert_int_equal(filter_build(plan, own, program, &program_len), 0);
	for (unsigned i = 0; i < syscall_count; i++) {
		for (int n = 0; n < 60; n++) {
			uint64_t args[SYSCALL_ARGS];

			for (unsigned a = 0; a < SYSCALL_ARGS; a++)
				args[a] = values[(unsigned)rand_r(&seed) %
						 count];
			compare(&plan->calls[i], args);
		}
	}
	plan_destroy(plan);
	policy_destroy(policy);
}

static void test_gosups_own_rules(void **state)
{
	(void)state;
	check_plan("{}");
	check_plan("{\"default\": \"deny\"}");
	check_plan("{\"files\": [{\"path\": \"/x\", \"content\": \"\"}]}");
	check_plan("{\"mode\": \"observe\", \"default\": \"deny\"}");
}

static void test_rules(void **state)
{
	(void)state;
	check_plan("{\"default\": \"deny\", \"syscalls\": {"
		   "\"socket\": [{\"allow\": true, \"when\": {\"arg0\": 2}},"
		   "  {\"allow\": true, \"when\": {\"arg0\": 10}},"
		   "  {\"kill\": true, \"when\": {\"arg0\": 17}},"
		   "  {\"deny\": \"EAFNOSUPPORT\"}],"
		   "\"prlimit64\": {\"deny\": \"EPERM\", \"when\": {\"arg1\": 7}},"
		   "\"listen\": [{\"log\": true, \"when\": {\"arg1\": 5}},"
		   "  {\"deny\": \"EPERM\", \"when\": {\"arg1\": {\"gt\": 8}}}],"
		   "\"lseek\": {\"deny\": \"EPERM\", \"when\": {\"arg1\": "
		   "  {\"ge\": 100, \"lt\": 40000}, \"arg2\": {\"ne\": 2}}},"
		   "\"openat\": {\"deny\": \"EROFS\", \"when\": {\"arg2\": "
		   "  {\"mask\": 3, \"eq\": 1}}},"
		   "\"tgkill\": {\"kill\": true, \"when\": {\"arg2\": 9}},"
		   "\"clone\": {\"deny\": \"EAGAIN\", \"when\": {\"arg0\": "
		   "  {\"mask\": 7, \"eq\": 5}}},"
		   "\"ioctl\": [{\"allow\": true, \"when\": {\"arg1\": 21522}},"
		   "  {\"deny\": \"ENOTTY\", \"when\": {\"arg0\": {\"le\": 2}}}],"
		   "\"getppid\": {\"return\": 0}, \"bpf\": {\"allow\": true}}}");
}

/* As many conditions as a plan puts into a filter, each as long as can be,
 * must fit; the rest is notified. */
static void test_largest(void **state)
{
	static const char *const names[] = { "mremap", "copy_file_range",
		"prctl", "keyctl", "mmap", "process_vm_readv", "sendto",
		"mbind", "remap_file_pages" };
	char text[8192] = "{\"syscalls\": {";
	size_t n = strlen(text);

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct syscall_row *row = syscall_by_name(names[i]);

		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s\"%s\": {\"kill\": true, \"when\": {",
				      i ? ", " : "", names[i]);
		for (unsigned a = 0, some = 0; a < SYSCALL_ARGS; a++) {
			if (row->args[a] != ARG_LONG && row->args[a] != ARG_HEX)
				continue;
			n += (size_t)snprintf(text + n, sizeof(text) - n,
					      "%s\"arg%u\": {\"%s\": %u}",
					      some ? ", " : "", a,
					      some ? "eq" : "ne", 77 * a);
			some++;
		}
		n += (size_t)snprintf(text + n, sizeof(text) - n, "}}");
	}
	snprintf(text + n, sizeof(text) - n, "}}");
	check_plan(text);
	print_message("%u instructions\n", program_len);
	assert_true(program_len > 1000);
}

/* Rules as random as the plan's own test has them, for one call each. */
static void test_random_rules(void **state)
{
	static const char *const names[] = { "socket", "lseek", "fallocate",
		"mmap", "fcntl", "keyctl", "setresuid", "tgkill" };
	static const char *const verbs[] = { "\"allow\": true",
		"\"deny\": \"EPERM\"", "\"log\": true", "\"kill\": true" };
	static const char *const ops[] = { "eq", "ne", "lt", "le", "gt", "ge" };
	unsigned seed = 3;

	(void)state;
	for (int round = 0; round < 60; round++) {
		char text[1024];
		size_t n = (size_t)snprintf(text, sizeof(text),
			"{\"syscalls\": {\"%s\": [", names[round % 8]);

		for (unsigned r = 0; r < 3; r++) {
			unsigned i = (unsigned)rand_r(&seed);

			n += (size_t)snprintf(text + n, sizeof(text) - n,
				"{%s, \"when\": {\"arg%u\": {\"%s\": %u}, "
				"\"arg2\": {\"mask\": 9, \"eq\": %u}}}, ",
				verbs[i % 4], i / 4 % 2, ops[i / 8 % 6],
				i / 64 % 20, i / 2048 % 2 * 8);
		}
		snprintf(text + n, sizeof(text) - n, "{%s}]}}",
			 verbs[(unsigned)rand_r(&seed) % 4]);
		check_plan(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gosups_own_rules),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_random_rules),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
