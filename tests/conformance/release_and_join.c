/* SPDX-License-Identifier: MIT */
/*
 * release_and_join.c: a kept tasklet is given up while somebody waits for its end.
 *
 * Releasing is no end: who joined already learns of the end, and of nothing else.
 */
#include "harness.h"

static tl_task kept;
static struct tl_channel *channel;

BODY(joins)
{
	int result = -1;
	const int error = tl_task_join(kept, &result);
	log_("%s=%d,%d", (const char *)arg, error, result);
	return 0;
}

BODY(joins_with_a_deadline)
{
	int result = -1;
	const int error = tl_task_join_until(kept, &result, tl_now() + SECOND);
	log_("%s=%d,%d", (const char *)arg, error, result);
	return 0;
}

BODY(yields_and_ends)
{
	or_end(tl_schedule());
	or_end(tl_schedule());
	return number_of(arg);
}

BODY(receives_and_ends)
{
	int value;
	(void)arg;
	or_end(tl_channel_receive(channel, &value));
	return value;
}

/* Its slot is free, and none of what was waited for is left in it. */
static void expect_gone(void)
{
	expect_state(kept, "------");
	expect_result(tl_task_release(kept), -ESRCH);
	expect_result(tl_task_join_try(kept, NULL), -ESRCH);
	expect_int(tl_run_count(), 1);
	for (int i = 0; i < 4; i++)
		spawn_with("new", logs, (void *)(uintptr_t) "ran");
	ok(tl_run());
	expect_log("ran ran ran ran");
}

TEST(a_joiner_learns_of_the_end_of_a_released_one)
{
	kept = create("kept");
	ok(tl_task_setup(kept, yields_and_ends, number(7)));
	const tl_task joiner = spawn("J", joins);
	ok(tl_schedule());
	spawn_with("other", yields_and_ends, number(0)); /* so that somebody is next when it ends */
	expect_state(joiner, "as-b--");
	ok(tl_task_release(kept));
	expect_state(joiner, "as-b--");
	ok(tl_run());
	expect_log("J=0,7");
	expect_state(joiner, "------");
	expect_gone();
}

TEST(all_of_several_joiners)
{
	kept = create("kept");
	ok(tl_task_setup(kept, yields_and_ends, number(7)));
	spawn("J", joins);
	spawn("K", joins);
	spawn("L", joins_with_a_deadline);
	ok(tl_schedule());
	const tl_task other = spawn("other", yields_for_ever);
	ok(tl_task_release(kept));
	for (int i = 0; i < 5; i++)
		ok(tl_schedule());
	expect_log("J=0,7 K=0,7 L=0,7");
	ok(tl_task_kill(other, 0));
	expect_gone();
}

TEST(an_error_of_a_released_one_is_its_joiners)
{
	kept = create("kept");
	ok(tl_task_setup(kept, yields_and_ends, number(-EIO)));
	spawn("J", joins);
	ok(tl_schedule());
	ok(tl_task_release(kept));
	ok(tl_run());
	expect_no_uncaught();
	expect_log("J=0,-5");
	expect_gone();
}

TEST(a_blocked_one_is_released)
{
	channel = new_channel("c");
	kept = create("kept");
	ok(tl_task_setup(kept, receives_and_ends, NULL));
	spawn("J", joins);
	ok(tl_run());
	ok(tl_task_release(kept));
	spawn_with("other", logs, (void *)(uintptr_t) "other");
	ok(send_int(channel, 9));
	ok(tl_run());
	expect_log("other J=0,9");
	expect_gone();
}

TEST(a_killed_joiner_leaves_no_trace)
{
	kept = create("kept");
	ok(tl_task_setup(kept, yields_and_ends, number(7)));
	const tl_task joiner = spawn("J", joins);
	ok(tl_schedule());
	ok(tl_task_release(kept));
	ok(tl_task_kill(joiner, 0));
	expect_log("J=-125,-1");
	spawn_with("other", logs, (void *)(uintptr_t) "other");
	ok(tl_run());
	expect_log("other");
	expect_gone();
}

TEST(a_released_one_cannot_be_joined_any_more)
{
	int result = -1;
	kept = create("kept");
	ok(tl_task_setup(kept, yields_and_ends, number(7)));
	for (int i = 0; i < 2; i++)
		spawn_with("other", yields_and_ends, number(0));
	ok(tl_schedule());
	ok(tl_task_release(kept));
	expect_result(tl_task_join(kept, &result), -EINVAL);
	ok(tl_run());
	expect_gone();
}
