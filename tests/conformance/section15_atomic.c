/* SPDX-License-Identifier: MIT */
/*
 * section15_atomic.c: the atomic flag, as far as it shows without a watchdog.
 */
#include "harness.h"

BODY(sets_and_restores)
{
	const tl_task self = tl_current();
	int old[3] = {9, 9, 9}, first, second, last;
	first = tl_task_atomic(self);
	ok(tl_task_set_atomic(self, 1, &old[0]));
	second = tl_task_atomic(self);
	ok(tl_task_set_atomic(self, 1, &old[1]));
	ok(tl_task_set_atomic(self, 0, &old[2]));
	last = tl_task_atomic(self);
	log_("%d %d %d %d %d %d", first, old[0], second, old[1], old[2], last);
	return 0;
}

TEST(case_166_the_old_flag_is_returned)
{
	spawn("t", sets_and_restores);
	ok(tl_run());
	expect_log("0 0 1 1 1 0");
	/* the scoped form: restore what was there */
	int old = 9;
	ok(tl_task_set_atomic(tl_main(), 1, &old));
	expect_int(old, 0);
	ok(tl_task_set_atomic(tl_main(), old, NULL));
	expect_int(tl_task_atomic(tl_main()), 0);
}

BODY(logs_atomic)
{
	log_("%d", tl_task_atomic(tl_current()));
	return 0;
}

BODY(spawns_atomically)
{
	ok(tl_task_set_atomic(tl_current(), 1, NULL));
	const tl_task child = spawn("child", logs_atomic);
	expect_int(tl_task_atomic(child), 0);
	ok(tl_schedule());
	expect_int(tl_task_atomic(tl_current()), 1);
	return 0;
}

TEST(case_168_a_new_tasklet_is_not_atomic)
{
	spawn("t", spawns_atomically);
	ok(tl_run());
	expect_log("0");
	const tl_task t = spawn("t", logs_atomic);
	ok(tl_task_set_atomic(t, 7, NULL));
	expect_int(tl_task_atomic(t), 1);
	ok(tl_run());
	expect_log("1");
	expect_result(tl_task_set_atomic(t, 1, NULL), -ESRCH);
}
