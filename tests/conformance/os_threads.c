/* SPDX-License-Identifier: MIT */
/*
 * os_threads.c: several OS threads, each with a ring of its own.
 *
 * The threads meet at a barrier of the C library, which blocks the whole thread; tasklets do not
 * talk across threads here.
 */
#include <pthread.h>

#include "harness.h"

static pthread_barrier_t barrier;

static void meet(void)
{
	pthread_barrier_wait(&barrier);
}

static void on_two_threads(void *(*body)(void *))
{
	pthread_t threads[2];
	ok(pthread_barrier_init(&barrier, NULL, 2));
	for (intptr_t i = 0; i < 2; i++)
		ok(pthread_create(&threads[i], NULL, body, (void *)i));
	for (int i = 0; i < 2; i++)
		ok(pthread_join(threads[i], NULL));
}

static tl_task mains[2], tasks[2];
static struct tl_channel *channels[2];

static void *has_a_ring(void *arg)
{
	const int self = number_of(arg), other = 1 - self;
	mains[self] = tl_main();
	expect_task(tl_current(), tl_main());
	meet();
	expect(mains[self].id != mains[other].id);
	for (int i = 0; i <= self; i++)
		ok(tl_spawn(yields_for_ever, NULL, NULL, &tasks[self]));
	meet();
	expect_int(tl_run_count(), 2 + self);
	expect(tasks[self].id != tasks[other].id);
	for (int i = 0; i < 100; i++)
		ok(tl_schedule());
	expect_int(tl_run_count(), 2 + self);
	meet();
	/* the other's main is no main of this thread, and not current here */
	expect_task(tl_current(), mains[self]);
	meet();
	return NULL;
}

TEST(each_thread_has_a_ring_of_its_own)
{
	on_two_threads(has_a_ring);
	expect_int(tl_run_count(), 1);
}

static void *uses_the_others(void *arg)
{
	const int self = number_of(arg), other = 1 - self;
	ok(tl_spawn(yields_for_ever, NULL, &(struct tl_options){.flags = TL_JOINABLE},
		    &tasks[self]));
	ok(tl_channel_create("c", sizeof(int), 1, &channels[self]));
	meet();
	int value = 1;
	/* Talking across threads is not there yet: refused, and nothing happens. */
	expect_result(tl_task_run(tasks[other]), -EINVAL);
	expect_result(tl_task_switch(tasks[other]), -EINVAL);
	expect_result(tl_channel_send(channels[other], &value), -EINVAL);
	expect_result(tl_channel_receive(channels[other], &value), -EINVAL);
	meet();
	expect_int(tl_run_count(), 2);
	expect_int(tl_channel_length(channels[self]), 0);
	meet();
	return NULL;
}

TEST(the_other_threads_things_are_refused)
{
	on_two_threads(uses_the_others);
}

struct work {
	struct tl_channel *channel;
	int sum;
};

BODY(sends_many)
{
	struct work *work = arg;
	for (int i = 1; i <= 1000; i++)
		ok(send_int(work->channel, i));
	return tl_channel_send_error(work->channel, 0, NULL);
}

BODY(sums_up)
{
	struct work *work = arg;
	int value;
	while (tl_channel_next(work->channel, &value) == 1)
		work->sum += value;
	return 0;
}

static void *works(void *arg)
{
	(void)arg;
	struct work work = {.sum = 0};
	ok(tl_channel_create("c", sizeof(int), 0, &work.channel));
	ok(tl_spawn(sends_many, &work, NULL, NULL));
	ok(tl_spawn(sums_up, &work, NULL, NULL));
	meet();
	ok(tl_run());
	expect_int(work.sum, 500500);
	expect_int(tl_run_count(), 1);
	ok(tl_channel_destroy(work.channel));
	return NULL;
}

TEST(two_threads_work_at_the_same_time)
{
	for (int i = 0; i < 10; i++)
		on_two_threads(works);
}

BODY(returns)
{
	return number_of(arg);
}

