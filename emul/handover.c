/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/handover.h"

/* Every so many injections one is done the other way, to know what that costs
 * now. Means change by an eighth of what is new. */
#define TRY_EVERY 64
#define SHARE 8

/* One that took so many times the mean was held up by something else; many of
 * them are the new mean. */
#define OUTLIER 4

bool handover_bind(struct handover *h)
{
	bool bind = h->bound_ns < h->free_ns;

	return h->count++ % TRY_EVERY == TRY_EVERY - 1 ? !bind : bind;
}

void handover_took(struct handover *h, bool bound, uint64_t ns)
{
	uint32_t *mean = bound ? &h->bound_ns : &h->free_ns;
	uint64_t most = *mean ? (uint64_t)*mean * OUTLIER : UINT32_MAX / OUTLIER;
	uint32_t took = (uint32_t)(ns < most ? ns : most);

	*mean = *mean ? *mean - *mean / SHARE + took / SHARE : took;
}
