/* SPDX-License-Identifier: MIT */
/*
 * sleep.c: tl_sleep(), the order of timers, and who waits for a sleeper.  Where the real clock is
 * used, only that time passes is expected, never how fast.
 */
#include "harness.h"

static uint64_t start;
static struct tl_channel *channel;

static int elapsed_ms(void)
{
	return (int)((tl_now() - start) / MILLISECOND);
}

BODY(sleeps)
{
	const int ms = number_of(arg);
	const int result = tl_sleep((uint64_t)ms * MILLISECOND);
	log_("%d:%d@%d", ms, result, elapsed_ms());
	return result;
}

TEST(sleepers_wake_in_the_order_of_their_deadlines, VIRTUAL_CLOCK)
{
	static const int order[] = {5, 1, 4, 2, 3};
	start = tl_now();
	for (int i = 0; i < 5; i++)
		spawn_with("t", sleeps, number(order[i]));
	ok(tl_run());
	expect_log("1:0@1 2:0@2 3:0@3 4:0@4 5:0@5");
	expect_int(elapsed_ms(), 5);
}

BODY(sleeps_named)
{
	ok(tl_sleep(10 * MILLISECOND));
	log_("%s", (const char *)arg);
	return 0;
}

TEST(equal_deadlines_wake_first_in_first_out, VIRTUAL_CLOCK)
{
	static const char *names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
	for (int i = 0; i < 10; i++)
		spawn(names[i], sleeps_named);
	ok(tl_run());
	expect_log("a b c d e f g h i j");
}

TEST(main_sleeps_alone, VIRTUAL_CLOCK)
{
	start = tl_now();
	ok(tl_sleep(7 * MILLISECOND));
	expect_int(elapsed_ms(), 7);
	ok(tl_sleep_until(start + 9 * MILLISECOND));
	expect_int(elapsed_ms(), 9);
	expect_int(tl_now() - start, 9 * MILLISECOND);
}

TEST(others_run_while_main_sleeps, VIRTUAL_CLOCK)
{
	start = tl_now();
	spawn("a", logs);
	spawn_with("t", sleeps, number(3));
	spawn_with("t", sleeps, number(30));
	ok(tl_sleep(10 * MILLISECOND));
	expect_log("a 3:0@3");
	expect_int(elapsed_ms(), 10);
	ok(tl_run());
	expect_log("30:0@30");
}

TEST(a_sleeper_is_alive_and_nothing_else, VIRTUAL_CLOCK)
{
	start = tl_now();
	const tl_task t = spawn_with("t", sleeps, number(5));
	ok(tl_schedule());
	expect_state(t, "a-----");
	expect_int(tl_run_count(), 1);
	expect_result(tl_task_insert(t), -EBUSY);
	expect_result(tl_task_run(t), -EBUSY);
	expect_result(tl_task_switch(t), -EBUSY);
	expect_result(tl_task_remove(t), -EBUSY);
	expect_state(t, "a-----");
	ok(tl_run());
	expect_log("5:0@5");
}

TEST(a_kill_wakes, VIRTUAL_CLOCK)
{
	start = tl_now();
	const tl_task a = spawn_with("a", sleeps, number(5)),
		      b = spawn_with("b", sleeps, number(6));
	ok(tl_schedule());
	ok(tl_task_kill(a, 0));
	ok(tl_task_kill(b, TL_PENDING));
	expect_state(b, "as----");
	ok(tl_run());
	expect_log("5:-125@0 6:-125@0");
	expect_int(elapsed_ms(), 0);
}

TEST(schedule_never_sleeps, VIRTUAL_CLOCK)
{
	start = tl_now();
	const tl_task t = spawn_with("t", sleeps, number(5));
	for (int i = 0; i < 1000; i++)
		ok(tl_schedule());
	/* time did not pass, as nobody was idle */
	expect_int(tl_now() - start, 0);
	expect_state(t, "a-----");
	ok(tl_run());
	expect_int(elapsed_ms(), 5);
}

TEST(no_time_at_all_gives_way_once, VIRTUAL_CLOCK)
{
	start = tl_now();
	spawn("a", logs);
	ok(tl_sleep(0));
	log_("M");
	expect_log("a M");
	spawn("b", logs);
	ok(tl_sleep_until(TL_AT_ONCE));
	log_("M");
	expect_log("b M");
	ok(tl_sleep(0)); /* alone */
	expect_int(elapsed_ms(), 0);
}

TEST(background_sleepers_do_not_hold_run, VIRTUAL_CLOCK)
{
	start = tl_now();
	const struct tl_options background = {.flags = TL_BACKGROUND};
	ok(tl_spawn(sleeps, number(50), &background, NULL));
	ok(tl_run());
	expect_int(elapsed_ms(), 0);
	spawn_with("t", sleeps, number(5));
	ok(tl_run());
	expect_log("5:0@5");
	ok(tl_spawn(sleeps, number(3), &background, NULL));
	spawn_with("t", sleeps, number(10));
	ok(tl_run());
	expect_log("3:0@8 10:0@15");
	ok(tl_sleep(SECOND));
	expect_log("50:0@50");
}