static void *has_errors(void *arg)
{
	const int self = number_of(arg);
	const int error = self ? -EIO : -EBADF;
	tl_task who, t;
	int got = 0;
	ok(tl_spawn(returns, number(error), NULL, &t));
	expect_result(tl_run(), error);
	meet();
	expect_int(tl_uncaught(&who, &got), 1);
	expect_int(got, error);
	expect_task(who, t);
	/* traps are a thread's own, too */
	if (self == 0)
		tl_switch_trap(1);
	meet();
	ok(tl_spawn(returns, number(0), NULL, NULL));
	expect_result(tl_schedule(), self ? 0 : -EPERM);
	if (self == 0)
		tl_switch_trap(-1);
	ok(tl_run());
	return NULL;
}

TEST(errors_and_traps_are_a_threads_own)
{
	on_two_threads(has_errors);
}

static void *sleeps(void *arg)
{
	(void)arg;
	meet();
	for (int i = 0; i < 3; i++)
		ok(tl_sleep(MILLISECOND));
	return NULL;
}

TEST(each_thread_sleeps_for_itself)
{
	on_two_threads(sleeps);
}

TEST(threads_come_and_go)
{
	/* more than the table of schedulers holds at a time */
	for (int i = 0; i < 300; i++)
		on_two_threads(works);
}

static void *does_nothing(void *arg)
{
	return arg;
}

TEST(a_thread_that_does_not_use_the_runtime)
{
	pthread_t thread;
	ok(pthread_create(&thread, NULL, does_nothing, NULL));
	ok(pthread_join(thread, NULL));
	spawn("A", logs);
	ok(tl_run());
	expect_log("A");
}

static void log_first_use(tl_task prev, tl_task next, void *user)
{
	(void)user;
	if (prev.id == 0)
		log_("first(%s)", next.id == tl_main().id ? "main" : "?");
}

static void *uses_once(void *arg)
{
	tl_current();
	return arg;
}

TEST(case_181_first_use_on_a_new_thread)
{
	pthread_t thread;
	tl_set_schedule_callback(log_first_use, NULL);
	tl_current();
	expect_log("first(main)");
	ok(pthread_create(&thread, NULL, uses_once, NULL));
	ok(pthread_join(thread, NULL));
	expect_log("first(main)");
}

/* ---- the end of a thread with tasklets that live ---- */

BODY(blocks)
{
	int value;
	(void)arg;
	or_end(tl_channel_receive(channels[0], &value));
	return 0;
}

static tl_task left[4], kept;

static void *leaves_tasklets(void *arg)
{
	ok(tl_channel_create("c", sizeof(int), 0, &channels[0]));
	ok(tl_spawn(blocks, NULL, NULL, &left[0]));
	ok(tl_spawn(yields_for_ever, NULL, NULL, &left[1]));
	for (int i = 0; i < 3; i++)
		ok(tl_schedule());
	ok(tl_spawn(blocks, NULL, NULL, &left[2]));
	ok(tl_spawn(blocks, NULL, NULL, &left[3]));
	ok(tl_task_remove(left[3]));
	return arg;
}

TEST(tasklets_of_a_thread_that_ended_are_stale)
{
	pthread_t thread;
	for (int round = 0; round < 3; round++) {
		ok(pthread_create(&thread, NULL, leaves_tasklets, NULL));
		ok(pthread_join(thread, NULL));
		for (int i = 0; i < 4; i++) {
			expect_state(left[i], "------");
			expect_result(tl_task_insert(left[i]), -ESRCH);
			expect_result(tl_task_run(left[i]), -ESRCH);
			ok(tl_task_kill(left[i], 0));
			ok(tl_task_remove(left[i]));
		}
		expect_int(tl_channel_balance(channels[0]), 0);
		spawn("A", logs);
		ok(tl_run());
		expect_log("A");
	}
}

static void *ends_with_everything_done(void *arg)
{
	kept = create("kept");
	ok(tl_task_setup(kept, logs, (void *)"t"));
	ok(tl_run());
	return arg;
}

TEST(a_kept_tasklet_of_a_thread_that_ended_is_dead)
{
	pthread_t thread;
	ok(pthread_create(&thread, NULL, ends_with_everything_done, NULL));
	ok(pthread_join(thread, NULL));
	expect_log("t");
	expect_state(kept, "------");
	expect_result(tl_task_insert(kept), -ESRCH);
	ok(tl_task_kill(kept, 0));
}
