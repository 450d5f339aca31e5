/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_HANDOVER_H
#define GOSUP_EMUL_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What is cheaper, to keep a caller on this CPU while a descriptor is injected,
 * or to let it wake where the scheduler likes? That depends on the machine and
 * on what else runs, so each receiver measures, and now and then tries the
 * other way. Zero is a fresh start.
 */
struct handover {
	uint32_t free_ns, bound_ns;	/* moving means; 0: not tried yet */
	uint32_t count;
};

/* Return: whether the next caller should be bound. */
bool handover_bind(struct handover *h);

/* An injection took @ns, with all that binding needs. */
void handover_took(struct handover *h, bool bound, uint64_t ns);

#endif
