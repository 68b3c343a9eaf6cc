/* SPDX-License-Identifier: MIT */
/*
 * callbacks_that_act.c: callbacks and handlers that use the runtime.
 *
 * What they may do (spawn, insert, kill with TL_PENDING) works, and what comes after them takes it
 * into account.  What they may not do (switch, use a channel in a channel callback, touch a tasklet
 * that ends just now) is refused, and nothing is broken.
 */
#include "harness.h"

static struct tl_channel *channel, *other;
static struct tl_mutex *mutex;
static tl_task target, last;
static bool done; /* a callback acts once */

/* The ring is whole: so many members, and everybody in it runs and ends. */
static void expect_alone(void)
{
	expect_int(tl_run_count(), 1);
	expect_ring("M");
	spawn("A", logs);
	spawn("B", logs);
	expect_int(tl_run_count(), 3);
	ok(tl_run());
	expect_log("A B");
	expect_int(tl_run_count(), 1);
	expect_ring("M");
}

BODY(receives)
{
	int value = -1;
	const int result = tl_channel_receive(channel, &value);
	log_("%s=%d,%d", (const char *)arg, result, value);
	return 0;
}

BODY(sends_7)
{
	const int result = send_int(channel, 7);
	log_("%s=%d", (const char *)arg, result);
	return 0;
}

/* ---- a channel callback that ends a wait ---- */

static void kills_the_target(struct tl_channel *which, tl_task task, bool sending, bool will_block,
			     const void *element, void *user)
{
	(void)which, (void)task, (void)sending, (void)element, (void)user;
	if (done)
		return;
	done = true;
	log_("blocks=%d", will_block);
	ok(tl_task_kill(target, TL_PENDING));
}

TEST(the_receiver_that_a_send_would_meet_is_killed)
{
	channel = new_channel("c");
	target = spawn("R", receives);
	ok(tl_run());
	tl_set_channel_callback(kills_the_target, NULL);
	/* so main blocks; the ring is empty when R has ended */
	expect_result(send_int(channel, 5), -EDEADLK);
	expect_log("blocks=0 R=-125,-1");
	expect_int(tl_channel_balance(channel), 0);
	expect_queue(channel, "");
	ok(tl_channel_destroy(channel));
	expect_alone();
}

TEST(a_second_receiver_gets_it)
{
	channel = new_channel("c");
	target = spawn("R", receives);
	spawn("S", receives);
	ok(tl_run());
	tl_set_channel_callback(kills_the_target, NULL);
	ok(send_int(channel, 5));
	ok(tl_run());
	expect_log("blocks=0 S=0,5 R=-125,-1");
	expect_alone();
}

TEST(a_try_finds_nobody)
{
	const int value = 5;
	channel = new_channel("c");
	target = spawn("R", receives);
	ok(tl_run());
	tl_set_channel_callback(kills_the_target, NULL);
	expect_result(tl_channel_send_try(channel, &value), -EAGAIN);
	ok(tl_run());
	expect_log("blocks=0 R=-125,-1");
	expect_alone();
}

TEST(the_sender_that_a_receive_would_meet_is_killed)
{
	int value = -1;
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, 0, NULL));
	target = spawn("S", sends_7);
	ok(tl_run());
	tl_set_channel_callback(kills_the_target, NULL);
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_int(value, -1);
	expect_log("blocks=0 S=-125");
	expect_int(tl_channel_balance(channel), 0);
	expect_alone();
}

TEST(the_sender_behind_a_full_buffer_is_killed)
{
	channel = new_buffered("c", 1);
	ok(send_int(channel, 1));
	target = spawn("S", sends_7);
	ok(tl_run());
	expect_int(tl_channel_balance(channel), 1);
	tl_set_channel_callback(kills_the_target, NULL);
	expect_int(receive_int(channel), 1);
	expect_int(tl_channel_length(channel), 0);
	expect_int(tl_channel_balance(channel), 0);
	ok(tl_run());
	expect_log("blocks=0 S=-125");
	expect_alone();
}

