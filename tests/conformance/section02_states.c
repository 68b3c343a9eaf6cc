/* SPDX-License-Identifier: MIT */
/*
 * section02_states.c: the states of a life, and what may be done to a dead tasklet.
 */
#include "harness.h"

static struct tl_channel *channel;

BODY(receives)
{
	return receive_int(channel) >= 0 ? 0 : 1;
}

TEST(case_15_states_of_a_tasklet)
{
	channel = new_channel("c");
	const tl_task t = create("t");
	expect_state(t, "------");
	ok(tl_task_bind(t, receives, NULL));
	expect_state(t, "a-p---");
	ok(tl_task_insert(t));
	expect_state(t, "as----");
	ok(tl_run());
	expect_state(t, "as-b--");
	expect_pointer(tl_task_channel(t), channel);
	ok(send_int(channel, 1));
	expect_state(t, "------");
	expect_pointer(tl_task_channel(t), NULL);
}

BODY(logs_main_state)
{
	expect_state(tl_main(), (const char *)arg);
	log_("seen");
	if (tl_task_channel(tl_main()))
		ok(send_int(channel, 1));
	else
		ok(tl_task_insert(tl_main()));
	return 0;
}

TEST(case_16_states_of_main)
{
	channel = new_channel("c");
	expect_state(tl_main(), "as--cm");
	spawn_with("t", logs_main_state, (void *)"a-p--m");
	ok(tl_run());
	expect_log("seen");
	spawn_with("t", logs_main_state, (void *)"as---m");
	ok(tl_schedule());
	expect_log("seen");
	spawn_with("t", logs_main_state, (void *)"a-p--m");
	ok(tl_schedule_remove(NULL, NULL));
	expect_log("seen");
	spawn_with("t", logs_main_state, (void *)"as-b-m");
	expect_int(receive_int(channel), 1);
	expect_log("seen");
	expect_state(tl_main(), "as--cm");
}

static void expect_dead(tl_task t)
{
	expect_state(t, "------");
	expect_result(tl_task_run(t), -ESRCH);
	expect_result(tl_task_insert(t), -ESRCH);
	expect_result(tl_task_switch(t), -ESRCH);
	ok(tl_task_remove(t));
	ok(tl_task_kill(t, 0));
	ok(tl_task_kill(t, TL_PENDING));
	expect_result(tl_task_throw(t, EIO, NULL, 0), -ESRCH);
	expect_result(tl_task_throw(t, EIO, NULL, TL_PENDING), -ESRCH);
	expect_state(t, "------");
	expect_ring("M");
}

TEST(case_18_operations_on_the_dead)
{
	const tl_task kept = create("kept");
	expect_dead(kept); /* unbound */
	ok(tl_task_setup(kept, logs, (void *)"kept"));
	ok(tl_run());
	expect_dead(kept);
	const tl_task spawned = spawn("spawned", logs);
	ok(tl_run());
	expect_dead(spawned);
	expect_log("kept spawned");
	expect_dead((tl_task){0, 0}); /* no tasklet at all */
}

/* ---- what follows from the same rules ---- */

BODY(looks_at_peer)
{
	const tl_task *peer = arg;
	expect_state(tl_current(), "as--c-");
	expect_state(*peer, "as----");
	log_("looked");
	return 0;
}

TEST(two_tasklets_see_each_other)
{
	tl_task peer = {0, 0};
	spawn_with("t", looks_at_peer, &peer);
	peer = spawn("peer", logs);
	ok(tl_run());
	expect_log("looked peer");
	expect_state(peer, "------");
}

TEST(handles_made_up)
{
	const tl_task t = spawn("t", logs);
	expect_state(((tl_task){t.id + 1000000, t.slot}), "------");
	expect_state(((tl_task){t.id, UINT32_MAX}), "------");
	expect_state(((tl_task){UINT64_MAX, t.slot}), "------");
	expect_result(tl_task_insert((tl_task){t.id + 1000000, t.slot}), -ESRCH);
	expect_result(tl_task_insert((tl_task){t.id, UINT32_MAX}), -ESRCH);
	expect_state(t, "as----");
	ok(tl_run());
}
