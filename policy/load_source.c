/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/base/cleanup.h"
#include "policy/load.h"
#include "policy/names.h"

/*
 * Where texts come from: files, stdin, memory and the built-in ones; and what
 * includes what. A source that was read is not read again, so a fragment that
 * several files include cannot undo what one of them changed, and includes
 * cannot multiply. One that is still being read includes itself: an error.
 */

#define INCLUDE_DEPTH 16
#define INCLUDE_COUNT 1024

/* --- reading --- */

/* Everything until the end of @fd, with a NUL behind. */
static int read_all(int fd, char **ret_text, size_t *ret_len)
{
	size_t len = 0, room = 1 << 14;
	auto_free char *text = malloc(room);
	ssize_t n;

	if (!text)
		return -ENOMEM;
	for (;;) {
		n = read(fd, text + len, room - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > POLICY_SIZE_MAX)
			return -EFBIG;
		if (len == room - 1) {
			char *more = realloc(text, room * 2);

			if (!more)
				return -ENOMEM;
			text = more;
			room *= 2;
		}
	}
	text[len] = '\0';
	*ret_text = steal_ptr(text);
	*ret_len = len;
	return 0;
}

static int read_file(void *arg, const char *path, char **ret_text,
		     size_t *ret_len, char **ret_id)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text, *id;
	size_t len;
	int err;

	(void)arg;
	if (fd < 0)
		return -errno;
	err = read_all(fd, &text, &len);
	if (err)
		return err;
	id = realpath(path, NULL);
	if (!id)
		id = strdup(path); /* a pipe of the shell's, say */
	if (!id) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_len = len;
	*ret_id = id;
	return 0;
}

const struct policy_reader load_file_reader = { .read = read_file };

/* --- sources --- */

static int remember(struct load *l, const struct source *source)
{
	struct included *more;

	if (l->included_count % 16 == 0) {
		more = reallocarray(l->included, l->included_count + 16,
				    sizeof(*more));
		if (!more)
			return load_fail_memory(l);
		l->included = more;
	}
	l->included[l->included_count++] = (struct included){
		source->id, source->name
	};
	return 0;
}

/* Read the text of @source, whose name and id are set. They are copied. */
static int load_source(struct load *l, struct source *source)
{
	json_t *root = NULL;
	int err;

	load_set_file(l, source->name);
	source->name = arena_strdup(l->arena, source->name);
	source->id = arena_strdup(l->arena, source->id);
	if (!source->name || !source->id)
		return load_fail_memory(l);
	err = remember(l, source);
	if (err)
		return err;
	err = load_json(l, source->text, source->len, &root);
	if (err)
		return err;
	source->root = root;
	source->includer = l->source;
	l->source = source;
	err = load_sections(l);
	l->source = source->includer;
	return err;
}

int load_text(struct load *l, const char *name, const char *text, size_t len)
{
	struct source source = {
		.name = name, .id = name, .text = text, .len = len,
	};

	l->policy->name = arena_strdup(l->arena, name);
	if (!l->policy->name)
		return load_fail_memory(l);
	return load_source(l, &source);
}

static bool is_policy(const char *name)
{
	size_t i;

	for (i = 0; policy_builtin_names[i]; i++)
		if (strcmp(policy_builtin_names[i], name) == 0)
			return true;
	return false;
}

static int load_builtin(struct load *l, const char *name)
{
	const char *text = policy_builtin_text(name);
	struct source source = { .name = name, .id = name };

	l->policy->name = arena_strdup(l->arena, name);
	if (!l->policy->name)
		return load_fail_memory(l);
	if (text && is_policy(name)) {
		source.text = text;
		source.len = strlen(text);
		return load_source(l, &source);
	}
	load_set_file(l, name);
	if (text)
		return diag_set(l->diag, -EINVAL, "this is a part of policies, "
				"not a policy; use it with \"include\"");
	return diag_set(l->diag, -EINVAL, "there is no built-in policy of this "
			"name%s; a file of this name is ./%s",
			load_hint(name, strings_candidate,
				  (void *)policy_builtin_names).s, name);
}

static int fail_read(struct load *l, const char *name, int err)
{
	char builtin[64], reason[128];

	load_set_file(l, name);
	if (err == -ENOMEM)
		return load_fail_memory(l);
	if (err == -EFBIG)
		return diag_set(l->diag, err, "the policy is larger than "
				"%u MiB", POLICY_SIZE_MAX >> 20);
	snprintf(builtin, sizeof(builtin), "@%s", name);
	return diag_set(l->diag, err, "cannot read the policy: %s%s%s%s",
			strerror_r(-err, reason, sizeof(reason)),
			is_policy(builtin) ? " (did you mean \"" : "",
			is_policy(builtin) ? builtin : "",
			is_policy(builtin) ? "\"?)" : "");
}

