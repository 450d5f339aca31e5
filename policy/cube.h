/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_CUBE_H
#define GOSUP_POLICY_CUBE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

/*
 * Sets of calls, by the bits of their arguments. A cube is the set of calls
 * whose arguments have given bits in given places; a set is a list of cubes
 * that do not overlap. Rules in order are made into regions that do not
 * overlap by taking each rule's set out of what earlier rules left. A cube is
 * what a filter can test: per argument one comparison under a mask.
 */
struct cube {
	uint64_t mask[SYSCALL_ARGS];	/* the bits that count */
	uint64_t value[SYSCALL_ARGS];	/* within mask */
};

/* Sets larger than this are not worth a filter's while. */
#define CUBES_MAX 128

struct cubes {
	unsigned count;
	bool overflow;		/* a result was too large: contents void */
	struct cube cube[CUBES_MAX];
};

/**
 * cubes_from_conds() - the calls of @row for which all conditions hold.
 * No condition gives the set of all calls.
 */
void cubes_from_conds(struct cubes *set, const struct syscall_row *row,
		      const struct arg_cond *conds, unsigned count);

/* Take all that is in @minus out of @set. */
void cubes_subtract(struct cubes *set, const struct cubes *minus);

/* Put @more, which must not overlap @set, into @set. */
void cubes_append(struct cubes *set, const struct cubes *more);

/* Whether the cube is the set of all calls. */
bool cube_is_all(const struct cube *cube);

#endif
