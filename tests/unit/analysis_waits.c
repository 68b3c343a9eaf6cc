/* SPDX-License-Identifier: MIT */
/*
 * analysis_waits.c: every kind of verdict, and, more often, none: the rules of
 * docs/design/verdicts.md one by one, then random pictures against a slow but obvious judge, then
 * shapes that are large and mean.
 */
#include <stdlib.h>
#include <time.h>

#include "../../inspector/analysis/waits.h"
#include "analysis_picture.h"

enum { NS_S = 1000000000 };

/* "certain 1>2>3; likely 4>5 6 | 7@4": a cycle, other members, behind whom; all as ids. */
static const char *verdicts_text(const struct snapshot *snapshot, const struct waits *waits)
{
	static char text[4096];
	size_t length = 0;
	text[0] = '\0';
	for (uint32_t i = 0; i < waits->count; i++) {
		const struct verdict *it = &waits->verdicts[i];
		length += (size_t)snprintf(text + length, sizeof text - length, "%s%s",
					   i ? "; " : "", verdict_name(it->kind));
		for (uint32_t m = 0; m < it->member_count; m++)
			length += (size_t)snprintf(
				text + length, sizeof text - length, "%c%llu",
				m && m < it->cycle_count ? '>' : ' ',
				(unsigned long long)snapshot->tasks[it->members[m]].id);
		for (uint32_t b = 0; b < it->behind_count; b++)
			length += (size_t)snprintf(
				text + length, sizeof text - length, "%s%llu@%llu", b ? " " : " | ",
				(unsigned long long)snapshot->tasks[it->behind[b]].id,
				(unsigned long long)snapshot->tasks[it->members[it->behind_at[b]]]
					.id);
	}
	return text;
}

#define expect_verdicts(picture, long_ns, want)                                                    \
	do {                                                                                       \
		const struct snapshot *snapshot_ = picture_finish(picture);                        \
		struct waits waits_;                                                               \
		expect_number(waits_find(snapshot_, long_ns, &waits_), 0);                         \
		expect_text(verdicts_text(snapshot_, &waits_), want);                              \
		expect_number(waits_.certain + waits_.likely + waits_.maybe + waits_.longs,        \
			      waits_.count);                                                       \
		waits_fini(&waits_);                                                               \
	} while (0)

/* `count` tasks; each holds a mutex and waits for the next one's. */
static void ring_of_locks(struct picture *picture, int32_t count)
{
	for (int32_t i = 0; i < count; i++)
		picture_task(picture, NULL);
	for (int32_t i = 0; i < count; i++)
		picture_mutex(picture, NULL, i);
	for (int32_t i = 0; i < count; i++)
		set_lock(picture, i, (i + 1) % count);
}

/* ---- owners ---- */

TEST(certain_cycle_of_locks)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 3);
	expect_verdicts(&picture, 0, "certain 1>2>3");
	picture_fini(&picture);
}

TEST(certain_cycle_starts_at_the_lowest_id)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 3);
	task_at(&picture, 0)->id = 70;
	expect_verdicts(&picture, 0, "certain 2>3>70");
	picture_fini(&picture);
}

TEST(certain_cycle_of_lock_and_join)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	const int32_t mutex = picture_mutex(&picture, "m", a);
	set_join(&picture, a, b);
	set_lock(&picture, b, mutex);
	expect_verdicts(&picture, 0, "certain 1>2");
	picture_fini(&picture);
}

TEST(a_lock_whose_holder_runs_is_no_deadlock)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	set_lock(&picture, b, picture_mutex(&picture, "m", a));
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(a_deadline_in_the_cycle_is_a_long_wait)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 3);
	task_at(&picture, 1)->has_deadline = true;
	expect_verdicts(&picture, 0, "");
	expect_verdicts(&picture, 2u * NS_S, "");
	expect_verdicts(&picture, NS_S, "long 1>2>3");
	picture_fini(&picture);
}

TEST(a_pending_error_opens_a_cycle)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 2);
	task_at(&picture, 1)->error_pending = true;
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(a_torn_or_running_member_is_not_judged)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 2);
	task_at(&picture, 1)->quality = TASK_TORN;
	expect_verdicts(&picture, 0, "");
	task_at(&picture, 1)->quality = TASK_RUNNING;
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(no_wakes_no_verdict)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 2);
	picture.snapshot.has_wakes = false;
	expect_verdicts(&picture, 1, "");
	picture_fini(&picture);
}

