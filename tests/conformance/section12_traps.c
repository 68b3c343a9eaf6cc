/* SPDX-License-Identifier: MIT */
/*
 * section12_traps.c: block trap and switch trap.
 */
#include "harness.h"

static struct tl_channel *channel;

BODY(receives)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	log_("%s=%d", (const char *)arg, value);
	return 0;
}

BODY(sends)
{
	or_end(send_int(channel, 3));
	log_("%s", (const char *)arg);
	return 0;
}

BODY(inserts_main)
{
	(void)arg;
	ok(tl_task_insert(tl_main()));
	return 0;
}

TEST(case_135_block_trap_lets_pass_what_does_not_block)
{
	channel = new_channel("c");
	spawn("r", receives);
	ok(tl_run());
	ok(tl_task_set_block_trap(tl_main(), 1, NULL));
	expect_int(tl_task_block_trap(tl_main()), 1);
	ok(send_int(channel, 1));
	expect_log("r=1");
	spawn("s", sends);
	ok(tl_run());
	expect_int(receive_int(channel), 3);
	ok(tl_schedule());
	expect_log("s");
	spawn("t", inserts_main);
	ok(tl_schedule_remove(NULL, NULL));
	ok(tl_schedule_remove(NULL, NULL)); /* alone */
	expect_result(send_int(channel, 1), -EWOULDBLOCK);
	int value;
	expect_result(tl_channel_receive(channel, &value), -EWOULDBLOCK);
	expect_int(tl_channel_balance(channel), 0);
	expect_state(tl_main(), "as--cm");
}

TEST(case_136_levels_of_the_switch_trap_add_up)
{
	expect_int(tl_switch_trap(1), 0);
	expect_int(tl_switch_trap(-1), 1);
	expect_int(tl_switch_trap(1), 0);
	expect_int(tl_switch_trap(1), 1);
	expect_int(tl_switch_trap(-2), 2);
	expect_int(tl_switch_trap(0), 0);
}

BODY(switches_to_itself)
{
	tl_switch_trap(1);
	ok(tl_task_switch(tl_current()));
	ok(tl_task_run(tl_current()));
	ok(tl_schedule());
	tl_switch_trap(-1);
	log_("t");
	return 0;
}

TEST(case_138_switching_to_oneself_under_the_trap)
{
	tl_switch_trap(1);
	ok(tl_task_switch(tl_main()));
	ok(tl_task_run(tl_main()));
	ok(tl_schedule());
	ok(tl_run());
	ok(tl_schedule_remove(NULL, NULL));
	tl_switch_trap(-1);
	spawn("t", switches_to_itself);
	ok(tl_run());
	expect_log("t");
}

TEST(case_139_channels_under_the_trap)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, 1, NULL));
	const tl_task first = spawn("r", receives);
	ok(tl_run());
	tl_switch_trap(1);
	ok(send_int(channel, 1));
	expect_state(first, "as----");
	tl_switch_trap(-1);
	ok(tl_run());
	expect_log("r=1");

	ok(tl_channel_set_preference(channel, -1, NULL));
	const tl_task second = spawn("r", receives);
	ok(tl_run());
	tl_switch_trap(1);
	expect_result(send_int(channel, 2), -EPERM);
	expect_no_uncaught();
	expect_int(tl_channel_balance(channel), -1);
	expect_state(second, "as-b--");
	expect_queue(channel, "r");
	tl_switch_trap(-1);
	expect_log("");
	ok(send_int(channel, 3));
	expect_log("r=3");
}

TEST(case_141_a_blocked_target_beats_the_trap)
{
	channel = new_channel("c");
	const tl_task t = spawn("t", receives);
	ok(tl_run());
	tl_switch_trap(1);
	expect_result(tl_task_switch(t), -EBUSY);
	expect_result(tl_task_run(t), -EBUSY);
	tl_switch_trap(-1);
	expect_state(t, "as-b--");
}

/* ---- what follows from the same rules: every call that would switch, and everything is undone
 * ---- */

static void expect_nothing_changed(void)
{
	expect_no_uncaught();
	expect_ring("M A B");
	expect_int(tl_run_count(), 3);
	expect_state(tl_main(), "as--cm");
	expect_log("");
}

TEST(switch_trap_and_the_ring)
{
	void *value = NULL;
	const tl_task a = spawn("A", logs), b = spawn("B", logs), p = spawn("P", logs);
	ok(tl_task_remove(p));
	tl_switch_trap(1);
	expect_result(tl_schedule(), -EPERM);
	expect_nothing_changed();
	expect_result(tl_schedule_value(number(1), &value), -EPERM);
	expect_nothing_changed();
	expect_result(tl_schedule_remove(number(1), &value), -EPERM);
	expect_nothing_changed();
	expect_result(tl_run(), -EPERM);
	expect_nothing_changed();
	expect_result(tl_task_run(a), -EPERM);
	expect_nothing_changed();
	expect_result(tl_task_switch(b), -EPERM);
	expect_nothing_changed();
	expect_result(tl_task_run(p), -EPERM);
	expect_state(p, "a-p---");
	expect_result(tl_task_switch(p), -EPERM);
	expect_state(p, "a-p---");
	expect_nothing_changed();
	tl_switch_trap(-1);
	ok(tl_run());
	expect_log("A B");
	ok(tl_task_run(p));
	expect_log("P");
}

