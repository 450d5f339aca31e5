/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of calls that are dangerous in some of their arguments only. Each
 * entry says when it is needed:
 *
 *   always		a supervised program must not end or stop its supervisor
 *   FILES		rules for paths or programs would mean nothing without it
 *   CONFINE		the same, where a rule takes rights away
 *   LISTS		rules hide names or bring new ones
 *   SOCKETS		a path of a UNIX socket is denied, or leads elsewhere
 *   BINDS		the same, and Landlock does not judge it
 *   LISTEN		somebody waits for the program to listen
 *   UNSCOPED		Landlock does not keep signals within the program's tree
 *   LANDLOCK		Landlock judges files, but not this
 *   PERFORM		the supervisor makes calls with paths for the program
 *   READ		it reads memory, and may not where the owner says so
 *   CORES		core files would be written where no rule is asked
 *   KEEPS		signals must stay within the tree, and Landlock does not see to it
 *   EXEC		Landlock alone judges what is executed, but not this
 *   APART		programs that are not confined are out of reach
 */
#include "policy/plan_special.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "policy/base/uapi.h"

enum need {
	ALWAYS, FILES, CONFINE, LISTS, SOCKETS, BINDS, LISTEN, UNSCOPED, KEEPS,
	LANDLOCK, CORES, PERFORM, READ, EXEC, APART
};

struct special {
	enum syscall_slot slot;
	enum need need;
	struct plan_guard guard;	/* .place unset */
	bool besides;			/* what the call's class demands stands */
};

/* Conditions of the table. COND_EQ narrows by itself. */
#define IS(arg_, value_) \
	{ .arg = (arg_), .op = COND_EQ, .mask = UINT64_MAX, .value = (value_) }
/* An int that travels in an unsigned long: the kernel looks at its low half. */
#define IS_INT(arg_, value_) \
	{ .arg = (arg_), .op = COND_MASKED_EQ, .mask = UINT32_MAX, \
	  .value = (value_) }
#define HAS(arg_, bits_) \
	{ .arg = (arg_), .op = COND_MASKED_EQ, .mask = (bits_), \
	  .value = (bits_) }
/* A socket's type, flags such as SOCK_CLOEXEC aside: SOCK_TYPE_MASK. */
#define KIND(arg_, type_) \
	{ .arg = (arg_), .op = COND_MASKED_EQ, .mask = 0xf, .value = (type_) }
#define IS_SET(arg_) { .arg = (arg_), .op = COND_NE, .mask = UINT64_MAX }
#define LACKS(arg_, bits_) \
	{ .arg = (arg_), .op = COND_MASKED_EQ, .mask = (bits_) }
/* O_TRUNC asks for writing, if not of what it does not cut: may_open(). */
#define READS_AND_CUTS(arg_) \
	{ .arg = (arg_), .op = COND_MASKED_EQ, .mask = O_ACCMODE | O_TRUNC, \
	  .value = O_TRUNC }
#define WHEN(...) \
	.conds = (const struct arg_cond[]){ __VA_ARGS__ }, \
	.cond_count = sizeof((const struct arg_cond[]){ __VA_ARGS__ }) / \
		      sizeof(struct arg_cond)

static const char signals_owner[] =
	"a file's owner, which may be the supervisor, would get the signal";
static const char signals_owner_any[] = "a file's owner, whoever it is, would get signals";
static const char new_namespace[] =
	"in a namespace of its own a program could rearrange what paths mean";
static const char hidden_flags[] =
	"its flags are in memory; programs fall back to clone";
static const char types_input[] =
	"would type into the terminal, and so into programs that are not confined";
static const char file_flags[] =
	"changes a file's attributes through a descriptor open for reading";
static const char device_node[] =
	"a device by another name is what it is by its own";
static const char hides_memory[] =
	"the supervisor could no longer read what the program asks for";
static const char own_landlock[] =
	"what the supervisor opens for it, its own ruleset would not judge";
static const char core_limit[] =
	"the kernel would write core files where no rule is asked";
static const char subvolumes[] =
	"makes or removes directory entries without naming a path";
static const char makes_path_socket[] =
	"as long as none is made, no socket's address can be a path";
static const char may_be_path[] = "its address may be a path, which must be judged";
static const char lists[] = "lists names that rules hide or bring";
static const char names_dir[] = "names a directory that rules may have put elsewhere";
static const char attaches[] = "could attach to the supervisor";
static const char kills[] = "could kill or stop the supervisor";
static const char signals[] = "could signal the supervisor";
static const char leaves_tree[] = "could signal a process outside of the tree";
static const char via_pidfd[] = "the descriptor could be the supervisor's";

static const char asks_nothing[] =
	"asks for writing in a way that Landlock does not see";
