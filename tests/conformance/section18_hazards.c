/* SPDX-License-Identifier: MIT */
/*
 * section18_hazards.c: what goes wrong around the end of a tasklet: cleared channels, values lost
 * to a kill, handles that outlive what they named.
 */
#include "harness.h"

static struct tl_channel *channel;

BODY(sends)
{
	const int result = send_int(channel, 1);
	log_("%s:%d", (const char *)arg, result);
	return result;
}

BODY(receives)
{
	int value = -1;
	const int result = tl_channel_receive(channel, &value);
	log_("%s:%d", (const char *)arg, result);
	return result;
}

TEST(case_196_clear_a_channel)
{
	channel = new_channel("c");
	const tl_task a = spawn("A", sends), b = spawn("B", sends);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), 2);
	ok(tl_channel_clear(channel));
	expect_log("A:-125 B:-125");
	expect_int(tl_channel_balance(channel), 0);
	expect_state(a, "------");
	expect_state(b, "------");
	expect_ring("M");
	/* receivers too */
	spawn("A", receives);
	spawn("B", receives);
	ok(tl_run());
	ok(tl_channel_clear(channel));
	expect_log("A:-125 B:-125");
	expect_int(tl_channel_balance(channel), 0);
	ok(tl_channel_clear(channel)); /* nobody */
	expect(!tl_channel_is_closing(channel));
	ok(tl_channel_destroy(channel));
}

BODY(receives_and_logs)
{
	int value = -1;
	or_end(tl_channel_receive(channel, &value));
	log_("past receive");
	return 0;
}

TEST(case_198_a_pending_kill_replaces_a_delivered_value)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, 1, NULL));
	const tl_task r = spawn("R", receives_and_logs);
	spawn("S", sends);
	ok(tl_schedule());
	/* The transfer is done; R is runnable. */
	expect_log("S:0");
	expect_state(r, "as----");
	ok(tl_task_kill(r, TL_PENDING));
	ok(tl_run());
	expect_log("");
	expect_state(r, "------");
	expect_int(tl_channel_balance(channel), 0);
}

/* ---- what follows from the same rules ---- */

TEST(an_immediate_kill_replaces_a_delivered_value)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, 1, NULL));
	const tl_task r = spawn("R", receives);
	ok(tl_run());
	ok(send_int(channel, 5));
	expect_state(r, "as----");
	ok(tl_task_kill(r, 0));
	expect_log("R:-125");
	expect_int(tl_channel_balance(channel), 0);
}

TEST(a_kill_after_a_finished_send)
{
	/* the element is with the receiver; the sender is killed before it saw its success */
	channel = new_channel("c");
	const tl_task s = spawn("S", sends);
	ok(tl_run());
	expect_int(receive_int(channel), 1);
	expect_state(s, "as----");
	ok(tl_task_kill(s, 0));
	expect_log("S:-125");
}

BODY(refuses)
{
	int value;
	expect_result(tl_channel_receive(channel, &value), -ECANCELED);
	log_("refused");
	return tl_channel_receive(channel, &value);
}

TEST(clear_kills_each_waiter_once)
{
	channel = new_channel("c");
	const tl_task a = spawn("A", refuses);
	spawn("B", receives);
	ok(tl_run());
	ok(tl_channel_clear(channel));
	expect_log("refused B:-125");
	expect_state(a, "as-b--");
	expect_int(tl_channel_balance(channel), -1);
	ok(tl_task_kill(a, 0));
}

BODY(clears)
{
	ok(tl_channel_clear(channel));
	log_("%s", (const char *)arg);
	return 0;
}

TEST(clear_kills_main_that_waits)
{
	int value;
	channel = new_channel("c");
	spawn("t", clears);
	expect_result(tl_channel_receive(channel, &value), -ECANCELED);
	expect_no_uncaught();
	expect_int(tl_channel_balance(channel), 0);
	expect_log("");
	ok(tl_run());
	expect_log("t");
}

TEST(clear_while_others_are_runnable)
{
	channel = new_channel("c");
	spawn("A", sends);
	spawn("B", sends);
	ok(tl_run());
	spawn("x", logs);
	ok(tl_channel_clear(channel));
	log_("M");
	expect_log("A:-125 B:-125 M");
	ok(tl_run());
	expect_log("x");
}

TEST(clear_under_a_switch_trap)
{
	channel = new_channel("c");
	const tl_task a = spawn("A", sends);
	ok(tl_run());
	tl_switch_trap(1);
	expect_result(tl_channel_clear(channel), -EPERM);
	tl_switch_trap(-1);
	expect_int(tl_channel_balance(channel), 1);
	expect_state(a, "as-b--");
	ok(tl_channel_clear(channel));
	expect_log("A:-125");
}

BODY(ends)
{
	(void)arg;
	return 0;
}

TEST(slots_are_used_again_and_old_handles_stay_stale)
{
	uint64_t last = 0;
	const tl_task first = spawn("first", ends);
	ok(tl_run());
	for (int i = 0; i < 10000; i++) {
		tl_task t;
		ok(tl_spawn(ends, NULL, NULL, &t));
		expect(t.id > last);
		expect(t.id != first.id);
		last = t.id;
		if (t.slot == first.slot) {
			/* the old handle does not reach the new tasklet */
			expect_state(first, "------");
			ok(tl_task_kill(first, 0));
			ok(tl_task_remove(first));
			expect_result(tl_task_insert(first), -ESRCH);
			expect_result(tl_task_set_name(first, "wrong"), -ESRCH);
			expect_state(t, "as----");
		}
		ok(tl_run());
		expect_state(t, "------");
	}
	expect_int(tl_run_count(), 1);
}

BODY(kills)
{
	ok(tl_task_kill(*(tl_task *)arg, 0));
	log_("k");
	return 0;
}

TEST(kill_somebody_who_is_yet_to_leave_its_call)
{
	/* R was given a value and is runnable; S, which gave it, kills it. */
	channel = new_channel("c");
	tl_task r = spawn("R", receives);
	ok(tl_channel_set_preference(channel, 0, NULL));
	ok(tl_run());
	spawn("S", sends);
	spawn_with("k", kills, &r);
	ok(tl_run());
	expect_log("S:0 R:-125 k");
}