/* ---- a channel callback and channels ---- */

static void uses_channels(struct tl_channel *which, tl_task task, bool sending, bool will_block,
			  const void *element, void *user)
{
	int value = 0;
	(void)task, (void)sending, (void)will_block, (void)element, (void)user;
	struct tl_channel *const both[] = {which, other};
	for (int i = 0; i < 2; i++) {
		struct tl_channel *const c = both[i];
		expect_result(tl_channel_send(c, &value), -ELOOP);
		expect_result(tl_channel_send_try(c, &value), -ELOOP);
		expect_result(tl_channel_receive(c, &value), -ELOOP);
		expect_result(tl_channel_next_try(c, &value), -ELOOP);
		expect_result(tl_channel_send_error(c, EIO, NULL), -ELOOP);
		expect_result(tl_channel_destroy(c), -ELOOP);
		expect_result(tl_channel_close(c), -ELOOP);
		expect_result(tl_channel_open(c), -ELOOP);
		expect_result(tl_channel_clear(c), -ELOOP);
		expect_result(tl_channel_set_preference(c, 1, NULL), -ELOOP);
		expect_result(tl_channel_set_schedule_all(c, 1, NULL), -ELOOP);
	}
	log_("tried");
}

TEST(a_channel_callback_may_not_use_channels)
{
	channel = new_buffered("c", 4);
	other = new_channel("d");
	tl_set_channel_callback(uses_channels, NULL);
	ok(send_int(channel, 5));
	expect_int(receive_int(channel), 5);
	expect_log("tried tried");
	tl_set_channel_callback(NULL, NULL);
	expect(!tl_channel_is_closing(channel));
	expect_int(tl_channel_preference(channel), 0);
	expect_int(tl_channel_schedule_all(channel), 0);
	ok(tl_channel_destroy(channel));
	ok(tl_channel_destroy(other));
	expect_alone();
}

/* ---- handlers that make main ready while it is being revived ---- */

static void kills_whom_it_is_told_of(tl_task task, void *user)
{
	(void)user;
	log_("deadlock(%s)", name_of(task));
	ok(tl_task_kill(task, TL_PENDING));
}

TEST(a_deadlock_handler_that_cancels_main)
{
	int value;
	channel = new_channel("c");
	tl_set_deadlock_handler(kills_whom_it_is_told_of, NULL);
	spawn("x", logs);
	expect_result(tl_channel_receive(channel, &value), -ECANCELED);
	expect_no_uncaught();
	expect_log("x deadlock(M)");
	expect_int(tl_channel_balance(channel), 0);
	expect_alone();
}

static void spawns_a_sender(tl_task task, void *user)
{
	(void)task, (void)user;
	log_("deadlock");
	spawn("S", sends_7);
}

TEST(a_deadlock_handler_that_spawns_who_helps)
{
	channel = new_channel("c");
	tl_set_deadlock_handler(spawns_a_sender, NULL);
	spawn("x", logs);
	expect_int(receive_int(channel), 7);
	ok(tl_run());
	expect_log("x deadlock S=0");
	expect_alone();
}

static void inserts_main(tl_task prev, tl_task next, void *user)
{
	(void)prev, (void)user;
	if (next.id != 0)
		return;
	log_("nobody");
	ok(tl_task_insert(tl_main()));
}

TEST(a_schedule_callback_that_inserts_main)
{
	tl_current();
	tl_set_schedule_callback(inserts_main, NULL);
	spawn("x", logs);
	ok(tl_schedule_remove(NULL, NULL));
	expect_log("x nobody");
	tl_set_schedule_callback(NULL, NULL);
	expect_alone();
}

static void spawns_once(tl_task prev, tl_task next, void *user)
{
	(void)prev, (void)user;
	if (next.id != 0 || done)
		return;
	done = true;
	spawn("S", sends_7);
}

