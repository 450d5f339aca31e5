/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_POLICY_H
#define GOSUP_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/base/error.h"
#include "policy/path_tree.h"
#include "policy/syscall.h"

struct arena;

/*
 * A policy as loaded: what the user wrote, checked, with includes merged in
 * and names turned into values. Nothing here knows how a rule is enforced:
 * that is the plan's (policy/plan.h). Immutable once loaded, so threads share
 * it without locks.
 */

enum policy_default { DEFAULT_ALLOW, DEFAULT_DENY };
enum policy_mode { MODE_ENFORCE, MODE_OBSERVE };

/* Rights of a files rule, as in "allow": "read write exec". */
enum access_right {
	ACCESS_READ	= 1 << 0, /* open for reading, list */
	ACCESS_WRITE	= 1 << 1, /* open for writing, create, remove, change */
	ACCESS_EXEC	= 1 << 2,
	ACCESS_ALL	= ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC,
};

/* Where a rule stands, for messages. The strings belong to the policy. */
struct rule_place {
	const char *file;	/* as named by the user, or "@name" */
	unsigned line;		/* 0 for rules that gosup itself adds */
	const char *section;	/* "files", "syscalls", ... */
	unsigned index;		/* position inside its section */
	unsigned id;		/* 0, 1, ... through the whole policy */
};

enum file_kind {
	FILE_ALLOW,	/* only these rights; the rest is denied with EACCES */
	FILE_DENY,	/* everything fails with the errno */
	FILE_CONTENT,	/* a read-only file made of the policy's bytes */
	FILE_FROM,	/* another object is seen here, read-only */
	FILE_MAP,	/* another object is seen here, for everything */
	FILE_HIDE,	/* not there: ENOENT, and absent from listings */
};

struct file_rule {
	struct rule_place place;
	enum file_kind kind;
	const char *path;	/* absolute, normalised, may have "*" parts */
	unsigned rights;	/* FILE_ALLOW: enum access_right */
	int deny_errno;		/* FILE_DENY: positive errno */
	const char *content;	/* FILE_CONTENT */
	size_t content_len;
	mode_t mode;		/* FILE_CONTENT: permission bits, 0444 */
	const char *target;	/* FILE_FROM, FILE_MAP: absolute, normalised */
};

#define SHA256_SIZE 32

/* Whether a program may be started. Of all rules for paths above a program's the
 * longest counts alone, as in files. */
struct exec_rule {
	struct rule_place place;
	const char *path;	/* absolute, normalised, may have "*" parts */
	int deny_errno;		/* positive errno; 0: it may */
	bool loader;		/* ... as the loader of others alone */
	bool hashed;		/* ... if its bytes have this digest */
	unsigned char sha256[SHA256_SIZE];
};

/* One scalar condition: (argument & mask) OP value. */
enum cond_op { COND_EQ, COND_NE, COND_LT, COND_LE, COND_GT, COND_GE, COND_MASKED_EQ };

struct arg_cond {
	unsigned arg;		/* 0-5 */
	enum cond_op op;
	uint64_t mask;		/* COND_MASKED_EQ; else all ones */
	uint64_t value;
};

enum call_verdict {
	CALL_ALLOW,
	CALL_ERRNO,	/* "deny": fails with .value as positive errno */
	CALL_RETURN,	/* "return": succeeds with .value */
	CALL_KILL,	/* "kill": the process ends with SIGSYS */
	CALL_LOG,	/* "log": recorded, then done as usual */
};

/* Rules of one system call are tried in the order written; the first whose
 * conditions all hold decides. */
struct call_rule {
	struct rule_place place;
	const struct syscall_row *row;
	enum call_verdict verdict;
	int64_t value;
	const struct arg_cond *conds;
	unsigned cond_count;
};

/* Bits of the "events" list: what is recorded. */
enum event_kind {
	EVENT_DENY	= 1 << 0,
	EVENT_REDIRECT	= 1 << 1,	/* content, from, map were used */
	EVENT_ALLOW	= 1 << 2,
	EVENT_LOG	= 1 << 3,	/* a "log" rule matched */
	EVENT_EXEC	= 1 << 4,
	EVENT_SIGNAL	= 1 << 5,
};

enum log_to { LOG_TO_STDERR, LOG_TO_FILE, LOG_TO_JOURNAL, LOG_TO_NONE };

struct log_policy {
	enum log_to to;
	const char *file;	/* LOG_TO_FILE: absolute or relative to cwd */
	unsigned events;	/* enum event_kind; default DENY | LOG */
	bool asked;		/* somebody wrote what or where to: a record is
				 * part of what is wanted, not a courtesy */
};

