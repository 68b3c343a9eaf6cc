/* SPDX-License-Identifier: MIT */
/*
 * buffered_channels.c: channels with room, which queue elements as Go's do.
 */
#include "harness.h"

static struct tl_channel *channel;

BODY(sends)
{
	const char *name = arg; /* "s4" sends 4 */
	or_end(send_int(channel, name[1] - '0'));
	log_("%s", name);
	return 0;
}

BODY(receives)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	log_("%s=%d", (const char *)arg, value);
	return 0;
}

TEST(a_fresh_buffered_channel)
{
	channel = new_buffered("c", 3);
	expect_int(tl_channel_preference(channel), 0);
	expect_int(tl_channel_schedule_all(channel), 0);
	expect_int(tl_channel_balance(channel), 0);
	expect_int(tl_channel_length(channel), 0);
	expect_queue(channel, "");
	expect(!tl_channel_is_closed(channel));
}

TEST(a_send_with_room_neither_waits_nor_switches)
{
	channel = new_buffered("c", 3);
	spawn("x", logs);
	for (int i = 0; i < 3; i++) {
		ok(send_int(channel, i));
		expect_int(tl_channel_length(channel), i + 1);
		expect_int(tl_channel_balance(channel), 0); /* counts tasklets, never elements */
	}
	expect_log("");
	for (int i = 0; i < 3; i++) {
		expect_int(receive_int(channel), i);
		expect_int(tl_channel_length(channel), 2 - i);
	}
	expect_log("");
	ok(tl_run());
}

TEST(a_send_without_room_waits)
{
	channel = new_buffered("c", 2);
	ok(send_int(channel, 1));
	ok(send_int(channel, 2));
	const tl_task s = spawn("s3", sends);
	spawn("s4", sends);
	ok(tl_run());
	expect_state(s, "as-b--");
	expect_int(tl_channel_balance(channel), 2);
	expect_int(tl_channel_length(channel), 2);
	expect_queue(channel, "s3 s4");
	/* a receive takes the first element; the first sender's takes the room, and it goes on */
	expect_int(receive_int(channel), 1);
	expect_int(tl_channel_balance(channel), 1);
	expect_int(tl_channel_length(channel), 2);
	expect_state(s, "as----");
	expect_log("");
	expect_ring("M s3");
	for (int i = 2; i <= 4; i++)
		expect_int(receive_int(channel), i);
	expect_int(tl_channel_length(channel), 0);
	expect_int(tl_channel_balance(channel), 0);
	ok(tl_run());
	expect_log("s3 s4");
}

TEST(a_receive_without_elements_waits)
{
	channel = new_buffered("c", 2);
	const tl_task a = spawn("a", receives);
	spawn("b", receives);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), -2);
	expect_queue(channel, "a b");
	/* handed over, not queued; the caller goes on */
	ok(send_int(channel, 1));
	expect_int(tl_channel_length(channel), 0);
	expect_int(tl_channel_balance(channel), -1);
	expect_state(a, "as----");
	ok(send_int(channel, 2));
	ok(send_int(channel, 3));
	expect_int(tl_channel_length(channel), 1);
	ok(tl_run());
	expect_log("a=1 b=2");
	expect_int(receive_int(channel), 3);
}

TEST(preference_matters_when_a_partner_waits)
{
	channel = new_buffered("c", 1);
	ok(tl_channel_set_preference(channel, -1, NULL));
	spawn("a", receives);
	ok(tl_run());
	spawn("x", logs);
	ok(send_int(channel, 1));
	log_("M");
	expect_log("a=1 x M");
	/* no partner: nothing to prefer */
	spawn("x", logs);
	ok(send_int(channel, 1));
	log_("M");
	expect_log("M");
	ok(tl_run());
	expect_log("x");
	/* a waiting sender, preferred by a receive */
	ok(tl_channel_set_preference(channel, 1, NULL));
	spawn("s2", sends);
	ok(tl_run());
	spawn("x", logs);
	expect_int(receive_int(channel), 1);
	log_("M");
	expect_log("s2 x M");
	expect_int(receive_int(channel), 2);
}

TEST(schedule_all_when_a_partner_waits)
{
	channel = new_buffered("c", 1);
	ok(tl_channel_set_schedule_all(channel, 1, NULL));
	spawn("x", logs);
	ok(send_int(channel, 1)); /* no partner: no switch */
	expect_log("");
	spawn("s2", sends);
	ok(tl_run());
	expect_log("x");
	spawn("y", logs);
	expect_int(receive_int(channel), 1);
	log_("M");
	expect_log("y s2 M");
}

