/* SPDX-License-Identifier: MIT */
/*
 * deadlines.c: _until and _try of the channel calls.  The clock is virtual: nothing waits.
 */
#include "harness.h"

static struct tl_channel *channel;
static uint64_t start;

static int elapsed_ms(void)
{
	return (int)((tl_now() - start) / MILLISECOND);
}

static uint64_t in_ms(int ms)
{
	return tl_now() + (uint64_t)ms * MILLISECOND;
}

BODY(receives_until)
{
	int value = -1;
	const int result = tl_channel_receive_until(channel, &value, in_ms(number_of(arg)));
	log_("r%d:%d@%d", number_of(arg), result == 0 ? value : result, elapsed_ms());
	return 0;
}

BODY(sends_until)
{
	const int value = number_of(arg);
	const int result = tl_channel_send_until(channel, &value, in_ms(number_of(arg)));
	log_("s%d:%d@%d", number_of(arg), result, elapsed_ms());
	return 0;
}

TEST(main_alone_waits_for_its_deadline, VIRTUAL_CLOCK)
{
	int value = -1;
	channel = new_channel("c");
	start = tl_now();
	expect_result(tl_channel_receive_until(channel, &value, in_ms(5)), -ETIMEDOUT);
	expect_int(elapsed_ms(), 5);
	expect_result(tl_channel_send_until(channel, &value, in_ms(5)), -ETIMEDOUT);
	expect_result(tl_channel_next_until(channel, &value, in_ms(5)), -ETIMEDOUT);
	expect_result(tl_channel_send_error_until(channel, EIO, NULL, in_ms(5)), -ETIMEDOUT);
	expect_result(tl_channel_send_all_until(channel, &value, 1, in_ms(5)), -ETIMEDOUT);
	expect_int(elapsed_ms(), 25);
	expect_int(value, -1);
	expect_int(tl_channel_balance(channel), 0);
	expect_queue(channel, "");
	expect_state(tl_main(), "as--cm");
	expect_no_uncaught();
}

TEST(run_waits_for_deadlines_in_their_order, VIRTUAL_CLOCK)
{
	channel = new_channel("c");
	start = tl_now();
	spawn_with("r", receives_until, number(30));
	spawn_with("r", receives_until, number(10));
	spawn_with("r", receives_until, number(20));
	ok(tl_run());
	expect_log("r10:-110@10 r20:-110@20 r30:-110@30");
	expect_int(tl_channel_balance(channel), 0);
	for (int i = 3; i > 0; i--)
		spawn_with("s", sends_until, number(i));
	ok(tl_run());
	expect_log("s1:-110@31 s2:-110@32 s3:-110@33");
	expect_int(tl_channel_balance(channel), 0);
}

TEST(a_waiter_with_a_deadline_is_in_the_queue, VIRTUAL_CLOCK)
{
	channel = new_channel("c");
	start = tl_now();
	const tl_task r = spawn_with("r", receives_until, number(10));
	ok(tl_schedule());
	expect_int(tl_channel_balance(channel), -1);
	expect_queue(channel, "r");
	expect_pointer(tl_task_channel(r), channel);
	expect_int(tl_run_count(), 1);
	expect_state(r, "as-b--");
	expect_result(tl_task_insert(r), -EBUSY);
	expect_result(tl_task_run(r), -EBUSY);
	expect_result(tl_task_remove(r), -EBUSY);
	ok(send_int(channel, 4));
	expect_log("r10:4@0");
	ok(tl_run());
	expect_int(elapsed_ms(), 0); /* its timer is gone: run() does not wait for it */
}

TEST(one_that_gives_up_leaves_the_middle_of_the_queue, VIRTUAL_CLOCK)
{
	channel = new_channel("c");
	start = tl_now();
	spawn_with("a", receives_until, number(100));
	spawn_with("b", receives_until, number(10));
	spawn_with("c", receives_until, number(101));
	ok(tl_schedule());
	expect_queue(channel, "a b c");
	ok(tl_sleep(20 * MILLISECOND));
	expect_queue(channel, "a c");
	expect_int(tl_channel_balance(channel), -2);
	ok(send_int(channel, 1));
	ok(send_int(channel, 2));
	expect_log("r10:-110@10 r100:1@20 r101:2@20");
	ok(tl_run());
	expect_int(elapsed_ms(), 20);
}

TEST(a_partner_in_time, VIRTUAL_CLOCK)
{
	int value = -1;
	channel = new_channel("c");
	start = tl_now();
	spawn_with("s", sends_until, number(7));
	ok(tl_channel_receive_until(channel, &value, in_ms(1)));
	expect_int(value, 7);
	expect_int(elapsed_ms(), 0);
	ok(tl_run());
	expect_log("s7:0@0");
	expect_int(elapsed_ms(), 0);
}

TEST(a_deadline_that_has_passed, VIRTUAL_CLOCK)
{
	int value = -1;
	channel = new_channel("c");
	ok(tl_sleep(SECOND));
	start = tl_now();
	expect_result(tl_channel_receive_until(channel, &value, TL_AT_ONCE), -ETIMEDOUT);
	expect_result(tl_channel_receive_until(channel, &value, start - 1), -ETIMEDOUT);
	expect_result(tl_channel_send_until(channel, &value, TL_AT_ONCE), -ETIMEDOUT);
	expect_result(tl_channel_next_until(channel, &value, TL_AT_ONCE), -ETIMEDOUT);
	expect_int(elapsed_ms(), 0);
	expect_int(tl_channel_balance(channel), 0);
	/* what need not wait is done */
	spawn_with("s", sends_until, number(9));
	ok(tl_schedule());
	ok(tl_channel_receive_until(channel, &value, TL_AT_ONCE));
	expect_int(value, 9);
}

