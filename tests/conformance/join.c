/* SPDX-License-Identifier: MIT */
/*
 * join.c: waiting for the end of a tasklet, and its result.
 */
#include "harness.h"

static struct tl_channel *channel;

static tl_task spawn_joinable(const char *name, tl_fn body, void *arg)
{
	tl_task task;
	const struct tl_options options = {.name = name, .flags = TL_JOINABLE};
	ok(tl_spawn(body, arg, &options, &task));
	return task;
}

BODY(returns)
{
	log_("t");
	return number_of(arg);
}

BODY(joins)
{
	int result = 99;
	const int call = tl_task_join(*(tl_task *)arg, &result);
	log_("joined(%d,%d)", call, result);
	return 0;
}

BODY(receives)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	return value;
}

TEST(join_waits_and_gives_the_result)
{
	int result = 99;
	const tl_task t = spawn_joinable("t", returns, number(42));
	ok(tl_task_join(t, &result));
	expect_log("t");
	expect_int(result, 42);
	/* joining released it */
	expect_state(t, "------");
	expect_result(tl_task_join(t, &result), -ESRCH);
	expect_result(tl_task_set_name(t, "x"), -ESRCH);
}

TEST(join_one_that_ended)
{
	int result = 99;
	const tl_task t = spawn_joinable("t", returns, number(7));
	ok(tl_run());
	expect_state(t, "------");
	ok(tl_task_join(t, &result));
	expect_int(result, 7);
	expect_result(tl_task_join(t, NULL), -ESRCH);
	const tl_task u = spawn_joinable("u", returns, number(0));
	ok(tl_task_join(u, NULL)); /* the result may be NULL */
}

TEST(join_a_kept_tasklet)
{
	int result = 99;
	const tl_task t = create("t");
	ok(tl_task_setup(t, returns, number(3)));
	ok(tl_task_join(t, &result));
	expect_int(result, 3);
	/* joining does not release it; its result stays until it is bound again */
	result = 99;
	ok(tl_task_join(t, &result));
	expect_int(result, 3);
	ok(tl_task_setup(t, returns, number(4)));
	ok(tl_task_join(t, &result));
	expect_int(result, 4);
	ok(tl_task_release(t));
	expect_result(tl_task_join(t, &result), -ESRCH);
}

TEST(join_what_cannot_be_joined)
{
	int result;
	const tl_task t = spawn("t", logs);
	expect_result(tl_task_join(t, &result), -EINVAL);
	expect_result(tl_task_join_try(t, &result), -EINVAL);
	expect_result(tl_task_join_until(t, &result, tl_now() + SECOND), -EINVAL);
	ok(tl_run());
	expect_result(tl_task_join(t, &result), -ESRCH);
	expect_result(tl_task_join(tl_main(), &result), -EDEADLK);
}

BODY(joins_itself)
{
	expect_result(tl_task_join(tl_current(), NULL), -EDEADLK);
	expect_result(tl_task_join_until(tl_current(), NULL, tl_now() + SECOND), -EDEADLK);
	log_("t");
	return 0;
}

TEST(join_oneself)
{
	const tl_task t = spawn_joinable("t", joins_itself, NULL);
	ok(tl_run());
	expect_log("t");
	ok(tl_task_join(t, NULL));
}

TEST(a_joiner_is_blocked)
{
	tl_task t = spawn_joinable("t", receives, NULL);
	channel = new_channel("c");
	const tl_task joiner = spawn_with("joiner", joins, &t);
	ok(tl_run());
	expect_state(joiner, "as-b--");
	expect_pointer(tl_task_channel(joiner), NULL);
	expect_int(tl_run_count(), 1);
	expect_result(tl_task_run(joiner), -EBUSY);
	expect_result(tl_task_insert(joiner), -EBUSY);
	expect_result(tl_task_remove(joiner), -EBUSY);
	ok(send_int(channel, 5));
	expect_log("");
	expect_state(joiner, "as----");
	ok(tl_run());
	expect_log("joined(0,5)");
}

TEST(several_joiners_of_a_kept_tasklet)
{
	tl_task t = create("t");
	channel = new_channel("c");
	ok(tl_task_setup(t, receives, NULL));
	ok(tl_run());
	spawn_with("a", joins, &t);
	spawn_with("b", joins, &t);
	const tl_task c = spawn_with("c", joins, &t);
	ok(tl_run());
	ok(tl_task_kill(c, 0));
	expect_log("joined(-125,99)");
	ok(send_int(channel, 6));
	ok(tl_run());
	expect_log("joined(0,6) joined(0,6)");
}

