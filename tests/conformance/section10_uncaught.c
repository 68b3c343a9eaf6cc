/* SPDX-License-Identifier: MIT */
/*
 * section10_uncaught.c: where the error goes with which a tasklet ended: a joiner, the error
 * handler, the innermost run, main.
 */
#include "harness.h"

static struct tl_channel *channel;

BODY(bad)
{
	log_("bad");
	return -EIO;
}

BODY(returns)
{
	return number_of(arg);
}

TEST(case_118_run_returns_the_error_at_once)
{
	spawn("A", logs);
	const tl_task b = spawn("bad", bad);
	spawn("B", logs);
	expect_result(tl_run(), -EIO);
	expect_uncaught(b, -EIO);
	expect_log("A bad");
	expect_int(tl_run_count(), 2);
	expect_state(tl_main(), "as--cm");
	ok(tl_run());
	expect_no_uncaught();
	expect_log("B");
}

TEST(case_120_main_in_schedule_remove)
{
	spawn("A", logs);
	const tl_task b = spawn("bad", bad);
	spawn("B", logs);
	expect_result(tl_schedule_remove(NULL, NULL), -EIO);
	expect_uncaught(b, -EIO);
	expect_log("A bad");
	expect_int(tl_run_count(), 2);
	expect_state(tl_main(), "as--cm");
	ok(tl_run());
	expect_log("B");
}

TEST(case_121_main_blocked_on_a_channel)
{
	int value;
	channel = new_channel("c");
	spawn("A", logs);
	const tl_task b = spawn("bad", bad);
	spawn("B", logs);
	expect_result(tl_channel_receive(channel, &value), -EIO);
	expect_uncaught(b, -EIO);
	expect_log("A bad");
	expect_int(tl_channel_balance(channel), 0);
	expect_queue(channel, "");
	expect_int(tl_run_count(), 2);
	ok(tl_run());
	expect_log("B");
}

TEST(case_123_a_kill_that_leaves_a_tasklet_is_silent)
{
	spawn_with("t", returns, number(-ECANCELED));
	spawn("A", logs);
	ok(tl_run());
	expect_log("A");
	expect_no_uncaught();
}

/* ---- the error handler ---- */

static tl_task dying;
static int user_data;

static int handle(tl_task task, int error, void *user)
{
	expect_task(task, dying);
	expect_task(tl_current(), dying);
	expect_pointer(user, &user_data);
	log_("handler(%d)", error);
	return 0;
}

static int handle_otherwise(tl_task task, int error, void *user)
{
	(void)task, (void)user;
	log_("other(%d)", error);
	return -EBADF;
}

TEST(case_124_the_error_handler)
{
	expect(tl_set_error_handler(handle, &user_data) == NULL);
	spawn("A", logs);
	dying = spawn("bad", bad);
	spawn("B", logs);
	ok(tl_run());
	expect_no_uncaught();
	expect_log("A bad handler(-5) B");
	expect(tl_set_error_handler(NULL, NULL) == handle);
	expect(tl_set_error_handler(NULL, NULL) == NULL);
	const tl_task again = spawn("bad", bad);
	expect_result(tl_run(), -EIO);
	expect_uncaught(again, -EIO);
}

TEST(a_handler_may_return_a_new_error)
{
	tl_set_error_handler(handle_otherwise, NULL);
	spawn("A", logs);
	const tl_task t = spawn("bad", bad);
	spawn("B", logs);
	expect_result(tl_run(), -EBADF);
	expect_uncaught(t, -EBADF);
	expect_log("A bad other(-5)");
	expect_int(tl_run_count(), 2);
	ok(tl_run());
	expect_log("B");
}

TEST(the_handler_is_not_told_of_silent_ends)
{
	tl_set_error_handler(handle_otherwise, NULL);
	spawn_with("t", returns, number(-ECANCELED));
	spawn_with("t", returns, number(-EPIPE));
	spawn_with("t", returns, number(0));
	spawn_with("t", returns, number(5));
	ok(tl_run());
	expect_log("");
}

TEST(the_handler_is_told_of_one_that_never_started)
{
	tl_set_error_handler(handle_otherwise, NULL);
	const tl_task t = spawn("t", logs);
	expect_result(tl_task_throw(t, EIO, NULL, 0), -EBADF);
	expect_uncaught(t, -EBADF);
	expect_log("other(-5)");
}

/* ---- what follows from the same rules ---- */

TEST(only_two_errors_are_silent)
{
	spawn_with("t", returns, number(-EPIPE));
	spawn_with("t", returns, number(7));
	ok(tl_run());
	expect_no_uncaught();
	static const int errors[] = {-1, -EDEADLK, -ETIMEDOUT, -ESRCH, -4095};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const tl_task t = spawn_with("t", returns, number(errors[i]));
		expect_result(tl_run(), errors[i]);
		expect_uncaught(t, errors[i]);
	}
}

TEST(main_in_schedule)
{
	spawn("A", logs);
	const tl_task b = spawn("bad", bad);
	spawn("B", logs);
	expect_result(tl_schedule(), -EIO);
	expect_uncaught(b, -EIO);
	expect_log("A bad");
	expect_ring("M B");
	ok(tl_schedule());
	expect_no_uncaught();
	expect_log("B");
}

TEST(main_in_task_run_and_switch)
{
	tl_task b = spawn("bad", bad);
	expect_result(tl_task_run(b), -EIO);
	expect_uncaught(b, -EIO);
	b = spawn("bad", bad);
	expect_result(tl_task_switch(b), -EIO);
	expect_uncaught(b, -EIO);
	expect_state(tl_main(), "as--cm");
	expect_int(tl_run_count(), 1);
}

