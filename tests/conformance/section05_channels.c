/* SPDX-License-Identifier: MIT */
/*
 * section05_channels.c: rendezvous, the queue of waiters, and what is set on a channel.
 */
#include "harness.h"

static struct tl_channel *channel, *back;

TEST(case_52_a_fresh_channel)
{
	channel = new_channel("c");
	expect_int(tl_channel_preference(channel), -1);
	expect_int(tl_channel_schedule_all(channel), 0);
	expect_int(tl_channel_balance(channel), 0);
	expect_int(tl_channel_length(channel), 0);
	expect_int(tl_channel_queue(channel).id, 0);
	expect(!tl_channel_is_closing(channel));
	expect(!tl_channel_is_closed(channel));
	int old = 99;
	ok(tl_channel_set_preference(channel, 5, &old));
	expect_int(old, -1);
	expect_int(tl_channel_preference(channel), 1);
	ok(tl_channel_set_preference(channel, -9, &old));
	expect_int(old, 1);
	expect_int(tl_channel_preference(channel), -1);
	ok(tl_channel_set_preference(channel, 0, NULL));
	expect_int(tl_channel_preference(channel), 0);
	ok(tl_channel_set_schedule_all(channel, 1, &old));
	expect_int(old, 0);
	expect_int(tl_channel_schedule_all(channel), 1);
	ok(tl_channel_set_schedule_all(channel, 0, &old));
	expect_int(old, 1);
	expect_int(tl_channel_schedule_all(channel), 0);
	ok(tl_channel_destroy(channel));
}

BODY(receives)
{
	int value = -1;
	or_end(tl_channel_receive(channel, &value));
	log_("%s=%d", (const char *)arg, value);
	return 0;
}

TEST(case_54_send_to_a_waiting_receiver)
{
	channel = new_channel("c");
	spawn("r", receives);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), -1);
	expect_queue(channel, "r");
	ok(send_int(channel, 7));
	log_("M");
	expect_log("r=7 M");
	expect_int(tl_channel_balance(channel), 0);
}

BODY(sends_digit)
{
	const char *name = arg; /* S0: sends 0 */
	or_end(send_int(channel, name[1] - '0'));
	log_("%s", name);
	return 0;
}

TEST(case_55_senders_queue_in_order)
{
	channel = new_channel("c");
	spawn("S0", sends_digit);
	spawn("S1", sends_digit);
	spawn("S2", sends_digit);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), 3);
	expect_queue(channel, "S0 S1 S2");
	for (int i = 0; i < 3; i++) {
		expect_int(receive_int(channel), i);
		expect_int(tl_channel_balance(channel), 2 - i);
	}
	expect_queue(channel, "");
	ok(tl_run());
	expect_log("S0 S1 S2");
}

TEST(case_57_kill_waiting_receivers)
{
	channel = new_channel("c");
	const tl_task r0 = spawn("R0", receives), r1 = spawn("R1", receives);
	const tl_task r2 = spawn("R2", receives);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), -3);
	ok(tl_task_kill(r1, 0));
	expect_int(tl_channel_balance(channel), -2);
	expect_queue(channel, "R0 R2");
	ok(tl_task_kill(r0, 0));
	ok(tl_task_kill(r2, 0));
	expect_int(tl_channel_balance(channel), 0);
	expect_queue(channel, "");
	expect_int(tl_channel_queue(channel).id, 0);
	expect_log("");
}

TEST(case_58_kill_the_first_sender)
{
	channel = new_channel("c");
	const tl_task s1 = spawn("S1", sends_digit);
	spawn("S2", sends_digit);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), 2);
	ok(tl_task_kill(s1, 0));
	expect_int(tl_channel_balance(channel), 1);
	expect_int(receive_int(channel), 2);
	ok(tl_run());
	expect_log("S2");
}

BODY(ping)
{
	for (int i = 0; i < 3; i++) {
		log_("ping%d", i);
		ok(send_int(channel, i));
		expect_int(receive_int(back), i);
	}
	return 0;
}

