/* SPDX-License-Identifier: MIT */
/*
 * fork_threads.c: a child of fork(2), in which one thread survives, makes threads of its own.
 *
 * The tasklets of the parent's other threads are lost: none of them ever runs in the child, whoever
 * uses what they waited for.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "harness.h"

static struct tl_channel *channel, *senders;
static struct tl_mutex *mutex;
static tl_task lost[4];
static pthread_barrier_t barrier;
static pid_t parent;

static void meet(void)
{
	pthread_barrier_wait(&barrier);
}

/* What a lost tasklet would do when it went on: in the parent it is killed by the thread's end. */
static int goes_on(void)
{
	if (getpid() != parent)
		fail_test("a tasklet of a thread that is not there runs");
	return 0;
}

BODY(receives)
{
	int value;
	(void)arg;
	(void)!tl_channel_receive(channel, &value);
	return goes_on();
}

BODY(sends)
{
	(void)arg;
	(void)!send_int(senders, 1);
	return goes_on();
}

BODY(sleeps)
{
	(void)arg;
	(void)!tl_sleep(1000 * SECOND);
	return goes_on();
}

BODY(yields)
{
	(void)arg;
	for (;;) {
		or_end(tl_schedule());
		goes_on();
	}
}

static void *has_tasklets(void *arg)
{
	ok(tl_channel_create("c", sizeof(int), 0, &channel));
	ok(tl_channel_create("d", sizeof(int), 0, &senders));
	ok(tl_mutex_create("m", &mutex));
	ok(tl_spawn(receives, NULL, NULL, &lost[0]));
	ok(tl_spawn(sends, NULL, NULL, &lost[1]));
	ok(tl_spawn(sleeps, NULL, &(struct tl_options){.flags = TL_BACKGROUND}, &lost[2]));
	ok(tl_spawn(yields, NULL, NULL, &lost[3]));
	for (int i = 0; i < 2; i++)
		ok(tl_schedule());
	meet(); /* the fork is between the two */
	meet();
	return arg;
}

static void use_what_they_used(void)
{
	int value = 42;
	for (int i = 0; i < 4; i++) {
		expect_state(lost[i], "------");
		expect(tl_task_insert(lost[i]) < 0);
		expect(tl_task_run(lost[i]) < 0);
	}
	expect_int(tl_channel_balance(channel), 0);
	expect_int(tl_channel_balance(senders), 0);
	expect_result(tl_channel_send_try(channel, &value), -EAGAIN);
	expect_result(tl_channel_send(channel, &value), -EDEADLK);
	expect_result(tl_channel_receive(senders, &value), -EDEADLK);
	expect_int(value, 42);
	ok(tl_mutex_lock(mutex));
	ok(tl_mutex_unlock(mutex));
	expect_int(tl_run_count(), 1);
	spawn("A", logs);
	spawn("B", logs);
	ok(tl_run());
	expect_log("A B");
	ok(tl_channel_destroy(channel));
	ok(tl_channel_destroy(senders));
	ok(tl_mutex_destroy(mutex));
}

static void *is_new(void *arg)
{
	tl_current();
	use_what_they_used();
	return arg;
}

static void in_the_child(bool on_a_thread)
{
	pthread_t thread;
	if (!on_a_thread) {
		use_what_they_used();
		return;
	}
	ok(pthread_create(&thread, NULL, is_new, NULL));
	ok(pthread_join(thread, NULL));
}

/* An expectation that failed in the child stands where the runner looks for it. */
static void expect_success_of(pid_t child)
{
	int status;
	expect_int(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		fail_test("the child was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		_exit(WEXITSTATUS(status));
}

static void fork_beside_a_thread(bool on_a_thread)
{
	pthread_t thread;
	parent = getpid();
	ok(pthread_barrier_init(&barrier, NULL, 2));
	ok(pthread_create(&thread, NULL, has_tasklets, NULL));
	meet();
	const pid_t child = fork();
	expect(child >= 0);
	if (child == 0) {
		in_the_child(on_a_thread);
		_exit(0);
	}
	expect_success_of(child);
	/* nothing of this has touched the parent */
	for (int i = 0; i < 4; i++)
		expect(tl_task_state(lost[i]) & TL_ALIVE);
	expect_int(tl_channel_balance(channel), -1);
	expect_int(tl_channel_balance(senders), 1);
	meet();
	ok(pthread_join(thread, NULL));
}

TEST(a_new_thread_of_the_child_revives_nobody)
{
	tl_current();
	fork_beside_a_thread(true);
}

TEST(the_thread_that_forked_revives_nobody)
{
	tl_current();
	fork_beside_a_thread(false);
}

TEST(nor_when_it_had_not_used_the_runtime)
{
	fork_beside_a_thread(true);
}
