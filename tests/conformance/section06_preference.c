/* SPDX-License-Identifier: MIT */
/*
 * section06_preference.c: when a send and a receive meet, who runs next, and where the other goes.
 */
#include "harness.h"

static struct tl_channel *channel;

BODY(receiver)
{
	log_("r1");
	expect_int(receive_int(channel), 1);
	log_("r2");
	return 0;
}

BODY(sender)
{
	log_("s1");
	ok(send_int(channel, 1));
	log_("s2");
	return 0;
}

enum first { RECEIVER_FIRST, SENDER_FIRST };

/* Four tasklets under run(): the two partners, then x and y. */
static void meet(int preference, int schedule_all, enum first first)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, preference, NULL));
	ok(tl_channel_set_schedule_all(channel, schedule_all, NULL));
	if (first == RECEIVER_FIRST)
		spawn("r", receiver);
	spawn("s", sender);
	if (first == SENDER_FIRST)
		spawn("r", receiver);
	spawn("x", logs);
	spawn("y", logs);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), 0);
	expect_int(tl_run_count(), 1);
}

TEST(case_64_receiver_preferred_receiver_first)
{
	meet(-1, 0, RECEIVER_FIRST);
	expect_log("r1 s1 r2 x y s2");
}

TEST(case_65_receiver_preferred_sender_first)
{
	meet(-1, 0, SENDER_FIRST);
	expect_log("s1 r1 r2 x y s2");
}

TEST(case_66_sender_preferred_receiver_first)
{
	meet(1, 0, RECEIVER_FIRST);
	expect_log("r1 s1 s2 x y r2");
}

TEST(case_67_sender_preferred_sender_first)
{
	meet(1, 0, SENDER_FIRST);
	expect_log("s1 r1 s2 x y r2");
}

TEST(case_68_none_preferred_receiver_first)
{
	meet(0, 0, RECEIVER_FIRST);
	expect_log("r1 s1 s2 x y r2");
}

TEST(case_69_none_preferred_sender_first)
{
	meet(0, 0, SENDER_FIRST);
	expect_log("s1 r1 r2 x y s2");
}

TEST(case_70_schedule_all_receiver_first)
{
	for (int preference = -1; preference <= 1; preference++) {
		meet(preference, 1, RECEIVER_FIRST);
		expect_log("r1 s1 x y r2 s2");
	}
}

TEST(case_71_schedule_all_sender_first)
{
	for (int preference = -1; preference <= 1; preference++) {
		meet(preference, 1, SENDER_FIRST);
		expect_log("s1 r1 x y s2 r2");
	}
}

/* ---- main as a partner: the ring ---- */

BODY(looks_and_receives)
{
	expect_int(receive_int(channel), 1);
	expect_ring((const char *)arg);
	log_("r");
	return 0;
}

BODY(looks_and_sends)
{
	ok(send_int(channel, 1));
	expect_ring((const char *)arg);
	log_("s");
	return 0;
}

/* A partner that waits already, and A that is runnable; main is the caller. */
static void prepare(int preference, const char *name, tl_fn partner, const char *ring)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, preference, NULL));
	spawn_with(name, partner, (void *)(uintptr_t)ring);
	ok(tl_run());
	spawn("A", logs);
	expect_ring("M A");
}

TEST(case_72_main_sends_receiver_preferred)
{
	prepare(-1, "R", looks_and_receives, "R A M");
	ok(send_int(channel, 1));
	log_("M");
	expect_log("r A M");
}

TEST(case_73_main_sends_sender_preferred_or_none)
{
	for (int preference = 0; preference <= 1; preference++) {
		prepare(preference, "R", looks_and_receives, "R M");
		ok(send_int(channel, 1));
		expect_ring("M A R");
		log_("M");
		ok(tl_schedule());
		expect_log("M A r");
	}
}

TEST(case_75_main_receives_sender_preferred)
{
	prepare(1, "S", looks_and_sends, "S A M");
	const int value = receive_int(channel);
	log_("%d M", value);
	expect_log("s A 1 M");
}

TEST(case_76_main_receives_receiver_preferred)
{
	for (int preference = -1; preference <= 0; preference++) {
		prepare(preference, "S", looks_and_sends, "S");
		expect_int(receive_int(channel), 1);
		expect_ring("M A S");
		log_("M");
		ok(tl_run());
		expect_log("M A s");
	}
}

/* ---- more than two ---- */

BODY(sends_its_number)
{
	const int self = number_of(arg);
	ok(send_int(channel, self));
	log_("s%d", self);
	return 0;
}

BODY(receives_a_number)
{
	const int value = receive_int(channel);
	log_("r%d=%d", number_of(arg), value);
	return 0;
}

static void three_and_three(int preference, enum first first)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, preference, NULL));
	for (int i = 0; i < 3; i++)
		spawn_with("a", first == SENDER_FIRST ? sends_its_number : receives_a_number,
			   number(i));
	for (int i = 0; i < 3; i++)
		spawn_with("b", first == SENDER_FIRST ? receives_a_number : sends_its_number,
			   number(i));
	ok(tl_run());
}

