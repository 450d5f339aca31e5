/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_SYSCALL_H
#define GOSUP_POLICY_SYSCALL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The syscall table: one row per system call in policy/syscalls.def. The row
 * says what the call's arguments are and what kind of thing it touches; the
 * filter, argument decoding, log lines, `gosup explain` and the documentation
 * are made from it. emul/ includes the same file for the handler column.
 */

/* What a call touches, which says which section of a policy governs it. */
enum call_class {
	CLASS_PLAIN,	/* the caller alone: always allowed */
	CLASS_PATH,	/* takes a path, or creates one */
	CLASS_FDMETA,	/* changes an object's metadata through an fd */
	CLASS_EXEC,	/* execve, execveat, uselib */
	CLASS_ADDR,	/* a socket address goes in */
	CLASS_PROCESS,	/* names another process by pid, tid or pidfd */
	CLASS_IDS,	/* changes or shows (ROW_QUERY) what file access
			 * depends on: ids, groups, capabilities, umask */
	CLASS_CLOCK,	/* shows (ROW_QUERY) or sets a clock */
	CLASS_MACHINE,	/* shows the machine: cpus, memory, host name */
	CLASS_NAMESPACE,/* changes what paths or ids mean: mount, chroot, setns */
	CLASS_ADMIN,	/* administers the machine: refused under default deny */
	CLASS_BYPASS,	/* performs other calls out of the filter's sight */
	CLASS_COUNT_
};

/* How an argument is fetched and shown. A path is resolved against the
 * nearest ARG_DIRFD on its left, else against the working directory. */
enum arg_kind {
	ARG_NONE,
	ARG_INT,	/* int, shown decimal; narrowed to 32 bits */
	ARG_UINT,	/* unsigned int; narrowed to 32 bits */
	ARG_LONG,	/* long or size, all 64 bits */
	ARG_HEX,	/* flags or addresses, all 64 bits, shown hex */
	ARG_FD,		/* int: an open descriptor of the caller */
	ARG_DIRFD,	/* int: a descriptor or AT_FDCWD that paths start at */
	ARG_PATH,	/* char *: a path */
	ARG_STR,	/* char *: some other string */
	ARG_OPEN_FLAGS,	/* int: O_* */
	ARG_AT_FLAGS,	/* int: AT_* */
	ARG_MODE,	/* mode_t */
	ARG_BUF,	/* void *: output buffer, or data that is not judged */
	ARG_STRUCT,	/* a structure in the caller's memory */
	ARG_SOCKADDR,	/* struct sockaddr *, its length in the next argument */
	ARG_PID,	/* pid_t: process, 0 = self, or a group if negative */
	ARG_TID,	/* pid_t: thread */
	ARG_PIDFD,	/* int: pidfd */
	ARG_SIGNO,	/* int: signal number */
	ARG_KIND_COUNT_
};

/* What a path call does to the object that its path names. */
enum path_op {
	OP_NONE,
	OP_OPEN,	/* by its flags: read, write, create, truncate */
	OP_STAT,	/* looks at metadata, access(2) included */
	OP_READLINK,
	OP_LIST,	/* watches or enumerates: inotify_add_watch */
	OP_CREATE,	/* makes a new entry: mkdir, mknod, symlink, bind */
	OP_REMOVE,	/* unlink, rmdir */
	OP_RENAME,	/* two paths */
	OP_LINK,	/* two paths */
	OP_TRUNCATE,
	OP_SETATTR,	/* mode, owner, times, xattrs */
	OP_CHDIR,
	OP_EXEC,
	OP_CONNECT,	/* to an AF_UNIX socket file */
	OP_MOUNT,	/* mount, swap, quota, accounting: administers a path */
	OP_COUNT_
};

enum row_flags {
	ROW_RUNTIME_FATAL = 1 << 0, /* the Go runtime dies if this call fails */
	ROW_QUERY	  = 1 << 1, /* only reads: about the other process, the
				     * caller's ids, the clock, the machine */
	ROW_MAY_BLOCK	  = 1 << 2, /* can wait for long: never in a receiver */
	ROW_REACHES	  = 1 << 3, /* gets at memory, registers or descriptors of the
				     * other process: PTRACE_MODE_* in the kernel */
};

#define SYSCALL_ARGS 6

struct syscall_row {
	const char *name;
	int nr;			/* number on this architecture */
	enum call_class class;
	enum path_op op;
	unsigned flags;		/* enum row_flags */
	uint8_t args[SYSCALL_ARGS]; /* enum arg_kind */
};

/* The index of a row is its "slot", a small number under syscall_count that
 * arrays can be indexed by. */
enum syscall_slot {
#define ROW(nr, name, class, op, args, handler, flags) SLOT_##name,
#include "policy/syscalls.def"
#undef ROW
};

/* All rows, in the order of syscalls.def. */
extern const struct syscall_row syscall_rows[];
extern const unsigned syscall_count;

/* Return: the row of number @nr, or NULL if the table does not know it. */
const struct syscall_row *syscall_by_nr(int nr);

/* Return: the row called @name, or NULL. */
const struct syscall_row *syscall_by_name(const char *name);

/* Return: the name in a policy or a log line: "path", "process", ... */
const char *call_class_name(enum call_class class);
const char *path_op_name(enum path_op op);

static inline unsigned syscall_slot(const struct syscall_row *row)
{
	return (unsigned)(row - syscall_rows);
}

/* How much of a register the kernel looks at, by the C type in its prototype.
 * The rest of the register may hold anything. */
enum arg_width {
	WIDTH_64,
	WIDTH_S32,	/* int */
	WIDTH_U32,	/* unsigned int */
	WIDTH_U16,	/* umode_t */
};

/* Return: the width of argument @i of @row. */
enum arg_width syscall_arg_width(const struct syscall_row *row, unsigned i);

/* Narrow argument @i of @row as the kernel's prototype does: int values come
 * back sign-extended to 64 bits, unsigned ones zero-extended. */
uint64_t syscall_narrow(const struct syscall_row *row, unsigned i, uint64_t raw);

#endif
