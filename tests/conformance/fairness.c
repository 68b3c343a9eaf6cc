/* SPDX-License-Identifier: MIT */
/*
 * fairness.c: whose time has come runs soon, whatever the others do.
 *
 * The others never stop by themselves.  The sleeper's time comes within a microsecond, of the real
 * clock; nobody can end or throw MANY times in that, so that it is starved if it has not run by
 * then.  Nothing is measured.
 */
#include "harness.h"

enum { MANY = 1000000 };

static bool awake;
static long count;
static tl_task ping, pong, sleeper;

BODY(sleeps)
{
	(void)arg;
	or_end(tl_sleep(1000));
	awake = true;
	return 0;
}

BODY(waits_with_a_deadline)
{
	int value;
	expect_result(tl_channel_receive_until(arg, &value, tl_now() + 1000), -ETIMEDOUT);
	awake = true;
	return 0;
}

/* It ends with the number `arg`, and leaves another one behind. */
BODY(spawns_its_successor)
{
	if (awake || ++count > MANY)
		return 0;
	or_end(tl_spawn(spawns_its_successor, arg, NULL, NULL));
	return number_of(arg);
}

/* Two: so that somebody is next whenever one ends. */
static void run_chains(int result)
{
	for (int i = 0; i < 2; i++)
		ok(tl_spawn(spawns_its_successor, number(result), NULL, NULL));
	ok(tl_run());
	expect(awake);
	if (count > MANY)
		fail_test("the sleeper did not run in %ld ends", count);
}

TEST(ends_do_not_starve_a_sleeper)
{
	spawn("sleeper", sleeps);
	run_chains(0);
}

TEST(ends_do_not_starve_a_deadline)
{
	spawn_with("waiter", waits_with_a_deadline, new_channel("c"));
	run_chains(0);
}

TEST(silent_errors_do_not_starve_a_sleeper)
{
	spawn("sleeper", sleeps);
	run_chains(-EPIPE);
}

static void is_told(tl_task prev, tl_task next, void *user)
{
	(void)prev, (void)next, (void)user;
}

TEST(ends_that_are_told_do_not_starve_a_sleeper)
{
	tl_set_schedule_callback(is_told, NULL);
	spawn("sleeper", sleeps);
	run_chains(0);
}

/* ---- ends of other kinds: each as the only call that switches ---- */

BODY(is_joinable_and_ends)
{
	(void)arg;
	if (awake || ++count > MANY)
		return 0;
	/* nobody joins it; its slot is lost, so it does not go on for long */
	or_end(tl_spawn(is_joinable_and_ends, NULL,
			&(struct tl_options){.flags = count < 1000 ? TL_JOINABLE : 0}, NULL));
	return 0;
}

TEST(joinable_ones_do_not_starve_a_sleeper)
{
	spawn("sleeper", sleeps);
	for (int i = 0; i < 2; i++)
		ok(tl_spawn(is_joinable_and_ends, NULL, NULL, NULL));
	ok(tl_run());
	expect(awake);
	if (count > MANY)
		fail_test("the sleeper did not run in %ld ends", count);
}

/* ---- throws, which pass over the other members of the ring ---- */

static bool has_been_ready(void)
{
	return awake || tl_task_state(sleeper) & TL_SCHEDULED;
}

/* Each throws at the other, and gets an error in that call. */
BODY(throws)
{
	const tl_task *const whom = arg;
	int result = tl_schedule(); /* each has begun, else a throw is its end */
	while ((result == 0 || result == -EIO) && !has_been_ready() && ++count <= MANY)
		result = tl_task_throw(*whom, EIO, NULL, 0);
	return 0;
}

TEST(throws_look_at_the_time)
{
	sleeper = spawn("sleeper", sleeps);
	ping = spawn_with("ping", throws, &pong);
	pong = spawn_with("pong", throws, &ping);
	ok(tl_run());
	expect(awake);
	if (count > MANY)
		fail_test("the sleeper was not ready after %ld throws", count);
}
