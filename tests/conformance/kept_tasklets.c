/* SPDX-License-Identifier: MIT */
/*
 * kept_tasklets.c: tl_task_create, _bind, _setup and _release.
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

TEST(bind_and_setup_refuse_a_living_one)
{
	const tl_task t = create("t");
	ok(tl_task_bind(t, logs, (void *)"a"));
	expect_result(tl_task_bind(t, logs, (void *)"b"), -EBUSY);
	expect_result(tl_task_setup(t, logs, (void *)"b"), -EBUSY);
	ok(tl_task_insert(t));
	expect_result(tl_task_bind(t, logs, (void *)"b"), -EBUSY);
	ok(tl_run());
	expect_log("a");
	channel = new_channel("c");
	ok(tl_task_setup(t, receives, (void *)"r"));
	ok(tl_run());
	expect_result(tl_task_setup(t, logs, (void *)"b"), -EBUSY);
	ok(send_int(channel, 1));
	expect_log("r=1");
}

TEST(bind_refuses_what_it_cannot_bind)
{
	const tl_task t = create("t"), spawned = spawn("spawned", logs);
	expect_result(tl_task_bind(t, NULL, NULL), -EINVAL);
	expect_result(tl_task_setup(t, NULL, NULL), -EINVAL);
	expect_state(t, "------");
	ok(tl_run());
	expect_result(tl_task_bind(spawned, logs, NULL), -ESRCH);
	expect_result(tl_task_setup(spawned, logs, NULL), -ESRCH);
	expect_result(tl_task_bind((tl_task){0, 0}, logs, NULL), -ESRCH);
}

TEST(release_of_a_dead_one)
{
	const tl_task t = create("t"), u = create("u");
	ok(tl_task_release(t));
	expect_result(tl_task_release(t), -ESRCH);
	expect_result(tl_task_bind(t, logs, NULL), -ESRCH);
	expect_state(t, "------");
	ok(tl_task_setup(u, logs, (void *)"u"));
	ok(tl_run());
	ok(tl_task_release(u));
	expect_result(tl_task_setup(u, logs, NULL), -ESRCH);
	expect_log("u");
}

TEST(release_of_a_living_one)
{
	const tl_task t = create("t");
	ok(tl_task_setup(t, logs, (void *)"t"));
	ok(tl_task_release(t));
	/* it lives on, and is gone at its end */
	expect_state(t, "as----");
	ok(tl_run());
	expect_log("t");
	expect_result(tl_task_setup(t, logs, NULL), -ESRCH);
	expect_result(tl_task_release(t), -ESRCH);
}

TEST(release_of_what_was_not_kept)
{
	const tl_task t = spawn("t", logs);
	expect_result(tl_task_release(t), -EINVAL);
	expect_state(t, "as----");
	ok(tl_run());
	expect_result(tl_task_release(t), -ESRCH);
	expect_result(tl_task_release(tl_main()), -EINVAL);
}

TEST(a_killed_one_may_be_bound_again)
{
	channel = new_channel("c");
	const tl_task t = create("t");
	ok(tl_task_setup(t, receives, (void *)"r"));
	ok(tl_run());
	ok(tl_task_kill(t, 0));
	expect_state(t, "------");
	ok(tl_task_setup(t, logs, (void *)"again"));
	ok(tl_run());
	expect_log("again");
}

BODY(counts_up)
{
	++*(int *)arg;
	return 0;
}

TEST(one_tasklet_many_lives)
{
	int lives = 0;
	const tl_task t = create("t");
	for (int i = 0; i < 1000; i++) {
		ok(tl_task_setup(t, counts_up, &lives));
		ok(tl_task_run(t));
	}
	expect_int(lives, 1000);
	ok(tl_task_release(t));
}

BODY(binds_itself)
{
	const tl_task self = tl_current();
	expect_result(tl_task_bind(self, logs, NULL), -EBUSY);
	expect_result(tl_task_setup(self, logs, NULL), -EBUSY);
	log_("t");
	return 0;
}

TEST(the_running_one_is_alive)
{
	const tl_task t = create("t");
	ok(tl_task_setup(t, binds_itself, NULL));
	ok(tl_run());
	expect_log("t");
}

TEST(an_error_of_a_kept_one_is_uncaught)
{
	const tl_task t = create("t");
	ok(tl_task_setup(t, logs, (void *)"t"));
	expect_result(tl_task_throw(t, EIO, NULL, 0), -EIO);
	expect_uncaught(t, -EIO);
	/* the record is still there, and so is its result */
	int result = 0;
	ok(tl_task_join(t, &result));
	expect_result(result, -EIO);
	expect_log("");
}

TEST(options_of_create)
{
	tl_task t;
	struct tl_task_info info;
	expect_result(tl_task_create(&(struct tl_options){.flags = ~0u}, &t), -EINVAL);
	expect_result(tl_task_create(&(struct tl_options){.stack_bytes = 1 << 30}, &t), -EINVAL);
	ok(tl_task_create(&(struct tl_options){.name = "n", .group = "g", .level = 2}, &t));
	ok(tl_task_info(t, &info));
	expect_string(info.name, "n");
	expect_string(info.group, "g");
	expect_int(info.level, 2);
	ok(tl_task_create(NULL, &t));
	ok(tl_task_release(t));
}
