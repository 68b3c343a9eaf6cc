/* SPDX-License-Identifier: MIT */
/*
 * priorities.c: one ring a level; which level is next; ageing.
 */
#include "harness.h"

static struct tl_channel *channel;

static tl_task spawn_at(int level, const char *name, tl_fn body)
{
	tl_task task;
	const struct tl_options options = {.name = name, .level = level};
	ok(tl_spawn(body, (void *)(uintptr_t)name, &options, &task));
	return task;
}

TEST(a_larger_level_runs_first)
{
	spawn_at(-4, "lowest", logs);
	spawn_at(-1, "low", logs);
	spawn_at(0, "normal", logs);
	spawn_at(1, "high", logs);
	spawn_at(3, "highest", logs);
	expect_int(tl_run_count(), 6);
	expect_ring("M normal"); /* next and prev stay within a level */
	ok(tl_run());
	expect_log("highest high normal low lowest");
	expect_int(tl_run_count(), 1);
}

TEST(within_a_level_the_ring_turns)
{
	spawn_at(1, "a", logs);
	spawn_at(-1, "x", logs);
	spawn_at(1, "b", logs);
	spawn_at(-1, "y", logs);
	spawn_at(1, "c", logs);
	ok(tl_run());
	expect_log("a b c x y");
}

TEST(schedule_takes_the_highest_level_and_comes_back)
{
	const tl_task low = spawn_at(-1, "low", logs);
	spawn_at(0, "normal", logs);
	const tl_task high = spawn_at(1, "high", logs);
	expect_task(tl_task_next(high), high);
	expect_task(tl_task_prev(low), low);
	ok(tl_schedule());
	log_("M");
	expect_log("high normal M");
	expect_state(low, "as----");
	expect_int(tl_run_count(), 2);
	ok(tl_run());
	expect_log("low");
}

BODY(one_two)
{
	log_("%s1", (const char *)arg);
	ok(tl_schedule());
	log_("%s2", (const char *)arg);
	return 0;
}

TEST(schedule_of_the_highest_comes_back_to_itself)
{
	spawn_at(2, "h", one_two);
	spawn_at(0, "n", one_two);
	spawn_at(-2, "l", one_two);
	ok(tl_run());
	expect_log("h1 h2 n1 n2 l1 l2");
}

TEST(two_at_the_highest_level_take_turns)
{
	spawn_at(2, "a", one_two);
	spawn_at(2, "b", one_two);
	spawn_at(0, "n", one_two);
	ok(tl_run());
	expect_log("a1 b1 a2 b2 n1 n2");
}

BODY(spawns_high)
{
	log_("n1");
	spawn_at(1, "high", logs);
	log_("n2"); /* its creator is not pre-empted */
	ok(tl_schedule());
	log_("n3");
	return 0;
}

TEST(a_creator_is_not_preempted)
{
	spawn("n", spawns_high);
	spawn("m", logs);
	ok(tl_run());
	expect_log("n1 n2 high m n3");
}

BODY(receives)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	log_("%s=%d", (const char *)arg, value);
	return 0;
}

TEST(named_switches_ignore_levels)
{
	channel = new_channel("c");
	const tl_task low = spawn_at(-1, "low", logs);
	const tl_task high = spawn_at(1, "high", logs);
	ok(tl_task_run(low));
	log_("M");
	expect_log("low high M");
	expect_state(high, "------");
	/* a preferred hand-off */
	const tl_task r = spawn_at(-1, "r", receives);
	ok(tl_run());
	expect_log("");
	spawn_at(0, "x", logs);
	ok(send_int(channel, 1));
	log_("M");
	expect_log("r=1 x M");
	expect_state(r, "------");
}

BODY(handles)
{
	const int result = tl_schedule();
	log_("%s:%d", (const char *)arg, result);
	return 0;
}

TEST(a_throw_ignores_levels)
{
	const tl_task low = spawn_at(-1, "low", handles);
	ok(tl_run() == 0 ? 0 : 1);
	expect_log("low:0");
	const tl_task again = spawn_at(-1, "again", handles);
	ok(tl_task_run(again)); /* it gives way to main */
	spawn_at(1, "high", logs);
	ok(tl_task_throw(again, EIO, NULL, 0));
	expect_log("again:-5 high");
	expect_state(low, "------");
}

TEST(an_unpreferred_partner_waits_for_its_level)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, 0, NULL));
	spawn_at(1, "high", receives);
	spawn_at(-1, "low", receives);
	ok(tl_run());
	ok(send_int(channel, 1));
	ok(send_int(channel, 2));
	spawn("x", logs);
	ok(tl_schedule());
	expect_log("high=1 x");
	ok(tl_run());
	expect_log("low=2");
}

/* ---- shifting ---- */

TEST(levels_can_be_shifted_by_others)
{
	int old = 99;
	const tl_task a = spawn_at(0, "a", logs);
	const tl_task b = spawn_at(-2, "b", logs);
	spawn_at(1, "c", logs);
	expect_int(tl_task_level(a), 0);
	expect_int(tl_task_level(b), -2);
	ok(tl_task_set_level(b, 3, &old));
	expect_int(old, -2);
	expect_int(tl_task_level(b), 3);
	ok(tl_task_set_level(a, -4, NULL));
	expect_ring("M");
	expect_int(tl_run_count(), 4);
	ok(tl_run());
	expect_log("b c a");
}

