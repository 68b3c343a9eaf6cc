/* SPDX-License-Identifier: MIT */
/*
 * misuse.c: every error code that tasklet.h documents and that no other file of this folder meets.
 */
#include "harness.h"

static struct tl_channel *channel;

TEST(spawn_refuses)
{
	tl_task t = {0, 0};
	expect_result(tl_spawn(NULL, NULL, NULL, &t), -EINVAL);
	expect_result(tl_spawn(logs, NULL, &(struct tl_options){.flags = 1u << 31}, &t), -EINVAL);
	expect_result(tl_spawn(logs, NULL, &(struct tl_options){.stack_bytes = 1 << 20}, &t),
		      -EINVAL);
	expect_result(tl_spawn(logs, NULL, &(struct tl_options){.level = 1000}, &t), -EINVAL);
	expect_int(tl_run_count(), 1);
	/* what is at the edge is allowed */
	ok(tl_spawn(logs, (void *)"a", &(struct tl_options){.stack_bytes = 65536}, &t));
	ok(tl_spawn(logs, (void *)"b", &(struct tl_options){.level = TL_LEVEL_MAX}, NULL));
	ok(tl_spawn(logs, (void *)"c", &(struct tl_options){.level = TL_LEVEL_MIN}, NULL));
	ok(tl_run());
	expect_log("b a c");
}

BODY(receives)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	return 0;
}

TEST(the_stale_are_refused_by_every_call)
{
	tl_task kept = create("kept"), tasks[3] = {{0, 0}, spawn("spawned", logs), kept};
	void *value;
	int old;
	ok(tl_run());
	expect_log("spawned");
	ok(tl_task_release(kept));
	for (int i = 0; i < 3; i++) {
		const tl_task t = tasks[i];
		struct tl_task_info info;
		expect_int(tl_task_state(t), 0);
		expect_result(tl_task_insert(t), -ESRCH);
		expect_result(tl_task_run(t), -ESRCH);
		expect_result(tl_task_switch(t), -ESRCH);
		expect_result(tl_task_throw(t, EIO, NULL, 0), -ESRCH);
		expect_result(tl_task_join(t, NULL), -ESRCH);
		expect_result(tl_task_join_try(t, NULL), -ESRCH);
		expect_result(tl_task_join_until(t, NULL, TL_AT_ONCE), -ESRCH);
		expect_result(tl_task_release(t), -ESRCH);
		expect_result(tl_task_bind(t, logs, NULL), -ESRCH);
		expect_result(tl_task_setup(t, logs, NULL), -ESRCH);
		expect_result(tl_task_set_value(t, NULL), -ESRCH);
		expect_result(tl_task_value(t, &value), -ESRCH);
		expect_result(tl_task_set_block_trap(t, 1, &old), -ESRCH);
		expect_result(tl_task_set_atomic(t, 1, &old), -ESRCH);
		expect_result(tl_task_set_level(t, 1, &old), -ESRCH);
		expect_result(tl_task_set_name(t, "x"), -ESRCH);
		expect_result(tl_task_info(t, &info), -ESRCH);
		ok(tl_task_remove(t));
		ok(tl_task_kill(t, 0));
		ok(tl_task_kill(t, TL_PENDING));
		expect_int(tl_task_next(t).id, 0);
		expect_int(tl_task_prev(t).id, 0);
		expect_pointer(tl_task_channel(t), NULL);
	}
}

TEST(neighbours_of_those_in_no_chain)
{
	const tl_task t = spawn("t", logs);
	ok(tl_task_remove(t));
	expect_int(tl_task_next(t).id, 0);
	expect_int(tl_task_prev(t).id, 0);
	const tl_task unbound = create("unbound");
	expect_int(tl_task_next(unbound).id, 0);
	expect_int(tl_task_prev(unbound).id, 0);
}

TEST(flags_are_stored_as_flags)
{
	int old = 99;
	ok(tl_task_set_block_trap(tl_main(), 42, &old));
	expect_int(old, 0);
	expect_int(tl_task_block_trap(tl_main()), 1);
	ok(tl_task_set_block_trap(tl_main(), 0, NULL));
	channel = new_channel("c");
	ok(tl_channel_set_schedule_all(channel, -3, NULL));
	expect_int(tl_channel_schedule_all(channel), 1);
}

TEST(an_unbound_one_has_no_trap_but_a_name)
{
	const tl_task t = create("t");
	ok(tl_task_set_name(t, "renamed"));
	ok(tl_task_set_level(t, 1, NULL));
	ok(tl_task_setup(t, logs, (void *)"t"));
	spawn("x", logs);
	ok(tl_run());
	expect_log("t x");
}

TEST(options_may_be_all_zero)
{
	tl_task t;
	ok(tl_spawn(logs, (void *)"a", &(struct tl_options){0}, &t));
	ok(tl_spawn(logs, (void *)"b", &(struct tl_options){0}, NULL));
	ok(tl_run());
	expect_log("a b");
}

TEST(errors_are_not_errno)
{
	int value;
	channel = new_channel("c");
	errno = 77;
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_int(errno, 77);
	expect_result(tl_task_insert((tl_task){0, 0}), -ESRCH);
	expect_int(errno, 77);
	const tl_task r = spawn("r", receives);
	ok(tl_run());
	expect_int(errno, 77);
	ok(tl_task_kill(r, 0));
	expect_int(errno, 77);
}

/* ---- errno ---- */

BODY(has_an_errno)
{
	errno = number_of(arg);
	for (int i = 0; i < 10; i++) {
		ok(tl_schedule());
		expect_int(errno, number_of(arg));
	}
	int value;
	expect_result(tl_channel_receive(channel, &value), -ECANCELED);
	expect_int(errno, number_of(arg));
	log_("%d", errno);
	return -ECANCELED;
}

TEST(every_tasklet_has_its_errno)
{
	channel = new_channel("c");
	errno = 3;
	for (int i = 1; i <= 2; i++)
		spawn_with("t", has_an_errno, number(100 + i));
	for (int i = 0; i < 3; i++) {
		ok(tl_schedule());
		expect_int(errno, 3);
	}
	ok(tl_run());
	expect_int(errno, 3);
	ok(tl_channel_clear(channel));
	expect_log("101 102");
	expect_int(errno, 3);
}