TEST(a_schedule_callback_that_spawns_who_helps)
{
	channel = new_channel("c");
	tl_set_schedule_callback(spawns_once, NULL);
	spawn("x", logs);
	expect_int(receive_int(channel), 7);
	ok(tl_run());
	expect_log("x S=0");
	tl_set_schedule_callback(NULL, NULL);
	expect_alone();
}

/* ---- calls that would switch ---- */

/* Every way to wait or to go elsewhere; `yields_for_ever` is another member of the ring. */
static void tries_to_switch(void)
{
	int value = 0;
	expect_result(tl_channel_receive(other, &value), -EPERM);
	expect_result(tl_channel_send(other, &value), -EPERM);
	expect_result(tl_channel_send_error(other, EIO, NULL), -EPERM);
	expect_result(tl_mutex_lock(mutex), -EPERM);
	expect_result(tl_task_join(last, NULL), -EPERM);
	expect_result(tl_sleep(SECOND), -EPERM);
	expect_result(tl_schedule_remove(NULL, NULL), -EPERM);
	expect_result(tl_task_run(last), -EPERM);
	expect_result(tl_task_switch(last), -EPERM);
	expect_result(tl_task_throw(last, EIO, NULL, 0), -EPERM);
	expect_result(tl_task_kill(last, 0), -EPERM);
	expect_int(tl_channel_balance(other), 0);
	expect(tl_task_state(tl_current()) & TL_ALIVE);
	log_("tried");
	done = true;
}

BODY(holds_the_mutex)
{
	ok(tl_mutex_lock(mutex));
	return yields_for_ever(arg);
}

/* `last` yields for ever and holds the mutex; main is alone beside it. */
static void prepare(void)
{
	channel = new_channel("c");
	other = new_channel("d");
	ok(tl_mutex_create("m", &mutex));
	ok(tl_spawn(holds_the_mutex, NULL,
		    &(struct tl_options){.name = "last", .flags = TL_JOINABLE}, &last));
	ok(tl_schedule());
}

static void clean_up(void)
{
	expect_log("tried");
	expect_int(tl_run_count(), 2);
	expect_ring("M last");
	ok(tl_task_kill(last, 0));
	ok(tl_channel_destroy(channel));
	ok(tl_channel_destroy(other));
	expect_alone();
}

static void switching_in_schedule(tl_task prev, tl_task next, void *user)
{
	(void)prev, (void)next, (void)user;
	if (!done)
		tries_to_switch();
}

TEST(a_schedule_callback_may_not_switch)
{
	prepare();
	tl_set_schedule_callback(switching_in_schedule, NULL);
	ok(tl_schedule());
	tl_set_schedule_callback(NULL, NULL);
	clean_up();
}

BODY(sends_3)
{
	return send_int(channel, 3);
}

TEST(nor_when_the_caller_left_the_ring)
{
	prepare();
	spawn("S", sends_3);
	tl_set_schedule_callback(switching_in_schedule, NULL);
	expect_int(receive_int(channel), 3);
	tl_set_schedule_callback(NULL, NULL);
	ok(tl_schedule());
	clean_up();
}

static void receives_in_schedule(tl_task prev, tl_task next, void *user)
{
	int value;
	(void)prev, (void)next, (void)user;
	if (done)
		return;
	done = true;
	expect_result(tl_channel_receive(other, &value), -EPERM);
	expect_int(tl_channel_balance(other), 0);
}

TEST(nor_with_one_other_member)
{
	channel = new_channel("c");
	other = new_channel("d");
	spawn("S", sends_3);
	tl_set_schedule_callback(receives_in_schedule, NULL);
	expect_int(receive_int(channel), 3);
	expect(done);
	tl_set_schedule_callback(NULL, NULL);
	ok(tl_run());
	expect_alone();
}