TEST(main_alone_cannot_wait)
{
	int value;
	channel = new_buffered("c", 1);
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	ok(send_int(channel, 1));
	expect_result(send_int(channel, 2), -EDEADLK);
	expect_int(tl_channel_length(channel), 1);
	expect_int(tl_channel_balance(channel), 0);
	expect_int(receive_int(channel), 1);
}

TEST(a_closed_one_drains)
{
	int value;
	channel = new_buffered("c", 3);
	ok(send_int(channel, 1));
	ok(send_int(channel, 2));
	ok(tl_channel_close(channel));
	expect(tl_channel_is_closing(channel));
	expect(!tl_channel_is_closed(channel));
	expect_result(send_int(channel, 3), -EPIPE); /* though there is room */
	expect_int(receive_int(channel), 1);
	expect(!tl_channel_is_closed(channel));
	expect_result(tl_channel_next(channel, &value), 1);
	expect_int(value, 2);
	expect(tl_channel_is_closed(channel));
	expect_result(tl_channel_next(channel, &value), 0);
	expect_result(tl_channel_receive(channel, &value), -EPIPE);
	expect_result(tl_channel_receive_try(channel, &value), -EPIPE);
	expect_result(tl_channel_send_try(channel, &value), -EPIPE);
	ok(tl_channel_open(channel));
	ok(send_int(channel, 4));
	expect_int(receive_int(channel), 4);
}

TEST(a_closed_one_drains_its_waiting_senders_too)
{
	int value;
	channel = new_buffered("c", 1);
	ok(send_int(channel, 1));
	spawn("s2", sends);
	spawn("s3", sends);
	ok(tl_run());
	ok(tl_channel_close(channel));
	for (int i = 1; i <= 3; i++) {
		expect(!tl_channel_is_closed(channel));
		expect_result(tl_channel_next(channel, &value), 1);
		expect_int(value, i);
	}
	expect(tl_channel_is_closed(channel));
	expect_result(tl_channel_next(channel, &value), 0);
	ok(tl_run());
	expect_log("s2 s3");
}

TEST(a_killed_sender_takes_its_element_along)
{
	channel = new_buffered("c", 1);
	ok(send_int(channel, 1));
	const tl_task s2 = spawn("s2", sends);
	spawn("s3", sends);
	ok(tl_run());
	ok(tl_task_kill(s2, 0));
	expect_int(tl_channel_balance(channel), 1);
	expect_int(receive_int(channel), 1);
	expect_int(receive_int(channel), 3);
	ok(tl_run());
	expect_log("s3");
}

TEST(destroy_with_elements_in_it)
{
	ok(tl_channel_create("c", sizeof(int), 2, &channel));
	ok(send_int(channel, 1));
	ok(tl_channel_destroy(channel));
	ok(tl_channel_create("c", sizeof(int), 1, &channel));
	ok(send_int(channel, 1));
	const tl_task s = spawn("s2", sends);
	ok(tl_run());
	expect_result(tl_channel_destroy(channel), -EBUSY);
	ok(tl_task_kill(s, 0));
	ok(tl_channel_destroy(channel));
}

TEST(signals_are_counted)
{
	ok(tl_channel_create("c", 0, 3, &channel));
	for (int i = 0; i < 3; i++)
		ok(tl_channel_send(channel, NULL));
	expect_int(tl_channel_length(channel), 3);
	expect_result(tl_channel_send_try(channel, NULL), -EAGAIN);
	for (int i = 0; i < 3; i++)
		ok(tl_channel_receive(channel, NULL));
	expect_result(tl_channel_receive_try(channel, NULL), -EAGAIN);
	ok(tl_channel_destroy(channel));
}

BODY(produces)
{
	for (int i = 0; i < number_of(arg); i++)
		ok(send_int(channel, i));
	/* closing would wake nobody who waits already */
	return tl_channel_send_error(channel, 0, NULL);
}

BODY(consumes)
{
	int value, next = 0, result;
	while ((result = tl_channel_next(channel, &value)) == 1)
		expect_int(value, next++);
	expect_result(result, 0);
	expect_int(next, number_of(arg));
	log_("all");
	return 0;
}

TEST(streams_keep_their_order)
{
	static const size_t capacities[] = {1, 2, 3, 7, 64, 1000};
	for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++)
		for (int consumer_first = 0; consumer_first < 2; consumer_first++) {
			channel = new_buffered("c", capacities[i]);
			if (consumer_first)
				spawn_with("consumer", consumes, number(1000));
			spawn_with("producer", produces, number(1000));
			if (!consumer_first)
				spawn_with("consumer", consumes, number(1000));
			ok(tl_run());
			expect_log("all");
			expect_int(tl_channel_balance(channel), 0);
			expect_int(tl_run_count(), 1);
		}
}

