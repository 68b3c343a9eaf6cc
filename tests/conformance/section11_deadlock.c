/* SPDX-License-Identifier: MIT */
/*
 * section11_deadlock.c: deadlock detection on one thread.
 */
#include "harness.h"

static struct tl_channel *channel, *main_channel;

/* The deadlock handler logs whom it was told of. */
static void is_told(tl_task task, void *user)
{
	(void)user;
	log_("told:%s", name_of(task));
}

TEST(case_127_main_alone_cannot_block)
{
	int value;
	channel = new_channel("c");
	tl_set_deadlock_handler(is_told, NULL);
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_int(tl_channel_balance(channel), 0);
	expect_queue(channel, "");
	expect_state(tl_main(), "as--cm");
	expect_no_uncaught();
	expect_result(send_int(channel, 1), -EDEADLK);
	expect_int(tl_channel_balance(channel), 0);
	expect_state(tl_main(), "as--cm");
	expect_int(tl_run_count(), 1);
	expect_log("told:M told:M");
}

BODY(receives)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	log_("%s=%d", (const char *)arg, value);
	return 0;
}

TEST(case_129_under_run_blocking_is_no_error)
{
	channel = new_channel("c");
	tl_set_deadlock_handler(is_told, NULL);
	const tl_task t = spawn("t", receives);
	ok(tl_run());
	expect_state(t, "as-b--");
	expect_int(tl_channel_balance(channel), -1);
	expect_log("");
}

BODY(is_last_to_block)
{
	int value;
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_int(tl_channel_balance(channel), 0);
	expect_state(tl_current(), "as--c-");
	log_("caught");
	ok(send_int(main_channel, 6));
	return 0;
}

TEST(case_130_the_last_to_block_gets_it)
{
	channel = new_channel("c");
	main_channel = new_channel("mc");
	tl_set_deadlock_handler(is_told, NULL);
	spawn("t", is_last_to_block);
	expect_int(receive_int(main_channel), 6);
	expect_log("told:t caught");
}

BODY(waits_here_then_sends_there)
{
	struct tl_channel **pair = arg;
	int value;
	or_end(tl_channel_receive(pair[0], &value));
	return send_int(pair[1], value);
}

TEST(case_132_a_partial_deadlock_is_silent)
{
	struct tl_channel *ab[2] = {new_channel("a"), new_channel("b")}, *ba[2] = {ab[1], ab[0]};
	tl_set_deadlock_handler(is_told, NULL);
	const tl_task a = spawn_with("A", waits_here_then_sends_there, ab);
	const tl_task b = spawn_with("B", waits_here_then_sends_there, ba);
	ok(tl_run());
	expect_state(a, "as-b--");
	expect_state(b, "as-b--");
	expect_int(tl_channel_balance(ab[0]), -1);
	expect_int(tl_channel_balance(ab[1]), -1);
	expect_int(tl_run_count(), 1);
	expect_log("");
}

/* ---- what follows from the same rules ---- */

TEST(the_last_one_ends_while_main_is_blocked)
{
	int value;
	channel = new_channel("c");
	tl_set_deadlock_handler(is_told, NULL);
	spawn("A", logs);
	spawn("B", logs);
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_no_uncaught();
	expect_int(tl_channel_balance(channel), 0);
	expect_state(tl_main(), "as--cm");
	expect_log("A B told:M");
	/* a sender too */
	spawn("A", logs);
	expect_result(send_int(channel, 1), -EDEADLK);
	expect_log("A told:M");
}

TEST(others_blocked_and_main_alone)
{
	int value;
	channel = new_channel("c");
	main_channel = new_channel("mc");
	const tl_task t = spawn("t", receives);
	ok(tl_run());
	expect_result(tl_channel_receive(main_channel, &value), -EDEADLK);
	expect_state(t, "as-b--");
	/* on the same channel: main's own ticket is taken back, the other stays */
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_int(tl_channel_balance(channel), -1);
	expect_queue(channel, "t");
	ok(send_int(channel, 3));
	expect_log("t=3");
}

BODY(blocks_uncaught)
{
	int value;
	return tl_channel_receive(channel, &value);
}

TEST(the_last_to_block_does_not_catch_it)
{
	int value;
	channel = new_channel("c");
	main_channel = new_channel("mc");
	const tl_task t = spawn("t", blocks_uncaught);
	expect_result(tl_channel_receive(main_channel, &value), -EDEADLK);
	expect_uncaught(t, -EDEADLK);
	expect_int(tl_channel_balance(channel), 0);
	expect_int(tl_channel_balance(main_channel), 0);
}

TEST(the_first_to_block_does_not_get_it)
{
	struct tl_channel *first_channel = new_channel("first"), *pair[2] = {first_channel, NULL};
	channel = new_channel("c");
	main_channel = new_channel("mc");
	const tl_task first = spawn_with("first", waits_here_then_sends_there, pair);
	spawn("last", is_last_to_block);
	expect_int(receive_int(main_channel), 6);
	expect_log("caught");
	expect_state(first, "as-b--");
	expect_int(tl_channel_balance(first_channel), -1);
}

