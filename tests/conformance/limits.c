/* SPDX-License-Identifier: MIT */
/*
 * limits.c: no more tasklets than TASKLET_MAX, no more memory than there is; nothing leaks, and the
 * program goes on.
 */
#define _GNU_SOURCE 1
#include <sys/resource.h>

#include "harness.h"

static int bodies;
static struct tl_channel *channel;

BODY(counts)
{
	(void)arg;
	bodies++;
	return 0;
}

BODY(receives)
{
	int value;
	(void)arg;
	or_end(tl_channel_receive(channel, &value));
	bodies++;
	return 0;
}

/* Spawn until it is refused; how many there were. */
static int spawn_until(tl_fn body, int wanted, int most)
{
	for (int i = 0; i <= most; i++) {
		const int result = tl_spawn(body, NULL, NULL, NULL);
		if (result != 0) {
			expect_result(result, wanted);
			return i;
		}
	}
	fail_test("spawn was not refused after %d tasklets", most);
}

TEST(the_table_is_full, .environment = {"TASKLET_MAX=5000"})
{
	for (int round = 0; round < 5; round++) {
		bodies = 0;
		/* main may be one of them */
		const int spawned = spawn_until(counts, -EAGAIN, 5000);
		expect(spawned >= 4999);
		tl_task t;
		expect_result(tl_task_create(NULL, &t), -EAGAIN);
		expect_result(tl_spawn(counts, NULL, NULL, &t), -EAGAIN);
		expect_int(tl_run_count(), spawned + 1);
		ok(tl_run());
		expect_int(bodies, spawned);
		expect_int(tl_run_count(), 1);
	}
}

TEST(the_table_is_full_of_blocked_ones, .environment = {"TASKLET_MAX=5000"})
{
	channel = new_channel("c");
	for (int round = 0; round < 3; round++) {
		bodies = 0;
		const int spawned = spawn_until(receives, -EAGAIN, 5000);
		expect(spawned >= 4999);
		ok(tl_run());
		expect_int(tl_channel_balance(channel), -spawned);
		expect_result(tl_spawn(counts, NULL, NULL, NULL), -EAGAIN);
		/* one ends: one more may come */
		ok(send_int(channel, 1));
		ok(tl_spawn(receives, NULL, NULL, NULL));
		expect_result(tl_spawn(counts, NULL, NULL, NULL), -EAGAIN);
		ok(tl_run());
		ok(tl_channel_clear(channel));
		expect_int(bodies, 1);
		expect_int(tl_channel_balance(channel), 0);
	}
}

TEST(joinable_ones_keep_their_place_until_joined, .environment = {"TASKLET_MAX=5000"})
{
	tl_task t;
	ok(tl_spawn(counts, NULL, &(struct tl_options){.flags = TL_JOINABLE}, &t));
	const int spawned = spawn_until(counts, -EAGAIN, 5000);
	ok(tl_run());
	expect_int(spawn_until(counts, -EAGAIN, 5000), spawned);
	ok(tl_run());
	ok(tl_task_join(t, NULL));
	expect_int(spawn_until(counts, -EAGAIN, 5000), spawned + 1);
	ok(tl_run());
}

TEST(objects_come_and_go)
{
	/* more than any table of objects holds at a time */
	for (int i = 0; i < 300000; i++) {
		struct tl_channel *c;
		struct tl_mutex *m;
		ok(tl_channel_create("c", sizeof(int), i % 3, &c));
		ok(tl_mutex_create("m", &m));
		ok(tl_mutex_destroy(m));
		ok(tl_channel_destroy(c));
	}
}

TEST(the_table_of_objects_is_full)
{
	enum { MOST = 4 << 20 };
	static struct tl_mutex *mutexes[MOST];
	int count = 0, result = 0;
	while (count < MOST && (result = tl_mutex_create(NULL, &mutexes[count])) == 0)
		count++;
	expect(count >= 1000);
	expect(count == MOST || result == -EAGAIN || result == -ENOMEM);
	for (int i = 0; i < count; i++)
		ok(tl_mutex_destroy(mutexes[i]));
	channel = new_channel("c");
}

