/* SPDX-License-Identifier: MIT */
/*
 * names_and_info.c: names, tl_task_info(), and what tl_report() writes.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <sys/mman.h>

#include "harness.h"

static struct tl_channel *channel;

static struct tl_task_info info_of(tl_task task)
{
	struct tl_task_info info;
	ok(tl_task_info(task, &info));
	return info;
}

BODY(receives)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	return 0;
}

/* ---- names ---- */

TEST(names_are_kept)
{
	const tl_task t = spawn("a name", logs);
	expect_string(info_of(t).name, "a name");
	ok(tl_task_set_name(t, "another"));
	expect_string(info_of(t).name, "another");
	ok(tl_task_set_name(t, NULL));
	expect_string(info_of(t).name, "");
	ok(tl_task_set_name(tl_main(), "boss"));
	expect_string(info_of(tl_main()).name, "boss");
	ok(tl_run());
	expect_result(tl_task_set_name(t, "gone"), -ESRCH);
}

TEST(names_in_writable_memory_are_copied)
{
	char name[64] = "first name";
	tl_task t;
	ok(tl_spawn(logs, (void *)"t", &(struct tl_options){.name = name, .group = name}, &t));
	strcpy(name, "overwritten");
	expect_string(info_of(t).name, "first name");
	expect_string(info_of(t).group, "first name");
	strcpy(name, "a rather long name, longer than most");
	ok(tl_task_set_name(t, name));
	memset(name, 'x', sizeof(name) - 1);
	expect_string(info_of(t).name, "a rather long name, longer than most");
	ok(tl_run());
}

TEST(no_name_at_all)
{
	tl_task t;
	ok(tl_spawn(logs, (void *)"t", NULL, &t));
	expect_string(info_of(t).name, "");
	expect_string(info_of(t).group, "");
	ok(tl_run());
}

/* `got` begins as `whole` does, and does not end inside a character of it. */
static void expect_cut(const char *got, const char *whole, size_t character, size_t least)
{
	const size_t length = strlen(got);
	expect(length >= least);
	expect(strncmp(got, whole, length) == 0);
	expect_int(length % character, 0);
}

TEST(long_names_are_cut_between_characters)
{
	static const char *characters[] = {"x", "\u00e9", "\u20ac", "\U0001f600"};
	for (size_t i = 0; i < 4; i++) {
		char name[512] = "";
		const size_t bytes = strlen(characters[i]);
		for (size_t length = 0; length + bytes < 400; length += bytes)
			strcat(name, characters[i]);
		tl_task t;
		const struct tl_options options = {.name = name, .group = name};
		ok(tl_spawn(logs, (void *)"t", &options, &t));
		expect_cut(info_of(t).name, name, bytes, 15 - bytes);
		expect_cut(info_of(t).group, name, bytes, 15 - bytes);
		ok(tl_task_set_name(t, name));
		expect_cut(info_of(t).name, name, bytes, 15 - bytes);
		channel = new_channel(name);
		const tl_task waiter = spawn("waiter", receives);
		ok(tl_run());
		expect_cut(info_of(waiter).wait_object, name, bytes, 15 - bytes);
		ok(tl_task_kill(waiter, 0));
	}
	/* Every length around the places where a copy might be cut. */
	for (size_t length = 1; length < 70; length++) {
		char name[160] = "";
		for (size_t i = 0; i < length; i++)
			strcat(name, i == 0 && length % 2 ? "x" : "\u00e9");
		const tl_task t = spawn("t", logs);
		ok(tl_task_set_name(t, name));
		const char *got = info_of(t).name;
		expect(strncmp(got, name, strlen(got)) == 0);
		expect_int((strlen(got) - (length % 2)) % 2, 0);
		if (strlen(name) < sizeof(info_of(t).name) && strlen(name) < 16)
			expect_string(got, name);
	}
	ok(tl_run());
}

TEST(a_name_of_sixty_bytes_is_shown_whole)
{
	static const char sixty[] = "123456789 123456789 123456789 123456789 123456789 123456789 ";
	char copied[sizeof(sixty)];
	memcpy(copied, sixty, sizeof(sixty));
	const tl_task t = spawn(sixty, logs);
	expect_string(info_of(t).name, sixty);
	ok(tl_task_set_name(t, copied));
	expect_string(info_of(t).name, sixty);
	ok(tl_run());
	expect_log(sixty);
}