TEST(a_paused_tasklet_cannot_help)
{
	int value;
	channel = new_channel("c");
	const tl_task t = spawn("t", logs);
	ok(tl_task_remove(t));
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_state(t, "a-p---");
}

BODY(inner_run_blocks)
{
	(void)arg;
	ok(tl_run());
	log_("inner");
	return 0;
}

TEST(under_an_inner_run_the_last_to_block_ends_it)
{
	/* main blocks, an inner run is waiting: the tasklet that blocks last ends that run */
	int value;
	channel = new_channel("c");
	main_channel = new_channel("mc");
	spawn("runner", inner_run_blocks);
	const tl_task t = spawn("t", receives);
	tl_set_deadlock_handler(is_told, NULL);
	expect_result(tl_channel_receive(main_channel, &value), -EDEADLK);
	expect_no_uncaught();
	expect_log("inner told:M");
	expect_state(t, "as-b--");
}

TEST(a_deadlock_in_a_join)
{
	tl_task t;
	int result;
	channel = new_channel("c");
	tl_set_deadlock_handler(is_told, NULL);
	ok(tl_spawn(receives, (void *)"t", &(struct tl_options){.flags = TL_JOINABLE}, &t));
	ok(tl_run());
	expect_result(tl_task_join(t, &result), -EDEADLK);
	expect_no_uncaught();
	expect_state(tl_main(), "as--cm");
	expect_log("told:M");
	ok(send_int(channel, 1));
	ok(tl_task_join(t, &result));
}

static struct tl_mutex *mutex;

BODY(locks_and_blocks)
{
	ok(tl_mutex_lock(mutex));
	receive_int(channel);
	ok(tl_mutex_unlock(mutex));
	return 0;
}

TEST(a_deadlock_in_a_lock)
{
	ok(tl_mutex_create("m", &mutex));
	channel = new_channel("c");
	tl_set_deadlock_handler(is_told, NULL);
	spawn("t", locks_and_blocks);
	ok(tl_run());
	expect_result(tl_mutex_lock(mutex), -EDEADLK);
	expect_state(tl_main(), "as--cm");
	expect_log("told:M");
	ok(send_int(channel, 1));
	ok(tl_mutex_lock(mutex));
	ok(tl_mutex_unlock(mutex));
	ok(tl_mutex_destroy(mutex));
}

/* ---- who will act is no deadlock ---- */

BODY(sleeps_and_sends)
{
	ok(tl_sleep(SECOND));
	ok(send_int(main_channel, 1));
	return 0;
}

TEST(a_sleeper_will_act, VIRTUAL_CLOCK)
{
	main_channel = new_channel("mc");
	spawn("t", sleeps_and_sends);
	expect_int(receive_int(main_channel), 1);
}

TEST(a_background_sleeper_will_act_too, VIRTUAL_CLOCK)
{
	main_channel = new_channel("mc");
	ok(tl_spawn(sleeps_and_sends, NULL, &(struct tl_options){.flags = TL_BACKGROUND}, NULL));
	expect_int(receive_int(main_channel), 1);
}

TEST(a_deadline_will_act, VIRTUAL_CLOCK)
{
	int value;
	channel = new_channel("c");
	tl_set_deadlock_handler(is_told, NULL);
	expect_result(tl_channel_receive_until(channel, &value, tl_now() + SECOND), -ETIMEDOUT);
	expect_log("");
	/* no deadline is none */
	expect_result(tl_channel_receive_until(channel, &value, TL_FOREVER), -EDEADLK);
	expect_log("told:M");
}

TEST(main_asleep_with_all_others_blocked, VIRTUAL_CLOCK)
{
	channel = new_channel("c");
	tl_set_deadlock_handler(is_told, NULL);
	const tl_task t = spawn("t", receives);
	ok(tl_sleep(SECOND));
	expect_log("");
	expect_state(t, "as-b--");
}

BODY(sleeps_in_vain)
{
	ok(tl_sleep(SECOND));
	log_("slept");
	return 0;
}

TEST(the_sleeper_ends_without_helping, VIRTUAL_CLOCK)
{
	int value;
	main_channel = new_channel("mc");
	spawn("t", sleeps_in_vain);
	expect_result(tl_channel_receive(main_channel, &value), -EDEADLK);
	expect_log("slept");
}

TEST(deadlock_handlers_are_exchanged)
{
	expect(tl_set_deadlock_handler(is_told, NULL) == NULL);
	expect(tl_set_deadlock_handler(NULL, NULL) == is_told);
	expect(tl_set_deadlock_handler(NULL, NULL) == NULL);
}
