/* SPDX-License-Identifier: MIT */
/*
 * section03_run_switch.c: tl_task_run, _switch, _insert and _remove.
 */
#include "harness.h"

TEST(case_25_run_moves_the_turn)
{
	const tl_task a = spawn("A", logs), b = spawn("B", logs);
	spawn("C", logs);
	ok(tl_task_run(b));
	log_("M");
	expect_state(a, "as----");
	expect_int(tl_run_count(), 2);
	expect_log("B C M");
	ok(tl_run());
	expect_log("A");
}

/* logs NAME1, gives way, logs NAME2 */
BODY(one_two)
{
	log_("%s1", (const char *)arg);
	ok(tl_schedule());
	log_("%s2", (const char *)arg);
	return 0;
}

TEST(case_27_run_the_next_member)
{
	const tl_task a = spawn("A", one_two);
	spawn("B", one_two);
	spawn("C", one_two);
	ok(tl_task_run(a));
	log_("M");
	expect_int(tl_run_count(), 4);
	ok(tl_schedule());
	log_("M2");
	expect_log("A1 B1 C1 M A2 B2 C2 M2");
}

TEST(case_28_run_a_removed_tasklet)
{
	spawn("A", one_two);
	const tl_task b = spawn("B", one_two);
	spawn("C", one_two);
	ok(tl_task_remove(b));
	expect_state(b, "a-p---");
	ok(tl_task_run(b));
	expect_log("B1");
	expect_ring("M A C B");
	ok(tl_run());
	expect_log("A1 C1 B2 A2 C2");
}

BODY(outer)
{
	log_("o1");
	const tl_task x = spawn("x", logs);
	spawn("y", logs);
	ok(tl_task_run(x));
	log_("o2");
	return 0;
}

TEST(case_30_nested_run_of_a_child)
{
	spawn("outer", outer);
	spawn("next", logs);
	ok(tl_run());
	expect_log("o1 x y o2 next");
}

BODY(bar)
{
	const tl_task dog = spawn("Dog", logs);
	spawn("Cat", logs);
	spawn("Monkey", logs);
	ok(tl_task_run(dog));
	log_("End");
	return 0;
}

TEST(case_31_rabbit_and_donkey)
{
	spawn("Rabbit", logs);
	spawn("bar", bar);
	spawn("Donkey", logs);
	ok(tl_run());
	expect_log("Rabbit Dog Cat Monkey End Donkey");
}

BODY(inserts_main)
{
	const char *name = arg;
	log_("%s", name);
	expect_ring(name[0] == 'X' ? "X A" : "B A");
	expect_state(tl_main(), "a-p--m");
	ok(tl_task_insert(tl_main()));
	expect_ring(name[0] == 'X' ? "X A M" : "B A M");
	return 0;
}

TEST(case_33_switch_to_a_paused_tasklet)
{
	spawn("A", logs);
	const tl_task x = create("X");
	ok(tl_task_bind(x, inserts_main, (void *)"X"));
	expect_ring("M A");
	ok(tl_task_switch(x));
	log_("M");
	expect_log("X A M");
	expect_ring("M");
}

TEST(case_34_switch_to_a_scheduled_tasklet)
{
	spawn("A", logs);
	const tl_task b = spawn("B", inserts_main);
	expect_ring("M A B");
	ok(tl_task_switch(b));
	log_("M");
	expect_log("B A M");
	expect_ring("M");
}

BODY(ping)
{
	for (int i = 0;; i++) {
		log_("f%d", i);
		or_end(tl_task_switch(tl_main()));
	}
}

TEST(case_36_ping_pong_without_the_ring)
{
	const tl_task t = create("t");
	ok(tl_task_bind(t, ping, NULL));
	for (int i = 0; i < 3; i++) {
		ok(tl_task_switch(t));
		log_("M%d", i);
	}
	expect_log("f0 M0 f1 M1 f2 M2");
	expect_state(t, "a-p---");
	expect_int(tl_run_count(), 1);
	ok(tl_task_kill(t, 0));
	expect_state(t, "------");
	expect_int(tl_run_count(), 1);
}

BODY(switches_to_itself)
{
	for (int trap = 0; trap <= 1; trap++) {
		tl_switch_trap(trap);
		ok(tl_task_switch(tl_current()));
		ok(tl_task_run(tl_current()));
		tl_switch_trap(-trap);
		expect_state(tl_current(), "as--c-");
		expect_ring("t peer");
	}
	log_("t");
	return 0;
}

TEST(case_37_switching_to_oneself_does_nothing)
{
	spawn("t", switches_to_itself);
	spawn("peer", logs);
	ok(tl_run());
	expect_log("t peer");
	ok(tl_task_switch(tl_main()));
	ok(tl_task_run(tl_main()));
	expect_state(tl_main(), "as--cm");
}

BODY(removes_itself)
{
	expect_result(tl_task_remove(tl_current()), -EINVAL);
	ok(tl_task_insert(tl_current()));
	expect_ring("t");
	expect_state(tl_current(), "as--c-");
	log_("t");
	return 0;
}

