/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the supervisor's signals are passed on to the program. */
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/hostsig.h"

static int passed[2 * HOSTSIG_MAX];
static unsigned passed_count;

static bool full;

static bool pass_on(void *arg, const struct signalfd_siginfo *si)
{
	assert_ptr_equal(arg, passed);
	if (full)
		return false;
	assert_true(passed_count < 2 * HOSTSIG_MAX);
	passed[passed_count++] = (int)si->ssi_signo;
	return true;
}

static int arrive(struct hostsig *h, int sig, pid_t pid)
{
	struct signalfd_siginfo si = {
		.ssi_signo = (uint32_t)sig, .ssi_pid = (uint32_t)pid,
	};

	return hostsig_arrived(h, &si);
}

/* The guard answers @ping at @ms; check that @sig alone is passed on, or
 * nothing if it is 0. */
static void expect_passed(struct hostsig *h, int ping, uint64_t ms, int sig)
{
	passed_count = 0;
	hostsig_decide(h, ping, ms, pass_on, passed);
	assert_int_equal(passed_count, sig ? 1 : 0);
	if (sig)
		assert_int_equal(passed[0], sig);
}

static void sent_to_the_supervisor_alone(void **state)
{
	struct hostsig h = { 0 };

	(void)state;
	expect_passed(&h, arrive(&h, SIGTERM, 7), 0, SIGTERM);
	/* Decided once. */
	expect_passed(&h, h.last_ping, 0, 0);
}

static void sent_to_the_group(void **state)
{
	struct hostsig h = { 0 };
	int ping;

	(void)state;
	/* The guard tells before the supervisor looks, or after. */
	hostsig_witnessed(&h, SIGTERM, 7, 0);
	expect_passed(&h, arrive(&h, SIGTERM, 7), 1, 0);
	ping = arrive(&h, SIGTERM, 7);
	hostsig_witnessed(&h, SIGTERM, 7, 2);
	expect_passed(&h, ping, 3, 0);
	/* A witness is used up. */
	expect_passed(&h, arrive(&h, SIGTERM, 7), 4, SIGTERM);
}

static pid_t busy;	/* whom no witness has come from, for it has no CPU */

static bool is_busy(void *arg, pid_t pid)
{
	(void)arg;
	return pid == busy;
}

static int ask_again(struct hostsig *h, uint64_t ms)
{
	return hostsig_ask_again(h, ms, is_busy, NULL) ? h->last_ping : 0;
}

static void sent_to_one_after_the_other(void **state)
{
	struct hostsig h = { 0 };
	int ping;

	(void)state;
	/* The witness comes late. */
	ping = arrive(&h, SIGTERM, 1);
	hostsig_patient(&h, ping, 0);
	expect_passed(&h, ping, 1, 0);
	hostsig_witnessed(&h, SIGTERM, 1, 20);
	assert_int_equal(ask_again(&h, 30), 0);
	expect_passed(&h, ask_again(&h, 51), 51, 0);
	assert_int_equal(h.pending_count, 0);
	/* None comes, and what came meanwhile did not wait for that. */
	ping = arrive(&h, SIGTERM, 1);
	hostsig_patient(&h, ping, 100);
	expect_passed(&h, ping, 101, 0);
	expect_passed(&h, arrive(&h, SIGHUP, 7), 102, SIGHUP);
	expect_passed(&h, ask_again(&h, 151), 151, SIGTERM);
	assert_int_equal(ask_again(&h, 1000), 0);
	/* They reach the program in whatever group it is. */
	h.apart = true;
	ping = arrive(&h, SIGTERM, 1);
	hostsig_patient(&h, ping, 200);
	hostsig_witnessed(&h, SIGTERM, 1, 201);
	expect_passed(&h, ping, 202, 0);
}

