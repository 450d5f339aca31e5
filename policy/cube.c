/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cube.h"

#include <string.h>

static void add(struct cubes *set, const struct cube *cube)
{
	if (set->count == CUBES_MAX) {
		set->overflow = true;
		return;
	}
	set->cube[set->count++] = *cube;
}

bool cube_is_all(const struct cube *cube)
{
	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		if (cube->mask[i])
			return false;
	return true;
}

/* Return: false if nothing is in both. */
static bool intersect(const struct cube *a, const struct cube *b,
		      struct cube *ret)
{
	for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
		if ((a->value[i] ^ b->value[i]) & a->mask[i] & b->mask[i])
			return false;
		ret->mask[i] = a->mask[i] | b->mask[i];
		ret->value[i] = a->value[i] | b->value[i];
	}
	return true;
}

/*
 * Add @a without @b to @to: one cube for each bit that @b fixes and @a leaves
 * open, having that bit otherwise and the bits before it as in @b. Taking high
 * bits first makes the cubes of a number ranges of numbers.
 */
static void subtract_cube(struct cube a, const struct cube *b, struct cubes *to)
{
	struct cube both;

	if (!intersect(&a, b, &both)) {
		add(to, &a);
		return;
	}
	for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
		uint64_t open = b->mask[i] & ~a.mask[i];

		while (open) {
			uint64_t bit = 1ull << (63 - __builtin_clzll(open));

			open &= ~bit;
			a.mask[i] |= bit;
			a.value[i] |= bit & ~b->value[i];
			add(to, &a);
			a.value[i] ^= bit;
		}
	}
}

void cubes_subtract(struct cubes *set, const struct cubes *minus)
{
	struct cubes rest;

	set->overflow |= minus->overflow;
	for (unsigned m = 0; m < minus->count && !set->overflow; m++) {
		rest.count = 0;
		rest.overflow = false;
		for (unsigned i = 0; i < set->count; i++)
			subtract_cube(set->cube[i], &minus->cube[m], &rest);
		*set = rest;
	}
}

void cubes_append(struct cubes *set, const struct cubes *more)
{
	set->overflow |= more->overflow;
	for (unsigned i = 0; i < more->count; i++)
		add(set, &more->cube[i]);
}

/* Which bits of the register the kernel looks at. */
static uint64_t width_mask(const struct syscall_row *row, unsigned arg)
{
	switch (syscall_arg_width(row, arg)) {
	case WIDTH_S32:
	case WIDTH_U32:
		return UINT32_MAX;
	case WIDTH_U16:
		return UINT16_MAX;
	case WIDTH_64:
		break;
	}
	return UINT64_MAX;
}

static void add_masked(struct cubes *set, unsigned arg, uint64_t mask,
		       uint64_t value)
{
	struct cube cube = { .mask = { 0 } };

	cube.mask[arg] = mask;
	cube.value[arg] = value;
	add(set, &cube);
}

/* The numbers from @lo to @hi: the largest aligned blocks of 2^n that fit. */
static void add_range(struct cubes *set, unsigned arg, uint64_t width,
		      uint64_t lo, uint64_t hi)
{
	while (lo <= hi) {
		uint64_t block = 0; /* its size less one */

		while (block != width) {
			uint64_t next = block << 1 | 1;

			if ((lo & next) || hi - lo < next)
				break;
			block = next;
		}
		add_masked(set, arg, width & ~block, lo);
		if (hi - lo == block)
			return;
		lo += block + 1;
	}
}

static void add_cond(struct cubes *set, const struct syscall_row *row,
		     const struct arg_cond *cond)
{
	uint64_t width = width_mask(row, cond->arg);
	uint64_t value = cond->value & width;

	switch (cond->op) {
	case COND_EQ:
		add_masked(set, cond->arg, width, value);
		break;
	case COND_NE:
		if (value > 0)
			add_range(set, cond->arg, width, 0, value - 1);
		if (value < width)
			add_range(set, cond->arg, width, value + 1, width);
		break;
	case COND_LT:
		if (value > 0)
			add_range(set, cond->arg, width, 0, value - 1);
		break;
	case COND_LE:
		add_range(set, cond->arg, width, 0, value);
		break;
	case COND_GT:
		if (value < width)
			add_range(set, cond->arg, width, value + 1, width);
		break;
	case COND_GE:
		add_range(set, cond->arg, width, value, width);
		break;
	case COND_MASKED_EQ:
		if (!(value & ~cond->mask))
			add_masked(set, cond->arg, cond->mask & width, value);
		break;
	}
}

void cubes_from_conds(struct cubes *set, const struct syscall_row *row,
		      const struct arg_cond *conds, unsigned count)
{
	static const struct cube all;
	struct cubes one, met;

	set->count = 0;
	set->overflow = false;
	add(set, &all);
	for (unsigned c = 0; c < count; c++) {
		struct cube both;

		one.count = met.count = 0;
		one.overflow = met.overflow = false;
		add_cond(&one, row, &conds[c]);
		for (unsigned i = 0; i < set->count; i++)
			for (unsigned j = 0; j < one.count; j++)
				if (intersect(&set->cube[i], &one.cube[j],
					      &both))
					add(&met, &both);
		met.overflow |= set->overflow || one.overflow;
		*set = met;
	}
}