/* ---- info ---- */

BODY(schedules)
{
	for (int i = 0; i < number_of(arg); i++)
		or_end(tl_schedule());
	return 0;
}

TEST(switches_are_counted)
{
	const tl_task t = spawn_with("t", schedules, number(10));
	expect_int(info_of(t).switches, 0);
	ok(tl_schedule());
	expect_int(info_of(t).switches, 1); /* its first run */
	ok(tl_schedule());
	ok(tl_schedule());
	expect_int(info_of(t).switches, 3);
	ok(tl_run());
	expect_result(tl_task_info(t, &(struct tl_task_info){0}), -ESRCH);
}

TEST(info_of_the_states)
{
	channel = new_channel("the channel");
	const tl_task t = spawn("t", receives);
	expect_int(info_of(t).state, TL_ALIVE | TL_SCHEDULED);
	expect_pointer(info_of(t).wait, NULL);
	expect_string(info_of(t).wait_object, "");
	ok(tl_run());
	const struct tl_task_info info = info_of(t);
	expect_int(info.state, tl_task_state(t));
	expect(info.wait != NULL);
	expect_string(info.wait, "receive");
	expect_string(info.wait_object, "the channel");
	expect_pointer(info_of(tl_main()).wait, NULL);
	expect_int(info_of(tl_main()).state, TL_ALIVE | TL_SCHEDULED | TL_CURRENT | TL_MAIN);
	ok(tl_task_kill(t, 0));
}

BODY(sends)
{
	(void)arg;
	or_end(send_int(channel, 1));
	return 0;
}

BODY(sleeps)
{
	(void)arg;
	or_end(tl_sleep(SECOND));
	return 0;
}

static struct tl_mutex *mutex;

BODY(locks)
{
	(void)arg;
	or_end(tl_mutex_lock(mutex));
	return tl_mutex_unlock(mutex);
}

static tl_task joined;

BODY(joins)
{
	(void)arg;
	or_end(tl_task_join(joined, NULL));
	return 0;
}

TEST(every_wait_has_a_word, VIRTUAL_CLOCK)
{
	channel = new_channel("c");
	ok(tl_mutex_create("m", &mutex));
	ok(tl_mutex_lock(mutex));
	joined = create("joined");
	ok(tl_task_bind(joined, sends, NULL));
	const tl_task sender = spawn("sender", sends), sleeper = spawn("sleeper", sleeps);
	const tl_task locker = spawn("locker", locks), joiner = spawn("joiner", joins);
	ok(tl_schedule());
	expect_string(info_of(sender).wait, "send");
	expect_string(info_of(sender).wait_object, "c");
	expect_string(info_of(sleeper).wait, "sleep");
	expect_string(info_of(locker).wait, "lock");
	expect_string(info_of(locker).wait_object, "m");
	expect_string(info_of(joiner).wait, "join");
	expect_string(info_of(joiner).wait_object, "joined");
	ok(tl_task_kill(joiner, 0));
	ok(tl_mutex_unlock(mutex));
	receive_int(channel);
	ok(tl_run());
}

BODY(spawns_child)
{
	tl_task *child = arg;
	*child = spawn("child", logs);
	expect_int(info_of(*child).parent, tl_current().id);
	return 0;
}

TEST(parents_and_sites)
{
	tl_task child, site_given;
	const tl_task t = spawn_with("t", spawns_child, &child);
	expect_int(info_of(t).parent, tl_main().id);
	expect(info_of(t).site != NULL);
	static const char here;
	ok(tl_spawn(logs, (void *)"s", &(struct tl_options){.site = &here}, &site_given));
	expect_pointer(info_of(site_given).site, &here);
	ok(tl_run());
	expect_int(info_of(tl_main()).parent, 0);
}

static __attribute__((noinline)) tl_task spawn_here(void)
{
	tl_task task;
	ok(tl_spawn(logs, (void *)"a", NULL, &task));
	return task;
}

TEST(the_site_is_the_return_address)
{
	tl_task first, second;
	ok(tl_spawn(logs, (void *)"a", NULL, &first));
	ok(tl_spawn(logs, (void *)"a", NULL, &second));
	expect(info_of(first).site != info_of(second).site);
	const tl_task third = spawn_here(), fourth = spawn_here();
	expect_pointer(info_of(third).site, info_of(fourth).site);
	ok(tl_run());
}

