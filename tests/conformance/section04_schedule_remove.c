/* SPDX-License-Identifier: MIT */
/*
 * section04_schedule_remove.c: tl_schedule_remove() and the value slot.
 */
#include "harness.h"

BODY(removes_itself)
{
	static int marker;
	void *value = NULL;
	log_("a");
	ok(tl_schedule_remove(&marker, &value));
	expect_pointer(value, &marker);
	log_("b");
	return 0;
}

TEST(case_45_schedule_remove_and_insert)
{
	const tl_task t = spawn("t", removes_itself);
	ok(tl_run());
	expect_log("a");
	expect_state(t, "a-p---");
	expect_int(tl_run_count(), 1);
	ok(tl_task_insert(t));
	ok(tl_run());
	expect_log("b");
	expect_state(t, "------");
}

BODY(waits_for_a_value)
{
	const char *name = arg;
	void *value = NULL;
	ok(tl_schedule_remove(NULL, &value));
	log_("(%s,%s)", name, (const char *)value);
	return 0;
}

TEST(case_46_the_slot_is_the_result)
{
	const tl_task t = spawn("t", waits_for_a_value);
	ok(tl_run());
	ok(tl_task_set_value(t, (void *)"hello"));
	ok(tl_task_insert(t));
	ok(tl_run());
	expect_log("(t,hello)");
	const tl_task a = spawn("A", waits_for_a_value), b = spawn("B", waits_for_a_value);
	ok(tl_run());
	ok(tl_task_set_value(a, (void *)"go"));
	ok(tl_task_set_value(b, (void *)"go"));
	ok(tl_task_insert(a));
	ok(tl_task_insert(b));
	ok(tl_run());
	expect_log("(A,go) (B,go)");
}

TEST(case_48_main_alone_returns_at_once)
{
	void *value = NULL;
	ok(tl_schedule_remove(number(3), &value));
	expect_int(number_of(value), 3);
	ok(tl_schedule_remove(NULL, NULL));
	expect_state(tl_main(), "as--cm");
	expect_int(tl_run_count(), 1);
}

BODY(reinserts_main)
{
	log_("f");
	ok(tl_task_insert(tl_main()));
	log_("f2");
	return 0;
}

TEST(case_49_reinserted_by_another)
{
	spawn("f", reinserts_main);
	spawn("g", logs);
	ok(tl_schedule_remove(NULL, NULL));
	log_("M");
	expect_log("f f2 g M");
}

static struct tl_channel *channel;

BODY(removes_itself_last)
{
	expect_state(tl_main(), "as-b-m");
	expect_result(tl_schedule_remove(NULL, NULL), -EDEADLK);
	expect_no_uncaught();
	expect_state(tl_current(), "as--c-");
	log_("caught");
	ok(send_int(channel, 9));
	return 0;
}

TEST(case_51_the_last_runnable_cannot_leave)
{
	channel = new_channel("c");
	spawn("t", removes_itself_last);
	expect_int(receive_int(channel), 9);
	expect_log("caught");
}

/* ---- what follows from the same rules ---- */

BODY(removes_itself_last_uncaught)
{
	return tl_schedule_remove(NULL, NULL);
}

TEST(the_deadlock_of_51_uncaught_reaches_main)
{
	channel = new_channel("c");
	const tl_task t = spawn("t", removes_itself_last_uncaught);
	int value;
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_uncaught(t, -EDEADLK);
	expect_int(tl_channel_balance(channel), 0);
}

TEST(run_returns_when_the_last_one_leaves)
{
	const tl_task t = spawn("t", removes_itself);
	spawn("x", logs);
	ok(tl_run());
	expect_log("a x");
	ok(tl_task_run(t));
	expect_log("b");
}

TEST(run_instead_of_insert_resumes_at_once)
{
	const tl_task t = spawn("t", waits_for_a_value);
	ok(tl_run());
	spawn("x", logs);
	ok(tl_task_set_value(t, (void *)"now"));
	ok(tl_task_run(t));
	log_("M");
	expect_log("(t,now) M");
	ok(tl_run());
	expect_log("x");
}

BODY(sets_main_value)
{
	ok(tl_task_set_value(tl_main(), number(8)));
	ok(tl_task_insert(tl_main()));
	return 0;
}

TEST(main_gets_a_value)
{
	void *value = NULL;
	spawn("t", sets_main_value);
	ok(tl_schedule_remove(number(7), &value));
	expect_int(number_of(value), 8);
	ok(tl_task_value(tl_main(), &value));
	expect_int(number_of(value), 8); /* it is left there */
}

BODY(leaves)
{
	log_("%s", (const char *)arg);
	or_end(tl_schedule_remove(NULL, NULL));
	return 0;
}

TEST(main_and_all_others_leave)
{
	/* Main waits in tl_schedule_remove(), which is no blocking: when the last one leaves the
	 * ring too, main goes on, as it does alone. */
	spawn("A", leaves);
	spawn("B", leaves);
	ok(tl_schedule_remove(NULL, NULL));
	log_("M");
	expect_log("A B M");
	/* The same when the last one ends. */
	spawn("C", logs);
	ok(tl_schedule_remove(NULL, NULL));
	log_("M");
	expect_log("C M");
	expect_ring("M");
}

TEST(values_of_the_dead)
{
	void *value;
	const tl_task t = spawn("t", logs);
	ok(tl_task_set_value(t, number(1)));
	ok(tl_task_value(t, &value));
	expect_int(number_of(value), 1);
	ok(tl_run());
	expect_result(tl_task_set_value(t, number(1)), -ESRCH);
	expect_result(tl_task_value(t, &value), -ESRCH);
}