TEST(case_78_three_senders_three_receivers)
{
	three_and_three(-1, SENDER_FIRST);
	expect_log("r0=0 r1=1 r2=2 s0 s1 s2");
	three_and_three(1, SENDER_FIRST);
	expect_log("s0 s1 s2 r0=0 r1=1 r2=2");
	three_and_three(-1, RECEIVER_FIRST);
	expect_log("r0=0 r1=1 r2=2 s0 s1 s2");
	three_and_three(1, RECEIVER_FIRST);
	expect_log("s0 s1 s2 r0=0 r1=1 r2=2");
}

/* Andrew Dalke's deck: a consumer that iterates, two producers. */
static bool log_ends;

BODY(consumer)
{
	int value;
	log_("co");
	while (tl_channel_next(channel, &value) == 1)
		log_("%c", value);
	return 0;
}

BODY(producer)
{
	const char *name = arg;
	log_("%s", name);
	for (const char *item = name[1] == '1' ? "AB" : "123"; *item; item++)
		ok(send_int(channel, *item));
	if (log_ends)
		log_("%send", name);
	return 0;
}

static void deal(int preference, bool ends)
{
	channel = new_channel("deck");
	ok(tl_channel_set_preference(channel, preference, NULL));
	log_ends = ends;
	spawn("co", consumer);
	spawn("p1", producer);
	spawn("p2", producer);
	ok(tl_run());
}

TEST(case_80_dalke_deck)
{
	deal(-1, false);
	expect_log("co p1 A p2 1 B 2 3");
	deal(-1, true);
	expect_log("co p1 A p2 1 B 2 p1end 3 p2end");
}

TEST(case_81_dalke_deck_sender_preferred)
{
	deal(1, true);
	expect_log("co p1 p2 A p1end B 1 2 p2end 3");
}

BODY(pumped)
{
	const char *name = arg;
	for (int i = 0; i < 2; i++) {
		log_("%s%d", name, i);
		receive_int(channel);
	}
	log_("%send", name);
	return 0;
}

TEST(case_82_pumping)
{
	channel = new_channel("yield");
	ok(tl_channel_set_preference(channel, 1, NULL));
	spawn("A", pumped);
	spawn("B", pumped);
	for (int tick = 0; tick < 3; tick++) {
		log_("tick%d", tick);
		ok(tl_run());
		const int waiting = -tl_channel_balance(channel);
		log_("(%d,%d)", tl_run_count(), -waiting);
		for (int i = 0; i < waiting; i++)
			ok(send_int(channel, 0));
	}
	expect_log("tick0 A0 B0 (1,-2) tick1 A1 B1 (1,-2) tick2 Aend Bend (1,0)");
}

/* ---- what follows from the same rules ---- */

TEST(the_preference_at_the_completing_action_counts)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, 1, NULL));
	spawn("r", receiver);
	ok(tl_run());
	ok(tl_channel_set_preference(channel, -1, NULL));
	ok(send_int(channel, 1));
	log_("M");
	expect_log("r1 r2 M");
}

TEST(schedule_all_alone_runs_the_partner_at_once)
{
	for (int preference = -1; preference <= 1; preference++) {
		channel = new_channel("c");
		ok(tl_channel_set_preference(channel, preference, NULL));
		ok(tl_channel_set_schedule_all(channel, 1, NULL));
		spawn("r", receiver);
		ok(tl_run());
		expect_ring("M");
		ok(send_int(channel, 1));
		log_("M");
		expect_log("r1 r2 M");
	}
}

TEST(schedule_all_takes_the_next_of_the_ring)
{
	channel = new_channel("c");
	ok(tl_channel_set_schedule_all(channel, 1, NULL));
	spawn("r", receiver);
	ok(tl_run());
	spawn("A", logs);
	spawn("B", logs);
	/* […, T, S]: A, B, then the receiver, then main */
	ok(send_int(channel, 1));
	log_("M");
	expect_log("r1 A B r2 M");
}

BODY(sends_three)
{
	for (int i = 0; i < 3; i++) {
		ok(send_int(channel, i));
		log_("s%d", i);
	}
	return 0;
}

BODY(receives_three)
{
	for (int i = 0; i < 3; i++)
		log_("r%d", receive_int(channel));
	return 0;
}

static void stream(int preference)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, preference, NULL));
	spawn("s", sends_three);
	spawn("r", receives_three);
	ok(tl_run());
}

TEST(a_stream_with_every_preference)
{
	/* s blocks with 0; r takes it and goes on to block; s sends 1 to the waiting r, which runs,
	 * and blocks again; so s is always one behind. */
	stream(-1);
	expect_log("r0 s0 r1 s1 r2 s2");
	/* r takes 0: s runs at once and blocks with 1; r logs 0, takes 1: s runs; … */
	stream(1);
	expect_log("s0 r0 s1 r1 s2 r2");
	/* r goes on and blocks; s goes on: sends 1 and goes on, blocks with 2; r goes on with both.
	 */
	stream(0);
	expect_log("r0 s0 s1 r1 r2 s2");
}