static void after_the_sleep(tl_task prev, tl_task next, void *user)
{
	int value = 0;
	void *error_value, *slot;
	(void)user;
	if (prev.id != 0)
		return;
	expect_task(next, tl_main());
	/* nobody ran before: but the questions have answers, and the calls are refused */
	const tl_task current = tl_current();
	expect(current.id == 0 || tl_task_state(current) & TL_ALIVE);
	(void)tl_error_value(&error_value);
	expect(tl_schedule() <= 0);
	expect(tl_schedule_value(NULL, &slot) <= 0);
	expect(tl_run() <= 0);
	expect_result(tl_channel_receive(other, &value), -EPERM);
	expect_result(tl_sleep(SECOND), -EPERM);
	expect(tl_mutex_lock_try(mutex) <= 0);
	spawn("A", logs);
	log_("awake");
}

TEST(a_callback_after_a_sleep, VIRTUAL_CLOCK)
{
	other = new_channel("d");
	ok(tl_mutex_create("m", &mutex));
	tl_set_schedule_callback(after_the_sleep, NULL);
	ok(tl_sleep(MILLISECOND));
	ok(tl_run());
	expect_log("awake A");
	tl_set_schedule_callback(NULL, NULL);
	expect_int(tl_channel_balance(other), 0);
	expect_alone();
}

static void switching_in_spawn(tl_task task, void *user)
{
	(void)task, (void)user;
	if (!done)
		tries_to_switch();
}

TEST(a_spawn_callback_may_not_switch)
{
	prepare();
	tl_set_spawn_callback(switching_in_spawn, NULL);
	const tl_task t = spawn("t", logs);
	tl_set_spawn_callback(NULL, NULL);
	ok(tl_task_kill(t, 0));
	clean_up();
}

static int switching_in_error(tl_task task, int error, void *user)
{
	(void)task, (void)error, (void)user;
	if (!done)
		tries_to_switch();
	return 0;
}

BODY(fails)
{
	(void)arg;
	return -EIO;
}

TEST(an_error_handler_may_not_switch)
{
	prepare();
	tl_set_error_handler(switching_in_error, NULL);
	spawn("bad", fails);
	ok(tl_schedule());
	ok(tl_schedule());
	clean_up();
}

static void lowers_the_trap(tl_task prev, tl_task next, void *user)
{
	(void)prev, (void)next, (void)user;
	if (done)
		return;
	done = true;
	expect_int(tl_switch_trap(-1), 0); /* there is nothing to lower */
	expect_result(tl_schedule(), -EPERM);
	expect_result(tl_task_run(last), -EPERM);
	expect_int(tl_switch_trap(0), 0);
	log_("tried");
}

TEST(the_trap_level_is_the_programs_alone)
{
	prepare();
	target = spawn("y", yields_for_ever);
	tl_set_schedule_callback(lowers_the_trap, NULL);
	ok(tl_schedule());
	tl_set_schedule_callback(NULL, NULL);
	expect_int(tl_switch_trap(1), 0);
	expect_result(tl_schedule(), -EPERM);
	expect_int(tl_switch_trap(-1), 1);
	ok(tl_task_kill(target, 0));
	clean_up();
}

/* ---- an error handler and the tasklet that it is told of ---- */

static int does_everything_to_it(tl_task task, int error, void *user)
{
	(void)user;
	log_("told_of_%d", error);
	expect_result(tl_task_insert(task), -EBUSY);
	expect(tl_task_run(task) < 0);
	expect(tl_task_switch(task) < 0);
	expect(tl_task_throw(task, EBADF, NULL, 0) < 0);
	expect(tl_task_throw(task, EBADF, NULL, TL_PENDING) < 0);
	expect(tl_task_bind(task, logs, NULL) < 0);
	expect(tl_task_setup(task, logs, NULL) < 0);
	expect(tl_task_release(task) < 0);
	expect(tl_task_join(task, NULL) < 0);
	ok(tl_task_remove(task));
	ok(tl_task_kill(task, TL_PENDING));
	ok(tl_task_kill(task, 0));
	return 0;
}