BODY(lowers_itself)
{
	log_("1");
	ok(tl_task_set_level(tl_current(), -1, NULL));
	log_("2"); /* it goes on */
	expect_ring("t");
	ok(tl_schedule());
	log_("3");
	return 0;
}

TEST(levels_can_be_shifted_by_oneself)
{
	spawn("t", lowers_itself);
	spawn("a", logs);
	spawn("b", logs);
	ok(tl_run());
	expect_log("1 2 a b 3");
}

TEST(main_has_a_level_too)
{
	int old = 99;
	expect_int(tl_task_level(tl_main()), 0);
	ok(tl_task_set_level(tl_main(), 2, &old));
	expect_int(old, 0);
	spawn("a", logs);
	spawn_at(3, "h", logs);
	ok(tl_schedule());
	log_("M");
	expect_log("h M"); /* a waits */
	ok(tl_task_set_level(tl_main(), -2, NULL));
	ok(tl_schedule());
	log_("M");
	expect_log("a M");
}

TEST(a_blocked_one_can_be_shifted)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, 1, NULL));
	const tl_task r = spawn("r", receives);
	ok(tl_run());
	ok(tl_task_set_level(r, 1, NULL));
	expect_state(r, "as-b--");
	expect_queue(channel, "r");
	spawn("x", logs);
	ok(send_int(channel, 1));
	ok(tl_schedule());
	expect_log("r=1 x");
}

TEST(a_paused_one_can_be_shifted)
{
	const tl_task p = spawn("p", logs);
	ok(tl_task_remove(p));
	ok(tl_task_set_level(p, 1, NULL));
	expect_state(p, "a-p---");
	spawn("x", logs);
	ok(tl_task_insert(p));
	ok(tl_run());
	expect_log("p x");
}

TEST(levels_out_of_range_are_refused)
{
	tl_task t;
	int old = 99;
	expect_result(tl_spawn(logs, NULL, &(struct tl_options){.level = TL_LEVEL_MAX + 1}, &t),
		      -EINVAL);
	expect_result(tl_spawn(logs, NULL, &(struct tl_options){.level = TL_LEVEL_MIN - 1}, &t),
		      -EINVAL);
	expect_result(tl_task_create(&(struct tl_options){.level = 100}, &t), -EINVAL);
	expect_result(tl_task_set_level(tl_main(), TL_LEVEL_MAX + 1, &old), -EINVAL);
	expect_result(tl_task_set_level(tl_main(), TL_LEVEL_MIN - 1, &old), -EINVAL);
	expect_int(tl_task_level(tl_main()), 0);
	expect_int(tl_run_count(), 1);
	t = spawn("t", logs);
	ok(tl_run());
	expect_result(tl_task_set_level(t, 1, NULL), -ESRCH);
}

/* ---- ageing ---- */

static bool low_ran;
static int low_turns, turns;

BODY(sets_low_ran)
{
	(void)arg;
	low_ran = true;
	return 0;
}

TEST(a_level_passed_over_64_times_gets_a_turn)
{
	/* main gives way, at a higher level, until the low one had its turn */
	spawn_at(-1, "low", sets_low_ran);
	spawn_at(0, "peer", yields_for_ever);
	int picks = 0;
	for (; !low_ran && picks < 1000; picks++)
		ok(tl_schedule());
	/* every round picks main and its peer once: 32 rounds pass the low one over 64 times */
	expect(picks >= 31 && picks <= 34);
}

TEST(alone_at_its_level_a_tasklet_starves_nobody)
{
	spawn_at(-1, "low", sets_low_ran);
	int picks = 0;
	for (; !low_ran && picks < 1000; picks++)
		ok(tl_schedule());
	expect(picks >= 63 && picks <= 66);
}

BODY(counts_turns)
{
	(void)arg;
	for (;;) {
		low_turns++;
		or_end(tl_schedule());
	}
}

BODY(runs_for_turns)
{
	for (turns = 0; turns < number_of(arg); turns++)
		ok(tl_schedule());
	return 0;
}

TEST(it_gets_one_turn_each_time)
{
	const tl_task low = spawn_at(-3, "low", counts_turns);
	spawn_with("busy", runs_for_turns, number(6400));
	while (turns < 6400)
		ok(tl_schedule());
	/* main and busy share the level: about 12,800 picks */
	expect(low_turns >= 190 && low_turns <= 202);
	ok(tl_task_kill(low, 0));
}

TEST(every_level_ages)
{
	spawn_at(-4, "a", logs);
	spawn_at(-2, "b", logs);
	spawn_at(-1, "c", logs);
	for (int i = 0; i < 250; i++)
		ok(tl_schedule());
	expect_int(tl_run_count(), 1);
}

BODY(ping)
{
	(void)arg;
	for (int i = 0; i < 400; i++)
		ok(send_int(channel, i));
	return 0;
}

BODY(pong)
{
	(void)arg;
	for (int i = 0; i < 400; i++)
		expect_int(receive_int(channel), i);
	return 0;
}

TEST(hand_offs_at_a_high_level_end_before_a_low_one)
{
	/* many switches that name their target, and blocking ones, at a higher level */
	channel = new_channel("c");
	spawn_at(-1, "low", sets_low_ran);
	spawn_at(1, "ping", ping);
	spawn_at(1, "pong", pong);
	ok(tl_run());
	expect(low_ran);
	expect_int(tl_channel_balance(channel), 0);
}