int load_outermost(struct load *l, const char *name)
{
	auto_free char *text = NULL, *id = NULL;
	struct source source = { .name = name };
	int err;

	if (name[0] == '@')
		return load_builtin(l, name);
	if (strcmp(name, "-") == 0) {
		source.name = "<stdin>";
		err = read_all(STDIN_FILENO, &text, &source.len);
	} else {
		err = l->reader->read(l->reader->arg, name, &text, &source.len,
				      &id);
	}
	if (err)
		return fail_read(l, source.name, err);
	source.id = id ? id : source.name;
	source.text = text;
	l->policy->name = arena_strdup(l->arena, source.name);
	if (!l->policy->name)
		return load_fail_memory(l);
	return load_source(l, &source);
}

/* --- include --- */

/* 1 if the source is to be read, 0 if it was, or an error. */
static int check_new(struct load *l, const struct json_node *node,
		     const char *id)
{
	const struct source *source;
	size_t i;

	for (source = l->source; source; source = source->includer) {
		if (strcmp(source->id, id) != 0)
			continue;
		if (source == l->source)
			return load_fail(l, node, "the file includes itself");
		return load_fail(l, node, "%s is being read already: it "
				 "includes itself through this file",
				 load_quote(source->name).s);
	}
	for (i = 0; i < l->included_count; i++)
		if (strcmp(l->included[i].id, id) == 0)
			return 0;
	if (l->source->depth + 1 >= INCLUDE_DEPTH)
		return load_fail(l, node, "includes are nested more than %d "
				 "deep", INCLUDE_DEPTH);
	if (l->included_count >= INCLUDE_COUNT)
		return load_fail(l, node, "more than %d files are included",
				 INCLUDE_COUNT);
	return 1;
}

static int include_builtin(struct load *l, const struct json_node *node,
			   const char *name)
{
	struct source source = {
		.name = name, .id = name,
		.text = policy_builtin_text(name),
		.depth = l->source->depth + 1,
	};
	int err;

	if (!source.text)
		return load_fail(l, node, "there is nothing built in as %s%s",
				 load_quote(name).s,
				 load_hint(name, builtin_candidate, NULL).s);
	source.len = strlen(source.text);
	err = check_new(l, node, name);
	return err > 0 ? load_source(l, &source) : err;
}

/* @path as seen from the file that includes it. */
static int join(const struct source *from, const char *path, char *buf,
		size_t size)
{
	const char *slash = strrchr(from->name, '/');
	int dir = 0, n;

	if (path[0] != '/' && slash)
		dir = (int)(slash + 1 - from->name);
	n = snprintf(buf, size, "%.*s%s", dir, from->name, path);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int include_file(struct load *l, const struct json_node *node,
			const char *name)
{
	auto_free char *text = NULL, *id = NULL;
	char path[PATH_MAX], reason[128];
	struct source source = {
		.name = path, .depth = l->source->depth + 1,
	};
	int err;

	if (!l->reader)
		return load_fail(l, node, "only built-in fragments such as "
				 "\"@base\" can be included here");
	err = join(l->source, name, path, sizeof(path));
	if (!err)
		err = l->reader->read(l->reader->arg, path, &text, &source.len,
				      &id);
	if (err == -ENOMEM)
		return load_fail_memory(l);
	if (err == -EFBIG)
		return load_fail(l, node, "%s is larger than %u MiB",
				 load_quote(path).s, POLICY_SIZE_MAX >> 20);
	if (err)
		return load_fail(l, node, "cannot read %s: %s",
				 load_quote(path).s,
				 strerror_r(-err, reason, sizeof(reason)));
	source.id = id;
	source.text = text;
	err = check_new(l, node, id);
	return err > 0 ? load_source(l, &source) : err;
}

int load_include(struct load *l, const struct json_node *node)
{
	const char *name;
	size_t i;
	int err;

	if (!json_is_array(node->json))
		return load_fail_type(l, node, "an array such as "
				      "[\"base.json\", \"@dns\"]");
	for (i = 0; i < json_array_size(node->json); i++) {
		struct json_node item = json_node_item(node->json, i);

		err = load_string(l, &item, "base.json", &name);
		if (!err)
			err = name[0] == '@' ? include_builtin(l, &item, name)
					     : include_file(l, &item, name);
		if (err)
			return err;
	}
	return 0;
}
