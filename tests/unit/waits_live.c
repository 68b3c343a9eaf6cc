/* SPDX-License-Identifier: MIT */
/*
 * waits_live.c: verdicts on real programs that do not stand still.  A snapshot of one that hands
 * locks and elements over at full speed shows cycles that never were; ten thousand looks must not
 * believe one of them. A deadlock in the middle of such a crowd is found at each look.
 */
#include "../../inspector/analysis/waits.h"
#include "looker.h"

#include "harness.h"

enum { LOOKS = 10000 };

/* ---- programs ---- */

enum { SEATS = 5 };
static struct tl_mutex *forks[SEATS];
static struct tl_channel *chairs;

/* All take the left fork first; but of five at most four sit at the table, so somebody can always
 * eat. */
BODY(dines)
{
	const int seat = number_of(arg);
	for (;;) {
		or_end(tl_channel_receive(chairs, NULL));
		or_end(tl_mutex_lock(forks[seat]));
		or_end(tl_schedule());
		or_end(tl_mutex_lock(forks[(seat + 1) % SEATS]));
		or_end(tl_schedule());
		or_end(tl_mutex_unlock(forks[(seat + 1) % SEATS]));
		or_end(tl_mutex_unlock(forks[seat]));
		or_end(tl_channel_send(chairs, NULL));
	}
}

static void set_table(void)
{
	ok(tl_channel_create("chairs", 0, SEATS, &chairs));
	for (int i = 0; i < SEATS; i++)
		ok(tl_mutex_create("fork", &forks[i]));
	for (int i = 0; i < SEATS - 1; i++)
		ok(tl_channel_send(chairs, NULL));
	for (int i = 0; i < SEATS; i++)
		spawn_with("philosopher", dines, number(i));
}

static void run_for_ever(void)
{
	child_is_ready();
	for (;;)
		if (tl_run())
			_exit(1);
}

static void hand_locks_over(void)
{
	set_table();
	run_for_ever();
}

enum { PAIRS = 300 };

/* One lock of two at a time, in any order: no cycle can be.  But what is read of one tasklet now and
 * of the other a little later looks like one. */
BODY(alternates)
{
	static uint32_t dice = 1;
	struct tl_mutex **locks = arg;
	for (;;) {
		struct tl_mutex *lock = locks[(dice = dice * 1664525 + 1013904223) >> 31];
		or_end(tl_mutex_lock(lock));
		or_end(tl_schedule());
		or_end(tl_mutex_unlock(lock));
	}
}

static void alternate_in_pairs(void)
{
	static struct tl_mutex *locks[PAIRS][2];
	for (int i = 0; i < PAIRS; i++) {
		ok(tl_mutex_create("left", &locks[i][0]));
		ok(tl_mutex_create("right", &locks[i][1]));
	}
	/* the records of a pair lie far apart: time passes between reading the one and the other */
	for (int i = 0; i < 2 * PAIRS; i++)
		spawn_with("one of two", alternates, locks[i % PAIRS]);
	run_for_ever();
}

static struct tl_channel *there, *back;

BODY(serves)
{
	for (;;) {
		or_end(send_int(there, 1));
		or_end(receive_int(back) < 0);
	}
}

BODY(returns)
{
	for (;;) {
		or_end(receive_int(there) < 0);
		or_end(send_int(back, 1));
	}
}

/* Two who know nobody but each other, and are never stuck. */
static void hand_elements_over(void)
{
	there = new_channel("there");
	back = new_channel("back");
	spawn("serves", serves);
	spawn("returns", returns);
	run_for_ever();
}

BODY(sends_one)
{
	return send_int(arg, 1);
}

/* Each element is sent by a tasklet of its own. */
BODY(spawns)
{
	for (;;) {
		spawn_with("short", sends_one, there);
		or_end(receive_int(there) < 0);
	}
}

static void send_from_short_lives(void)
{
	there = new_channel("there");
	spawn("spawns", spawns);
	run_for_ever();
}

static struct tl_mutex *knives[2];