TEST(a_lock_that_nobody_holds_is_being_handed_over)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a");
	set_lock(&picture, a, picture_mutex(&picture, "m", -1));
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(one_who_holds_what_it_waits_for_is_being_given_it)
{
	/* the thread that unlocks stands still between two stores: 1 is given the lock, not yet woken */
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	const int32_t mutex = picture_mutex(&picture, "m", a);
	set_lock(&picture, a, mutex);
	set_lock(&picture, b, mutex);
	expect_verdicts(&picture, 0, "");
	expect_verdicts(&picture, NS_S, "long 1 | 2@1");
	set_join(&picture, b, a); /* and in the middle of a would-be cycle */
	set_lock(&picture, picture_task(&picture, "c"), picture_mutex(&picture, "n", b));
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(a_lock_whose_holder_ended_is_an_orphan)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	const int32_t mutex = picture_mutex(&picture, "m", -1);
	object_at(&picture, mutex)->holder_gone = true;
	set_lock(&picture, a, mutex);
	set_lock(&picture, b, mutex);
	expect_verdicts(&picture, 0, "maybe 1 2");

	/* the same when its record is still there, for it was kept */
	object_at(&picture, mutex)->holder_gone = false;
	object_at(&picture, mutex)->holder = picture_task(&picture, "c");
	set_state(&picture, 2, TL_STATE_ENDED);
	expect_verdicts(&picture, 0, "maybe 1 2");
	picture_fini(&picture);
}

TEST(joining_one_that_has_ended_is_no_wait)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	set_join(&picture, a, b);
	set_state(&picture, b, TL_STATE_ENDED);
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(behind_a_cycle)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 3);
	const int32_t d = picture_task(&picture, "d"), e = picture_task(&picture, "e");
	const int32_t f = picture_task(&picture, "f"), g = picture_task(&picture, "g");
	set_join(&picture, d, 1);
	set_lock(&picture, e, 0);                                    /* held by 1 */
	set_lock(&picture, f, picture_mutex(&picture, "held by e", e));
	set_lock(&picture, g, 2); /* held by 3, but it gives up */
	task_at(&picture, g)->has_deadline = true;
	expect_verdicts(&picture, 0, "certain 1>2>3 | 4@2 5@1 6@1");

	struct waits waits;
	waits_find(picture_finish(&picture), 0, &waits);
	expect_number(waits.verdicts[0].behind_on[0], 1);
	expect_number(waits.verdicts[0].behind_on[2], e);
	waits_fini(&waits);
	picture_fini(&picture);
}

/* ---- channels ---- */

/* a receives from `first`, whose sender is b; b receives from `second`, whose sender is a. */
static void two_who_wait_for_each_other(struct picture *picture)
{
	const int32_t a = picture_task(picture, "a"), b = picture_task(picture, "b");
	const int32_t first = picture_channel(picture, "first", 0, 0);
	const int32_t second = picture_channel(picture, "second", 0, 0);
	add_sender(picture, first, b);
	add_sender(picture, second, a);
	set_receive(picture, a, first);
	set_receive(picture, b, second);
}

TEST(likely_cycle_over_channels)
{
	struct picture picture;
	picture_init(&picture);
	two_who_wait_for_each_other(&picture);
	expect_verdicts(&picture, 0, "likely 1>2");
	picture_fini(&picture);
}

TEST(likely_over_a_channel_and_a_lock)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	const int32_t jobs = picture_channel(&picture, "jobs", 4, 4);
	add_receiver(&picture, jobs, b);
	set_send(&picture, a, jobs);
	set_lock(&picture, b, picture_mutex(&picture, "m", a));
	expect_verdicts(&picture, 0, "likely 1>2");
	picture_fini(&picture);
}

TEST(a_third_user_who_can_act_is_hope)
{
	struct picture picture;
	picture_init(&picture);
	two_who_wait_for_each_other(&picture);
	const int32_t c = picture_task(&picture, "c");
	add_sender(&picture, 0, c);
	expect_verdicts(&picture, 0, "");
	static const enum tl_state acting[] = {TL_STATE_READY, TL_STATE_RUNNING, TL_STATE_PAUSED,
					       TL_STATE_NEW, TL_STATE_PARKED};
	for (size_t i = 0; i < sizeof acting / sizeof *acting; i++) {
		set_state(&picture, c, acting[i]);
		expect_verdicts(&picture, 0, "");
	}
	static const enum tl_wait waits[] = {TL_WAIT_SLEEP,  TL_WAIT_IO,	TL_WAIT_OFFLOAD,
					     TL_WAIT_SELECT, TL_WAIT_CONDITION, TL_WAIT_GROUP,
					     TL_WAIT_SIGNAL, TL_WAIT_UNKNOWN,	TL_WAIT_RUN};
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		set_wait(&picture, c, waits[i]);
		expect_verdicts(&picture, 0, "");
	}
	/* but not one who ended */
	set_state(&picture, c, TL_STATE_ENDED);
	expect_verdicts(&picture, 0, "likely 1>2");
	picture_fini(&picture);
}