static void sent_by_one_without_a_cpu(void **state)
{
	struct hostsig h = { 0 };
	int ping;

	(void)state;
	busy = 9;
	ping = arrive(&h, SIGTERM, 9);
	hostsig_patient(&h, ping, 0);
	expect_passed(&h, ping, 1, 0);
	assert_int_equal(ask_again(&h, 51), 0);
	expect_passed(&h, ping, 52, 0);
	assert_int_equal(ask_again(&h, 300), 0);
	hostsig_witnessed(&h, SIGTERM, 9, 310);
	busy = 0;
	expect_passed(&h, ask_again(&h, 351), 351, 0);
	assert_int_equal(h.pending_count, 0);
	/* But not for ever. */
	busy = 9;
	ping = arrive(&h, SIGTERM, 9);
	hostsig_patient(&h, ping, 1000);
	assert_int_equal(ask_again(&h, 1051), 0);
	assert_int_equal(ask_again(&h, 1990), 0);
	expect_passed(&h, ask_again(&h, 2041), 2041, SIGTERM);
	busy = 0;
}

static void sent_by_two_and_seen_as_one(void **state)
{
	struct hostsig h = { 0 };
	int ping;

	(void)state;
	ping = arrive(&h, SIGHUP, 8);
	hostsig_patient(&h, ping, 0);
	ping = arrive(&h, SIGHUP, 9);
	hostsig_patient(&h, ping, 10);
	ping = arrive(&h, SIGTERM, 9);
	hostsig_patient(&h, ping, 10);
	/* The first one's, which the second one's was merged with. */
	hostsig_witnessed(&h, SIGHUP, 8, 20);
	expect_passed(&h, ping, 20, 0);
	assert_int_equal(h.pending_count, 1);
	expect_passed(&h, ask_again(&h, 61), 61, SIGTERM);
	/* The second one has ended already. One who has not sent it to us alone. */
	ping = arrive(&h, SIGHUP, 8);
	hostsig_patient(&h, ping, 100);
	hostsig_sender_gone(&h, arrive(&h, SIGHUP, 9));
	ping = arrive(&h, SIGHUP, 10);
	hostsig_witnessed(&h, SIGHUP, 8, 101);
	expect_passed(&h, ping, 101, SIGHUP);
	assert_int_equal(h.pending_count, 0);
	hostsig_sender_gone(&h, arrive(&h, SIGHUP, 9));
	expect_passed(&h, h.last_ping, 102, SIGHUP);
}

static void burst_that_only_the_guard_saw_apart(void **state)
{
	struct hostsig h = { 0 };
	int ping;

	(void)state;
	/* Three to the group, two of which were merged for the supervisor. */
	arrive(&h, SIGHUP, 7);
	ping = arrive(&h, SIGHUP, 7);
	hostsig_witnessed(&h, SIGHUP, 7, 0);
	hostsig_witnessed(&h, SIGHUP, 7, 0);
	hostsig_witnessed(&h, SIGHUP, 7, 0);
	expect_passed(&h, ping, 1, 0);
	assert_int_equal(h.pending_count, 0);
	/* None is left for one that goes to the supervisor alone. */
	expect_passed(&h, arrive(&h, SIGHUP, 7), 2, SIGHUP);
	/* Real-time ones are never merged. */
	hostsig_witnessed(&h, SIGRTMIN + 2, 7, 3);
	hostsig_witnessed(&h, SIGRTMIN + 2, 7, 3);
	expect_passed(&h, arrive(&h, SIGRTMIN + 2, 7), 4, 0);
	expect_passed(&h, arrive(&h, SIGRTMIN + 2, 7), 5, 0);
	expect_passed(&h, arrive(&h, SIGRTMIN + 2, 7), 6, SIGRTMIN + 2);
}

