/* SPDX-License-Identifier: MIT */
/*
 * thread_churn.c: threads that come and go.  What a thread took of the process's tables and of its
 * memory is there again when it has ended, also when it ends in an unusual way.
 */
#include <pthread.h>

#include "harness.h"

/* Run `body` on a thread of its own, to its end; what it returned. */
static intptr_t on_a_thread(void *(*body)(void *), intptr_t arg)
{
	pthread_t thread;
	void *result;
	ok(pthread_create(&thread, NULL, body, number(arg)));
	ok(pthread_join(thread, &result));
	return (intptr_t)result;
}

/* ---- objects: the table has room for 1,048,575 ---- */

static void *makes_one_channel(void *arg)
{
	struct tl_channel *channel;
	(void)arg;
	const int error = tl_channel_create("c", 0, 0, &channel);
	return number(error ? error : tl_channel_destroy(channel));
}

/* A thread takes slots by 64: so many threads would use up the table if none came back. */
TEST(a_channel_of_each_of_many_threads)
{
	/* slow there, and the next test sees the same loss */
	const int threads = is_instrumented() ? 500 : 16500;
	for (int i = 0; i < threads; i++)
		expect_result((int)on_a_thread(makes_one_channel, 0), 0);
}

enum { CHANNELS = 8192 };

static void *makes_many_channels(void *arg)
{
	static struct tl_channel *channels[CHANNELS];
	(void)arg;
	for (int i = 0; i < CHANNELS; i++) {
		const int error = tl_channel_create("c", 0, 0, &channels[i]);
		if (error)
			return number(error);
	}
	for (int i = 0; i < CHANNELS; i++)
		ok(tl_channel_destroy(channels[i]));
	return NULL;
}

TEST(many_channels_of_each_of_some_threads)
{
	for (int i = 0; i < 140; i++)
		expect_result((int)on_a_thread(makes_many_channels, 0), 0);
}

enum { KEEPERS = 140 };

static pthread_barrier_t begun, ending;

static void *keeps_one_channel(void *arg)
{
	struct tl_channel *channel = NULL;
	const int error = tl_channel_create("c", 0, 0, &channel);
	pthread_barrier_wait(&begun);
	pthread_barrier_wait(&ending);
	if (!error)
		ok(tl_channel_destroy(channel));
	(void)arg;
	return number(error);
}

/* Of the slots that are free again, one thread that needs one does not get all. */
TEST(threads_that_stay_share_what_comes_back)
{
	pthread_t keepers[KEEPERS];
	void *result;
	ok(pthread_barrier_init(&begun, NULL, 2));
	ok(pthread_barrier_init(&ending, NULL, KEEPERS + 1));
	for (int i = 0; i < KEEPERS; i++) {
		expect_result((int)on_a_thread(makes_many_channels, 0), 0);
		ok(pthread_create(&keepers[i], NULL, keeps_one_channel, NULL));
		pthread_barrier_wait(&begun);
	}
	pthread_barrier_wait(&ending);
	for (int i = 0; i < KEEPERS; i++) {
		ok(pthread_join(keepers[i], &result));
		expect_result(number_of(result), 0);
	}
}

/* ---- spawn sites: the table has room for 4,095 ---- */

static const char sites[200]; /* as if there were so many calls */

static void *spawns_at_each_site(void *arg)
{
	struct tl_task_info info;
	tl_task task;
	for (size_t i = 0; i < sizeof(sites); i++) {
		ok(tl_spawn(logs, (void *)(uintptr_t) "x", &(struct tl_options){.site = &sites[i]},
			    &task));
		ok(tl_task_info(task, &info));
		expect_pointer(info.site, &sites[i]);
		ok(tl_task_kill(task, 0));
	}
	return arg;
}

TEST(each_thread_spawns_at_the_same_sites)
{
	for (int i = 0; i < 40; i++)
		on_a_thread(spawns_at_each_site, i);
}