TEST(users_on_the_same_side_are_no_hope)
{
	struct picture picture;
	picture_init(&picture);
	two_who_wait_for_each_other(&picture);
	add_receiver(&picture, 0, picture_task(&picture, "c"));
	expect_verdicts(&picture, 0, "likely 1>2");
	picture_fini(&picture);
}

TEST(more_users_than_are_known_no_verdict)
{
	struct picture picture;
	picture_init(&picture);
	two_who_wait_for_each_other(&picture);
	object_at(&picture, 0)->more_receivers = true;
	expect_verdicts(&picture, 0, "likely 1>2");
	object_at(&picture, 0)->more_senders = true;
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(all_known_users_stuck_is_a_knot)
{
	/* a could be woken by b or c; both wait for a */
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	const int32_t c = picture_task(&picture, "c"), d = picture_task(&picture, "d");
	const int32_t in = picture_channel(&picture, "in", 0, 0);
	const int32_t mutex = picture_mutex(&picture, "m", a);
	add_sender(&picture, in, c);
	add_sender(&picture, in, b);
	set_receive(&picture, a, in);
	set_lock(&picture, b, mutex);
	set_lock(&picture, c, mutex);
	set_lock(&picture, d, mutex); /* no sender of anything: only behind */
	expect_verdicts(&picture, 0, "likely 1>2 3 | 4@1");
	task_at(&picture, c)->has_deadline = true;
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(a_cycle_that_leads_on_to_another_is_behind_it)
{
	/* 1 and 2 wait for each other, but 2 may also be woken by 3, who is in a cycle with 4 */
	struct picture picture;
	picture_init(&picture);
	two_who_wait_for_each_other(&picture);
	const int32_t c = picture_task(&picture, "c"), d = picture_task(&picture, "d");
	add_sender(&picture, 1, c);
	set_join(&picture, c, d);
	set_join(&picture, d, c);
	expect_verdicts(&picture, 0, "certain 3>4 | 2@3 1@3");
	struct waits waits;
	waits_find(picture_finish(&picture), 0, &waits);
	expect_number(waits.verdicts[0].behind_on[0], c);
	expect_number(waits.verdicts[0].behind_on[1], 1);
	waits_fini(&waits);
	picture_fini(&picture);
}

TEST(the_weakest_reason_counts)
{
	/* 5 could be woken by a member of a certain cycle or by an orphan */
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 2);
	const int32_t orphan = picture_task(&picture, "orphan"),
		      waiter = picture_task(&picture, "w");
	set_receive(&picture, orphan, picture_channel(&picture, "ctl", 0, 0));
	const int32_t channel = picture_channel(&picture, "c", 0, 0);
	add_sender(&picture, channel, 0);
	add_sender(&picture, channel, orphan);
	set_receive(&picture, waiter, channel);
	expect_verdicts(&picture, 0, "certain 1>2; maybe 3 | 4@3");
	picture_fini(&picture);
}

TEST(waiting_for_oneself)
{
	/* a semaphore made of a channel: who took the only token waits for another */
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a");
	const int32_t tokens = picture_channel(&picture, "tokens", 1, 0);
	add_sender(&picture, tokens, a);
	add_receiver(&picture, tokens, a);
	set_receive(&picture, a, tokens);
	expect_verdicts(&picture, 0, "likely 1");
	struct waits waits;
	waits_find(picture_finish(&picture), 0, &waits);
	expect_number(waits.verdicts[0].cycle_count, 1);
	waits_fini(&waits);
	picture_fini(&picture);
}

TEST(orphans_of_one_channel_are_one_verdict)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	const int32_t c = picture_task(&picture, "c"), gone = picture_task(&picture, "gone");
	const int32_t ctl = picture_channel(&picture, "ctl", 0, 0);
	set_receive(&picture, a, ctl);
	set_receive(&picture, b, ctl);
	task_at(&picture, a)->ticket = 9; /* b was first */
	set_lock(&picture, c, picture_mutex(&picture, "m", a));
	expect_verdicts(&picture, 0, "maybe 2 1 | 3@1");

	add_sender(&picture, ctl, gone); /* one who has ended is nobody */
	set_state(&picture, gone, TL_STATE_ENDED);
	expect_verdicts(&picture, 0, "maybe 2 1 | 3@1");

	object_at(&picture, ctl)->more_senders = true; /* somebody was seen whom we cannot name */
	expect_verdicts(&picture, 0, "");
	object_at(&picture, ctl)->more_senders = false;

	task_at(&picture, a)->has_deadline = true;
	expect_verdicts(&picture, 0, "maybe 2");
	task_at(&picture, b)->has_deadline = true;
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(a_hand_over_half_seen_is_no_verdict)
{
	struct picture picture;
	picture_init(&picture);
	two_who_wait_for_each_other(&picture);
	object_at(&picture, 0)->capacity = 4;
	object_at(&picture, 0)->length = 1; /* an element is there for a */
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);

	picture_init(&picture); /* room is there */
	const int32_t sender = picture_task(&picture, "sender");
	set_send(&picture, sender, picture_channel(&picture, "c", 2, 1));
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);

	picture_init(&picture); /* both sides wait */
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	const int32_t channel = picture_channel(&picture, "c", 0, 0);
	set_send(&picture, a, channel);
	set_receive(&picture, b, channel);
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(a_closed_channel_changes_nothing)
{
	struct picture picture;
	picture_init(&picture);
	two_who_wait_for_each_other(&picture);
	object_at(&picture, 0)->closing = true;
	expect_verdicts(&picture, 0, "likely 1>2");
	picture_fini(&picture);
}