TEST(switch_trap_and_blocking)
{
	int value;
	channel = new_channel("c");
	spawn("A", logs);
	spawn("B", logs);
	tl_switch_trap(1);
	expect_result(tl_channel_receive(channel, &value), -EPERM);
	expect_int(tl_channel_balance(channel), 0);
	expect_queue(channel, "");
	expect_nothing_changed();
	expect_result(send_int(channel, 1), -EPERM);
	expect_int(tl_channel_balance(channel), 0);
	expect_nothing_changed();
	expect_result(tl_channel_send_error(channel, EIO, NULL), -EPERM);
	expect_int(tl_channel_balance(channel), 0);
	expect_nothing_changed();
	expect_result(tl_channel_next(channel, &value), -EPERM);
	expect_int(tl_channel_balance(channel), 0);
	expect_nothing_changed();
	expect_result(tl_channel_receive_until(channel, &value, tl_now() + SECOND), -EPERM);
	expect_int(tl_channel_balance(channel), 0);
	expect_nothing_changed();
	expect_result(tl_sleep(SECOND), -EPERM);
	expect_nothing_changed();
	tl_switch_trap(-1);
	ok(tl_run());
	expect_log("A B");
}

TEST(switch_trap_and_a_waiting_sender)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, 1, NULL));
	const tl_task s = spawn("s", sends);
	ok(tl_run());
	int value = -1;
	tl_switch_trap(1);
	expect_result(tl_channel_receive(channel, &value), -EPERM);
	expect_int(value, -1);
	expect_int(tl_channel_balance(channel), 1);
	expect_state(s, "as-b--");
	/* not preferred: no switch */
	ok(tl_channel_set_preference(channel, -1, NULL));
	expect_int(receive_int(channel), 3);
	tl_switch_trap(-1);
	ok(tl_run());
	expect_log("s");
}

TEST(switch_trap_and_schedule_all)
{
	channel = new_channel("c");
	ok(tl_channel_set_schedule_all(channel, 1, NULL));
	const tl_task r = spawn("r", receives);
	ok(tl_run());
	tl_switch_trap(1);
	expect_result(send_int(channel, 1), -EPERM);
	expect_int(tl_channel_balance(channel), -1);
	expect_state(r, "as-b--");
	tl_switch_trap(-1);
	ok(send_int(channel, 2));
	expect_log("r=2");
}

BODY(handles)
{
	const int result = tl_schedule();
	log_("%s:%d", (const char *)arg, result);
	return 0;
}

TEST(switch_trap_and_throw)
{
	channel = new_channel("c");
	const tl_task blocked = spawn("blocked", receives), a = spawn("A", handles);
	const tl_task fresh = spawn("fresh", logs);
	ok(tl_task_remove(fresh));
	ok(tl_schedule());
	tl_switch_trap(1);
	expect_result(tl_task_kill(blocked, 0), -EPERM);
	expect_result(tl_task_throw(blocked, EIO, NULL, 0), -EPERM);
	expect_state(blocked, "as-b--");
	expect_int(tl_channel_balance(channel), -1);
	expect_result(tl_task_kill(a, 0), -EPERM);
	expect_state(a, "as----");
	/* no switch is needed for one that never started, nor for a pending one */
	ok(tl_task_kill(fresh, 0));
	expect_state(fresh, "------");
	ok(tl_task_kill(blocked, TL_PENDING));
	expect_state(blocked, "as----");
	expect_result(tl_task_kill(tl_main(), 0), -ECANCELED);
	tl_switch_trap(-1);
	ok(tl_run());
	expect_log("A:0"); /* what was refused left nothing behind */
	expect_state(blocked, "------");
}

static struct tl_mutex *mutex;

BODY(holds)
{
	ok(tl_mutex_lock(mutex));
	ok(tl_schedule());
	ok(tl_mutex_unlock(mutex));
	return 0;
}

TEST(switch_trap_and_mutex_and_join)
{
	tl_task t;
	int result;
	ok(tl_mutex_create("m", &mutex));
	ok(tl_spawn(holds, NULL, &(struct tl_options){.flags = TL_JOINABLE}, &t));
	ok(tl_schedule());
	tl_switch_trap(1);
	expect_result(tl_mutex_lock(mutex), -EPERM);
	expect_result(tl_task_join(t, &result), -EPERM);
	expect_state(tl_main(), "as--cm");
	expect_int(tl_run_count(), 2);
	tl_switch_trap(-1);
	ok(tl_task_join(t, &result));
	tl_switch_trap(1);
	ok(tl_mutex_lock(mutex)); /* uncontended: nothing to switch */
	ok(tl_mutex_unlock(mutex));
	tl_switch_trap(-1);
	ok(tl_mutex_destroy(mutex));
}