/* The slots of what is new are their own, and all of it runs. */
static void expect_slots_in_order(void)
{
	tl_task new[8];
	for (int i = 0; i < 8; i++) {
		new[i] = spawn_with("new", logs, (void *)(uintptr_t) "ran");
		for (int j = 0; j < i; j++)
			expect(new[i].slot != new[j].slot);
	}
	expect_int(tl_run_count(), 9);
	ok(tl_run());
	expect_log("ran ran ran ran ran ran ran ran");
	expect_alone();
}

TEST(one_that_never_ran_ends_once)
{
	const tl_task fresh = spawn("t", logs);
	tl_set_error_handler(does_everything_to_it, NULL);
	ok(tl_task_throw(fresh, EIO, NULL, 0));
	expect_log("told_of_-5");
	expect_state(fresh, "------");
	expect_result(tl_task_insert(fresh), -ESRCH);
	tl_set_error_handler(NULL, NULL);
	expect_slots_in_order();
}

TEST(a_kept_one_that_never_ran_ends_once)
{
	const tl_task kept = create("k");
	ok(tl_task_bind(kept, logs, (void *)(uintptr_t) "again"));
	tl_set_error_handler(does_everything_to_it, NULL);
	ok(tl_task_throw(kept, EIO, NULL, 0));
	expect_log("told_of_-5");
	expect_state(kept, "------");
	tl_set_error_handler(NULL, NULL);
	ok(tl_task_setup(kept, logs, (void *)(uintptr_t) "again"));
	ok(tl_run());
	expect_log("again");
	ok(tl_task_release(kept));
	expect_slots_in_order();
}

/* Whose name it asks for; then it throws at another one that never ran, of which it is told, too.
 */
static int throws_at_the_next(tl_task task, int error, void *user)
{
	struct tl_task_info info;
	(void)user;
	ok(tl_task_info(task, &info));
	log_("%s=%d", info.name, error);
	if (error == -EIO)
		ok(tl_task_throw(last, ENXIO, NULL, 0));
	ok(tl_task_kill(target, 0));
	ok(tl_task_kill(last, 0));
	expect(tl_task_insert(target) < 0);
	log_("end(%s)", info.name);
	return 0;
}

TEST(ends_within_ends_of_some_that_never_ran)
{
	target = spawn("t", logs);
	last = spawn("u", logs);
	tl_set_error_handler(throws_at_the_next, NULL);
	ok(tl_task_throw(target, EIO, NULL, 0));
	expect_log("t=-5 u=-6 end(u) end(t)");
	expect_state(target, "------");
	expect_state(last, "------");
	tl_set_error_handler(NULL, NULL);
	expect_slots_in_order();
}

/* ---- the switch trap and an error handler ---- */

static int makes_it_ebadf(tl_task task, int error, void *user)
{
	(void)task, (void)error, (void)user;
	log_("handled");
	return -EBADF;
}

BODY(throws_under_the_trap)
{
	(void)arg;
	const tl_task fresh = spawn("fresh", logs);
	tl_switch_trap(1);
	ok(tl_task_throw(fresh, EIO, NULL, 0));
	log_("still_here");
	expect_state(fresh, "------");
	expect_int(tl_switch_trap(-1), 1);
	ok(tl_schedule());
	log_("back");
	return 0;
}

TEST(a_handlers_new_error_waits_for_the_trap)
{
	tl_set_error_handler(makes_it_ebadf, NULL);
	spawn("t", throws_under_the_trap);
	expect_result(tl_run(), -EBADF);
	expect_int(tl_switch_trap(0), 0);
	expect_log("handled still_here");
	ok(tl_run());
	expect_log("back");
	expect_alone();
}