TEST(surest_and_longest_first)
{
	struct picture picture;
	picture_init(&picture);
	two_who_wait_for_each_other(&picture);                     /* 1 2 */
	for (int i = 0; i < 4; i++)
		picture_task(&picture, NULL);
	set_join(&picture, 2, 3);                                  /* 3 4 */
	set_join(&picture, 3, 2);
	set_join(&picture, 4, 5);                                  /* 5 6, held longer */
	set_join(&picture, 5, 4);
	task_at(&picture, 4)->age_ns = task_at(&picture, 5)->age_ns = 5000000000;
	expect_verdicts(&picture, 0, "certain 5>6; certain 3>4; likely 1>2");
	task_at(&picture, 5)->age_ns = MODEL_UNKNOWN;
	expect_verdicts(&picture, 0, "certain 3>4; certain 5>6; likely 1>2");
	picture_fini(&picture);
}

TEST(held_since_the_youngest_wait)
{
	struct picture picture;
	struct waits waits;
	picture_init(&picture);
	ring_of_locks(&picture, 3);
	task_at(&picture, 1)->age_ns = 400;
	waits_find(picture_finish(&picture), 0, &waits);
	expect_number((long long)waits.verdicts[0].held_ns, 400);
	waits_fini(&waits);
	picture_fini(&picture);
}

/* ---- runs ---- */

TEST(a_run_returns_when_the_ring_is_empty)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t main = picture_task(&picture, "main"), worker = picture_task(&picture, "w");
	const int32_t jobs = picture_channel(&picture, "jobs", 0, 0);
	add_sender(&picture, jobs, main);
	set_receive(&picture, worker, jobs);
	set_wait(&picture, main, TL_WAIT_RUN);
	task_at(&picture, main)->state = TL_STATE_PAUSED;
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

TEST(a_run_on_a_thread_that_sleeps_for_good)
{
	/* it waits for somebody of its thread to be woken, and they wait for it */
	struct picture picture;
	picture_init(&picture);
	const int32_t main = picture_task(&picture, "main"),
		      inner = picture_task(&picture, "inner");
	const int32_t worker = picture_task(&picture, "w");
	const int32_t jobs = picture_channel(&picture, "jobs", 0, 0);
	struct scheduler *scheduler = &picture.snapshot.schedulers[0];
	add_sender(&picture, jobs, main);
	set_receive(&picture, worker, jobs);
	set_wait(&picture, main, TL_WAIT_RUN);
	set_wait(&picture, inner, TL_WAIT_RUN);
	scheduler->asleep = true;
	scheduler->ready = 0;
	expect_verdicts(&picture, 0, "likely 1>3 | 2@3");

	scheduler->timers = 1;
	expect_verdicts(&picture, 0, "");
	scheduler->timers = 0;
	scheduler->sleep_until_ns = 5;
	expect_verdicts(&picture, 0, "");
	scheduler->sleep_until_ns = MODEL_UNKNOWN;
	set_wait(&picture, picture_task(&picture, "reader"), TL_WAIT_IO);
	expect_verdicts(&picture, 0, "");
	picture_fini(&picture);
}

/* ---- long waits ---- */

TEST(a_long_wait_for_a_holder)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t holder = picture_task(&picture, "reload"), a = picture_task(&picture, "a");
	const int32_t b = picture_task(&picture, "b");
	set_wait(&picture, holder, TL_WAIT_IO);
	set_lock(&picture, a, picture_mutex(&picture, "cfg", holder));
	set_lock(&picture, b, picture_mutex(&picture, "other", a));
	task_at(&picture, a)->age_ns = 42000000000;
	expect_verdicts(&picture, 0, "");
	expect_verdicts(&picture, 50000000000, "");
	expect_verdicts(&picture, 40000000000, "long 1 | 2@1 3@1");
	picture.snapshot.has_clock = false;
	expect_verdicts(&picture, 40000000000, "");
	picture_fini(&picture);
}