/* When the program counts as ready to serve. */
enum ready_when {
	READY_UNSET,	/* NOTIFY where somebody waits to be told, else START */
	READY_START,	/* it was executed */
	READY_LISTEN,	/* it listens on a socket */
	READY_NOTIFY,	/* it says so itself, see sd_notify(3) */
};

struct service_policy {
	enum ready_when ready;
	int reload_signal;	/* asks gosup to read the policy again; 0: none */
	bool app_watchdog;	/* only the program's own signs of life count */
};

/* To whom a signal is passed on. */
enum signal_to {
	SIGNAL_TO_APP,		/* the program's process */
	SIGNAL_TO_GROUP,	/* its process group */
	SIGNAL_TO_TREE,		/* it and all its descendants */
};

/* Whom the program may signal. The supervisor never. */
enum signal_send {
	SIGNAL_SEND_UNSET,	/* TREE under "default": "deny" where the kernel judges
				 * that by itself, else ANY */
	SIGNAL_SEND_ANY,	/* as without gosup */
	SIGNAL_SEND_TREE,	/* itself and its descendants */
};

#define SIGNAL_STEPS 8

/* What becomes of a signal that gosup is to pass on. */
struct signal_rule {
	bool ignore;
	int as;			/* the signal that is passed on instead */
	enum signal_to to;
	unsigned drain_ms;	/* before that, not being ready any more */
	unsigned grace_ms;	/* before each of these; 0: there is none */
	int then[SIGNAL_STEPS];
	unsigned then_count;
};

/* Whether gosup can do anything else with signal @sig than it must. */
bool signal_can_have_rule(int sig);

#define SIGNAL_COUNT 65		/* numbers are below this, _NSIG in signal(7) */

struct policy {
	const char *name;	/* of the outermost file */
	const char *const *sources; /* the files read, as they were named;
				 * built-in ones and stdin are left out */
	size_t source_count;
	enum policy_default def;
	enum policy_mode mode;
	bool degrade;

	const struct file_rule *files;
	size_t file_count;
	struct path_tree *file_tree;	/* of indices into files */

	const struct exec_rule *execs;
	size_t exec_count;
	struct path_tree *exec_tree;	/* of indices into execs */

	const struct call_rule *calls;	/* grouped by row, in order */
	size_t call_count;

	struct log_policy log;
	struct service_policy service;
	/* By number; NULL: passed on as it is. */
	const struct signal_rule *signals[SIGNAL_COUNT];
	enum signal_send signal_send;

	unsigned rule_count;		/* ids are below this */
	const struct rule_place *const *rule_places; /* by id */
	struct arena *arena;		/* owns every string and array above, but for
					 * files and execs, which are from malloc() */
};

/**
 * policy_load() - read, check and merge a policy and what it includes.
 * @name: a file, "-" for stdin, or a built-in policy as "@name"
 * @ret: the policy, to be freed by the caller; untouched on failure
 * @diag: what is wrong and where, on failure
 *
 * Return: 0, -EINVAL for a wrong policy, or what reading the file gave.
 */
int policy_load(const char *name, struct policy **ret, struct diag *diag);

/* The same from memory; @name is for messages and relative includes. */
int policy_parse(const char *name, const char *text, size_t len,
		 struct policy **ret, struct diag *diag);

/* How the files that "include" names are read. */
struct policy_reader {
	/**
	 * read() - the text of file @path.
	 * @ret_text: to be freed by the caller
	 * @ret_id: the same for the same file by whatever path, so that cycles
	 * are seen; to be freed by the caller
	 * Return: 0 or a negative errno, -EFBIG over POLICY_SIZE_MAX.
	 */
	int (*read)(void *arg, const char *path, char **ret_text,
		    size_t *ret_len, char **ret_id);
	void *arg;
};

/* Bytes of one policy file. */
#define POLICY_SIZE_MAX (64u << 20)

/**
 * policy_parse_with() - policy_parse() that reads included files by @reader.
 * @reader: NULL if only built-in fragments may be included
 */
int policy_parse_with(const char *name, const char *text, size_t len,
		      const struct policy_reader *reader, struct policy **ret,
		      struct diag *diag);

void policy_destroy(struct policy *policy);

/* Names of the built-in policies with '@', NULL-terminated. */
extern const char *const policy_builtin_names[];

/* The text of the built-in policy or fragment @name ("@base"), NULL if there is
 * none. */
const char *policy_builtin_text(const char *name);

/* The rule with @id as "policy.json:7 files[2]", for messages. */
char *rule_place_format(const struct rule_place *place, char *buf, size_t size);

/* The place of rule @id, or NULL. */
const struct rule_place *policy_rule_place(const struct policy *policy, unsigned id);

#endif