static const char asks_access[] = "asks what the rules allow";
static const char by_handle[] = "names an object without a path";
static const char memory_file[] =
	"is made so that it cannot be executed";

/* linux/btrfs.h and fsverity.h drag in much for a few numbers. */
#define BTRFS_IOC(nr_)		_IOC(_IOC_WRITE, 0x94, nr_, 4096)

/* xfs_fs.h is not among the kernel's headers: sizes on 64-bit machines. */
#define IOC_W(type_, nr_, size_)	_IOC(_IOC_WRITE, type_, nr_, size_)
#define IOC_RW(type_, nr_, size_)	_IOC(_IOC_READ | _IOC_WRITE, type_, nr_, size_)

#define IOCTL_CONFINED(request_, reason_) \
	{ SLOT_ioctl, CONFINE, { WHEN(IS(1, (request_) & UINT32_MAX)), \
	  REFUSE(EPERM, WHY_FILES, reason_) } }

/* The file type in a mode. The device says whether it is one: do_mknod() in
 * emul/sys_entry.c. */
#define NODE(slot_, mode_, type_) \
	{ SLOT_##slot_, LANDLOCK, { WHEN({ .arg = (mode_), .op = COND_MASKED_EQ, \
	  .mask = S_IFMT, .value = (type_) }), NOTIFY(WHY_FILES, device_node), \
	  .perform = true } }

/* What sends a signal, and what has the kernel send it to a descriptor's owner. */
#define SENDS(slot_) { SLOT_##slot_, KEEPS, { NOTIFY(WHY_SIGNALS, leaves_tree) } }
#define OWNS(slot_, command_) \
	{ SLOT_##slot_, KEEPS, { WHEN(IS_INT(1, command_)), \
	  REFUSE(EPERM, WHY_SIGNALS, signals_owner_any) }, .besides = true }