TEST(a_long_wait_for_one_who_will_give_up)
{
	/* 3 waits for 2, who waits with a deadline for a lock of a certain cycle */
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 2);
	const int32_t patient = picture_task(&picture, "patient"),
		      last = picture_task(&picture, "l");
	set_lock(&picture, patient, 0);
	task_at(&picture, patient)->has_deadline = true;
	set_lock(&picture, last, picture_mutex(&picture, "p", patient));
	expect_verdicts(&picture, NS_S, "certain 1>2; long 3 | 4@3");
	picture_fini(&picture);
}

/* ---- the second look ---- */

static const char *confirmed(struct picture *picture, const int32_t *moved_tasks,
			     const int32_t *moved_objects)
{
	struct waits waits;
	const struct snapshot *snapshot = picture_finish(picture);
	waits_find(snapshot, 0, &waits);
	fake_moved_tasks = moved_tasks;
	fake_moved_objects = moved_objects;
	waits_confirm(&waits, NULL, snapshot);
	fake_moved_tasks = fake_moved_objects = NULL;
	const char *text = verdicts_text(snapshot, &waits);
	expect_number(waits.certain + waits.likely + waits.maybe + waits.longs, waits.count);
	waits_fini(&waits);
	return text;
}

TEST(who_moved_was_not_stuck)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 3);
	two_who_wait_for_each_other(&picture); /* tasks 3 4; ids 4 5; objects 3 4 */
	object_at(&picture, 3)->senders[0] = 5;
	object_at(&picture, 4)->senders[0] = 4;
	set_receive(&picture, 3, 3);
	set_receive(&picture, 4, 4);
	expect_text(confirmed(&picture, NULL, NULL), "certain 1>2>3; likely 4>5");
	expect_text(confirmed(&picture, (int32_t[]){1, -1}, NULL), "likely 4>5");
	expect_text(confirmed(&picture, (int32_t[]){4, -1}, NULL), "certain 1>2>3");
	expect_text(confirmed(&picture, NULL, (int32_t[]){2, -1}), "likely 4>5");
	picture_fini(&picture);
}

TEST(who_moved_behind_leaves_with_those_behind_it)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, 2);
	for (int32_t i = 2; i < 6; i++)
		picture_task(&picture, NULL);
	set_join(&picture, 2, 0);
	set_join(&picture, 3, 2);
	set_join(&picture, 4, 3);
	set_join(&picture, 5, 2);
	expect_text(confirmed(&picture, NULL, NULL), "certain 1>2 | 3@1 4@1 6@1 5@1");
	expect_text(confirmed(&picture, (int32_t[]){3, -1}, NULL), "certain 1>2 | 3@1 6@1");
	expect_text(confirmed(&picture, (int32_t[]){2, -1}, NULL), "certain 1>2");
	picture_fini(&picture);
}

TEST(an_orphan_that_moved_leaves_the_others)
{
	struct picture picture;
	picture_init(&picture);
	for (int32_t i = 0; i < 5; i++)
		picture_task(&picture, NULL);
	const int32_t ctl = picture_channel(&picture, "ctl", 0, 0);
	for (int32_t i = 0; i < 3; i++)
		set_receive(&picture, i, ctl);
	set_join(&picture, 3, 2);
	set_join(&picture, 4, 3);
	expect_text(confirmed(&picture, NULL, NULL), "maybe 1 2 3 | 4@3 5@3");
	expect_text(confirmed(&picture, (int32_t[]){0, -1}, NULL), "maybe 2 3 | 4@3 5@3");
	expect_text(confirmed(&picture, (int32_t[]){2, -1}, NULL), "maybe 1 2");
	expect_text(confirmed(&picture, (int32_t[]){0, 1, 2, -1}, NULL), "");
	picture_fini(&picture);
}

TEST(one_look_is_enough_when_nothing_moved)
{
	struct picture picture;
	struct waits waits;
	picture_init(&picture);
	ring_of_locks(&picture, 2);
	for (int32_t i = 0; i < 1000; i++)
		set_join(&picture, picture_task(&picture, NULL), 0);
	const struct snapshot *snapshot = picture_finish(&picture);
	waits_find(snapshot, 0, &waits);
	fake_confirms = 0;
	waits_confirm(&waits, NULL, snapshot);
	expect_number(fake_confirms, 1);
	waits_fini(&waits);
	picture_fini(&picture);
}

/* ---- in words ---- */

static const char *described(struct picture *picture, int32_t task)
{
	static char text[512];
	waits_describe(picture_finish(picture), NULL, task, text, sizeof text);
	return text;
}