TEST(switch_trap_lets_pass_what_does_not_switch)
{
	channel = new_buffered("c", 2);
	tl_switch_trap(1);
	const tl_task t = spawn("t", logs);
	ok(tl_task_remove(t));
	ok(tl_task_insert(t));
	ok(send_int(channel, 1));
	ok(send_int(channel, 2));
	expect_int(receive_int(channel), 1);
	ok(tl_channel_close(channel));
	tl_switch_trap(-1);
	ok(tl_run());
	expect_log("t");
}

TEST(main_alone_under_the_trap_is_a_deadlock)
{
	int value;
	channel = new_channel("c");
	tl_switch_trap(1);
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_result(send_int(channel, 1), -EDEADLK);
	tl_switch_trap(-1);
	expect_int(tl_channel_balance(channel), 0);
}

TEST(the_order_of_the_refusals)
{
	/* block trap, closed, switch trap */
	int value;
	channel = new_channel("c");
	spawn("A", logs);
	ok(tl_channel_close(channel));
	ok(tl_task_set_block_trap(tl_main(), 1, NULL));
	tl_switch_trap(1);
	expect_result(tl_channel_receive(channel, &value), -EWOULDBLOCK);
	ok(tl_task_set_block_trap(tl_main(), 0, NULL));
	expect_result(tl_channel_receive(channel, &value), -EPIPE);
	ok(tl_channel_open(channel));
	expect_result(tl_channel_receive(channel, &value), -EPERM);
	tl_switch_trap(-1);
	/* the dead and the switch trap */
	tl_switch_trap(1);
	const tl_task dead = create("dead");
	expect_result(tl_task_run(dead), -ESRCH);
	expect_result(tl_task_switch(dead), -ESRCH);
	ok(tl_task_kill(dead, 0));
	tl_switch_trap(-1);
}

/* ---- block trap ---- */

BODY(is_trapped)
{
	int value;
	expect_int(tl_task_block_trap(tl_current()), 1);
	expect_result(tl_channel_receive(channel, &value), -EWOULDBLOCK);
	ok(tl_task_set_block_trap(tl_current(), 0, NULL));
	log_("%d", receive_int(channel));
	return 0;
}

TEST(block_trap_is_per_tasklet_and_set_by_others)
{
	int old = 99;
	channel = new_channel("c");
	const tl_task t = spawn("t", is_trapped), u = spawn("u", receives);
	ok(tl_task_set_block_trap(t, 1, &old));
	expect_int(old, 0);
	expect_int(tl_task_block_trap(t), 1);
	expect_int(tl_task_block_trap(u), 0);
	expect_int(tl_task_block_trap(tl_main()), 0);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), -2);
	ok(tl_task_kill(u, 0));
	ok(send_int(channel, 4));
	expect_log("4");
	expect_result(tl_task_set_block_trap(t, 1, NULL), -ESRCH);
}

TEST(block_trap_and_the_other_waits)
{
	int value;
	tl_task t;
	ok(tl_mutex_create("m", &mutex));
	channel = new_channel("c");
	ok(tl_spawn(holds, NULL, &(struct tl_options){.flags = TL_JOINABLE}, &t));
	ok(tl_schedule());
	ok(tl_task_set_block_trap(tl_main(), 1, NULL));
	expect_result(tl_mutex_lock(mutex), -EWOULDBLOCK);
	expect_result(tl_mutex_lock_until(mutex, tl_now() + SECOND), -EWOULDBLOCK);
	expect_result(tl_task_join(t, NULL), -EWOULDBLOCK);
	expect_result(tl_task_join_until(t, NULL, tl_now() + SECOND), -EWOULDBLOCK);
	expect_result(tl_sleep(SECOND), -EWOULDBLOCK);
	expect_result(tl_sleep_until(tl_now() + SECOND), -EWOULDBLOCK);
	expect_result(tl_channel_send_error(channel, EIO, NULL), -EWOULDBLOCK);
	expect_result(tl_channel_next(channel, &value), -EWOULDBLOCK);
	expect_result(tl_channel_receive_until(channel, &value, tl_now() + SECOND), -EWOULDBLOCK);
	expect_result(tl_channel_send_all(channel, &value, 1), -EWOULDBLOCK);
	expect_int(tl_channel_balance(channel), 0);
	ok(tl_run()); /* waits, but not on an object */
	ok(tl_task_join(t, NULL));
	ok(tl_mutex_lock(mutex));
	ok(tl_mutex_unlock(mutex));
	ok(tl_mutex_destroy(mutex));
}

TEST(block_trap_and_buffered_channels)
{
	channel = new_buffered("c", 1);
	ok(tl_task_set_block_trap(tl_main(), 1, NULL));
	ok(send_int(channel, 1));
	expect_result(send_int(channel, 2), -EWOULDBLOCK);
	expect_int(receive_int(channel), 1);
	int value;
	expect_result(tl_channel_receive(channel, &value), -EWOULDBLOCK);
}