TEST(times_of_a_life)
{
	const uint64_t before = tl_now();
	channel = new_channel("c");
	const tl_task t = spawn("t", receives);
	ok(tl_schedule());
	ok(tl_sleep(2 * MILLISECOND));
	const struct tl_task_info info = info_of(t);
	const uint64_t after = tl_now();
	if (tracing_is_off()) {
		expect_int(info.spawned_ns, 0);
		expect_int(info.since_ns, 0);
		expect_int(info.run_ns + info.ready_ns + info.waiting_ns, 0);
	} else {
		/* two clocks may differ by a little */
		expect(info.spawned_ns + MILLISECOND >= before);
		expect(info.spawned_ns <= after + MILLISECOND);
		expect(info.since_ns + MILLISECOND >= info.spawned_ns);
		expect(info.run_ns + info.ready_ns + info.waiting_ns <=
		       after - before + 2 * MILLISECOND);
		expect(info.run_ns > 0);
	}
	ok(tl_task_kill(t, 0));
}

TEST(waiting_time_is_told)
{
	channel = new_channel("c");
	const tl_task t = spawn("t", receives);
	ok(tl_run());
	ok(tl_sleep(5 * MILLISECOND));
	const struct tl_task_info info = info_of(t);
	if (!tracing_is_off()) {
		expect(info.waiting_ns >= 4 * MILLISECOND);
		expect(tl_now() - info.since_ns >= 4 * MILLISECOND);
	}
	ok(tl_task_kill(t, 0));
}

BODY(uses_stack)
{
	volatile char bytes[20000];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = 1;
	ok(tl_schedule());
	return bytes[100] - 1;
}

TEST(stack_use_is_told)
{
	const tl_task t = spawn("t", uses_stack);
	expect_int(info_of(t).stack_bytes, 0);
	expect_int(info_of(t).stack_used_bytes, 0);
	ok(tl_schedule());
	const struct tl_task_info info = info_of(t);
	expect(info.stack_bytes >= 32768);
	expect(info.stack_used_bytes >= 20000);
	expect(info.stack_used_bytes <= info.stack_bytes);
	ok(tl_run());
}

/* ---- the report ---- */

TEST(the_report_has_a_line_a_tasklet)
{
	channel = new_channel("parcels");
	const tl_task t = spawn("postman", receives);
	spawn("runner", logs);
	ok(tl_schedule());
	spawn("fresh one", logs);
	const char *text = report_text();
	char id[32];
	snprintf(id, sizeof(id), "%llu", (unsigned long long)t.id);
	const char *line = strstr(text, "postman");
	expect(line != NULL);
	const char *end = strchr(line, '\n');
	expect(end != NULL);
	const char *object = strstr(line, "parcels");
	expect(object != NULL && object < end);
	expect(strstr(text, id) != NULL);
	expect(strstr(text, "fresh one") != NULL);
	expect(strstr(text, "runner") == NULL); /* it ended */
	ok(tl_run());
	expect_log("runner fresh one");
}

TEST(the_report_tells_why_it_could_not_write)
{
	tl_current();
	expect_result(tl_report(-1), -EBADF);
	const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	expect(full >= 0);
	expect_result(tl_report(full), -ENOSPC);
	close(full);
}

TEST(the_report_of_thousands)
{
	channel = new_channel("c");
	for (int i = 0; i < 3000; i++)
		spawn("t", receives);
	ok(tl_run());
	const int fd = memfd_create("report", MFD_CLOEXEC);
	ok(tl_report(fd));
	expect(lseek(fd, 0, SEEK_END) > 3000 * 10);
	close(fd);
}

/* ---- notes ---- */

BODY(marks)
{
	(void)arg;
	tl_span_begin("outer");
	tl_mark("a mark", 7);
	tl_span_begin("inner");
	ok(tl_schedule());
	tl_span_end();
	tl_span_end();
	tl_span_end(); /* one too many is harmless */
	log_("t");
	return 0;
}

TEST(marks_and_spans_do_not_switch)
{
	spawn("t", marks);
	tl_mark("a mark", UINT64_MAX);
	expect_log("");
	ok(tl_run());
	expect_log("t");
}
