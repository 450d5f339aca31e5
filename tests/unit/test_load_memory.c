/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "policy/policy.h"

/*
 * Memory that runs out at any point of loading is an error, never a policy
 * that lacks something. Every allocation of the library fails once, each in a
 * run of its own; the linker leads them here (--wrap).
 */

static unsigned long countdown;	/* 0: never fails */

static bool fails(void)
{
	if (!countdown || --countdown > 0)
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t count, size_t size);
char *__real_strdup(const char *s);

void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t count, size_t size);
void *__wrap_reallocarray(void *p, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, count, size);
}

char *__wrap_strdup(const char *s);
char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

struct arena;
void *__real_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
	return fails() ? NULL : __real_arena_alloc(arena, size);
}

static int read_more(void *arg, const char *path, char **ret_text,
		     size_t *ret_len, char **ret_id)
{
	char *text = strdup("{\"files\": [{\"path\": \"/b\", \"hide\": true}]}");
	char *id = text ? strdup(path) : NULL;

	(void)arg;
	if (!id) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_len = strlen(text);
	*ret_id = id;
	return 0;
}

static const char text[] =
	"{\"include\": [\"more\", \"@base\", \"@dns\", \"@tls\"],\n"
	"\"files\": [{\"path\": \"/etc/x\", \"content\": \"y\"},\n"
	"{\"path\": \"/v/*/x\", \"deny\": true}, {\"path\": \"/b\",\n"
	"\"from\": \"/c\"}],\n"
	"\"syscalls\": {\"socket\": [{\"kill\": true, \"when\":\n"
	"{\"arg0\": {\"ge\": 3, \"lt\": \"AF_PACKET\"}}}, {\"log\": true}]},\n"
	"\"log\": {\"to\": {\"file\": \"f\"}}}";

static int load(unsigned long fail_at, struct policy **ret, struct diag *diag)
{
	const struct policy_reader reader = { .read = read_more };
	int err;

	countdown = fail_at;
	err = policy_parse_with("p", text, strlen(text), &reader, ret, diag);
	countdown = 0;
	return err;
}

static void every_allocation(void **state)
{
	struct policy *policy;
	unsigned long n;
	struct diag diag;
	int err;

	(void)state;
	for (n = 1;; n++) {
		policy = NULL;
		err = load(n, &policy, &diag);
		if (!err)
			break;
		if (err != -ENOMEM)
			fail_msg("allocation %lu: %d, %s", n, err,
				 diag.message);
		assert_string_equal(diag.message, "out of memory");
		assert_null(policy);
	}
	print_message("%lu allocations\n", n - 1);
	assert_true(n > 100);
	assert_int_equal(policy->files[0].kind, FILE_FROM);
	policy_destroy(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