TEST(the_result_of_the_killed)
{
	int result = 99;
	channel = new_channel("c");
	const tl_task t = spawn_joinable("t", receives, NULL);
	ok(tl_run());
	ok(tl_task_kill(t, 0));
	ok(tl_task_join(t, &result));
	expect_result(result, -ECANCELED);
	/* one that never ran */
	const tl_task u = spawn_joinable("u", returns, number(1));
	ok(tl_task_kill(u, 0));
	expect_state(u, "------");
	ok(tl_task_join(u, &result));
	expect_result(result, -ECANCELED);
	expect_log("");
}

TEST(a_joiner_takes_the_error)
{
	int result = 99;
	const tl_task t = spawn_joinable("t", returns, number(-EIO));
	ok(tl_task_join(t, &result));
	expect_no_uncaught();
	expect_result(result, -EIO);
}

TEST(a_killed_joiner_takes_nothing)
{
	tl_task t = spawn_joinable("t", receives, NULL);
	channel = new_channel("c");
	const tl_task joiner = spawn_with("joiner", joins, &t);
	ok(tl_run());
	ok(tl_task_kill(joiner, 0));
	expect_log("joined(-125,99)");
	/* nobody waits any more: uncaught */
	expect_result(tl_channel_send_error(channel, EIO, NULL), -EIO);
	expect_uncaught(t, -EIO);
	ok(tl_task_join(t, NULL));
}

TEST(try_and_until, VIRTUAL_CLOCK)
{
	int result = 99;
	channel = new_channel("c");
	const tl_task t = spawn_joinable("t", receives, NULL);
	expect_result(tl_task_join_try(t, &result), -EAGAIN);
	expect_int(result, 99);
	const uint64_t start = tl_now();
	expect_result(tl_task_join_until(t, &result, start + SECOND), -ETIMEDOUT);
	expect_int(tl_now() - start, SECOND);
	expect_result(tl_task_join_until(t, &result, TL_AT_ONCE), -ETIMEDOUT);
	expect_int(result, 99);
	ok(send_int(channel, 8));
	ok(tl_task_join_try(t, &result));
	expect_int(result, 8);
	const tl_task u = spawn_joinable("u", returns, number(9));
	ok(tl_task_join_until(u, &result, tl_now() + SECOND));
	expect_int(result, 9);
}

static void is_told(tl_task task, void *user)
{
	(void)user;
	log_("told:%s", name_of(task));
}

TEST(a_cycle_of_joins_is_told)
{
	tl_set_deadlock_handler(is_told, NULL);
	tl_task a = create("A"), b = create("B"), c = create("C");
	ok(tl_task_setup(a, joins, &b));
	ok(tl_task_setup(b, joins, &c));
	ok(tl_task_setup(c, joins, &a));
	ok(tl_run());
	expect_log("told:C");
	expect_state(a, "as-b--");
	expect_state(c, "as-b--");
	ok(tl_task_kill(c, 0));
	ok(tl_run());
	expect_log("joined(-125,99) joined(0,0) joined(0,0)");
}

static struct tl_mutex *mutex;

BODY(locks_and_joins)
{
	ok(tl_mutex_lock(mutex));
	const int result = tl_task_join(*(tl_task *)arg, NULL);
	log_("%d", result);
	return tl_mutex_unlock(mutex);
}

BODY(locks)
{
	(void)arg;
	ok(tl_mutex_lock(mutex));
	log_("locked");
	return tl_mutex_unlock(mutex);
}

TEST(a_cycle_of_a_join_and_a_mutex_is_told)
{
	tl_set_deadlock_handler(is_told, NULL);
	ok(tl_mutex_create("m", &mutex));
	tl_task b = create("B");
	const tl_task a = spawn_with("A", locks_and_joins, &b);
	ok(tl_task_setup(b, locks, NULL));
	ok(tl_run());
	expect_log("told:B");
	ok(tl_task_kill(a, 0));
	ok(tl_run());
	expect_log("-125 locked");
}

TEST(many_children)
{
	enum { CHILDREN = 200 };
	static tl_task children[CHILDREN];
	for (int i = 0; i < CHILDREN; i++)
		ok(tl_spawn(receives, NULL, &(struct tl_options){.flags = TL_JOINABLE},
			    &children[i]));
	channel = new_channel("c");
	ok(tl_run());
	for (int i = 0; i < CHILDREN; i++)
		ok(send_int(channel, i));
	for (int i = CHILDREN - 1; i >= 0; i--) {
		int result = -1;
		ok(tl_task_join(children[i], &result));
		expect_int(result, i);
	}
}