TEST(elements_of_every_size)
{
	static const size_t sizes[] = {1, 3, 8, 12, 100, 1000};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		static unsigned char in[1000], out[1001];
		ok(tl_channel_create("c", sizes[i], 3, &channel));
		for (int round = 0; round < 10; round++) {
			memset(out, 0xaa, sizeof(out));
			for (int element = 0; element < 3; element++) {
				memset(in, round * 3 + element, sizeof(in));
				ok(tl_channel_send(channel, in));
			}
			for (int element = 0; element < 3; element++) {
				ok(tl_channel_receive(channel, out));
				expect_int(out[0], round * 3 + element);
				expect_int(out[sizes[i] - 1], round * 3 + element);
				expect_int(out[sizes[i]], 0xaa);
			}
		}
		ok(tl_channel_destroy(channel));
	}
}

BODY(sends_all)
{
	static const int sequence[] = {1, 2, 3, 4, 5};
	(void)arg;
	log_("sent=%zd", tl_channel_send_all(channel, sequence, 5));
	return 0;
}

TEST(a_sequence_fills_and_waits)
{
	channel = new_buffered("c", 3);
	spawn("s", sends_all);
	ok(tl_run());
	expect_int(tl_channel_length(channel), 3);
	expect_int(tl_channel_balance(channel), 1);
	for (int i = 1; i <= 5; i++) {
		expect_int(receive_int(channel), i);
		ok(tl_run());
	}
	expect_log("sent=5");
}

BODY(sends_elements_and_errors)
{
	(void)arg;
	ok(send_int(channel, 1));
	ok(tl_channel_send_error(channel, EIO, number(7)));
	ok(send_int(channel, 2));
	ok(tl_channel_send_error(channel, 0, NULL));
	ok(send_int(channel, 3));
	log_("s end");
	return 0;
}

TEST(errors_keep_their_place_among_the_elements)
{
	int value;
	void *with = NULL;
	channel = new_buffered("c", 8);
	spawn("s", sends_elements_and_errors);
	ok(tl_run());
	expect_int(receive_int(channel), 1);
	expect_result(tl_channel_receive(channel, &value), -EIO);
	ok(tl_error_value(&with));
	expect_int(number_of(with), 7);
	expect_int(receive_int(channel), 2);
	expect_result(tl_channel_next(channel, &value), 0);
	expect(!tl_channel_is_closing(channel));
	expect_int(receive_int(channel), 3);
	ok(tl_run());
	expect_log("s end");
	expect_int(tl_channel_length(channel), 0);
	expect_int(tl_channel_balance(channel), 0);
}

TEST(an_error_for_a_waiting_receiver)
{
	channel = new_buffered("c", 2);
	const tl_task r = spawn("r", receives);
	ok(tl_run());
	ok(tl_channel_send_error(channel, EIO, NULL)); /* preference 0: main goes on */
	expect_state(r, "as----");
	expect_result(tl_run(), -EIO);
	expect_uncaught(r, -EIO);
}

BODY(sends_an_error)
{
	or_end(tl_channel_send_error(channel, EIO, NULL));
	log_("%s", (const char *)arg);
	return 0;
}

TEST(an_error_is_never_queued)
{
	int value;
	channel = new_buffered("c", 2);
	expect_result(tl_channel_send_error(channel, EIO, NULL), -EDEADLK); /* main alone */
	ok(send_int(channel, 1));
	const tl_task e = spawn("e", sends_an_error);
	spawn("s2", sends);
	spawn("s3", sends);
	ok(tl_run());
	expect_state(e, "as-b--");
	expect_queue(channel,
		     "e s2 s3"); /* who comes later waits behind it, though there is room */
	expect_int(tl_channel_length(channel), 1);
	expect_int(tl_channel_balance(channel), 3);
	expect_int(receive_int(channel), 1);
	expect_queue(channel, "e s2 s3");
	expect_result(tl_channel_receive(channel, &value), -EIO);
	/* then there is room for those behind it */
	expect_queue(channel, "");
	expect_int(tl_channel_length(channel), 2);
	ok(tl_run());
	expect_log("e s2 s3");
	expect_int(receive_int(channel), 2);
	expect_int(receive_int(channel), 3);
}

TEST(a_killed_error_makes_room)
{
	channel = new_buffered("c", 2);
	const tl_task e = spawn("e", sends_an_error);
	spawn("s2", sends);
	ok(tl_run());
	expect_queue(channel, "e s2");
	ok(tl_task_kill(e, 0));
	expect_queue(channel, "");
	expect_int(tl_channel_length(channel), 1);
	ok(tl_run());
	expect_log("s2");
	expect_int(receive_int(channel), 2);
}