TEST(descriptions)
{
	struct picture picture;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "index"), b = picture_task(&picture, NULL);
	const int32_t db = picture_mutex(&picture, "db", b);
	const int32_t jobs = picture_channel(&picture, "jobs", 2, 2);
	set_lock(&picture, a, db);
	expect_text(described(&picture, a), "lock db, held by 2");
	task_at(&picture, a)->has_deadline = true;
	expect_text(described(&picture, a), "lock db, held by 2, with a deadline");
	task_at(&picture, a)->has_deadline = false;
	object_at(&picture, db)->holder = -1;
	expect_text(described(&picture, a), "lock db, being handed over");
	object_at(&picture, db)->holder = a;
	expect_text(described(&picture, a), "lock db, being handed over");
	object_at(&picture, db)->holder = -1;
	object_at(&picture, db)->holder_gone = true;
	expect_text(described(&picture, a), "lock db, held by a tasklet that has ended");
	set_send(&picture, b, jobs);
	expect_text(described(&picture, b), "send jobs (full): no known live receiver");
	add_receiver(&picture, jobs, a);
	expect_text(described(&picture, b), "send jobs (full): known receiver 1 index");
	add_receiver(&picture, jobs, b);
	object_at(&picture, jobs)->more_receivers = true;
	expect_text(described(&picture, b),
		    "send jobs (full): known receivers 2, 1 index and others");
	set_join(&picture, b, a);
	expect_text(described(&picture, b), "join 1 index");
	set_wait(&picture, b, TL_WAIT_SLEEP);
	expect_text(described(&picture, b), "sleep");
	task_at(&picture, b)->quality = TASK_TORN;
	expect_text(described(&picture, b), "?");
	picture_fini(&picture);
}

/* ---- random pictures against an obvious judge ---- */

enum { MOST = 12 };

/* A task's wakers as a set of bits; `acts`: may go on by itself, or we cannot tell. */
struct judge {
	uint32_t wakers[MOST], acts, live;
};

static void judge_task(struct judge *judge, const struct snapshot *it, uint32_t t)
{
	const struct task *task = &it->tasks[t];
	const bool live = task->state != TL_STATE_ENDED;
	judge->live |= (uint32_t)live << t;
	if (task->quality != TASK_GOOD || task->state != TL_STATE_WAITING || task->has_deadline ||
	    task->error_pending)
		judge->acts |= 1u << t;
	else if (task->wait == TL_WAIT_JOIN && it->tasks[task->joins].state != TL_STATE_ENDED)
		judge->wakers[t] = 1u << task->joins;
	else if (task->object < 0)
		judge->acts |= 1u << t;
	else if (task->wait == TL_WAIT_LOCK && it->objects[task->object].holder == (int32_t)t)
		judge->acts |= 1u << t; /* it is being given it */
	else if (task->wait == TL_WAIT_LOCK && it->objects[task->object].holder >= 0)
		judge->wakers[t] = 1u << it->objects[task->object].holder;
	else if (task->wait == TL_WAIT_LOCK)
		judge->acts |= 1u << t;
	else {
		const struct object *object = &it->objects[task->object];
		const uint64_t *users =
			task->wait == TL_WAIT_SEND ? object->receivers : object->senders;
		for (int i = 0; i < MODEL_USERS && users[i]; i++)
			judge->wakers[t] |= 1u << (users[i] - 1);
		if ((task->wait == TL_WAIT_SEND ? object->more_receivers : object->more_senders) ||
		    (object->receivers_waiting && object->senders_waiting))
			judge->acts |= 1u << t;
	}
}

static uint32_t reach(const struct judge *judge, uint32_t from)
{
	uint32_t seen = judge->wakers[from] & judge->live;
	for (int round = 0; round < MOST; round++)
		for (uint32_t t = 0; t < MOST; t++)
			if (seen & 1u << t)
				seen |= judge->wakers[t] & judge->live;
	return seen;
}

/* For each stuck task, whether it is in a knot, and whether it leads to nothing but knots. */
static void judge_all(const struct snapshot *it, uint32_t *stuck, uint32_t *in_knot, uint32_t *dead)
{
	struct judge judge = {.acts = 0};
	uint32_t reached[MOST];
	*stuck = *in_knot = *dead = 0;
	for (uint32_t t = 0; t < it->task_count; t++)
		judge_task(&judge, it, t);
	for (uint32_t t = 0; t < it->task_count; t++) {
		reached[t] = reach(&judge, t);
		if (judge.live & 1u << t && !(judge.acts & 1u << t) && !(reached[t] & judge.acts))
			*stuck |= 1u << t;
	}
	for (uint32_t t = 0; t < it->task_count; t++) {
		if (!(*stuck & 1u << t) || !(reached[t] & 1u << t))
			continue;
		bool closed = true;
		for (uint32_t u = 0; u < it->task_count; u++)
			if (reached[t] & 1u << u && !(reached[u] & 1u << t))
				closed = false;
		if (closed)
			*in_knot |= 1u << t;
	}
	for (uint32_t t = 0; t < it->task_count; t++) {
		if (!(*stuck & 1u << t))
			continue;
		bool orphaned = !(judge.wakers[t] & judge.live);
		for (uint32_t u = 0; u < it->task_count; u++)
			if (reached[t] & 1u << u && !(judge.wakers[u] & judge.live))
				orphaned = true;
		if (!orphaned)
			*dead |= 1u << t;
	}
}

