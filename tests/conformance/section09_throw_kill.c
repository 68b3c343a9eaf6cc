/* SPDX-License-Identifier: MIT */
/*
 * section09_throw_kill.c: tl_task_throw() and tl_task_kill(), immediate and pending.
 */
#include "harness.h"

static struct tl_channel *channel;

/* Gives way until an error arrives, which it handles. */
BODY(handles)
{
	int result;
	while ((result = tl_schedule()) == 0)
		;
	log_("%s fin", (const char *)arg);
	return result;
}

TEST(case_96_kill_a_scheduled_tasklet)
{
	const tl_task t = spawn("t", handles);
	ok(tl_schedule());
	ok(tl_task_kill(t, 0));
	log_("M");
	expect_log("t fin M");
	expect_state(t, "------");
	expect_int(tl_run_count(), 1);
}

TEST(case_97_a_pending_kill_waits_for_its_turn)
{
	const tl_task t = spawn("t", handles);
	ok(tl_schedule());
	ok(tl_task_kill(t, TL_PENDING));
	expect_state(t, "as----");
	expect_log("");
	ok(tl_schedule());
	expect_log("t fin");
	expect_state(t, "------");
}

BODY(receives)
{
	int value;
	const int result = tl_channel_receive(channel, &value);
	log_("%s:%d", (const char *)arg, result);
	return result;
}

TEST(case_99_a_pending_kill_unblocks)
{
	channel = new_channel("c");
	const tl_task t = spawn("t", receives);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), -1);
	ok(tl_task_kill(t, TL_PENDING));
	expect_int(tl_channel_balance(channel), 0);
	expect_state(t, "as----");
	expect_pointer(tl_task_channel(t), NULL);
	expect_log("");
	ok(tl_run());
	expect_log("t:-125");
	expect_state(t, "------");
}

TEST(case_100_kill_one_that_never_started)
{
	const tl_task t = spawn("t", logs), kept = create("kept");
	ok(tl_task_setup(kept, logs, (void *)"kept"));
	expect_int(tl_run_count(), 3);
	ok(tl_task_kill(t, 0));
	ok(tl_task_kill(kept, 0));
	expect_int(tl_run_count(), 1);
	expect_state(t, "------");
	expect_state(kept, "------");
	expect_result(tl_task_run(t), -ESRCH);
	expect_result(tl_task_run(kept), -ESRCH);
	ok(tl_run());
	expect_log("");
	expect_no_uncaught();
}

BODY(refuses)
{
	expect_result(tl_schedule(), -ECANCELED);
	log_("refuse");
	ok(tl_schedule());
	log_("done");
	return 0;
}

TEST(case_102_a_kill_may_be_refused)
{
	const tl_task t = spawn("t", refuses);
	ok(tl_schedule());
	ok(tl_task_kill(t, 0));
	expect_log("refuse");
	expect_state(t, "as----");
	ok(tl_run());
	expect_log("done");
	expect_state(t, "------");
}

BODY(kills_itself)
{
	int result = tl_task_kill(tl_current(), 0);
	expect_result(result, -ECANCELED);
	log_("finally");
	return result;
}

TEST(case_103_kill_the_current)
{
	const tl_task t = spawn("t", kills_itself);
	ok(tl_run());
	expect_log("finally");
	expect_state(t, "------");
	expect_result(tl_task_kill(tl_main(), 0), -ECANCELED);
	expect_no_uncaught();
	expect_result(tl_task_kill(tl_current(), TL_PENDING), -ECANCELED);
	expect_state(tl_main(), "as--cm");
	ok(tl_schedule()); /* delivered once */
}

TEST(case_105_throw_at_one_that_never_started)
{
	const tl_task t = spawn("t", logs);
	expect_result(tl_task_throw(t, EIO, NULL, 0), -EIO);
	expect_uncaught(t, -EIO);
	expect_state(t, "------");
	const tl_task pending = spawn("pending", logs);
	ok(tl_task_throw(pending, EIO, NULL, TL_PENDING));
	expect_state(pending, "as----");
	expect_result(tl_run(), -EIO);
	expect_uncaught(pending, -EIO);
	expect_state(pending, "------");
	expect_log("");
}

BODY(leaves_and_catches)
{
	expect_result(tl_schedule_remove(NULL, NULL), -EIO);
	log_("T got");
	expect_ring("T M A B");
	ok(tl_schedule());
	log_("T end");
	return 0;
}

TEST(case_106_throw_at_a_paused_one)
{
	const tl_task t = spawn("T", leaves_and_catches);
	ok(tl_run());
	spawn("A", logs);
	spawn("B", logs);
	expect_state(t, "a-p---");
	expect_ring("M A B");
	ok(tl_task_throw(t, EIO, NULL, 0));
	log_("M");
	ok(tl_run());
	expect_log("T got M A B T end");
}