TEST(background_tasklets_run_like_others, VIRTUAL_CLOCK)
{
	const struct tl_options background = {.flags = TL_BACKGROUND};
	ok(tl_spawn(logs, (void *)"a", &background, NULL));
	expect_int(tl_run_count(), 2);
	ok(tl_run());
	expect_log("a");
}

BODY(sleeps_for_ever)
{
	(void)arg;
	return tl_sleep(UINT64_MAX);
}

TEST(a_very_long_sleep_does_not_wrap, VIRTUAL_CLOCK)
{
	const tl_task t = spawn("t", sleeps_for_ever);
	ok(tl_sleep(SECOND));
	expect_state(t, "a-----");
	ok(tl_sleep(1000000 * SECOND));
	expect_state(t, "a-----");
	ok(tl_task_kill(t, 0));
	expect_state(t, "------");
}

BODY(sleeps_again_and_again)
{
	const int ms = number_of(arg);
	for (int i = 0; i < 3; i++) {
		ok(tl_sleep((uint64_t)ms * MILLISECOND));
		log_("%d@%d", ms, elapsed_ms());
	}
	return 0;
}

TEST(several_clocks_interleave, VIRTUAL_CLOCK)
{
	start = tl_now();
	spawn_with("t", sleeps_again_and_again, number(2));
	spawn_with("t", sleeps_again_and_again, number(3));
	spawn_with("t", sleeps_again_and_again, number(5));
	ok(tl_run());
	/* at 6: the one that went to sleep first, at 3, wakes first */
	expect_log("2@2 3@3 2@4 5@5 3@6 2@6 3@9 5@10 5@15");
}

BODY(sleeps_and_sends)
{
	const int ms = number_of(arg);
	ok(tl_sleep((uint64_t)ms * MILLISECOND));
	return send_int(channel, ms);
}

TEST(sort_by_sleeping, VIRTUAL_CLOCK)
{
	enum { COUNT = 1000 };
	channel = new_channel("c");
	for (int i = 0; i < COUNT; i++)
		spawn_with("t", sleeps_and_sends, number((i * 7919) % COUNT + 1));
	for (int i = 1; i <= COUNT; i++)
		expect_int(receive_int(channel), i);
}

TEST(the_virtual_clock_jumps_over_hours, VIRTUAL_CLOCK)
{
	start = tl_now();
	ok(tl_sleep(24 * 3600 * SECOND));
	expect_int(tl_now() - start, 24 * 3600 * SECOND);
}

/* ---- the real clock ---- */

static bool woke;

BODY(sleeps_a_little)
{
	(void)arg;
	ok(tl_sleep(2 * MILLISECOND));
	woke = true;
	return 0;
}

TEST(real_time_passes)
{
	const uint64_t before = tl_now();
	ok(tl_sleep(2 * MILLISECOND));
	const uint64_t after = tl_now();
	expect(after - before >= 2 * MILLISECOND);
	spawn("t", sleeps_a_little);
	ok(tl_run());
	expect(woke);
	expect(tl_now() - after >= 2 * MILLISECOND);
	int value;
	channel = new_channel("c");
	const uint64_t deadline = tl_now() + 2 * MILLISECOND;
	expect_result(tl_channel_receive_until(channel, &value, deadline), -ETIMEDOUT);
	expect(tl_now() >= deadline);
}

/* The watchdog of the test ends these three if a busy ring starves the timers. */
TEST(one_that_gives_way_alone_starves_no_sleeper)
{
	spawn("t", sleeps_a_little);
	while (!woke)
		ok(tl_schedule());
}

BODY(switches_back)
{
	(void)arg;
	for (;;)
		or_end(tl_task_switch(tl_main()));
}

TEST(two_that_switch_starve_no_sleeper)
{
	const tl_task t = create("t");
	spawn("sleeper", sleeps_a_little);
	ok(tl_schedule());
	ok(tl_task_bind(t, switches_back, NULL));
	while (tl_run_count() == 1) /* until the sleeper is put into the ring */
		ok(tl_task_switch(t));
	ok(tl_schedule());
	expect(woke);
	ok(tl_task_kill(t, 0));
}

BODY(receives_until_woken)
{
	(void)arg;
	while (!woke)
		receive_int(channel);
	return 0;
}

TEST(a_ping_pong_starves_no_sleeper)
{
	channel = new_channel("c");
	spawn("sleeper", sleeps_a_little);
	spawn("r", receives_until_woken);
	ok(tl_schedule());
	while (!woke)
		ok(send_int(channel, 1));
	ok(tl_schedule());
}

TEST(the_real_clock_is_monotonic)
{
	uint64_t last = tl_now();
	for (int i = 0; i < 10000; i++) {
		const uint64_t now = tl_now();
		expect(now >= last);
		last = now;
	}
}