static uint32_t seed = 1;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static void throw_picture(struct picture *picture)
{
	const int32_t tasks = 1 + (int32_t)dice(MOST), objects = 1 + (int32_t)dice(6);
	for (int32_t i = 0; i < tasks; i++)
		picture_task(picture, NULL);
	for (int32_t i = 0; i < objects; i++) {
		if (dice(3) == 0) {
			picture_mutex(picture, NULL, dice(8) ? (int32_t)dice((uint32_t)tasks) : -1);
			continue;
		}
		picture_channel(picture, NULL, 0, 0);
		for (uint32_t u = dice(3); u-- > 0;)
			add_sender(picture, i, (int32_t)dice((uint32_t)tasks));
		for (uint32_t u = dice(3); u-- > 0;)
			add_receiver(picture, i, (int32_t)dice((uint32_t)tasks));
		object_at(picture, i)->more_senders = dice(9) == 0;
		object_at(picture, i)->more_receivers = dice(9) == 0;
	}
	for (int32_t i = 0; i < tasks; i++) {
		const int32_t object = (int32_t)dice((uint32_t)objects);
		const bool is_mutex = object_at(picture, object)->kind == TL_OBJECT_MUTEX;
		switch (dice(9)) {
		case 0: break;
		case 1: set_join(picture, i, (int32_t)dice((uint32_t)tasks)); break;
		case 2: set_wait(picture, i, TL_WAIT_SLEEP); break;
		default:
			if (is_mutex)
				set_lock(picture, i, object);
			else if (object % 2)
				set_send(picture, i, object);
			else
				set_receive(picture, i, object);
		}
		task_at(picture, i)->has_deadline = dice(12) == 0;
		if (dice(15) == 0)
			task_at(picture, i)->quality = TASK_TORN;
	}
	for (int32_t i = 0; i < tasks; i++)
		if (dice(20) == 0)
			set_state(picture, i, TL_STATE_ENDED);
	for (int32_t i = 0; i < objects; i++) { /* a holder that ended is another test */
		struct object *object = object_at(picture, i);
		if (object->holder >= 0 &&
		    task_at(picture, object->holder)->state == TL_STATE_ENDED)
			object->holder = -1;
	}
}

static void compare_with_judge(const struct snapshot *it, uint32_t round)
{
	uint32_t stuck, in_knot, dead, members = 0, sure = 0, all = 0;
	struct waits waits;
	judge_all(it, &stuck, &in_knot, &dead);
	waits_find(it, 1, &waits);
	for (uint32_t i = 0; i < waits.count; i++) {
		const struct verdict *verdict = &waits.verdicts[i];
		uint32_t set = 0;
		if (verdict->kind == VERDICT_LONG)
			continue;
		for (uint32_t m = 0; m < verdict->member_count; m++)
			set |= 1u << verdict->members[m];
		const uint32_t before = all;
		if (verdict->kind != VERDICT_MAYBE)
			members |= set;
		for (uint32_t b = 0; b < verdict->behind_count; b++) {
			expect(!(set & 1u << verdict->behind[b]));
			set |= 1u << verdict->behind[b];
		}
		if (verdict->kind != VERDICT_MAYBE)
			sure |= set;
		expect(!(before & set)); /* nobody is told twice */
		all |= set;
	}
	if (all != stuck || members != in_knot || sure != dead)
		fprintf(stderr, "round %u: %s\n", round, verdicts_text(it, &waits));
	expect_number(all, stuck);
	expect_number(members, in_knot);
	expect_number(sure, dead);
	waits_fini(&waits);
}

/* Every edge of a cycle is there: each may be woken by the next. */
static void check_cycles(const struct snapshot *it)
{
	struct waits waits;
	waits_find(it, 0, &waits);
	for (uint32_t i = 0; i < waits.count; i++) {
		const struct verdict *verdict = &waits.verdicts[i];
		for (uint32_t m = 0; m < verdict->cycle_count; m++) {
			int32_t wakers[MODEL_USERS];
			const int32_t next = verdict->members[(m + 1) % verdict->cycle_count];
			const size_t count = waits_wakers(it, verdict->members[m], wakers, NULL);
			bool found = false;
			for (size_t k = 0; k < count; k++)
				found |= wakers[k] == next;
			expect(found);
		}
		for (uint32_t b = 0; b < verdict->behind_count; b++) {
			int32_t wakers[MODEL_USERS];
			const size_t count = waits_wakers(it, verdict->behind[b], wakers, NULL);
			bool found = false;
			for (size_t k = 0; k < count; k++)
				found |= wakers[k] == verdict->behind_on[b];
			expect(found);
		}
	}
	waits_fini(&waits);
}

