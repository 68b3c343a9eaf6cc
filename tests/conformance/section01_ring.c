/* SPDX-License-Identifier: MIT */
/*
 * section01_ring.c: the order of the ring, and tl_schedule().
 */
#include "harness.h"

TEST(case_1_run_goes_round_the_ring)
{
	spawn("A", logs);
	spawn("B", logs);
	spawn("C", logs);
	expect_int(tl_run_count(), 4);
	ok(tl_run());
	expect_log("A B C");
	expect_int(tl_run_count(), 1);
}

BODY(parent)
{
	static const char *child[] = {"Achild", "Bchild"};
	const char *name = arg;
	log_("%s", name);
	spawn(child[name[0] - 'A'], logs);
	log_("%send", name);
	return 0;
}

TEST(case_3_new_tasklets_go_to_the_end)
{
	spawn("A", parent);
	spawn("B", parent);
	ok(tl_run());
	expect_log("A Aend B Bend Achild Bchild");
}

TEST(case_4_next_and_prev)
{
	const tl_task m = tl_main();
	const tl_task a = spawn("A", logs), b = spawn("B", logs);
	expect_task(tl_task_next(a), b);
	expect_task(tl_task_prev(a), m);
	expect_task(tl_task_next(m), a);
	expect_task(tl_task_prev(m), b);
	expect_task(tl_task_next(b), m);
	expect_ring("M A B");
	ok(tl_run());
	/* Main alone is a ring of one. */
	expect_task(tl_task_next(m), m);
	expect_task(tl_task_prev(m), m);
	expect_ring("M");
}

BODY(schedules_7)
{
	void *value = NULL;
	ok(tl_schedule_value(number(7), &value));
	log_("%d", number_of(value));
	ok(tl_schedule());
	log_("end");
	return 0;
}

TEST(case_6_schedule_returns_its_value)
{
	spawn("t", schedules_7);
	ok(tl_run());
	expect_log("7 end");
	/* The same with a peer, so that it really switches. */
	spawn("t", schedules_7);
	spawn("peer", logs);
	ok(tl_run());
	expect_log("peer 7 end");
}

BODY(twice)
{
	const char *name = arg;
	for (int i = 0; i < 2; i++) {
		log_("%s%d", name, i);
		ok(tl_schedule());
	}
	return 0;
}

TEST(case_7_main_schedules_as_a_peer)
{
	spawn("A", twice);
	spawn("B", twice);
	for (int i = 0; i < 4; i++) {
		log_("M%d", i);
		ok(tl_schedule());
	}
	expect_log("M0 A0 B0 M1 A1 B1 M2 M3");
	expect_int(tl_run_count(), 1);
}

TEST(case_9_the_ring_owns_its_members)
{
	ok(tl_spawn(logs, (void *)"A", NULL, NULL));
	ok(tl_run());
	expect_log("A");
}

TEST(case_10_a_finished_tasklet_may_be_bound_again)
{
	const tl_task t = create("t");
	ok(tl_task_setup(t, logs, (void *)"A"));
	ok(tl_run());
	expect_state(t, "------");
	ok(tl_task_setup(t, logs, (void *)"B"));
	ok(tl_run());
	expect_log("A B");
	expect_state(t, "------");
	/* bind and insert apart */
	ok(tl_task_bind(t, logs, (void *)"C"));
	expect_state(t, "a-p---");
	ok(tl_task_insert(t));
	expect_state(t, "as----");
	ok(tl_run());
	expect_log("C");
	expect_state(t, "------");
}

BODY(looks_at_states)
{
	tl_task *self = arg;
	expect_task(tl_current(), *self);
	expect_state(*self, "as--c-");
	expect_state(tl_main(), "a-p--m");
	expect_int(tl_run_count(), 1);
	log_("t");
	return 0;
}

