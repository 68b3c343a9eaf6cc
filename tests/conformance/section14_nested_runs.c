/* SPDX-License-Identifier: MIT */
/*
 * section14_nested_runs.c: a tasklet that calls tl_run().
 */
#include "harness.h"

static struct tl_channel *channel;

BODY(runner)
{
	log_("r1");
	ok(tl_run());
	/* The run outside is still waiting. */
	expect_state(tl_main(), "a-p--m");
	log_("r2");
	return 0;
}

TEST(case_159_the_inner_run_returns_first)
{
	spawn("runner", runner);
	spawn("A", logs);
	ok(tl_run());
	log_("M");
	expect_log("r1 A r2 M");
}

TEST(case_160_the_inner_run_waits_for_all)
{
	spawn("w", logs);
	const tl_task r = spawn("runner", runner);
	ok(tl_task_remove(r));
	ok(tl_task_insert(r));
	ok(tl_run());
	log_("M");
	expect_log("w r1 r2 M");
	/* one that was made outside, and comes after it in the ring */
	spawn("runner", runner);
	spawn("w", logs);
	ok(tl_run());
	log_("M");
	expect_log("r1 w r2 M");
}

BODY(runs)
{
	const char *name = arg;
	log_("%s1", name);
	ok(tl_run());
	log_("%s2", name);
	return 0;
}

TEST(case_162_main_keeps_scheduling)
{
	const tl_task t = spawn("t", runs);
	for (int i = 0; i < 3; i++) {
		ok(tl_schedule());
		expect_state(t, "a-p---");
		expect_ring("M");
	}
	expect_log("t1");
	ok(tl_task_run(t));
	expect_log("t2");
	expect_state(t, "------");
}

BODY(runs_and_sends)
{
	ok(tl_run());
	log_("runner");
	ok(send_int(channel, 'x'));
	return 0;
}

TEST(case_163_main_blocked_while_another_runs)
{
	channel = new_channel("c");
	spawn("runner", runs_and_sends);
	spawn("A", logs);
	spawn("B", logs);
	log_("%c", receive_int(channel));
	expect_log("A B runner x");
}

/* ---- what follows from the same rules ---- */

TEST(three_runs_are_a_stack)
{
	spawn("a", runs);
	spawn("b", runs);
	spawn("c", runs);
	ok(tl_run());
	log_("M");
	expect_log("a1 b1 c1 c2 b2 a2 M");
}

BODY(wakes_main)
{
	const int how = number_of(arg);
	log_("w");
	if (how == 0)
		ok(tl_task_kill(tl_main(), 0));
	else if (how == 1)
		ok(tl_task_run(tl_main()));
	else
		ok(tl_task_insert(tl_main()));
	log_("w2");
	return 0;
}

TEST(waking_an_outer_run_makes_the_inner_ones_runnable)
{
	/* Main, o and i are in run, in this order; then main is woken.  The runs inside main's are
	 * appended when it resumes, innermost first. */
	for (int how = 0; how < 2; how++) {
		const tl_task o = spawn("o", runs), i = spawn("i", runs);
		spawn_with("w", wakes_main, number(how));
		expect_result(tl_run(), how == 0 ? -ECANCELED : 0);
		expect_log("o1 i1 w");
		expect_state(o, "as----");
		expect_state(i, "as----");
		expect_ring("M w i o");
		ok(tl_run());
		log_("M");
		expect_log("w2 i2 o2 M");
	}
}

TEST(an_inserted_outer_run_resumes_at_its_turn)
{
	spawn("o", runs);
	spawn("i", runs);
	spawn_with("w", wakes_main, number(2));
	spawn("x", logs);
	ok(tl_run());
	expect_log("o1 i1 w w2 x");
	expect_ring("M i o");
	ok(tl_run());
	expect_log("i2 o2");
}

BODY(wakes_task)
{
	log_("w");
	ok(tl_task_insert(*(tl_task *)arg));
	return 0;
}

TEST(waking_an_inner_run_leaves_the_outer_one)
{
	tl_task i;
	spawn("o", runs);
	i = spawn("i", runs);
	spawn_with("w", wakes_task, &i);
	spawn("x", logs);
	ok(tl_run());
	log_("M");
	expect_log("o1 i1 w x i2 o2 M");
}

TEST(run_alone_within_a_run)
{
	spawn("t", runs);
	ok(tl_run());
	expect_log("t1 t2");
}

BODY(is_killed_in_run)
{
	const int result = tl_run();
	log_("%d", result);
	return result;
}

BODY(kills)
{
	ok(tl_task_kill(*(tl_task *)arg, 0));
	log_("k");
	return 0;
}

TEST(a_tasklet_is_killed_in_its_run)
{
	tl_task t = spawn("t", is_killed_in_run);
	spawn_with("k", kills, &t);
	spawn("x", logs);
	ok(tl_run());
	expect_log("-125 k x"); /* the ring goes on behind the killed one */
	expect_state(t, "------");
	/* the stack of runs is in order afterwards */
	spawn("a", runs);
	spawn("b", runs);
	ok(tl_run());
	expect_log("a1 b1 b2 a2");
}

BODY(sleeps)
{
	ok(tl_sleep(SECOND));
	log_("slept");
	return 0;
}

TEST(an_inner_run_waits_for_outer_sleepers, VIRTUAL_CLOCK)
{
	spawn("s", sleeps);
	spawn("t", runs);
	ok(tl_run());
	log_("M");
	expect_log("t1 slept t2 M");
}

TEST(a_blocked_tasklet_does_not_hold_an_inner_run)
{
	channel = new_channel("c");
	spawn("b", runs_and_sends);
	ok(tl_run());
	expect_log("runner");
	expect_int(tl_channel_balance(channel), 1);
	spawn("t", runs);
	ok(tl_run());
	expect_log("t1 t2");
	expect_int(receive_int(channel), 'x');
}
