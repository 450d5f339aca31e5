/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program starts with its stack pointer at a table of words: argc, the
 * addresses of its arguments, 0, those of its environment, 0, and pairs of the
 * auxiliary vector until AT_NULL (create_elf_tables() in fs/binfmt_elf.c). What
 * they point to is above. The table is moved down by what new entries and
 * strings need.
 */
#include "emul/exec_args.h"

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>

#include "emul/arch.h"
#include "emul/kernel.h"
#include "policy/base/cleanup.h"

#define STEP 512
#define WORDS_MAX (1u << 20)	/* more than fit with _STK_LIM / 4 * 3 */

struct table {
	uint64_t *words;
	size_t count, room;	/* read so far, allocated */
};

static int read_more(pid_t pid, uint64_t stack, struct table *t)
{
	size_t room = t->room ? 2 * t->room : STEP;
	uint64_t *words;
	ssize_t got;

	if (room > WORDS_MAX)
		return -E2BIG;
	words = reallocarray(t->words, room, sizeof(*words));
	if (!words)
		return -ENOMEM;
	t->words = words;
	t->room = room;
	/* Short at the end of the stack, behind the table. */
	got = kernel_vm_read(pid, stack + t->count * sizeof(*words), words + t->count,
			     (room - t->count) * sizeof(*words));
	if (got < 0)
		return (int)got;
	t->count += (size_t)got / sizeof(*words);
	return (size_t)got < sizeof(*words) ? -EFAULT : 0;
}

/* Where the table ends and where AT_EXECFN's value is, as far as what was read
 * tells. Return: 0, or -EAGAIN. */
static int find_end(const struct table *t, size_t *ret_end, size_t *ret_file)
{
	size_t i = 1, zeros = 0;

	*ret_file = 0;
	while (i < t->count && zeros < 2)
		zeros += !t->words[i++];
	for (; i + 1 < t->count; i += 2) {
		if (t->words[i] == AT_EXECFN)
			*ret_file = i + 1;
		if (t->words[i] == AT_NULL) {
			*ret_end = i + 2;
			return 0;
		}
	}
	return -EAGAIN;
}

/* The new table, and behind it the strings. @ret: its address */
static int put_table(pid_t pid, const struct table *t, size_t file_at, uint64_t stack,
		     const char *const *first, size_t count, const char *file, uint64_t *ret)
{
	size_t more = count ? count - 1 : 0, words = t->count + more, bytes = strlen(file) + 1;
	auto_free char *buf = NULL;
	uint64_t *new, start, at;
	size_t i, size, skip = count ? 2 : 1;
	ssize_t put;

	for (i = 0; i < count; i++)
		bytes += strlen(first[i]) + 1;
	start = (stack - more * sizeof(*new) - bytes) & ~(uint64_t)15;
	size = words * sizeof(*new) + bytes;
	buf = malloc(size);
	if (!buf)
		return -ENOMEM;
	new = (uint64_t *)(void *)buf;
	at = words * sizeof(*new);
	new[0] = t->words[0] + more;
	for (i = 0; i < count; i++) {
		new[1 + i] = start + at;
		at += (size_t)(stpcpy(buf + at, first[i]) - (buf + at)) + 1;
	}
	memcpy(new + skip + more, t->words + skip, (t->count - skip) * sizeof(*new));
	if (file_at)
		new[file_at + more] = start + at;
	strcpy(buf + at, file);
	/* With many arguments the stack ends at the table. This lets it grow:
	 * __access_remote_vm() in mm/memory.c. */
	ptrace(PTRACE_POKEDATA, pid, (void *)start, 0);
	put = kernel_vm_write(pid, start, buf, size);
	*ret = start;
	return put < 0 ? (int)put : (size_t)put == size ? 0 : -EFAULT;
}

int exec_args_set(pid_t pid, const char *const *first, size_t count, const char *file)
{
	struct arch_regs regs;
	struct table t = { .count = 0 };
	size_t end, file_at;
	uint64_t stack;
	int err = arch_regs_get(pid, &regs);

	if (err)
		return err;
	stack = arch_regs_stack(&regs);
	do {
		err = read_more(pid, stack, &t);
	} while (!err && find_end(&t, &end, &file_at));
	if (!err && !t.words[0])
		err = -EINVAL;
	if (!err) {
		t.count = end;
		err = put_table(pid, &t, file_at, stack, first, count, file, &stack);
	}
	free(t.words);
	if (err)
		return err;
	arch_regs_set_stack(&regs, stack);
	return arch_regs_set(pid, &regs);
}