TEST(uncaught_holds_until_the_next_switching_call)
{
	const tl_task b = spawn("bad", bad);
	expect_no_uncaught();
	expect_result(tl_run(), -EIO);
	expect_uncaught(b, -EIO);
	/* calls that cannot switch leave it */
	expect_int(tl_run_count(), 1);
	ok(tl_task_remove(b));
	tl_now();
	expect_uncaught(b, -EIO);
	expect_int(tl_uncaught(NULL, NULL), 1);
	ok(tl_schedule());
	expect_no_uncaught();
}

static struct tl_mutex *mutex;

BODY(holds_and_blocks)
{
	(void)arg;
	ok(tl_mutex_lock(mutex));
	receive_int(channel);
	ok(tl_mutex_unlock(mutex));
	return 3;
}

/* Whatever main waits for, it is out of it. */
TEST(main_in_every_other_wait, VIRTUAL_CLOCK)
{
	tl_task holder, b;
	int value = 0;
	channel = new_channel("c");
	ok(tl_mutex_create("m", &mutex));
	ok(tl_spawn(holds_and_blocks, NULL, &(struct tl_options){.flags = TL_JOINABLE}, &holder));
	ok(tl_run());
	const uint64_t start = tl_now();

	b = spawn("bad", bad);
	expect_result(tl_sleep(SECOND), -EIO);
	expect_uncaught(b, -EIO);
	b = spawn("bad", bad);
	expect_result(tl_mutex_lock(mutex), -EIO);
	expect_uncaught(b, -EIO);
	b = spawn("bad", bad);
	expect_result(tl_mutex_lock_until(mutex, tl_now() + SECOND), -EIO);
	expect_uncaught(b, -EIO);
	b = spawn("bad", bad);
	expect_result(tl_task_join(holder, &value), -EIO);
	expect_uncaught(b, -EIO);
	struct tl_channel *other = new_channel("other");
	b = spawn("bad", bad);
	expect_result(tl_channel_receive_until(other, &value, tl_now() + SECOND), -EIO);
	expect_uncaught(b, -EIO);
	expect_int(tl_channel_balance(other), 0);
	b = spawn("bad", bad);
	expect_result(send_int(other, 1), -EIO);
	expect_uncaught(b, -EIO);
	expect_int(tl_channel_balance(other), 0);

	expect_int(tl_now() - start, 0);
	expect_state(tl_main(), "as--cm");
	expect_ring("M");
	ok(send_int(channel, 1));
	ok(tl_task_join(holder, &value));
	expect_int(value, 3);
	ok(tl_mutex_lock_try(mutex)); /* main was no waiter any more: nothing was handed to it */
	ok(tl_mutex_unlock(mutex));
	ok(tl_mutex_destroy(mutex));
	ok(tl_run());
	expect_int(tl_now() - start, 0);
}

BODY(runner)
{
	tl_task who;
	int error;
	log_("r1");
	const tl_task b = spawn("bad", bad);
	spawn("x", logs);
	expect_result(tl_run(), -EIO);
	expect_int(tl_uncaught(&who, &error), 1);
	expect_task(who, b);
	expect_int(error, -EIO);
	log_("r2");
	return 0;
}

TEST(the_innermost_run_gets_it)
{
	spawn("runner", runner);
	spawn("A", logs);
	ok(tl_run());
	expect_log("r1 A bad r2 x");
}

BODY(inner_runner)
{
	log_("i1");
	expect_result(tl_run(), -EIO);
	log_("i2");
	return 0;
}

TEST(the_innermost_run_gets_it_while_main_is_paused)
{
	channel = new_channel("c");
	spawn("runner", inner_runner);
	spawn("bad", bad);
	spawn("x", logs);
	ok(tl_schedule_remove(NULL, NULL));
	expect_log("i1 bad i2 x");
}

TEST(several_errors_one_after_the_other)
{
	for (int i = 1; i <= 3; i++)
		spawn_with("t", returns, number(-i));
	for (int i = 1; i <= 3; i++)
		expect_result(tl_run(), -i);
	ok(tl_run());
	expect_no_uncaught();
}

static bool told;

static void is_told(tl_task task, void *user)
{
	(void)user;
	expect_task(task, tl_main());
	told = true;
}

TEST(an_error_goes_before_a_deadlock)
{
	/* The last tasklet ends with an error while main is blocked: main gets the error. */
	int value;
	channel = new_channel("c");
	tl_set_deadlock_handler(is_told, NULL);
	const tl_task b = spawn("bad", bad);
	expect_result(tl_channel_receive(channel, &value), -EIO);
	expect_uncaught(b, -EIO);
	expect(!told);
}

BODY(joins)
{
	int result = 99;
	ok(tl_task_join(*(tl_task *)arg, &result));
	log_("joined(%d)", result);
	return 0;
}

TEST(a_waiting_joiner_takes_it)
{
	tl_set_error_handler(handle_otherwise, NULL);
	tl_task b = {0, 0};
	spawn_with("joiner", joins, &b);
	ok(tl_spawn(bad, NULL, &(struct tl_options){.flags = TL_JOINABLE}, &b));
	ok(tl_run());
	expect_log("bad joined(-5)");
	expect_no_uncaught();
}

TEST(without_a_waiting_joiner_it_is_uncaught)
{
	tl_task b;
	int result = 99;
	ok(tl_spawn(bad, NULL, &(struct tl_options){.flags = TL_JOINABLE}, &b));
	expect_result(tl_run(), -EIO);
	expect_uncaught(b, -EIO);
	/* its result can be fetched all the same */
	ok(tl_task_join(b, &result));
	expect_result(result, -EIO);
}
