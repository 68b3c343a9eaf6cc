/* SPDX-License-Identifier: MIT */
/*
 * section07_closing.c: close and open, iteration, sequences.
 */
#include "harness.h"

static struct tl_channel *channel;

BODY(sends_number)
{
	const int value = number_of(arg);
	or_end(send_int(channel, value));
	log_("s%d", value);
	return 0;
}

static void expect_closed(void)
{
	int value = 0;
	expect_result(send_int(channel, 1), -EPIPE);
	expect_result(tl_channel_receive(channel, &value), -EPIPE);
	expect_result(tl_channel_send_error(channel, EIO, NULL), -EPIPE);
	expect_result(tl_channel_next(channel, &value), 0);
	expect_int(tl_channel_balance(channel), 0);
	expect_no_uncaught();
}

TEST(case_84_close_an_empty_channel)
{
	channel = new_channel("c");
	ok(tl_channel_close(channel));
	expect(tl_channel_is_closing(channel));
	expect(tl_channel_is_closed(channel));
	expect_closed();
}

TEST(case_85_close_with_a_queued_sender)
{
	int value = 0;
	channel = new_channel("c");
	spawn_with("S", sends_number, number(4));
	ok(tl_run());
	ok(tl_channel_close(channel));
	expect(tl_channel_is_closing(channel));
	expect(!tl_channel_is_closed(channel));
	expect_result(send_int(channel, 1), -EPIPE);
	expect_int(tl_channel_balance(channel), 1);
	expect_int(receive_int(channel), 4);
	expect(tl_channel_is_closed(channel));
	expect_result(tl_channel_receive(channel, &value), -EPIPE);
	ok(tl_channel_open(channel));
	expect(!tl_channel_is_closing(channel));
	expect(!tl_channel_is_closed(channel));
	ok(tl_run());
	expect_log("s4");
}

BODY(iterates)
{
	int value, result;
	while ((result = tl_channel_next(channel, &value)) == 1)
		log_("%d", value);
	expect_result(result, 0);
	log_("r end");
	return 0;
}

TEST(case_87_iterate_a_closing_channel)
{
	channel = new_channel("c");
	for (int i = 0; i < 3; i++)
		spawn_with("S", sends_number, number(i));
	ok(tl_run());
	ok(tl_channel_close(channel));
	iterates(NULL);
	expect_log("0 1 2 r end");
	expect(tl_channel_is_closed(channel));
}

BODY(sends_three_and_the_end)
{
	for (int i = 0; i < 3; i++)
		ok(send_int(channel, i));
	ok(tl_channel_send_error(channel, 0, NULL));
	log_("s end");
	return 0;
}

TEST(case_88_the_end_can_be_sent)
{
	channel = new_channel("c");
	spawn("r", iterates);
	spawn("s", sends_three_and_the_end);
	ok(tl_run());
	expect_log("0 1 2 r end s end");
	expect(!tl_channel_is_closing(channel));
	/* the sender first */
	spawn("s", sends_three_and_the_end);
	spawn("r", iterates);
	ok(tl_run());
	expect_log("0 1 2 r end s end");
}

TEST(case_90_block_trap_before_closed)
{
	int value, old = 99;
	channel = new_channel("c");
	ok(tl_channel_close(channel));
	ok(tl_task_set_block_trap(tl_current(), 1, &old));
	expect_int(old, 0);
	expect_result(tl_channel_receive(channel, &value), -EWOULDBLOCK);
	expect_result(send_int(channel, 1), -EWOULDBLOCK);
	ok(tl_task_set_block_trap(tl_current(), 0, &old));
	expect_int(old, 1);
	expect_result(tl_channel_receive(channel, &value), -EPIPE);
}

/* ---- what follows from the same rules ---- */

BODY(receives)
{
	int value;
	const int result = tl_channel_receive(channel, &value);
	log_("%s:%d", (const char *)arg, result == 0 ? value : result);
	return result;
}

TEST(close_wakes_nobody)
{
	channel = new_channel("c");
	const tl_task r = spawn("r", receives);
	ok(tl_run());
	ok(tl_channel_close(channel));
	ok(tl_run());
	expect_state(r, "as-b--");
	expect_int(tl_channel_balance(channel), -1);
	expect(tl_channel_is_closing(channel));
	expect(!tl_channel_is_closed(channel));
	/* A partner waits: nothing would block, so the send is not refused. */
	ok(send_int(channel, 6));
	expect_log("r:6");
	expect(tl_channel_is_closed(channel));
	expect_result(send_int(channel, 6), -EPIPE);
}