BODY(crosses)
{
	const int first = number_of(arg);
	or_end(tl_mutex_lock(knives[first]));
	or_end(tl_schedule());
	return tl_mutex_lock(knives[!first]);
}

/* The busy table, and two who stand in each other's way for good, one who joins one of them. */
BODY(joins)
{
	return tl_task_join(*(tl_task *)arg, NULL);
}

static void be_stuck_in_a_crowd(void)
{
	static tl_task crossed;
	ok(tl_mutex_create("knife/0", &knives[0]));
	ok(tl_mutex_create("knife/1", &knives[1]));
	struct tl_options options = {.name = "crosses", .flags = TL_JOINABLE};
	ok(tl_spawn(crosses, number(0), &options, &crossed));
	ok(tl_spawn(crosses, number(1), &options, NULL));
	spawn_with("joins", joins, &crossed);
	for (int i = 0; i < 4; i++)
		if (tl_schedule())
			_exit(1);
	set_table();
	run_for_ever();
}

/* ---- looking ---- */

static struct looker looker;

/* Verdicts of the kinds that `check` calls a deadlock, in so many looks; *candidates (may be NULL):
 * before the second. */
static int count_deadlocks(pid_t pid, int looks, int *candidates)
{
	int found = 0, first = 0;
	look_at_process(&looker, pid);
	for (int i = 0; i < looks; i++) {
		struct waits waits;
		look_again(&looker);
		expect_int(waits_find(looker.snapshot, 1, &waits), 0);
		first += waits.certain + waits.likely > 0;
		waits_confirm(&waits, looker.model, looker.snapshot);
		found += waits.certain + waits.likely > 0;
		waits_fini(&waits);
	}
	if (candidates)
		*candidates = first;
	look_away(&looker);
	return found;
}

static void expect_no_alarm(void (*program)(void))
{
	int candidates;
	const pid_t child = start_child(program);
	expect_int(count_deadlocks(child, LOOKS, &candidates), 0);
	end_child(child);
	fprintf(stderr, "%d of %d looks showed a cycle that was none\n", candidates, LOOKS);
}

TEST(no_alarm_when_locks_are_handed_over, .seconds = 300)
{
	expect_no_alarm(hand_locks_over);
}

TEST(no_alarm_when_many_pairs_alternate, .seconds = 300)
{
	expect_no_alarm(alternate_in_pairs);
}

TEST(no_alarm_when_elements_are_handed_over, .seconds = 300)
{
	expect_no_alarm(hand_elements_over);
}

TEST(no_alarm_when_senders_live_for_one_element, .seconds = 300)
{
	expect_no_alarm(send_from_short_lives);
}

TEST(no_alarm_without_tracing, .seconds = 300, .environment = {"TASKLET_TRACE=off"})
{
	expect_no_alarm(hand_locks_over);
}

static void expect_the_two(void)
{
	const pid_t child = start_child(be_stuck_in_a_crowd);
	struct waits waits;
	expect_int(count_deadlocks(child, 1000, NULL), 1000);
	look_at_process(&looker, child);
	expect_int(waits_find(looker.snapshot, 0, &waits), 0);
	waits_confirm(&waits, looker.model, looker.snapshot);
	expect_int(waits.certain, 1);
	expect_int(waits.verdicts[0].member_count, 2);
	for (int i = 0; i < 2; i++)
		expect_string(looker.snapshot->tasks[waits.verdicts[0].members[i]].name, "crosses");
	expect_int(waits.verdicts[0].behind_count, 1);
	expect_string(looker.snapshot->tasks[waits.verdicts[0].behind[0]].name, "joins");
	waits_fini(&waits);
	look_away(&looker);
	end_child(child);
}

TEST(a_deadlock_in_a_crowd_is_found_at_each_look, .seconds = 300)
{
	expect_the_two();
}

TEST(a_deadlock_in_a_crowd_without_tracing, .seconds = 300, .environment = {"TASKLET_TRACE=off"})
{
	expect_the_two();
}