static void program_apart_from_the_group(void **state)
{
	struct hostsig h = { .apart = true };

	(void)state;
	hostsig_witnessed(&h, SIGCONT, 7, 0);
	expect_passed(&h, arrive(&h, SIGCONT, 7), 1, SIGCONT);
	/* Back in the group, it is as before. */
	h.apart = false;
	hostsig_witnessed(&h, SIGCONT, 7, 2);
	expect_passed(&h, arrive(&h, SIGCONT, 7), 3, 0);
}

static void sender_and_number_count(void **state)
{
	struct hostsig h = { 0 };

	(void)state;
	hostsig_witnessed(&h, SIGTERM, 7, 0);
	expect_passed(&h, arrive(&h, SIGTERM, 8), 1, SIGTERM);
	expect_passed(&h, arrive(&h, SIGINT, 7), 1, SIGINT);
	expect_passed(&h, arrive(&h, SIGTERM, 7), 1, 0);
}

static void old_witnesses_are_forgotten(void **state)
{
	struct hostsig h = { 0 };

	(void)state;
	hostsig_witnessed(&h, SIGTERM, 7, 1000);
	expect_passed(&h, arrive(&h, SIGTERM, 7), 1000 + HOSTSIG_WITNESS_MS, 0);
	hostsig_witnessed(&h, SIGTERM, 7, 1000);
	expect_passed(&h, arrive(&h, SIGTERM, 7),
		      1001 + HOSTSIG_WITNESS_MS, SIGTERM);
}

static void later_pings_are_left(void **state)
{
	struct hostsig h = { 0 };
	int first = arrive(&h, SIGUSR1, 7), second = arrive(&h, SIGUSR2, 7);

	(void)state;
	expect_passed(&h, first, 0, SIGUSR1);
	expect_passed(&h, second, 0, SIGUSR2);
}

static void stop_and_continue_undo_each_other(void **state)
{
	static const int stops[] = { SIGTSTP, SIGTTIN, SIGTTOU };
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct hostsig h = { 0 };
		int ping = arrive(&h, SIGCONT, 7);

		/* The stop wiped the guard's SIGCONT out. */
		hostsig_witnessed(&h, stops[i], 0, 0);
		expect_passed(&h, ping, 0, 0);
		ping = arrive(&h, stops[i], 0);
		hostsig_witnessed(&h, SIGCONT, 7, HOSTSIG_WITNESS_MS + 1);
		expect_passed(&h, ping, HOSTSIG_WITNESS_MS + 1, 0);
		/* An opposite of long ago does not count. */
		expect_passed(&h, arrive(&h, SIGCONT, 8), 5000, SIGCONT);
		expect_passed(&h, arrive(&h, stops[i], 8), 5000, stops[i]);
	}
}

static void too_many_at_once(void **state)
{
	struct hostsig h = { 0 };
	int i, ping = 0;

	(void)state;
	for (i = 0; i < HOSTSIG_MAX; i++) {
		assert_true(hostsig_has_room(&h, 1));
		ping = arrive(&h, SIGUSR1, i);
	}
	assert_false(hostsig_has_room(&h, 1));
	for (i = 0; i < HOSTSIG_MAX + 1; i++)
		hostsig_witnessed(&h, SIGUSR1, i, 0);
	/* The oldest witness made room for the newest, but had been told. */
	expect_passed(&h, ping, 0, 0);
	assert_true(hostsig_has_room(&h, HOSTSIG_MAX));
}

/* Real-time signals are queued one by one. */
static void counted_one_by_one(void **state)
{
	struct hostsig h = { 0 };
	int i, ping = 0;

	(void)state;
	for (i = 0; i < 5; i++)
		ping = arrive(&h, SIGRTMIN + 1, 7);
	for (i = 0; i < 3; i++)
		hostsig_witnessed(&h, SIGRTMIN + 1, 7, 0);
	passed_count = 0;
	hostsig_decide(&h, ping, 1, pass_on, passed);
	assert_int_equal(passed_count, 2);
	for (i = 0; i < 1000; i++)
		hostsig_witnessed(&h, SIGRTMIN + 1, 7, 2);
	for (i = 0; i < 1000; i++)
		expect_passed(&h, arrive(&h, SIGRTMIN + 1, 7), 2, 0);
	expect_passed(&h, arrive(&h, SIGRTMIN + 1, 7), 2, SIGRTMIN + 1);
}