static const struct special specials[] = {
	NODE(mknod, 1, S_IFBLK), NODE(mknod, 1, S_IFCHR),
	NODE(mknodat, 2, S_IFBLK), NODE(mknodat, 2, S_IFCHR),

	/* The limit is 0 from the start. Who sets it to that, as many do, is
	 * told that it is done, and so is who would raise it. prlimit64 may only
	 * want to read it. */
	{ SLOT_setrlimit, CORES, { WHEN(IS_INT(0, RLIMIT_CORE)),
	  REFUSE(0, WHY_FILES, core_limit) }, .besides = true },
	{ SLOT_prlimit64, CORES, { WHEN(IS_INT(1, RLIMIT_CORE)),
	  NOTIFY(WHY_FILES, core_limit) }, .besides = true },

	/* F_SETOWN takes any process of the same user, and the kernel checks
	 * only that when it sends what F_SETSIG chose. */
	{ SLOT_fcntl, ALWAYS, { WHEN(IS(1, F_SETSIG), IS_INT(2, SIGKILL)),
	  REFUSE(EPERM, WHY_SELF, signals_owner) } },
	{ SLOT_fcntl, ALWAYS, { WHEN(IS(1, F_SETSIG), IS_INT(2, SIGSTOP)),
	  REFUSE(EPERM, WHY_SELF, signals_owner) } },

	/* From then on all that it asks for with a path would fail. */
	{ SLOT_prctl, READ, { WHEN(IS_INT(0, PR_SET_DUMPABLE), IS(1, 0)),
	  REFUSE(EPERM, WHY_SELF, hides_memory) } },

	/* Better none than one that does not hold. The errno is that of a kernel
	 * where Landlock is not switched on. */
	{ SLOT_landlock_create_ruleset, PERFORM, { REFUSE(EOPNOTSUPP, WHY_FILES,
	  own_landlock) } },
	{ SLOT_landlock_restrict_self, PERFORM, { REFUSE(EOPNOTSUPP, WHY_FILES,
	  own_landlock) } },

	{ SLOT_listen, LISTEN, { NOTIFY(WHY_SERVICE, "tells that the program is ready") } },

	{ SLOT_socket, SOCKETS, { WHEN(IS(0, AF_UNIX)),
	  NOTIFY(WHY_TRACK, makes_path_socket) } },
	{ SLOT_socketpair, SOCKETS, { WHEN(IS(0, AF_UNIX), KIND(1, SOCK_DGRAM)),
	  NOTIFY(WHY_TRACK, makes_path_socket) } },
	{ SLOT_connect, SOCKETS, { NOTIFY(WHY_FILES, may_be_path), .perform = true } },
	{ SLOT_bind, BINDS, { NOTIFY(WHY_FILES, may_be_path), .perform = true } },
	{ SLOT_sendto, CONFINE, { WHEN(IS_SET(4)), NOTIFY(WHY_FILES, may_be_path),
	  .perform = true } },
	{ SLOT_sendmsg, CONFINE, { NOTIFY(WHY_FILES, may_be_path), .perform = true } },
	{ SLOT_sendmmsg, CONFINE, { NOTIFY(WHY_FILES, may_be_path), .perform = true } },

	{ SLOT_getdents, LISTS, { NOTIFY(WHY_FILES, lists), .perform = true } },
	{ SLOT_getdents64, LISTS, { NOTIFY(WHY_FILES, lists), .perform = true } },
	{ SLOT_getcwd, LISTS, { NOTIFY(WHY_FILES, names_dir), .perform = true } },

	SENDS(kill), SENDS(tkill), SENDS(rt_sigqueueinfo), SENDS(pidfd_send_signal),
	SENDS(tgkill), SENDS(rt_tgsigqueueinfo),
	OWNS(fcntl, F_SETOWN), OWNS(fcntl, F_SETOWN_EX),
	OWNS(ioctl, FIOSETOWN), OWNS(ioctl, SIOCSPGRP),
	{ SLOT_kill, UNSCOPED, { NOTIFY(WHY_SELF, signals) } },
	{ SLOT_tkill, UNSCOPED, { NOTIFY(WHY_SELF, signals) } },
	{ SLOT_rt_sigqueueinfo, UNSCOPED, { NOTIFY(WHY_SELF, signals) } },
	{ SLOT_pidfd_send_signal, UNSCOPED, { WHEN(IS(1, SIGKILL)),
	  NOTIFY(WHY_SELF, kills) } },
	{ SLOT_pidfd_send_signal, UNSCOPED, { WHEN(IS(1, SIGSTOP)),
	  NOTIFY(WHY_SELF, kills) } },
	{ SLOT_ptrace, ALWAYS, { WHEN(IS(0, PTRACE_ATTACH)),
	  NOTIFY(WHY_SELF, attaches) } },
	{ SLOT_ptrace, ALWAYS, { WHEN(IS(0, PTRACE_SEIZE)),
	  NOTIFY(WHY_SELF, attaches) } },
	{ SLOT_kcmp, ALWAYS, { NOTIFY(WHY_SELF, "compares any two processes") } },
	{ SLOT_pidfd_getfd, ALWAYS, { NOTIFY(WHY_SELF, via_pidfd) } },
	{ SLOT_process_madvise, ALWAYS, { NOTIFY(WHY_SELF, via_pidfd) } },
	{ SLOT_process_mrelease, ALWAYS, { NOTIFY(WHY_SELF, via_pidfd) } },

	{ SLOT_open, LANDLOCK, { WHEN(HAS(1, O_ACCMODE)),
	  NOTIFY(WHY_FILES, asks_nothing), .perform = true } },
	{ SLOT_open, LANDLOCK, { WHEN(READS_AND_CUTS(1)),
	  NOTIFY(WHY_FILES, asks_nothing), .perform = true } },
	{ SLOT_openat, LANDLOCK, { WHEN(HAS(2, O_ACCMODE)),
	  NOTIFY(WHY_FILES, asks_nothing), .perform = true } },
	{ SLOT_openat, LANDLOCK, { WHEN(READS_AND_CUTS(2)),
	  NOTIFY(WHY_FILES, asks_nothing), .perform = true } },
	{ SLOT_openat2, LANDLOCK, { NOTIFY(WHY_FILES, asks_nothing), .perform = true } },
	{ SLOT_open_by_handle_at, LANDLOCK, { NOTIFY(WHY_FILES, by_handle) } },
	{ SLOT_access, LANDLOCK, { WHEN(IS_SET(1)),
	  NOTIFY(WHY_FILES, asks_access), .perform = true } },
	{ SLOT_faccessat, LANDLOCK, { WHEN(IS_SET(2)),
	  NOTIFY(WHY_FILES, asks_access), .perform = true } },
	{ SLOT_faccessat2, LANDLOCK, { WHEN(IS_SET(2)),
	  NOTIFY(WHY_FILES, asks_access), .perform = true } },
	{ SLOT_memfd_create, EXEC, { WHEN(LACKS(1, MFD_NOEXEC_SEAL)),
	  NOTIFY(WHY_FILES, memory_file), .perform = true } },

	{ SLOT_clone, FILES, { WHEN(HAS(0, CLONE_NEWUSER)),
	  REFUSE(EPERM, WHY_FILES, new_namespace) } },
	{ SLOT_clone, FILES, { WHEN(HAS(0, CLONE_NEWNS)),
	  REFUSE(EPERM, WHY_FILES, new_namespace) } },
	{ SLOT_clone3, FILES, { REFUSE(ENOSYS, WHY_FILES, hidden_flags) } },
	{ SLOT_unshare, FILES, { WHEN(HAS(0, CLONE_NEWUSER)),
	  REFUSE(EPERM, WHY_FILES, new_namespace) } },
	{ SLOT_unshare, FILES, { WHEN(HAS(0, CLONE_NEWNS)),
	  REFUSE(EPERM, WHY_FILES, new_namespace) } },

	IOCTL_CONFINED(FS_IOC_SETFLAGS, file_flags),
	IOCTL_CONFINED(FS_IOC_SETVERSION, file_flags),
	IOCTL_CONFINED(FS_IOC_FSSETXATTR, file_flags),
	IOCTL_CONFINED(FS_IOC_SETFSLABEL, file_flags),
	IOCTL_CONFINED(_IOC(_IOC_WRITE, 'f', 133, 128), /* verity */
		       file_flags),
	IOCTL_CONFINED(_IOC(_IOC_READ, 'f', 19, 12), /* encryption policy */
		       file_flags),
	IOCTL_CONFINED(BTRFS_IOC(1), subvolumes),	/* SNAP_CREATE */
	IOCTL_CONFINED(BTRFS_IOC(14), subvolumes),	/* SUBVOL_CREATE */
	IOCTL_CONFINED(BTRFS_IOC(15), subvolumes),	/* SNAP_DESTROY */
	IOCTL_CONFINED(BTRFS_IOC(23), subvolumes),	/* SNAP_CREATE_V2 */
	IOCTL_CONFINED(BTRFS_IOC(24), subvolumes),	/* SUBVOL_CREATE_V2 */
	IOCTL_CONFINED(BTRFS_IOC(63), subvolumes),	/* SNAP_DESTROY_V2 */

	/* For root, to whom a file system shows all that it holds. */
	IOCTL_CONFINED(IOC_W(0x94, 38, 72), by_handle),		/* btrfs SEND */
	IOCTL_CONFINED(IOC_RW(0x94, 17, 4096), by_handle),	/* TREE_SEARCH */
	IOCTL_CONFINED(IOC_RW(0x94, 17, 112), by_handle),	/* ..._V2 */
	IOCTL_CONFINED(IOC_RW('X', 107, 56), by_handle),	/* XFS OPEN_BY_HANDLE */
	IOCTL_CONFINED(IOC_RW('X', 108, 56), by_handle),	/* READLINK_... */
	IOCTL_CONFINED(IOC_W('X', 122, 88), by_handle),		/* ATTRLIST_... */
	IOCTL_CONFINED(IOC_W('X', 123, 72), by_handle),		/* ATTRMULTI_... */

	{ SLOT_ioctl, APART, { WHEN(IS(1, TIOCSTI)), .liftable = true,
	  REFUSE(EPERM, WHY_DEFAULT, types_input) } },
	{ SLOT_ioctl, APART, { WHEN(IS(1, 0x541c)), .liftable = true, /* TIOCLINUX */
	  REFUSE(EPERM, WHY_DEFAULT, types_input) } },
};