TEST(a_deadline_that_never_passes, VIRTUAL_CLOCK)
{
	int value = -1;
	channel = new_channel("c");
	expect_result(tl_channel_receive_until(channel, &value, TL_FOREVER), -EDEADLK);
	expect_result(tl_channel_send_until(channel, &value, TL_FOREVER), -EDEADLK);
	spawn_with("s", sends_until, number(3));
	ok(tl_channel_receive_until(channel, &value, TL_FOREVER));
	expect_int(value, 3);
}

BODY(receives_for_ever)
{
	int value = -1;
	const int result = tl_channel_receive_until(channel, &value, TL_FOREVER);
	log_("%d", result);
	return result;
}

TEST(waiting_for_ever_does_not_hold_run, VIRTUAL_CLOCK)
{
	channel = new_channel("c");
	const tl_task t = spawn("t", receives_for_ever);
	ok(tl_run());
	expect_state(t, "as-b--");
	ok(tl_task_kill(t, 0));
	expect_log("-125");
}

TEST(a_kill_beats_the_deadline, VIRTUAL_CLOCK)
{
	channel = new_channel("c");
	start = tl_now();
	const tl_task r = spawn_with("r", receives_until, number(10));
	const tl_task s = spawn_with("s", receives_until, number(20));
	ok(tl_schedule());
	ok(tl_task_kill(r, 0));
	ok(tl_task_kill(s, TL_PENDING));
	expect_int(tl_channel_balance(channel), 0);
	ok(tl_run());
	expect_log("r10:-125@0 r20:-125@0");
	expect_int(elapsed_ms(), 0);
}

TEST(background_waiters_do_not_hold_run, VIRTUAL_CLOCK)
{
	channel = new_channel("c");
	start = tl_now();
	ok(tl_spawn(receives_until, number(10), &(struct tl_options){.flags = TL_BACKGROUND},
		    NULL));
	ok(tl_run());
	expect_int(elapsed_ms(), 0);
	expect_log("");
	ok(tl_sleep(20 * MILLISECOND));
	expect_log("r10:-110@10");
}

/* ---- try ---- */

BODY(sends_value)
{
	return send_int(channel, number_of(arg));
}

BODY(receives_and_logs)
{
	log_("r=%d", receive_int(channel));
	return 0;
}

TEST(try_without_a_partner)
{
	int value = -1;
	channel = new_channel("c");
	spawn("x", logs);
	expect_result(tl_channel_receive_try(channel, &value), -EAGAIN);
	expect_result(tl_channel_send_try(channel, &value), -EAGAIN);
	expect_result(tl_channel_next_try(channel, &value), -EAGAIN);
	expect_result(tl_channel_send_error_try(channel, EIO, NULL), -EAGAIN);
	expect_result(tl_channel_send_all_try(channel, &value, 1), -EAGAIN);
	expect_int(value, -1);
	expect_int(tl_channel_balance(channel), 0);
	expect_log(""); /* and nobody else ran */
	ok(tl_run());
}

TEST(try_with_a_partner)
{
	int value = -1;
	channel = new_channel("c");
	spawn_with("s", sends_value, number(5));
	ok(tl_run());
	ok(tl_channel_receive_try(channel, &value));
	expect_int(value, 5);
	spawn_with("s", sends_value, number(6));
	ok(tl_run());
	expect_result(tl_channel_next_try(channel, &value), 1);
	expect_int(value, 6);
	spawn("r", receives_and_logs);
	ok(tl_run());
	value = 7;
	ok(tl_channel_send_try(channel, &value));
	expect_log("r=7"); /* the receiver is preferred, and runs */
}

TEST(try_on_a_closed_channel)
{
	int value = -1;
	channel = new_channel("c");
	ok(tl_channel_close(channel));
	expect_result(tl_channel_receive_try(channel, &value), -EPIPE);
	expect_result(tl_channel_send_try(channel, &value), -EPIPE);
	expect_result(tl_channel_next_try(channel, &value), 0);
	expect_result(tl_channel_receive_until(channel, &value, TL_AT_ONCE), -EPIPE);
}

TEST(try_on_a_buffered_channel)
{
	int values[5] = {1, 2, 3, 4, 5}, value = -1;
	channel = new_buffered("c", 3);
	expect_result(tl_channel_receive_try(channel, &value), -EAGAIN);
	expect_result(tl_channel_send_all_try(channel, values, 5), 3);
	expect_result(tl_channel_send_all_try(channel, values, 5), -EAGAIN);
	expect_result(tl_channel_send_try(channel, values), -EAGAIN);
	expect_result(tl_channel_send_error_try(channel, EIO, NULL), -EAGAIN);
	for (int i = 1; i <= 3; i++) {
		ok(tl_channel_receive_try(channel, &value));
		expect_int(value, i);
	}
	expect_result(tl_channel_next_try(channel, &value), -EAGAIN);
}

TEST(a_sequence_with_a_deadline_tells_its_count, VIRTUAL_CLOCK)
{
	int values[5] = {1, 2, 3, 4, 5};
	channel = new_buffered("c", 3);
	start = tl_now();
	expect_result(tl_channel_send_all_until(channel, values, 5, in_ms(10)), 3);
	expect_int(elapsed_ms(), 10);
	expect_result(tl_channel_send_all_until(channel, values, 5, in_ms(10)), -ETIMEDOUT);
	expect_int(tl_channel_length(channel), 3);
	expect_int(tl_channel_balance(channel), 0);
}