static void queued_ones_need_no_witness(void **state)
{
	struct signalfd_siginfo si = { .ssi_signo = SIGUSR1, .ssi_pid = 7,
				       .ssi_code = SI_QUEUE };
	struct hostsig h = { 0 };
	int ping;

	(void)state;
	assert_false(hostsig_wants_witness(&h));
	hostsig_witnessed(&h, SIGUSR1, 7, 0);
	ping = hostsig_arrived(&h, &si);
	assert_false(hostsig_wants_witness(&h));
	expect_passed(&h, ping, 0, SIGUSR1);
	/* A service manager sends them to every process. */
	ping = hostsig_arrived(&h, &si);
	hostsig_patient(&h, ping, 0);
	assert_true(hostsig_wants_witness(&h));
	expect_passed(&h, ping, 0, 0);
}

static void waits_for_room(void **state)
{
	struct hostsig h = { 0 };
	int ping;

	(void)state;
	arrive(&h, SIGRTMIN + 2, 7);
	ping = arrive(&h, SIGRTMIN + 2, 8);
	full = true;
	passed_count = 0;
	assert_int_equal(hostsig_decide(&h, ping, 0, pass_on, passed), HOSTSIG_STUCK_MS);
	assert_int_equal(h.stuck, 1ull << (SIGRTMIN + 1));
	full = false;
	/* What has been decided stays so. */
	hostsig_witnessed(&h, SIGRTMIN + 2, 7, 0);
	assert_int_equal(hostsig_decide(&h, ping, 0, pass_on, passed), 0);
	assert_int_equal(passed_count, 2);
	assert_int_equal(h.stuck, 0);
}

static void numbers_wrap(void **state)
{
	struct hostsig h = { .last_ping = INT_MAX - 1 };
	int first = arrive(&h, SIGUSR1, 7), second = arrive(&h, SIGUSR2, 7);

	(void)state;
	assert_true(second < first);
	expect_passed(&h, first, 0, SIGUSR1);
	expect_passed(&h, second, 0, SIGUSR2);
}

/* The guard, slow to look, saw two as one. */
static void witnessed_as_one(void **state)
{
	struct hostsig h = { 0 };
	int ping;

	(void)state;
	ping = arrive(&h, SIGINT, 0);
	arrive(&h, SIGINT, 0);
	hostsig_witnessed(&h, SIGINT, 0, 0);
	expect_passed(&h, ping, 0, 0);
	expect_passed(&h, h.last_ping, 0, 0);
	/* A later one is another matter. */
	expect_passed(&h, arrive(&h, SIGINT, 0), 0, SIGINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sent_to_the_supervisor_alone),
		cmocka_unit_test(sent_to_the_group),
		cmocka_unit_test(sent_to_one_after_the_other),
		cmocka_unit_test(sent_by_one_without_a_cpu),
		cmocka_unit_test(sent_by_two_and_seen_as_one),
		cmocka_unit_test(burst_that_only_the_guard_saw_apart),
		cmocka_unit_test(program_apart_from_the_group),
		cmocka_unit_test(sender_and_number_count),
		cmocka_unit_test(old_witnesses_are_forgotten),
		cmocka_unit_test(later_pings_are_left),
		cmocka_unit_test(stop_and_continue_undo_each_other),
		cmocka_unit_test(too_many_at_once),
		cmocka_unit_test(witnessed_as_one),
		cmocka_unit_test(counted_one_by_one),
		cmocka_unit_test(queued_ones_need_no_witness),
		cmocka_unit_test(waits_for_room),
		cmocka_unit_test(numbers_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