BODY(pong)
{
	for (int i = 0; i < 3; i++) {
		expect_int(receive_int(channel), i);
		log_("pong%d", i);
		ok(send_int(back, i));
	}
	return 0;
}

TEST(case_60_ping_pong)
{
	channel = new_channel("there");
	back = new_channel("back");
	spawn("ping", ping);
	spawn("pong", pong);
	ok(tl_run());
	expect_log("ping0 pong0 ping1 pong1 ping2 pong2");
	expect_int(tl_channel_balance(channel), 0);
	expect_int(tl_channel_balance(back), 0);
}

enum { NODES = 5 };
static struct tl_channel *nodes[NODES];

BODY(node)
{
	const int self = number_of(arg);
	for (;;) {
		const int token = receive_int(nodes[self]);
		log_("(%d,%d)", self, token);
		if (token == 0)
			return 0;
		ok(send_int(nodes[(self + 1) % NODES], token - 1));
	}
}

TEST(case_61_thread_ring)
{
	static const int balances[NODES] = {-1, 0, -1, -1, -1};
	for (int i = 0; i < NODES; i++) {
		nodes[i] = new_channel("node");
		spawn_with("node", node, number(i));
	}
	ok(tl_run());
	ok(send_int(nodes[0], 6));
	ok(tl_run());
	expect_log("(0,6) (1,5) (2,4) (3,3) (4,2) (0,1) (1,0)");
	for (int i = 0; i < NODES; i++)
		expect_int(tl_channel_balance(nodes[i]), balances[i]);
}

/* ---- what follows from the same rules ---- */

TEST(queue_of_one_thousand_is_first_in_first_out)
{
	channel = new_channel("c");
	for (int i = 0; i < 1000; i++)
		spawn_with("S", sends_digit, (void *)"S0");
	ok(tl_run());
	expect_int(tl_channel_balance(channel), 1000);
	tl_task last = {0, 0};
	for (tl_task t = tl_channel_queue(channel); t.id; t = tl_task_next(t)) {
		expect(t.id > last.id);
		last = t;
	}
	for (int i = 0; i < 1000; i++)
		expect_int(receive_int(channel), 0);
	expect_int(tl_channel_balance(channel), 0);
	expect_int(tl_run_count(), 1001);
}

TEST(a_waiter_is_in_the_queue_not_in_the_ring)
{
	channel = new_channel("c");
	const tl_task r = spawn("r", receives);
	const tl_task x = spawn("x", yields_for_ever);
	ok(tl_schedule());
	expect_state(r, "as-b--");
	expect_pointer(tl_task_channel(r), channel);
	expect_pointer(tl_task_channel(x), NULL);
	expect_ring("M x");
	expect_task(tl_channel_queue(channel), r);
	expect_int(tl_task_next(r).id, 0);
	expect_int(tl_task_prev(r).id, 0);
	ok(tl_task_kill(x, 0));
	ok(send_int(channel, 1));
	expect_log("r=1");
}

/* Elements of many sizes arrive whole, from a waiting sender and at a waiting receiver. */
struct parcel {
	struct tl_channel *channel;
	unsigned char bytes[4096];
	size_t size;
	bool sends;
};

BODY(handles_parcel)
{
	struct parcel *parcel = arg;
	if (parcel->sends)
		ok(tl_channel_send(parcel->channel, parcel->bytes));
	else
		ok(tl_channel_receive(parcel->channel, parcel->bytes));
	return 0;
}