TEST(case_12_states_during_run)
{
	tl_task t;
	ok(tl_spawn(looks_at_states, &t, NULL, &t));
	ok(tl_run());
	expect_log("t");
	expect_task(tl_current(), tl_main());
	expect_state(tl_main(), "as--cm");
}

enum { MANY = 50000 };
static struct tl_channel *many_channel;
static int many_done;

BODY(receives_in_order)
{
	const int value = receive_int(many_channel);
	expect_int(value, number_of(arg));
	expect_int(many_done++, number_of(arg));
	return 0;
}

TEST(case_13_fifty_thousand_waiters)
{
	/* A sanitizer's bookkeeping of so many stacks takes minutes. */
	const int many = is_instrumented() ? MANY / 25 : MANY;
	many_channel = new_channel("c");
	ok(tl_channel_set_preference(many_channel, 1, NULL));
	for (int i = 0; i < many; i++)
		ok(tl_spawn(receives_in_order, number(i), NULL, NULL));
	ok(tl_run());
	expect_int(tl_channel_balance(many_channel), -many);
	for (int i = 0; i < many; i++)
		ok(send_int(many_channel, i));
	expect_int(many_done, 0);
	expect_int(tl_run_count(), many + 1);
	ok(tl_run());
	expect_int(many_done, many);
	expect_int(tl_run_count(), 1);
	expect_int(tl_channel_balance(many_channel), 0);
}

/* ---- what follows from the same rules ---- */

TEST(schedule_alone_returns_at_once)
{
	void *value = NULL;
	ok(tl_schedule());
	ok(tl_schedule_value(number(3), &value));
	expect_int(number_of(value), 3);
	ok(tl_schedule_value(number(4), NULL));
	ok(tl_run());
	expect_int(tl_run_count(), 1);
}

BODY(spawns_and_schedules)
{
	log_("t");
	spawn("child", logs);
	expect_ring("t peer child");
	ok(tl_schedule());
	log_("t2");
	return 0;
}

TEST(spawn_goes_before_the_current_tasklet)
{
	spawn("t", spawns_and_schedules);
	spawn("peer", logs);
	ok(tl_run());
	expect_log("t peer child t2");
}

TEST(run_counts_and_rings_while_main_is_a_peer)
{
	spawn("A", twice);
	spawn("B", twice);
	spawn("C", logs);
	expect_ring("M A B C");
	ok(tl_schedule());
	expect_log("A0 B0 C");
	expect_ring("M A B");
	expect_int(tl_run_count(), 3);
	ok(tl_schedule());
	expect_ring("M A B");
	expect_log("A1 B1");
	ok(tl_schedule());
	expect_ring("M");
}

BODY(schedules_and_logs_value)
{
	void *value;
	ok(tl_schedule_value(number(1), &value));
	log_("%d", number_of(value));
	expect(tl_task_value(tl_current(), &value) == 0);
	log_("%d", number_of(value));
	return 0;
}

TEST(a_value_set_meanwhile_replaces_that_of_schedule)
{
	void *value;
	const tl_task t = spawn("t", schedules_and_logs_value);
	ok(tl_schedule());
	ok(tl_task_value(t, &value));
	expect_int(number_of(value), 1);
	ok(tl_task_set_value(t, number(2)));
	ok(tl_schedule());
	/* handed over, and left there */
	expect_log("2 2");
}

BODY(spawns_next)
{
	const int left = number_of(arg);
	log_("%d", left);
	if (left > 0)
		spawn_with("next", spawns_next, number(left - 1));
	return 0;
}

TEST(run_waits_for_tasklets_made_meanwhile)
{
	spawn_with("first", spawns_next, number(3));
	ok(tl_run());
	expect_log("3 2 1 0");
	expect_int(tl_run_count(), 1);
}

TEST(many_yields_keep_the_order)
{
	for (int i = 0; i < 100; i++)
		spawn("t", twice);
	ok(tl_run());
	expect_int(tl_run_count(), 1);
}
