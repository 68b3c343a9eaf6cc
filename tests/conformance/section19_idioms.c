/* SPDX-License-Identifier: MIT */
/*
 * section19_idioms.c: what Stackless programs are built from, with channels alone and with what the
 * runtime has for it.
 */
#include "harness.h"

/* ---- a sleep manager on a clock of its own ---- */

struct sleeper {
	int due, order;
	struct tl_channel *channel;
};

static struct sleeper sleepers[8];
static int sleeper_count, clock_now, order;

static int manager_sleep(int ticks)
{
	struct tl_channel *channel = new_channel("sleep");
	sleepers[sleeper_count++] = (struct sleeper){clock_now + ticks, order++, channel};
	return receive_int(channel);
}

/* The one that is due first, out of the table. */
static struct sleeper manager_take(void)
{
	int first = 0;
	for (int i = 1; i < sleeper_count; i++)
		if (sleepers[i].due < sleepers[first].due ||
		    (sleepers[i].due == sleepers[first].due &&
		     sleepers[i].order < sleepers[first].order))
			first = i;
	const struct sleeper taken = sleepers[first];
	sleepers[first] = sleepers[--sleeper_count];
	return taken;
}

BODY(sleeps_by_manager)
{
	const char *name = arg;
	for (int i = 0; i < 2; i++) {
		manager_sleep(name[0] == 'A' ? 3 : 2);
		log_("(%d,%s)", clock_now, name);
	}
	return 0;
}

TEST(case_201_sleep_manager)
{
	spawn("A", sleeps_by_manager);
	spawn("B", sleeps_by_manager);
	ok(tl_run());
	while (sleeper_count > 0) {
		const struct sleeper next = manager_take();
		clock_now = next.due;
		ok(send_int(next.channel, 0));
		ok(tl_run());
	}
	expect_log("(2,B) (3,A) (4,B) (6,A)");
}

static uint64_t start;

BODY(sleeps_by_runtime)
{
	const char *name = arg;
	for (int i = 0; i < 2; i++) {
		ok(tl_sleep((name[0] == 'A' ? 3 : 2) * SECOND));
		log_("(%d,%s)", (int)((tl_now() - start) / SECOND), name);
	}
	return 0;
}

TEST(case_201_with_the_clock_of_the_runtime, VIRTUAL_CLOCK)
{
	start = tl_now();
	spawn("A", sleeps_by_runtime);
	spawn("B", sleeps_by_runtime);
	ok(tl_run());
	expect_log("(2,B) (3,A) (4,B) (6,A)");
	expect_int(tl_now() - start, 6 * SECOND);
}

/* ---- a mutex ---- */

static struct tl_channel *queue;
static int capacity;
static struct tl_mutex *mutex;

static void idiom_lock(void)
{
	int old;
	ok(tl_task_set_atomic(tl_current(), 1, &old));
	if (capacity > 0)
		capacity--;
	else
		receive_int(queue);
	ok(tl_task_set_atomic(tl_current(), old, NULL));
}

static void idiom_unlock(void)
{
	if (tl_channel_balance(queue) < 0)
		ok(send_int(queue, 0));
	else
		capacity++;
}

BODY(tick_trick_track)
{
	const char *name = arg;
	log_("%s_acq", name);
	idiom_lock();
	log_("%s_sw", name);
	ok(tl_schedule());
	log_("%s_rel", name);
	idiom_unlock();
	log_("%s_end", name);
	return 0;
}

TEST(case_202_mutex_of_a_channel)
{
	queue = new_channel("queue");
	capacity = 1;
	spawn("tick", tick_trick_track);
	spawn("trick", tick_trick_track);
	spawn("track", tick_trick_track);
	ok(tl_run());
	expect_log("tick_acq tick_sw trick_acq track_acq tick_rel trick_sw tick_end trick_rel "
		   "track_sw trick_end track_rel track_end");
	expect_int(capacity, 1);
	expect_int(tl_channel_balance(queue), 0);
}

BODY(with_the_runtimes_mutex)
{
	const char *name = arg;
	log_("%s_acq", name);
	ok(tl_mutex_lock(mutex));
	log_("%s_sw", name);
	ok(tl_schedule());
	log_("%s_rel", name);
	ok(tl_mutex_unlock(mutex));
	log_("%s_end", name);
	return 0;
}

TEST(case_202_with_the_mutex_of_the_runtime)
{
	/* Unlocking never switches: each ends before the next one goes on. */
	ok(tl_mutex_create("m", &mutex));
	spawn("tick", with_the_runtimes_mutex);
	spawn("trick", with_the_runtimes_mutex);
	spawn("track", with_the_runtimes_mutex);
	ok(tl_run());
	expect_log("tick_acq tick_sw trick_acq track_acq tick_rel tick_end trick_sw trick_rel "
		   "trick_end track_sw track_rel track_end");
	ok(tl_mutex_destroy(mutex));
}

/* ---- a generator ---- */

BODY(generates)
{
	struct tl_channel *channel = arg;
	static const char *const names[] = {"a", "b", "c"};
	for (int i = 1; i <= 3; i++) {
		spawn(names[i - 1], logs);
		ok(send_int(channel, i));
	}
	spawn("d", logs);
	return 0;
}

TEST(case_205_a_sender_that_spawns)
{
	struct tl_channel *channel = new_channel("c");
	const tl_task s = spawn_with("S", generates, channel);
	ok(tl_task_run(s));
	expect_int(tl_run_count(), 2);
	for (int i = 0; i < 3; i++) {
		const int value = receive_int(channel);
		log_("%d", value);
	}
	expect_log("1 a 2 b 3");
	ok(tl_run());
	expect_log("c d");
}

/* ---- an actor: requests with a channel for the reply ---- */

struct request {
	int value;
	struct tl_channel *reply;
};

static struct tl_channel *requests;

BODY(squares)
{
	struct request request;
	(void)arg;
	while (tl_channel_next(requests, &request) == 1)
		ok(send_int(request.reply, request.value * request.value));
	log_("server ends");
	return 0;
}

BODY(asks)
{
	struct request request = {number_of(arg), new_channel("reply")};
	ok(tl_channel_send(requests, &request));
	const int answer = receive_int(request.reply);
	log_("%d", answer);
	return 0;
}

TEST(an_actor_answers_in_order)
{
	ok(tl_channel_create("requests", sizeof(struct request), 0, &requests));
	spawn("server", squares);
	for (int i = 1; i <= 4; i++)
		spawn_with("client", asks, number(i));
	ok(tl_run());
	expect_log("1 4 9 16");
	ok(tl_channel_send_error(requests, 0, NULL));
	expect_log("server ends");
	ok(tl_channel_destroy(requests));
}
