/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_RULE_WORDS_H
#define GOSUP_POLICY_RULE_WORDS_H

#include "policy/policy.h"

#define RULE_WORDS_SIZE 2048

/* A rule in words, for people: what its author chose appears with escapes
 * (policy/base/line.h), and what does not fit is cut off. */
struct rule_words {
	char where[RULE_WORDS_SIZE];	/* "policy.json:7 files[2]" */
	char what[RULE_WORDS_SIZE];	/* "/srv/data: allow read write" */
};

/**
 * rule_words_get() - the @i-th rule for paths, programs or system calls.
 * Return: its place, or NULL if there are no more.
 */
const struct rule_place *rule_words_get(const struct policy *policy, size_t i,
					struct rule_words *ret);

#endif