TEST(random_pictures)
{
	for (uint32_t round = 0; round < 20000; round++) {
		struct picture picture;
		seed = round;
		picture_init(&picture);
		throw_picture(&picture);
		const struct snapshot *snapshot = picture_finish(&picture);
		compare_with_judge(snapshot, round);
		check_cycles(snapshot);
		picture_fini(&picture);
	}
}

/* ---- large and mean ---- */

/* Quadratic time would be hours here. */
static void expect_fast(struct picture *picture, uint32_t certain, uint32_t likely, uint32_t maybe,
			uint32_t behind)
{
	enum { LIMIT_S = 20 };
	struct waits waits;
	uint32_t all_behind = 0;
	struct timespec before, after;
	const struct snapshot *snapshot = picture_finish(picture);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	expect_number(waits_find(snapshot, 1, &waits), 0);
	waits_confirm(&waits, NULL, snapshot);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	expect(after.tv_sec - before.tv_sec < LIMIT_S);
	expect_number(waits.certain, certain);
	expect_number(waits.likely, likely);
	expect_number(waits.maybe, maybe);
	for (uint32_t i = 0; i < waits.count; i++)
		if (waits.verdicts[i].kind != VERDICT_LONG)
			all_behind += waits.verdicts[i].behind_count;
	expect_number(all_behind, behind);
	waits_fini(&waits);
}

enum { MANY = 1000000 };

TEST(a_million_in_one_cycle)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, MANY);
	expect_fast(&picture, 1, 0, 0, 0);
	picture_fini(&picture);
}

TEST(a_million_in_a_chain)
{
	struct picture picture;
	picture_init(&picture);
	ring_of_locks(&picture, MANY);
	set_join(&picture, MANY - 1, MANY - 2);
	expect_fast(&picture, 1, 0, 0, MANY - 2);
	set_wait(&picture, MANY - 1, TL_WAIT_SLEEP);
	expect_fast(&picture, 0, 0, 0, 0);
	picture_fini(&picture);
}

TEST(a_hundred_thousand_on_one_channel)
{
	/* its three known senders wait for its first receiver: a knot of four, all others behind */
	struct picture picture;
	enum { HERE = 100000 };
	picture_init(&picture);
	for (int32_t i = 0; i < HERE; i++)
		picture_task(&picture, NULL);
	const int32_t jobs = picture_channel(&picture, "jobs", 0, 0);
	const int32_t acks = picture_channel(&picture, "acks", 0, 0);
	for (int32_t i = 0; i < HERE; i++)
		set_receive(&picture, i, jobs);
	for (int32_t i = 1; i < 4; i++) {
		add_sender(&picture, jobs, i);
		set_send(&picture, i, acks);
	}
	add_receiver(&picture, acks, 0);
	expect_fast(&picture, 0, 1, 0, HERE - 4);
	object_at(&picture, jobs)->senders[0] = 0;
	expect_fast(&picture, 0, 0, 1, 3);
	picture_fini(&picture);
}

TEST(a_ladder_of_knots)
{
	/* each is woken by four others: one component with many ways through */
	struct picture picture;
	enum { HERE = 100000 };
	picture_init(&picture);
	for (int32_t i = 0; i < HERE; i++)
		picture_task(&picture, NULL);
	for (int32_t i = 0; i < HERE; i++) {
		const int32_t channel = picture_channel(&picture, NULL, 0, 0);
		for (int32_t k = 1; k <= 4; k++)
			add_sender(&picture, channel, (i + k * k) % HERE);
		set_receive(&picture, i, channel);
	}
	expect_fast(&picture, 0, 1, 0, 0);
	picture_fini(&picture);
}

TEST(ten_thousand_runs_and_ten_thousand_tasklets)
{
	struct picture picture;
	enum { HERE = 10000 };
	picture_init(&picture);
	for (int32_t i = 0; i < 2 * HERE; i++)
		picture_task(&picture, NULL);
	for (int32_t i = 0; i < HERE; i++)
		set_wait(&picture, i, TL_WAIT_RUN);
	for (int32_t i = HERE; i < 2 * HERE; i++)
		set_join(&picture, i, i - HERE);
	picture.snapshot.schedulers[0].asleep = true;
	picture.snapshot.schedulers[0].ready = 0;
	expect_fast(&picture, 0, 1, 0, 0);
	picture_fini(&picture);
}
