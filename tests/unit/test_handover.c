/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "emul/handover.h"

/* A machine on which the two ways cost what is said. Return: how many of
 * @calls were bound. */
static unsigned run(struct handover *h, unsigned calls, uint64_t free_ns, uint64_t bound_ns)
{
	unsigned bound = 0;

	for (unsigned i = 0; i < calls; i++) {
		bool bind = handover_bind(h);

		bound += bind;
		handover_took(h, bind, bind ? bound_ns : free_ns);
	}
	return bound;
}

static void the_cheaper_way_is_found(void **state)
{
	struct handover h = { 0 };

	(void)state;
	run(&h, 200, 12000, 3600);
	assert_in_range(run(&h, 640, 12000, 3600), 630, 630);
	h = (struct handover){ 0 };
	run(&h, 200, 2000, 3600);
	assert_in_range(run(&h, 640, 2000, 3600), 10, 10);
}

static void it_follows_a_change(void **state)
{
	struct handover h = { 0 };

	(void)state;
	run(&h, 1000, 2000, 3600);
	run(&h, 1000, 12000, 3600);
	assert_in_range(run(&h, 640, 12000, 3600), 630, 630);
	run(&h, 10000, 2000, 3600);
	assert_in_range(run(&h, 640, 2000, 3600), 10, 10);
}

static void one_long_wait_is_soon_forgotten(void **state)
{
	struct handover h = { 0 };

	(void)state;
	run(&h, 1000, 12000, 3600);
	handover_took(&h, true, 5000000000u);
	run(&h, 400, 12000, 3600);
	assert_in_range(run(&h, 640, 12000, 3600), 630, 630);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cheaper_way_is_found),
		cmocka_unit_test(it_follows_a_change),
		cmocka_unit_test(one_long_wait_is_soon_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