TEST(case_39_remove_and_insert_the_current)
{
	expect_result(tl_task_remove(tl_main()), -EINVAL);
	ok(tl_task_insert(tl_main()));
	expect_ring("M");
	spawn("t", removes_itself);
	ok(tl_run());
	expect_log("t");
}

static struct tl_channel *channel;

BODY(receives)
{
	log_("%d", receive_int(channel));
	return 0;
}

TEST(case_40_operations_on_the_blocked)
{
	channel = new_channel("c");
	const tl_task t = spawn("t", receives);
	ok(tl_run());
	expect_result(tl_task_run(t), -EBUSY);
	expect_result(tl_task_insert(t), -EBUSY);
	expect_result(tl_task_switch(t), -EBUSY);
	expect_result(tl_task_remove(t), -EBUSY);
	expect_state(t, "as-b--");
	expect_int(tl_channel_balance(channel), -1);
	expect_ring("M");
	ok(send_int(channel, 5));
	expect_log("5");
}

BODY(removes)
{
	log_("r");
	ok(tl_task_remove(*(tl_task *)arg));
	return 0;
}

TEST(case_42_removed_by_another_during_run)
{
	tl_task victim = {0, 0};
	spawn_with("remover", removes, &victim);
	victim = spawn("victim", logs);
	spawn("B", logs);
	ok(tl_run());
	expect_log("r B");
	expect_state(victim, "a-p---");
	expect_int(tl_run_count(), 1);
}

TEST(case_43_insert_in_reverse_order)
{
	const tl_task a = spawn("A", logs), b = spawn("B", logs), c = spawn("C", logs);
	ok(tl_task_remove(a));
	ok(tl_task_remove(b));
	ok(tl_task_remove(c));
	expect_ring("M");
	ok(tl_task_insert(c));
	ok(tl_task_insert(b));
	ok(tl_task_insert(a));
	expect_ring("M C B A");
	ok(tl_run());
	expect_log("C B A");
}

/* ---- what follows from the same rules ---- */

TEST(insert_and_remove_are_idempotent)
{
	const tl_task a = spawn("A", logs), b = spawn("B", logs);
	ok(tl_task_insert(a));
	ok(tl_task_insert(b));
	expect_ring("M A B");
	ok(tl_task_remove(a));
	ok(tl_task_remove(a));
	expect_ring("M B");
	expect_int(tl_run_count(), 2);
	ok(tl_task_insert(a));
	expect_ring("M B A");
	ok(tl_run());
	expect_log("B A");
}

BODY(runs_main)
{
	log_("t");
	ok(tl_task_run(tl_main()));
	log_("t2");
	return 0;
}

TEST(run_main_out_of_its_run)
{
	/* main is paused in tl_run(); running it ends that run, and the caller keeps its place */
	spawn("t", runs_main);
	spawn("x", logs);
	ok(tl_run());
	log_("M");
	expect_log("t M");
	expect_ring("M t x");
	ok(tl_run());
	expect_log("t2 x");
}

BODY(inserts_main_and_goes_on)
{
	log_("t");
	ok(tl_task_insert(tl_main()));
	expect_state(tl_main(), "as---m");
	log_("t2");
	return 0;
}

TEST(insert_main_into_its_run)
{
	spawn("t", inserts_main_and_goes_on);
	spawn("x", logs);
	ok(tl_run());
	log_("M");
	expect_log("t t2 x M");
}

BODY(switches_to)
{
	log_("t");
	ok(tl_task_switch(*(tl_task *)arg));
	log_("t2");
	return 0;
}

TEST(switch_leaves_the_caller_paused)
{
	tl_task b;
	const tl_task t = spawn_with("t", switches_to, &b);
	spawn("A", logs);
	b = spawn("B", logs);
	ok(tl_run());
	expect_log("t B A");
	expect_state(t, "a-p---");
	ok(tl_task_run(t));
	expect_log("t2");
	expect_state(t, "------");
}

TEST(run_of_the_last_member_comes_back_to_main)
{
	spawn("A", one_two);
	spawn("B", one_two);
	const tl_task c = spawn("C", one_two);
	ok(tl_task_run(c));
	log_("M");
	expect_log("C1 M");
	expect_ring("M A B C");
	ok(tl_run());
	expect_log("A1 B1 C2 A2 B2");
}

TEST(switch_to_an_unbound_or_dead_one_keeps_the_caller)
{
	const tl_task t = create("t");
	expect_result(tl_task_switch(t), -ESRCH);
	expect_state(tl_main(), "as--cm");
	expect_int(tl_run_count(), 1);
}

BODY(runs_from_the_middle)
{
	log_("%s", (const char *)arg);
	expect_ring("B C D A");
	return 0;
}

BODY(runs_b)
{
	log_("A");
	ok(tl_task_run(*(tl_task *)arg));
	log_("A2");
	return 0;
}

TEST(the_ring_turns_with_a_named_switch)
{
	tl_task b;
	spawn_with("A", runs_b, &b);
	b = spawn("B", runs_from_the_middle);
	spawn("C", logs);
	spawn("D", logs);
	ok(tl_run());
	expect_log("A B C D A2");
}