#define SPECIAL_COUNT	(sizeof(specials) / sizeof(specials[0]))

_Static_assert(SPECIAL_COUNT <= PLAN_SPECIALS_MAX, "raise PLAN_SPECIALS_MAX");

static bool needed(const struct plan *plan, enum need need)
{
	switch (need) {
	case ALWAYS:
		return true;
	case FILES:
		return plan->judges_exec;
	case CONFINE:
		return plan->confines_files;
	case LISTS:
		return plan->edits_lists;
	case SOCKETS:
		return plan->confines_files || plan->shifts_paths;
	case BINDS:
		return (plan->confines_files || plan->shifts_paths) &&
		       !plan->landlock.files;
	case LISTEN:
		return plan->features.notify_listen;
	case UNSCOPED:
		return !plan->landlock.signals;
	case LANDLOCK:
		return plan->landlock.files;
	case CORES:
		return plan->no_cores;
	case PERFORM:
		return plan->mediates_files;
	case READ:
		return plan->judges_exec && !plan->features.reads_any;
	case KEEPS:
		return plan->keeps_signals;
	case EXEC:
		return plan->landlock.exec_alone;
	case APART:
		return plan->keeps_apart || plan->policy->def == DEFAULT_DENY;
	}
	return true;
}

bool plan_special_next(const struct plan *plan, const struct syscall_row *row,
		       unsigned *at, struct plan_special *ret)
{
	while (*at < SPECIAL_COUNT) {
		const struct special *s = &specials[(*at)++];

		if (s->slot != syscall_slot(row) || !needed(plan, s->need))
			continue;
		*ret = (struct plan_special){ .guard = s->guard, .besides = s->besides };
		return true;
	}
	return false;
}