TEST(case_108_a_pending_kill_keeps_its_place)
{
	const tl_task a = spawn("A", handles), b = spawn("B", handles), c = spawn("C", handles);
	ok(tl_schedule());
	ok(tl_task_kill(c, TL_PENDING));
	ok(tl_task_kill(a, TL_PENDING));
	ok(tl_task_kill(b, TL_PENDING));
	expect_ring("M A B C");
	ok(tl_run());
	expect_log("A fin B fin C fin");
}

BODY(is_a_victim)
{
	int value;
	const int result = tl_channel_receive(channel, &value);
	log_("victim fin");
	return result;
}

BODY(is_a_killer)
{
	log_("k1");
	ok(tl_task_kill(*(tl_task *)arg, 0));
	log_("k2");
	return 0;
}

TEST(case_109_kill_from_a_tasklet)
{
	channel = new_channel("c");
	tl_task victim = spawn("victim", is_a_victim);
	ok(tl_run());
	spawn_with("k", is_a_killer, &victim);
	spawn("x", logs);
	ok(tl_run());
	expect_log("k1 victim fin k2 x");
}

BODY(counts_kills)
{
	for (int i = 0; i < 4; i++) {
		const int result = tl_schedule();
		log_("%d", result);
	}
	return 0;
}

TEST(case_111_a_second_pending_kill_replaces_the_first)
{
	const tl_task t = spawn("t", counts_kills);
	ok(tl_schedule());
	ok(tl_task_kill(t, TL_PENDING));
	ok(tl_task_kill(t, TL_PENDING));
	ok(tl_run());
	expect_log("-125 0 0 0");
}

BODY(sends_while_dying)
{
	struct tl_channel *other = arg;
	int value;
	expect_result(tl_channel_receive(other, &value), -ECANCELED);
	ok(send_int(channel, 1));
	log_("end");
	return 0;
}

BODY(receives_bye)
{
	expect_int(receive_int(channel), 1);
	log_("bye");
	return 0;
}

TEST(case_112_a_cleanup_that_sends)
{
	channel = new_channel("c");
	const tl_task victim = spawn_with("victim", sends_while_dying, new_channel("other"));
	spawn("r", receives_bye);
	ok(tl_run());
	ok(tl_task_kill(victim, 0));
	log_("M");
	expect_log("bye M");
	expect_state(victim, "as----");
	ok(tl_run());
	expect_log("end");
	expect_state(victim, "------");
}

BODY(returns_a_value)
{
	expect_result(tl_schedule(), -ECANCELED);
	log_("t");
	return 42;
}

TEST(case_114_kill_returns_nothing)
{
	const tl_task t = spawn("t", returns_a_value);
	ok(tl_schedule());
	ok(tl_task_kill(t, 0));
	expect_log("t");
}

BODY(kills_main)
{
	ok(tl_task_kill(tl_main(), 0));
	log_("never right away");
	return 0;
}

TEST(case_115_kill_main_in_its_run)
{
	spawn("t", kills_main);
	expect_result(tl_run(), -ECANCELED);
	expect_no_uncaught();
	expect_log("");
	expect_int(tl_run_count(), 2);
	ok(tl_run());
	expect_log("never right away");
}

/* ---- what follows from the same rules ---- */

BODY(catches_and_tells)
{
	void *with = NULL;
	const int result = tl_schedule_remove(NULL, NULL);
	ok(tl_error_value(&with));
	expect_no_uncaught();
	log_("%d/%d", result, number_of(with));
	return 0;
}

TEST(an_error_comes_with_its_value)
{
	const tl_task t = spawn("t", catches_and_tells);
	ok(tl_run());
	ok(tl_task_throw(t, 4095, number(11), 0));
	const tl_task u = spawn("u", catches_and_tells);
	ok(tl_run());
	ok(tl_task_throw(u, 1, number(12), TL_PENDING));
	expect_state(u, "as----"); /* a paused one is inserted */
	ok(tl_run());
	const tl_task v = spawn("v", catches_and_tells);
	ok(tl_run());
	ok(tl_task_kill(v, 0));
	expect_log("-4095/11 -1/12 -125/0");
	void *with = number(1);
	ok(tl_error_value(&with));
	expect_pointer(with, NULL); /* main got none */
}

TEST(errors_out_of_range_are_refused)
{
	static const int errors[] = {0, -1, -EIO, 4096, 1 << 20};
	const tl_task t = spawn("t", handles);
	ok(tl_schedule());
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		expect_result(tl_task_throw(t, errors[i], NULL, 0), -EINVAL);
		expect_result(tl_task_throw(t, errors[i], NULL, TL_PENDING), -EINVAL);
	}
	expect_result(tl_task_throw(t, EIO, NULL, ~TL_PENDING), -EINVAL);
	expect_result(tl_task_kill(t, ~TL_PENDING), -EINVAL);
	expect_state(t, "as----");
	ok(tl_task_kill(t, 0));
	expect_log("t fin");
}

