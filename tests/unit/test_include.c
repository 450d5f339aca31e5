/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/policy.h"

/*
 * Policies of several files: first from a table in memory, where ' stands for
 * ", then from a real directory.
 */

struct file {
	const char *path, *text;
};

static char *requoted(const char *text)
{
	char *copy = strdup(text), *p;

	assert_non_null(copy);
	for (p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	return copy;
}

static int read_table(void *arg, const char *path, char **ret_text,
		      size_t *ret_len, char **ret_id)
{
	const struct file *file;

	for (file = arg; file->path; file++) {
		if (strcmp(file->path, path) != 0)
			continue;
		*ret_text = requoted(file->text);
		*ret_len = strlen(*ret_text);
		*ret_id = strdup(path);
		return 0;
	}
	return -ENOENT;
}

/* Load the first file of the table. */
static int load_table(const struct file *files, struct policy **ret,
		      struct diag *diag)
{
	const struct policy_reader reader = { read_table, (void *)files };
	char *text = requoted(files[0].text);
	int err = policy_parse_with(files[0].path, text, strlen(text), &reader,
				    ret, diag);

	free(text);
	return err;
}

static struct policy *expect_policy(const struct file *files)
{
	struct policy *policy = NULL;
	struct diag diag;
	char buf[1024];

	if (load_table(files, &policy, &diag))
		fail_msg("%s", diag_format(&diag, buf, sizeof(buf)));
	return policy;
}

static void expect_error(const struct file *files, const char *expected)
{
	struct policy *policy = NULL;
	char got[1024], *wanted = requoted(expected);
	struct diag diag;

	assert_int_equal(load_table(files, &policy, &diag), -EINVAL);
	assert_string_equal(diag_format(&diag, got, sizeof(got)), wanted);
	free(wanted);
}

static const struct file_rule *rule_of(const struct policy *policy,
				       const char *path)
{
	struct path_match m = path_tree_find(policy->file_tree, path,
					     strlen(path));

	assert_true(m.value >= 0 && m.exact);
	return &policy->files[m.value];
}

/* The including file has the last word, on each thing by itself. */
static void override(void **state)
{
	static const struct file files[] = {
		{ "dir/top.json",
		  "{'default': 'deny', 'include': ['a.json', 'sub/b.json'],\n"
		  "'files': [{'path': '/one', 'deny': true}],\n"
		  "'syscalls': {'bpf': {'deny': 'ENOSYS'}},\n"
		  "'log': {'events': ['exec']}}" },
		{ "dir/a.json",
		  "{'default': 'allow', 'mode': 'observe', 'degrade': true,\n"
		  "'files': [{'path': '/one', 'allow': 'read'},\n"
		  "{'path': '/two', 'allow': 'read'},\n"
		  "{'path': '/three', 'allow': 'read'}],\n"
		  "'syscalls': {'bpf': [{'kill': true}, {'log': true}],\n"
		  "'ptrace': {'kill': true}},\n"
		  "'log': {'to': 'journal', 'events': 'all'}}" },
		{ "dir/sub/b.json",
		  "{'include': ['../sub/c.json'],\n"
		  "'files': [{'path': '/two', 'hide': true}]}" },
		{ "dir/sub/../sub/c.json",
		  "{'files': [{'path': '/four', 'hide': true}]}" },
		{ NULL, NULL }
	};
	struct policy *policy = expect_policy(files);
	unsigned id;

	(void)state;
	assert_string_equal(policy->name, "dir/top.json");
	assert_int_equal(policy->def, DEFAULT_DENY);
	assert_int_equal(policy->mode, MODE_OBSERVE);
	assert_true(policy->degrade);
	assert_int_equal(policy->log.to, LOG_TO_JOURNAL);
	assert_int_equal(policy->log.events, EVENT_EXEC);
	assert_int_equal(policy->file_count, 4);
	assert_int_equal(rule_of(policy, "/one")->kind, FILE_DENY);
	assert_string_equal(rule_of(policy, "/one")->place.file,
			    "dir/top.json");
	assert_int_equal(rule_of(policy, "/one")->place.line, 2);
	assert_int_equal(rule_of(policy, "/two")->kind, FILE_HIDE);
	assert_string_equal(rule_of(policy, "/two")->place.file,
			    "dir/sub/b.json");
	assert_int_equal(rule_of(policy, "/three")->kind, FILE_ALLOW);
	assert_int_equal(rule_of(policy, "/four")->kind, FILE_HIDE);
	assert_int_equal(policy->call_count, 2);
	for (id = 0; id < 2; id++)
		assert_int_equal(policy->calls[id].verdict,
				 strcmp(policy->calls[id].row->name, "bpf") ?
				 CALL_KILL : CALL_ERRNO);
	assert_int_equal(policy->rule_count, 6);
	for (id = 0; id < 6; id++)
		assert_int_equal(policy_rule_place(policy, id)->id, id);
	policy_destroy(policy);
}

/* What two files include is read once: b cannot undo what a changed. */
static void diamond(void **state)
{
	static const struct file files[] = {
		{ "top", "{'include': ['a', 'b', '@base', '@base']}" },
		{ "a", "{'include': ['c'], 'default': 'deny',\n"
		       "'files': [{'path': '/x', 'deny': true}]}" },
		{ "b", "{'include': ['c', '@base']}" },
		{ "c", "{'default': 'allow',\n"
		       "'files': [{'path': '/x', 'allow': 'read'}]}" },
		{ NULL, NULL }
	};
	struct policy *policy = expect_policy(files);

	(void)state;
	assert_int_equal(policy->def, DEFAULT_DENY);
	assert_int_equal(rule_of(policy, "/x")->kind, FILE_DENY);
	assert_int_equal(rule_of(policy, "/dev/null")->kind, FILE_ALLOW);
	policy_destroy(policy);
}

static void cycles(void **state)
{
	static const struct file self[] = {
		{ "top", "{'include': ['top']}" }, { NULL, NULL }
	};
	static const struct file longer[] = {
		{ "top", "{'include': ['a']}" },
		{ "a", "{'include':\n ['b']}" },
		{ "b", "{\n'include': ['c', 'a']}" },
		{ "c", "{}" },
		{ NULL, NULL }
	};

	(void)state;
	expect_error(self, "top:1:14: the file includes itself");
	expect_error(longer, "b:2:18: 'a' is being read already: it includes "
			     "itself through this file");
}

static int read_endless(void *arg, const char *path, char **ret_text,
			size_t *ret_len, char **ret_id)
{
	int *count = arg;

	(void)path;
	if (asprintf(ret_text, "{\"include\": [\"f%d\"]}", ++*count) < 0)
		return -ENOMEM;
	*ret_len = strlen(*ret_text);
	*ret_id = strdup(*ret_text);
	return 0;
}

static int read_fresh(void *arg, const char *path, char **ret_text,
		      size_t *ret_len, char **ret_id)
{
	int *count = arg;

	++*count;
	*ret_text = strdup("{}");
	*ret_len = 2;
	*ret_id = strdup(path);
	return 0;
}

static void bombs(void **state)
{
	int count = 0;
	struct policy_reader reader = { read_endless, &count };
	static char text[40000] = "{\"include\": [";
	struct policy *policy;
	struct diag diag;
	int i;

	(void)state;
	assert_int_equal(policy_parse_with("p", "{\"include\": [\"f\"]}", 18,
					   &reader, &policy, &diag), -EINVAL);
	assert_string_equal(diag.message,
			    "includes are nested more than 16 deep");
	assert_in_range(count, 1, 20);
	count = 0;
	reader.read = read_fresh;
	for (i = 0; i < 3000; i++)
		sprintf(text + strlen(text), "%s\"f%d\"", i ? "," : "", i);
	strcat(text, "]}");
	assert_int_equal(policy_parse_with("p", text, strlen(text), &reader,
					   &policy, &diag), -EINVAL);
	assert_string_equal(diag.message,
			    "more than 1024 files are included");
	assert_in_range(count, 1000, 1100);
}

/* Errors name the file that they are in. */
static void errors_inside(void **state)
{
	static const struct file wrong[] = {
		{ "top", "{'include': ['d/a'], 'modee': 1}" }, { NULL, NULL }
	};
	static const struct file inside[] = {
		{ "top", "{'include': ['d/a']}" },
		{ "d/a", "{'files': [],\n 'file': []}" }, { NULL, NULL }
	};
	static const struct file after[] = {
		{ "top", "{'include': ['d/a'],\n'log': 1}" },
		{ "d/a", "{'log': {}}" }, { NULL, NULL }
	};
	static const struct file syntax[] = {
		{ "top", "{'include': ['d/a']}" },
		{ "d/a", "{\n,}" }, { NULL, NULL }
	};
	static const struct file missing[] = {
		{ "d/top", "{'include': ['/abs', 'd/a']}" },
		{ "/abs", "{}" }, { NULL, NULL }
	};

	(void)state;
	expect_error(wrong, "top:1:22: unknown key 'modee' (did you mean "
			    "'mode'?)");
	expect_error(inside, "d/a:2:2: unknown key 'file' (did you mean "
			     "'files'?)");
	expect_error(after, "top:2:8: 'log' must be an object such as {'to': "
			    "'stderr'}, not 1");
	/* jansson's quotes become ' as well */
	expect_error(missing, "d/top:1:22: cannot read 'd/d/a': No such file "
			      "or directory");
	{
		struct policy *policy;
		struct diag diag;

		assert_int_equal(load_table(syntax, &policy, &diag), -EINVAL);
		assert_string_equal(diag.file, "d/a");
		assert_int_equal(diag.line, 2);
		assert_int_equal(diag.column, 1);
	}
}

static void no_reader(void **state)
{
	static const char text[] = "{\"include\": [\"@dns\", \"x\"]}";
	struct policy *policy;
	struct diag diag;

	(void)state;
	assert_int_equal(policy_parse_with("p", text, strlen(text), NULL,
					   &policy, &diag), -EINVAL);
	assert_int_equal(diag.column, 22);
	assert_string_equal(diag.message, "only built-in fragments such as "
			    "\"@base\" can be included here");
}

/* --- real files --- */

static int make_dir(void **state)
{
	*state = strdup("/tmp/gosup-include-XXXXXX");
	assert_non_null(*state);
	assert_non_null(mkdtemp(*state));
	return 0;
}

static int remove_dir(void **state)
{
	char command[128];
	int err;

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	err = system(command);
	free(*state);
	return err;
}

static const char *in_dir(const char *dir, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *dir, const char *name, const char *text)
{
	FILE *file = fopen(in_dir(dir, name), "w");
	char *copy = requoted(text);

	assert_non_null(file);
	assert_true(fputs(copy, file) >= 0);
	assert_int_equal(fclose(file), 0);
	free(copy);
}

static void relative_files(void **state)
{
	const char *dir = *state;
	struct policy *policy;
	struct diag diag;
	char buf[1024];

	assert_int_equal(mkdir(in_dir(dir, "sub"), 0755), 0);
	put(dir, "top.json", "{'include': ['sub/a.json']}");
	put(dir, "sub/a.json", "{'include': ['../b.json', 'c.json']}");
	put(dir, "b.json", "{'default': 'deny'}");
	put(dir, "sub/c.json", "{'files': [{'path': '/c', 'hide': true}]}");
	if (policy_load(in_dir(dir, "top.json"), &policy, &diag))
		fail_msg("%s", diag_format(&diag, buf, sizeof(buf)));
	assert_int_equal(policy->def, DEFAULT_DENY);
	assert_string_equal(policy->files[0].place.file,
			    in_dir(dir, "sub/c.json"));
	policy_destroy(policy);
}

/* One file by two names is one file. */
static void symlink_cycle(void **state)
{
	const char *dir = *state;
	struct policy *policy;
	struct diag diag;

	put(dir, "a.json", "{'include': ['b.json']}");
	assert_int_equal(symlink("a.json", in_dir(dir, "b.json")), 0);
	assert_int_equal(policy_load(in_dir(dir, "a.json"), &policy, &diag),
			 -EINVAL);
	assert_string_equal(diag.message, "the file includes itself");
	assert_string_equal(diag.file, in_dir(dir, "a.json"));
}

static void unreadable(void **state)
{
	const char *dir = *state;
	struct policy *policy = NULL;
	struct diag diag;
	char buf[1024], expected[1024];
	int fd;

	assert_int_equal(policy_load(in_dir(dir, "no"), &policy, &diag),
			 -ENOENT);
	snprintf(expected, sizeof(expected), "%s: cannot read the policy: No "
		 "such file or directory", in_dir(dir, "no"));
	assert_string_equal(diag_format(&diag, buf, sizeof(buf)), expected);
	assert_int_equal(policy_load(dir, &policy, &diag), -EISDIR);
	/* A hole of 64 MiB and a byte. */
	fd = open(in_dir(dir, "big"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, POLICY_SIZE_MAX + 1), 0);
	close(fd);
	assert_int_equal(policy_load(in_dir(dir, "big"), &policy, &diag),
			 -EFBIG);
	assert_string_equal(diag.message, "the policy is larger than 64 MiB");
	put(dir, "top", "{'include': ['big']}");
	assert_int_equal(policy_load(in_dir(dir, "top"), &policy, &diag),
			 -EINVAL);
	assert_int_equal(diag.column, 14);
	assert_null(policy);
}

static void misspelt_names(void **state)
{
	static const struct {
		const char *name, *expected;
		int err;
	} rows[] = {
		{ "@confned", "@confned: there is no built-in policy of this "
		  "name (did you mean \"@confined\"?); a file of this name is "
		  "./@confned", -EINVAL },
		{ "@", "@: there is no built-in policy of this name; a file "
		  "of this name is ./@", -EINVAL },
		{ "@base", "@base: this is a part of policies, not a policy; "
		  "use it with \"include\"", -EINVAL },
		{ "confined", "confined: cannot read the policy: No such file "
		  "or directory (did you mean \"@confined\"?)", -ENOENT },
		{ "", ": cannot read the policy: No such file or directory",
		  -ENOENT },
	};
	struct policy *policy;
	struct diag diag;
	char buf[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(policy_load(rows[i].name, &policy, &diag),
				 rows[i].err);
		diag_format(&diag, buf, sizeof(buf));
		assert_string_equal(buf, rows[i].name[0] ? rows[i].expected
				    : rows[i].expected + 2);
	}
}

static void from_stdin(void **state)
{
	static const char text[] = "{\"default\": \"deny\", \"x\": 1}";
	int fds[2], saved = dup(STDIN_FILENO);
	struct policy *policy;
	struct diag diag;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, sizeof(text) - 1),
			 sizeof(text) - 1);
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	assert_int_equal(policy_load("-", &policy, &diag), -EINVAL);
	assert_string_equal(diag.file, "<stdin>");
	assert_int_equal(diag.column, 21);
	dup2(saved, STDIN_FILENO);
	close(saved);
}

/* Of a name too long for a message its end is kept. */
static void long_name(void **state)
{
	struct policy *policy;
	struct diag diag;
	char name[400];

	(void)state;
	memset(name, 'd', sizeof(name));
	strcpy(name + 380, "/end.json");
	assert_int_equal(policy_parse(name, "[]", 2, &policy, &diag), -EINVAL);
	assert_int_equal(strlen(diag.file), sizeof(diag.file) - 1);
	assert_memory_equal(diag.file, "...ddd", 6);
	assert_string_equal(diag.file + sizeof(diag.file) - 14, "dddd/end.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(override),
		cmocka_unit_test(diamond),
		cmocka_unit_test(cycles),
		cmocka_unit_test(bombs),
		cmocka_unit_test(errors_inside),
		cmocka_unit_test(no_reader),
		cmocka_unit_test_setup_teardown(relative_files, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(symlink_cycle, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(unreadable, make_dir,
						remove_dir),
		cmocka_unit_test(misspelt_names),
		cmocka_unit_test(from_stdin),
		cmocka_unit_test(long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
