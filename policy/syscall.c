/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/syscall.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * Everything here is constant data made by the preprocessor, except the index
 * by name, which is sorted when somebody first asks for a name: most runs have
 * no policy that does.
 */

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Pad the argument kinds to six; only the first six are used. */
#define PASTE_KINDS(a, b, c, d, e, f, ...) \
	{ ARG_##a, ARG_##b, ARG_##c, ARG_##d, ARG_##e, ARG_##f }
#define A(...)	PASTE_KINDS(__VA_ARGS__, NONE, NONE, NONE, NONE, NONE, NONE)

const struct syscall_row syscall_rows[] = {
#define ROW(nr, name, class, op, args, handler, flags) \
	{ #name, nr, CLASS_##class, OP_##op, flags, args },
#include "policy/syscalls.def"
#undef ROW
};

#define ROW_COUNT	ARRAY_SIZE(syscall_rows)

const unsigned syscall_count = ROW_COUNT;

/* Slot + 1 by number, 0 where the table has a gap. */
static const uint16_t slot_by_nr[] = {
#define ROW(nr, name, class, op, args, handler, flags) [nr] = SLOT_##name + 1,
#include "policy/syscalls.def"
#undef ROW
};

static_assert(ROW_COUNT < UINT16_MAX, "slots fit the index");

static uint16_t slots_by_name[ROW_COUNT];

static int compare_slots(const void *a, const void *b)
{
	return strcmp(syscall_rows[*(const uint16_t *)a].name,
		      syscall_rows[*(const uint16_t *)b].name);
}

static void sort_names(void)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		slots_by_name[i] = (uint16_t)i;
	qsort(slots_by_name, ROW_COUNT, sizeof(slots_by_name[0]),
	      compare_slots);
}

const struct syscall_row *syscall_by_nr(int nr)
{
	if (nr < 0 || (size_t)nr >= ARRAY_SIZE(slot_by_nr) || !slot_by_nr[nr])
		return NULL;
	return &syscall_rows[slot_by_nr[nr] - 1];
}

static int compare_name(const void *name, const void *slot)
{
	return strcmp(name, syscall_rows[*(const uint16_t *)slot].name);
}

const struct syscall_row *syscall_by_name(const char *name)
{
	static pthread_once_t sorted = PTHREAD_ONCE_INIT;
	const uint16_t *slot;

	pthread_once(&sorted, sort_names);
	slot = bsearch(name, slots_by_name, ROW_COUNT, sizeof(slots_by_name[0]), compare_name);
	return slot ? &syscall_rows[*slot] : NULL;
}

const char *call_class_name(enum call_class class)
{
	static const char *const names[] = {
		[CLASS_PLAIN]	  = "plain",
		[CLASS_PATH]	  = "path",
		[CLASS_FDMETA]	  = "fdmeta",
		[CLASS_EXEC]	  = "exec",
		[CLASS_ADDR]	  = "address",
		[CLASS_PROCESS]	  = "process",
		[CLASS_IDS]	  = "ids",
		[CLASS_CLOCK]	  = "clock",
		[CLASS_MACHINE]	  = "machine",
		[CLASS_NAMESPACE] = "namespace",
		[CLASS_ADMIN]	  = "admin",
		[CLASS_BYPASS]	  = "bypass",
	};

	static_assert(ARRAY_SIZE(names) == CLASS_COUNT_, "every class has a name");
	return (unsigned)class < CLASS_COUNT_ ? names[class] : "?";
}

const char *path_op_name(enum path_op op)
{
	static const char *const names[] = {
		[OP_NONE]     = "none",
		[OP_OPEN]     = "open",
		[OP_STAT]     = "stat",
		[OP_READLINK] = "readlink",
		[OP_LIST]     = "list",
		[OP_CREATE]   = "create",
		[OP_REMOVE]   = "remove",
		[OP_RENAME]   = "rename",
		[OP_LINK]     = "link",
		[OP_TRUNCATE] = "truncate",
		[OP_SETATTR]  = "setattr",
		[OP_CHDIR]    = "chdir",
		[OP_EXEC]     = "exec",
		[OP_CONNECT]  = "connect",
		[OP_MOUNT]    = "mount",
	};

	static_assert(ARRAY_SIZE(names) == OP_COUNT_, "every operation has a name");
	return (unsigned)op < OP_COUNT_ ? names[op] : "?";
}

enum arg_width syscall_arg_width(const struct syscall_row *row, unsigned i)
{
	switch ((enum arg_kind)row->args[i]) {
	case ARG_INT:
	case ARG_FD:
	case ARG_DIRFD:
	case ARG_OPEN_FLAGS:
	case ARG_AT_FLAGS:
	case ARG_PID:
	case ARG_TID:
	case ARG_PIDFD:
	case ARG_SIGNO:
		return WIDTH_S32;
	case ARG_UINT:
		return WIDTH_U32;
	case ARG_MODE:
		return WIDTH_U16;
	case ARG_NONE:
	case ARG_LONG:
	case ARG_HEX:
	case ARG_PATH:
	case ARG_STR:
	case ARG_BUF:
	case ARG_STRUCT:
	case ARG_SOCKADDR:
	case ARG_KIND_COUNT_:
		break;
	}
	return WIDTH_64;
}

uint64_t syscall_narrow(const struct syscall_row *row, unsigned i, uint64_t raw)
{
	switch (syscall_arg_width(row, i)) {
	case WIDTH_S32:
		return (uint64_t)(int64_t)(int32_t)(uint32_t)raw;
	case WIDTH_U32:
		return (uint32_t)raw;
	case WIDTH_U16:
		return (uint16_t)raw;
	case WIDTH_64:
		break;
	}
	return raw;
}