TEST(a_second_pending_error_replaces_the_first)
{
	const tl_task t = spawn("t", catches_and_tells);
	ok(tl_run());
	ok(tl_task_throw(t, EIO, number(1), TL_PENDING));
	ok(tl_task_throw(t, EBADF, number(2), TL_PENDING));
	ok(tl_run());
	expect_log("-9/2");
}

TEST(an_immediate_kill_replaces_a_pending_error)
{
	const tl_task t = spawn("t", counts_kills);
	ok(tl_schedule());
	ok(tl_task_throw(t, EIO, NULL, TL_PENDING));
	ok(tl_task_kill(t, 0));
	expect_log("-125");
	ok(tl_run());
	expect_log("0 0 0");
}

TEST(throw_at_main_itself)
{
	void *with = NULL;
	expect_result(tl_task_throw(tl_main(), EIO, number(4), 0), -EIO);
	ok(tl_error_value(&with));
	expect_int(number_of(with), 4);
	expect_no_uncaught();
	expect_result(tl_task_throw(tl_main(), EBADF, NULL, TL_PENDING), -EBADF);
	ok(tl_error_value(&with));
	expect_pointer(with, NULL);
	ok(tl_schedule());
}

BODY(throws_at_main)
{
	ok(tl_task_throw(tl_main(), EIO, number(4), (unsigned)number_of(arg)));
	log_("t");
	return 0;
}

TEST(throw_at_main_from_a_tasklet)
{
	void *with = NULL;
	spawn_with("t", throws_at_main, number(0));
	spawn("x", logs);
	expect_result(tl_run(), -EIO);
	ok(tl_error_value(&with));
	expect_int(number_of(with), 4);
	expect_no_uncaught();
	expect_ring("M t x");
	ok(tl_run());
	expect_log("t x");
	/* pending: main is put at the end */
	spawn_with("t", throws_at_main, number(TL_PENDING));
	spawn("x", logs);
	expect_result(tl_run(), -EIO);
	expect_log("t x");
	/* blocked on a channel */
	int value;
	channel = new_channel("c");
	spawn_with("t", throws_at_main, number(0));
	expect_result(tl_channel_receive(channel, &value), -EIO);
	expect_int(tl_channel_balance(channel), 0);
	ok(tl_run());
	expect_log("t");
	/* in the ring, waiting for its turn */
	spawn_with("t", throws_at_main, number(0));
	expect_result(tl_schedule(), -EIO);
	ok(tl_run());
	expect_log("t");
}

TEST(kill_runs_the_members_after_its_target_first)
{
	/* a jump to a member of the ring turns the ring, as tl_task_run() does */
	spawn("A", logs);
	const tl_task t = spawn("t", handles);
	spawn("B", logs);
	ok(tl_schedule());
	expect_log("A B");
	spawn("C", logs);
	expect_ring("M t C");
	ok(tl_task_kill(t, 0));
	log_("M");
	expect_log("t fin C M");
}

TEST(an_error_thrown_at_a_receiver_that_does_not_handle_it)
{
	channel = new_channel("c");
	const tl_task r = spawn("r", receives);
	ok(tl_run());
	expect_result(tl_task_throw(r, EINTR, NULL, 0), -EINTR);
	expect_uncaught(r, -EINTR);
	expect_log("r:-4");
	expect_int(tl_channel_balance(channel), 0);
	expect_result(send_int(channel, 1), -EDEADLK);
}

BODY(dies_with)
{
	expect_result(tl_schedule(), -EIO);
	return -number_of(arg);
}

TEST(the_throwing_call_tells_whose_error_it_returns)
{
	/* main throws EIO, the target ends with another error: main's call returns that one, and
	 * tl_uncaught() tells it from a failure of the call. */
	const tl_task t = spawn_with("t", dies_with, number(EBADF));
	ok(tl_schedule());
	expect_result(tl_task_throw(t, EIO, NULL, 0), -EBADF);
	expect_uncaught(t, -EBADF);
	expect_result(tl_task_throw(t, EIO, NULL, 0), -ESRCH);
	expect_no_uncaught();
}

TEST(a_pending_kill_of_one_that_never_started)
{
	const tl_task t = spawn("t", logs), u = spawn("u", logs);
	ok(tl_task_kill(t, TL_PENDING));
	expect_state(t, "as----");
	ok(tl_task_remove(u));
	ok(tl_task_kill(u, TL_PENDING));
	expect_state(u, "as----");
	ok(tl_run());
	expect_log("");
	expect_state(t, "------");
	expect_state(u, "------");
}

TEST(kill_a_paused_one_that_never_started)
{
	const tl_task t = spawn("t", logs);
	ok(tl_task_remove(t));
	ok(tl_task_kill(t, 0));
	expect_state(t, "------");
	expect_log("");
	/* a bound one is as new as a spawned one; afterwards it may be bound again */
	const tl_task kept = create("kept");
	ok(tl_task_bind(kept, logs, (void *)"first"));
	ok(tl_task_kill(kept, 0));
	expect_state(kept, "------");
	ok(tl_task_setup(kept, logs, (void *)"second"));
	ok(tl_run());
	expect_log("second");
}
