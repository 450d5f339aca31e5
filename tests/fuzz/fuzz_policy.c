/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

/*
 * Any bytes as a policy: a policy comes out that keeps what policy.h promises,
 * or a message with a place inside the text. No file is read: the names "a"
 * and "b" include the input again, from its middle and from its beginning.
 */

#define CHECK(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,	\
			#condition);					\
		abort();						\
	}								\
} while (0)

struct input {
	const uint8_t *data;
	size_t size;
};

static int read_input(void *arg, const char *path, char **ret_text,
		      size_t *ret_len, char **ret_id)
{
	const struct input *input = arg;
	size_t start = strcmp(path, "a") == 0 ? input->size / 2 : 0;

	if (strcmp(path, "a") != 0 && strcmp(path, "b") != 0)
		return -ENOENT;
	*ret_len = input->size - start;
	*ret_text = malloc(*ret_len + 1);
	*ret_id = strdup(path);
	CHECK(*ret_text && *ret_id);
	memcpy(*ret_text, input->data + start, *ret_len);
	return 0;
}

static void check_files(const struct policy *policy)
{
	size_t i;

	for (i = 0; i < policy->file_count; i++) {
		const struct file_rule *rule = &policy->files[i];
		struct path_match m = path_tree_find(policy->file_tree,
						     rule->path,
						     strlen(rule->path));

		CHECK(rule->path[0] == '/');
		CHECK(m.exact && m.value >= 0);
		CHECK(strchr(rule->path, '*') || m.value == (int)i);
		CHECK(rule->place.line > 0);
		CHECK(rule->kind != FILE_ALLOW ||
		      (rule->rights && !(rule->rights & ~ACCESS_ALL)));
		CHECK(rule->kind != FILE_DENY || rule->deny_errno > 0);
		CHECK(rule->kind != FILE_CONTENT ||
		      strlen(rule->content) == rule->content_len);
		CHECK((rule->kind != FILE_FROM && rule->kind != FILE_MAP) ||
		      rule->target[0] == '/');
	}
}

static void check_calls(const struct policy *policy)
{
	size_t i;
	unsigned n;

	for (i = 0; i < policy->call_count; i++) {
		const struct call_rule *rule = &policy->calls[i];

		CHECK(rule->row);
		CHECK(!i || syscall_slot(rule->row) >=
			    syscall_slot(policy->calls[i - 1].row));
		CHECK(rule->verdict != CALL_ERRNO ||
		      (rule->value > 0 && rule->value < 4096));
		CHECK(rule->verdict != CALL_RETURN || rule->value >= 0);
		for (n = 0; n < rule->cond_count; n++) {
			const struct arg_cond *cond = &rule->conds[n];

			CHECK(cond->arg < SYSCALL_ARGS);
			CHECK(rule->row->args[cond->arg] != ARG_NONE);
			CHECK(syscall_narrow(rule->row, cond->arg,
					     cond->value) == cond->value);
			CHECK(!(cond->value & ~cond->mask));
		}
	}
}

static void check_diag(const struct diag *diag, const struct input *input)
{
	unsigned lines = 1;
	char buf[1024];
	size_t i;

	for (i = 0; i < input->size; i++)
		lines += input->data[i] == '\n';
	CHECK(diag->message[0]);
	CHECK(!strchr(diag->message, '\n'));
	CHECK(diag->line >= 1 && diag->line <= lines);
	CHECK(diag->column >= 1 && diag->column <= input->size + 1);
	diag_format(diag, buf, sizeof(buf));
	CHECK(strncmp(buf, diag->file, strlen(diag->file)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct policy_reader reader = { read_input, &input };
	struct policy *policy = NULL;
	struct diag diag;
	unsigned id;
	int err;

	err = policy_parse_with("input", (const char *)data, size, &reader,
				&policy, &diag);
	if (err) {
		CHECK(err == -EINVAL && !policy);
		check_diag(&diag, &input);
		return 0;
	}
	check_files(policy);
	check_calls(policy);
	CHECK(policy->rule_count == policy->file_count + policy->exec_count +
				     policy->call_count);
	for (id = 0; id < policy->rule_count; id++)
		CHECK(policy_rule_place(policy, id)->id == id);
	policy_destroy(policy);
	return 0;
}