static void *spawns_here(void *arg)
{
	struct tl_task_info info;
	tl_task task;
	ok(tl_spawn(logs, (void *)(uintptr_t) "x", NULL, &task));
	ok(tl_task_info(task, &info));
	ok(tl_task_kill(task, 0));
	(void)arg;
	return (void *)(uintptr_t)info.site;
}

TEST(a_site_of_each_of_many_threads)
{
	const int threads = is_instrumented() ? 300 : 4200;
	const intptr_t first = on_a_thread(spawns_here, 0);
	expect(first != 0);
	for (int i = 0; i < threads; i++)
		expect(on_a_thread(spawns_here, 0) == first);
}

/* ---- memory ---- */

/* How many mappings the process has: all, or those that look like a guard page. */
static int mappings(bool guards)
{
	char line[512], permissions[8];
	uintptr_t from, to;
	int count = 0;
	FILE *file = fopen("/proc/self/maps", "r");
	expect(file != NULL);
	while (fgets(line, sizeof(line), file)) {
		expect(sscanf(line, "%lx-%lx %7s", &from, &to, permissions) == 3);
		count += !guards || (to - from == 4096 && strncmp(permissions, "---", 3) == 0);
	}
	fclose(file);
	return count;
}

static void *sleeps(void *arg)
{
	ok(tl_sleep(1000));
	return arg;
}

TEST(threads_that_slept_leave_no_mappings, VIRTUAL_CLOCK)
{
	for (int i = 0; i < 20; i++) /* what the first ones cost, stays */
		on_a_thread(sleeps, i);
	const int before = mappings(false);
	for (int i = 0; i < 200; i++)
		on_a_thread(sleeps, i);
	const int after = mappings(false);
	if (after - before > 50)
		fail_test("%d mappings before 200 threads, %d after them", before, after);
}

static void *counts_guards(void *arg)
{
	const int before = mappings(true);
	(void)arg;
	ok(tl_spawn(logs, (void *)(uintptr_t) "x", NULL, NULL));
	ok(tl_run());
	return number(mappings(true) - before);
}

/* The process makes at most some 12,000 guards in this way, 64 a thread at least. */
TEST(each_thread_has_guards, .environment = {"TASKLET_GUARD=protect"})
{
	const int first = (int)on_a_thread(counts_guards, 0);
	expect(first > 0);
	for (int i = 0; i < 250; i++) {
		const int guards = (int)on_a_thread(counts_guards, 0);
		if (guards < first)
			fail_test("%d guards in thread %d, %d in the first", guards, i, first);
	}
}

/* ---- a thread that ends inside a tasklet ---- */

static struct tl_channel *channel;

/* LeakSanitizer's.  Such a thread ends on a stack of the runtime's, which is lost with it. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

BODY(ends_the_thread)
{
	(void)arg;
	pthread_exit(NULL);
}

static void *waits_in_main(void *arg)
{
	int value = 0;
	if (__lsan_disable)
		__lsan_disable();
	tl_current();
	if (__lsan_enable)
		__lsan_enable();
	ok(tl_channel_create("c", sizeof(int), 0, &channel));
	ok(tl_spawn(ends_the_thread, NULL, NULL, NULL));
	if (arg)
		(void)!tl_channel_receive(channel, &value);
	else
		(void)!send_int(channel, 1);
	fail_test("main goes on in a thread that has ended");
	return arg;
}

static void end_a_thread_whose_main_waits(bool in_receive)
{
	int value = 1;
	on_a_thread(waits_in_main, in_receive);
	tl_current();
	expect_int(tl_channel_balance(channel), 0);
	expect_int(tl_channel_queue(channel).id, 0);
	expect_result(tl_channel_send_try(channel, &value), -EAGAIN);
	expect_result(tl_channel_receive_try(channel, &value), -EAGAIN);
	expect_result(tl_channel_send(channel, &value), -EDEADLK);
	ok(tl_channel_destroy(channel));
	spawn("A", logs);
	ok(tl_run());
	expect_log("A");
}

TEST(a_thread_ends_while_its_main_receives)
{
	end_a_thread_whose_main_waits(true);
}

TEST(a_thread_ends_while_its_main_sends)
{
	end_a_thread_whose_main_waits(false);
}