TEST(elements_of_every_size)
{
	static const size_t sizes[] = {1, 2, 3, 4, 7, 8, 9, 12, 16, 24, 100, 4095, 4096};
	static struct parcel parcel;
	static unsigned char mine[4096 + 1];
	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		const size_t size = sizes[i / 2];
		parcel = (struct parcel){.size = size, .sends = i % 2};
		ok(tl_channel_create("sized", size, 0, &parcel.channel));
		unsigned char *source = parcel.sends ? parcel.bytes : mine;
		const unsigned char *sink = parcel.sends ? mine : parcel.bytes;
		memset(mine, 0xaa, sizeof(mine));
		for (size_t at = 0; at < size; at++)
			source[at] = (unsigned char)(at * 7 + size);
		spawn_with("partner", handles_parcel, &parcel);
		ok(tl_run());
		if (parcel.sends)
			ok(tl_channel_receive(parcel.channel, mine));
		else
			ok(tl_channel_send(parcel.channel, mine));
		ok(tl_run());
		for (size_t at = 0; at < size; at++)
			expect_int(sink[at], (unsigned char)(at * 7 + size));
		if (parcel.sends)
			expect_int(mine[size], 0xaa); /* and nothing beyond */
		ok(tl_channel_destroy(parcel.channel));
	}
}

static struct tl_channel *signal_channel;

BODY(waits_for_signal)
{
	ok(tl_channel_receive(signal_channel, NULL));
	log_("signal");
	return 0;
}

TEST(elements_of_no_size_are_signals)
{
	ok(tl_channel_create(NULL, 0, 0, &signal_channel));
	spawn("r", waits_for_signal);
	ok(tl_run());
	ok(tl_channel_send(signal_channel, NULL));
	log_("M");
	expect_log("signal M");
	ok(tl_channel_destroy(signal_channel));
}

TEST(destroy_is_refused_while_somebody_waits)
{
	ok(tl_channel_destroy(NULL));
	ok(tl_channel_create("c", sizeof(int), 0, &channel));
	const tl_task r = spawn("r", receives);
	ok(tl_run());
	expect_result(tl_channel_destroy(channel), -EBUSY);
	expect_int(tl_channel_balance(channel), -1);
	ok(tl_task_kill(r, 0));
	ok(tl_channel_destroy(channel));

	ok(tl_channel_create("c", sizeof(int), 0, &channel));
	spawn("S1", sends_digit);
	ok(tl_run());
	expect_int(receive_int(channel), 1);
	/* The sender is runnable, but has not left its call yet. */
	expect_result(tl_channel_destroy(channel), -EBUSY);
	ok(tl_run());
	expect_log("S1");
	ok(tl_channel_destroy(channel));
}

TEST(create_refuses_what_cannot_be)
{
	struct tl_channel *huge = NULL;
	const int result = tl_channel_create("huge", SIZE_MAX / 2, SIZE_MAX / 2, &huge);
	expect(result == -EINVAL || result == -ENOMEM);
}

BODY(receives_for_ever)
{
	for (;;) {
		int value = -1;
		or_end(tl_channel_receive(channel, &value));
		log_("%s=%d", (const char *)arg, value);
	}
}

TEST(one_sender_serves_many_receivers_in_turn)
{
	channel = new_channel("c");
	spawn("a", receives_for_ever);
	spawn("b", receives_for_ever);
	spawn("c", receives_for_ever);
	ok(tl_run());
	for (int i = 0; i < 6; i++)
		ok(send_int(channel, i));
	expect_log("a=0 b=1 c=2 a=3 b=4 c=5");
	expect_int(tl_channel_balance(channel), -3);
	expect_queue(channel, "a b c");
}

BODY(receives_twice)
{
	log_("%d", receive_int(channel));
	log_("%d", receive_int(back));
	return 0;
}

TEST(a_tasklet_waits_on_one_channel_after_the_other)
{
	channel = new_channel("one");
	back = new_channel("two");
	const tl_task t = spawn("t", receives_twice);
	ok(tl_run());
	expect_pointer(tl_task_channel(t), channel);
	ok(send_int(channel, 1));
	expect_pointer(tl_task_channel(t), back);
	expect_int(tl_channel_balance(channel), 0);
	expect_int(tl_channel_balance(back), -1);
	ok(send_int(back, 2));
	expect_log("1 2");
}