TEST(an_opened_channel_works_again)
{
	channel = new_channel("c");
	ok(tl_channel_close(channel));
	ok(tl_channel_close(channel));
	expect_result(send_int(channel, 1), -EPIPE);
	ok(tl_channel_open(channel));
	ok(tl_channel_open(channel));
	spawn("r", receives);
	ok(tl_run());
	ok(send_int(channel, 1));
	expect_log("r:1");
}

TEST(the_end_sent_to_a_plain_receive_is_epipe)
{
	channel = new_channel("c");
	const tl_task r = spawn("r", receives);
	ok(tl_run());
	ok(tl_channel_send_error(channel, 0, NULL));
	expect_log("r:-32");
	expect_state(r, "------"); /* which ended silently */
}

BODY(is_ended_by_a_closed_channel)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	return 0;
}

TEST(a_closed_channel_ends_a_tasklet_silently)
{
	channel = new_channel("c");
	ok(tl_channel_close(channel));
	const tl_task t = spawn("t", is_ended_by_a_closed_channel);
	ok(tl_run());
	expect_state(t, "------");
	expect_no_uncaught();
}

TEST(iteration_returns_other_errors)
{
	int value;
	channel = new_channel("c");
	expect_result(tl_channel_next(channel, &value), -EDEADLK);
	expect_int(tl_channel_balance(channel), 0);
	ok(tl_task_set_block_trap(tl_current(), 1, NULL));
	expect_result(tl_channel_next(channel, &value), -EWOULDBLOCK);
}

BODY(iterates_to_an_error)
{
	int value;
	expect_result(tl_channel_next(channel, &value), 1);
	expect_int(value, 1);
	expect_result(tl_channel_next(channel, &value), -EIO);
	log_("error");
	expect_result(tl_channel_next(channel, &value), 1);
	expect_int(value, 2);
	return 0;
}

TEST(an_error_sent_to_an_iteration)
{
	channel = new_channel("c");
	spawn("r", iterates_to_an_error);
	ok(tl_run());
	ok(send_int(channel, 1));
	ok(tl_channel_send_error(channel, EIO, NULL));
	ok(send_int(channel, 2));
	expect_log("error");
	expect_int(tl_run_count(), 1);
}

/* ---- sequences ---- */

static const int sequence[] = {1, 2, 3, 4, 5};

BODY(sends_all)
{
	const ssize_t sent = tl_channel_send_all(channel, sequence, 5);
	log_("sent=%zd", sent);
	return 0;
}

TEST(a_sequence_is_sent_in_order)
{
	channel = new_channel("c");
	spawn("s", sends_all);
	ok(tl_run());
	for (int i = 1; i <= 5; i++) {
		expect_int(tl_channel_balance(channel), 1);
		expect_int(receive_int(channel), i);
		ok(tl_run());
	}
	expect_log("sent=5");
	expect_int(tl_channel_balance(channel), 0);
	expect_result(tl_channel_send_all(channel, sequence, 0), 0);
}

TEST(a_sequence_from_main_to_an_iterator)
{
	channel = new_channel("c");
	spawn("r", iterates);
	expect_result(tl_channel_send_all(channel, sequence, 5), 5);
	expect_log("1 2 3 4 5");
	ok(tl_channel_send_error(channel, 0, NULL));
	expect_log("r end");
}

TEST(a_sequence_that_is_cut_short_tells_its_count)
{
	channel = new_channel("c");
	const tl_task s = spawn("s", sends_all);
	ok(tl_run());
	expect_int(receive_int(channel), 1);
	expect_int(receive_int(channel), 2);
	ok(tl_run());
	ok(tl_task_kill(s, 0));
	expect_log("sent=2");
	/* cut before the first one: the error itself */
	const tl_task again = spawn("s", sends_all);
	ok(tl_run());
	ok(tl_task_kill(again, 0));
	expect_log("sent=-125");
	/* closed under way */
	spawn("s", sends_all);
	ok(tl_run());
	ok(tl_channel_close(channel));
	expect_int(receive_int(channel), 1);
	ok(tl_run());
	expect_log("sent=1");
	expect_result(tl_channel_send_all(channel, sequence, 5), -EPIPE);
}
