/* SPDX-License-Identifier: MIT */
/*
 * section08_sent_errors.c: errors sent over channels.
 */
#include "harness.h"

static struct tl_channel *channel;
static int arguments[3] = {1, 2, 3};

BODY(catches)
{
	int value = -1;
	void *with = NULL;
	expect_result(tl_channel_receive(channel, &value), -EIO);
	ok(tl_error_value(&with));
	expect_pointer(with, arguments);
	expect_no_uncaught();
	expect_int(value, -1);
	log_("caught");
	return 0;
}

TEST(case_91_an_error_reaches_the_receiver)
{
	channel = new_channel("c");
	spawn("r", catches);
	ok(tl_run());
	ok(tl_channel_send_error(channel, EIO, arguments));
	expect_log("caught");
	expect_int(tl_channel_balance(channel), 0);
}

BODY(does_not_catch)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	return 0;
}

TEST(case_93_an_error_that_the_receiver_does_not_catch)
{
	channel = new_channel("c");
	const tl_task r = spawn("r", does_not_catch);
	ok(tl_run());
	expect_result(tl_channel_send_error(channel, EIO, NULL), -EIO);
	expect_uncaught(r, -EIO);
	expect_int(tl_channel_balance(channel), 0);
	expect_state(r, "------");
	expect_state(tl_main(), "as--cm");
}

BODY(receiver)
{
	int value;
	log_("r1");
	expect_result(tl_channel_receive(channel, &value), -EIO);
	log_("r2");
	return 0;
}

BODY(sender)
{
	log_("s1");
	ok(tl_channel_send_error(channel, EIO, NULL));
	log_("s2");
	return 0;
}

/* As the matrix of the preferences, but with an error in place of an element. */
static void meet(int preference, bool receiver_first)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, preference, NULL));
	if (receiver_first)
		spawn("r", receiver);
	spawn("s", sender);
	if (!receiver_first)
		spawn("r", receiver);
	spawn("x", logs);
	ok(tl_run());
}

TEST(case_94_the_preference_applies_to_errors)
{
	meet(-1, true);
	expect_log("r1 s1 r2 x s2");
	meet(1, true);
	expect_log("r1 s1 s2 x r2");
	meet(0, true);
	expect_log("r1 s1 s2 x r2");
	meet(-1, false);
	expect_log("s1 r1 r2 x s2");
	meet(1, false);
	expect_log("s1 r1 s2 x r2");
	meet(0, false);
	expect_log("s1 r1 r2 x s2");
}

/* ---- what follows from the same rules ---- */

BODY(sends_mixed)
{
	static const int errors[] = {0, EIO, 0, EBADF};
	(void)arg;
	for (int i = 0; i < 4; i++)
		if (errors[i])
			ok(tl_channel_send_error(channel, errors[i], number(i)));
		else
			ok(send_int(channel, i));
	return 0;
}

/* Elements and errors arrive in the order in which they were sent. */
static void receive_mixed(void)
{
	int value;
	void *with = NULL;
	expect_int(receive_int(channel), 0);
	expect_result(tl_channel_receive(channel, &value), -EIO);
	ok(tl_error_value(&with));
	expect_int(number_of(with), 1);
	expect_int(receive_int(channel), 2);
	expect_result(tl_channel_receive(channel, &value), -EBADF);
	ok(tl_error_value(&with));
	expect_int(number_of(with), 3);
}

TEST(errors_keep_their_order_on_a_rendezvous_channel)
{
	channel = new_channel("c");
	spawn("s", sends_mixed);
	receive_mixed();
}

BODY(sends_one_of_mixed)
{
	const int i = number_of(arg);
	if (i % 2)
		ok(tl_channel_send_error(channel, i == 1 ? EIO : EBADF, number(i)));
	else
		ok(send_int(channel, i));
	return 0;
}

TEST(errors_keep_their_order_in_the_queue_of_waiters)
{
	channel = new_channel("c");
	for (int i = 0; i < 4; i++)
		spawn_with("s", sends_one_of_mixed, number(i));
	ok(tl_run());
	expect_int(tl_channel_balance(channel), 4);
	receive_mixed();
	expect_int(tl_channel_balance(channel), 0);
	ok(tl_run());
}

TEST(errors_keep_their_order_in_a_buffered_channel)
{
	channel = new_buffered("c", 8);
	spawn("s", sends_mixed);
	ok(tl_run());
	receive_mixed();
	/* with less room than elements */
	channel = new_buffered("c", 1);
	spawn("s", sends_mixed);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), 1);
	receive_mixed();
	ok(tl_run());
}

BODY(reads_error_values)
{
	int value;
	void *with = number(99);
	expect_result(tl_channel_receive(channel, &value), -EIO);
	ok(tl_error_value(&with));
	expect_int(number_of(with), 5);
	expect_result(tl_channel_receive(channel, &value), -EIO);
	ok(tl_error_value(&with));
	expect_pointer(with, NULL); /* this one came with none */
	log_("r");
	return 0;
}

TEST(an_error_without_a_value)
{
	channel = new_channel("c");
	spawn("r", reads_error_values);
	ok(tl_run());
	ok(tl_channel_send_error(channel, EIO, number(5)));
	ok(tl_channel_send_error(channel, EIO, NULL));
	expect_log("r");
}

static const int ranges[] = {-1, 4096, 1 << 20};

TEST(errors_out_of_range_are_refused)
{
	channel = new_channel("c");
	const tl_task r = spawn("r", does_not_catch);
	ok(tl_run());
	for (size_t i = 0; i < 3; i++)
		expect_result(tl_channel_send_error(channel, ranges[i], NULL), -EINVAL);
	expect_state(r, "as-b--");
	expect_result(tl_channel_send_error(channel, 4095, NULL), -4095);
	expect_uncaught(r, -4095);
}

BODY(blocks_with_an_error)
{
	or_end(tl_channel_send_error(channel, EIO, NULL));
	log_("sent");
	return 0;
}

TEST(an_error_waits_for_a_receiver)
{
	int value;
	channel = new_channel("c");
	const tl_task s = spawn("s", blocks_with_an_error);
	ok(tl_run());
	expect_state(s, "as-b--");
	expect_int(tl_channel_balance(channel), 1);
	expect_queue(channel, "s");
	expect_result(tl_channel_receive(channel, &value), -EIO);
	expect_no_uncaught();
	ok(tl_run());
	expect_log("sent");
	expect_result(tl_channel_send_error(channel, EIO, NULL), -EDEADLK);
	expect_int(tl_channel_balance(channel), 0);
}