/* ---- memory ---- */

/* No more address space than now, plus `more`. */
static struct rlimit limit_memory(size_t more)
{
	struct rlimit old, limit;
	unsigned long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "r");
	expect(statm != NULL);
	expect_int(fscanf(statm, "%lu", &pages), 1);
	fclose(statm);
	ok(getrlimit(RLIMIT_AS, &old));
	limit = old;
	limit.rlim_cur = pages * 4096 + more;
	ok(setrlimit(RLIMIT_AS, &limit));
	return old;
}

TEST(no_memory_for_stacks)
{
	enum { MANY = 20000 };
	if (is_instrumented())
		skip_test("a sanitizer or valgrind does not live within RLIMIT_AS");
	channel = new_channel("c");
	tl_current();
	const struct rlimit old = limit_memory(64 << 20);
	/* Each keeps its stack: 64 MiB hold about a thousand.  The others get -ENOMEM, at the spawn
	 * or instead of their first run, where it is an uncaught error of theirs. */
	int refused = 0, ended = 0, result;
	for (int i = 0; i < MANY; i++) {
		result = tl_spawn(receives, NULL, NULL, NULL);
		expect(result == 0 || result == -ENOMEM);
		refused += result != 0;
	}
	while ((result = tl_run()) != 0) {
		expect_result(result, -ENOMEM);
		expect_int(tl_uncaught(NULL, NULL), 1);
		ended++;
	}
	const int waiting = -tl_channel_balance(channel);
	ok(setrlimit(RLIMIT_AS, &old));
	expect(waiting > 100);
	expect(refused + ended > 0);
	expect_int(refused + ended + waiting, MANY);
	for (int i = 0; i < waiting; i++)
		ok(send_int(channel, i));
	ok(tl_run());
	expect_int(bodies, waiting);
	expect_int(tl_run_count(), 1);
	/* And with memory again, all of them. */
	bodies = 0;
	for (int i = 0; i < MANY; i++)
		ok(tl_spawn(receives, NULL, NULL, NULL));
	ok(tl_run());
	expect_int(tl_channel_balance(channel), -MANY);
	for (int i = 0; i < MANY; i++)
		ok(send_int(channel, i));
	ok(tl_run());
	expect_int(bodies, MANY);
}

TEST(no_memory_for_channels)
{
	if (is_instrumented())
		skip_test("a sanitizer or valgrind does not live within RLIMIT_AS");
	tl_current();
	const struct rlimit old = limit_memory(8 << 20);
	struct tl_channel *huge = NULL;
	expect_result(tl_channel_create("huge", 1 << 20, 1 << 10, &huge), -ENOMEM);
	ok(setrlimit(RLIMIT_AS, &old));
	ok(tl_channel_create("huge", 1 << 10, 1 << 10, &huge));
	ok(tl_channel_destroy(huge));
}

/* ---- nothing leaks ---- */

static unsigned long resident_pages(void)
{
	unsigned long size, resident = 0;
	FILE *statm = fopen("/proc/self/statm", "r");
	expect(statm != NULL);
	expect_int(fscanf(statm, "%lu %lu", &size, &resident), 2);
	fclose(statm);
	return resident;
}

static void thousand_lives(void)
{
	for (int i = 0; i < 1000; i++)
		spawn_with("t", receives, NULL);
	ok(tl_run());
	for (int i = 0; i < 500; i++)
		ok(send_int(channel, i));
	ok(tl_channel_clear(channel));
	ok(tl_run());
}

TEST(lives_do_not_pile_up)
{
	channel = new_channel("c");
	for (int i = 0; i < 20; i++)
		thousand_lives();
	const unsigned long before = resident_pages();
	for (int i = 0; i < 100; i++)
		thousand_lives();
	/* The event rings may still be filling: a few MiB are no leak of 100,000 tasklets. */
	expect(resident_pages() < before + 4096);
}
