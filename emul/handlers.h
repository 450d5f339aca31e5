/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_HANDLERS_H
#define GOSUP_EMUL_HANDLERS_H

#include "emul/reply.h"
#include "emul/walk.h"

/*
 * What a notified call does, one function per kind of call, named in the
 * handler column of policy/syscalls.def. Each gets a notification whose
 * `syscalls` rules have allowed it, and returns its answer.
 */
typedef struct outcome handler_fn(struct notif *n);

/* The prototypes, made from the table; "none" has no function. */
#define ROW(nr_, name_, class_, op_, args_, handler_, flags_) \
	handler_fn sys_##handler_;
#include "policy/syscalls.def"
#undef ROW

/**
 * judge_path() - what the policy says to @wish at @place; records it.
 * @error: what the walk to @place returned
 * @ret: the answer, if this returns true
 *
 * Return: true if the call is settled: denied, failed on the way, or only
 * observed. False: to be done as n->decision says.
 */
bool judge_path(struct notif *n, const struct place *place, int error,
		struct path_wish wish, struct outcome *ret);

/* The same, where the policy's word is known: @decided. */
bool settle_path(struct notif *n, const struct place *place, int error,
		 struct path_wish wish, struct decision decided, struct outcome *ret);

/* The policy's word on @wish at @place, without a trace. */
struct decision decide_place(struct notif *n, const struct place *place, struct path_wish wish);

/* Tell the record of what happened to @n. */
void notif_record(struct notif *n, enum event_kind kind, int result);

/* Refuse @n with @error, which is no rule's doing, and record why: the sentence has
 * the call for its subject, and no full stop. */
struct outcome notif_refuse(struct notif *n, int error, const char *why);

/* Copy path argument @i into @buf of PATH_MAX bytes, then make sure that the
 * caller still waits. Return: 0 or a negative errno. */
int fetch_path(struct notif *n, unsigned i, char *buf);

#endif
