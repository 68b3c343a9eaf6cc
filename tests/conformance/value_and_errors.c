/* SPDX-License-Identifier: MIT */
/*
 * value_and_errors.c: the value slot and the value of an error are what they were when a call was
 * refused, and what others made them when it was not; errors arrive whatever their number.  And
 * texts: names and groups come back as they were given.
 */
#include "harness.h"

static struct tl_channel *channel;
static int objects[4]; /* as values */

static void expect_slot(const void *wanted)
{
	void *slot = &objects[3];
	ok(tl_task_value(tl_current(), &slot));
	expect_pointer(slot, wanted);
}

static void expect_error_value(const void *wanted)
{
	void *value = &objects[3];
	ok(tl_error_value(&value));
	expect_pointer(value, wanted);
}

/* ---- errors that are the names of other outcomes, too ---- */

BODY(returns)
{
	return number_of(arg);
}

TEST(main_that_was_removed_gets_every_error)
{
	static const int errors[] = {EAGAIN, EPERM, EDEADLK, EBUSY, EIO, ETIMEDOUT, ESRCH};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const tl_task t = spawn_with("t", returns, number(-errors[i]));
		void *slot = NULL;
		expect_result(tl_schedule_remove(&objects[0], &slot), -errors[i]);
		expect_pointer(slot, &objects[0]);
		expect_slot(&objects[0]);
		expect_uncaught(t, -errors[i]);
	}
	/* and alone it returns at once */
	ok(tl_schedule_remove(NULL, NULL));
	expect_no_uncaught();
}

BODY(is_removed)
{
	void *slot = NULL;
	const int result = tl_schedule_remove(&objects[1], &slot);
	expect_pointer(slot, &objects[2]);
	expect_slot(&objects[2]);
	log_("%d", result);
	(void)arg;
	return 0;
}

TEST(a_throw_leaves_the_slot_that_others_set)
{
	static const int errors[] = {EPERM, EAGAIN, EDEADLK, EIO};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const tl_task t = spawn("t", is_removed);
		ok(tl_schedule());
		ok(tl_task_set_value(t, &objects[2]));
		ok(tl_task_throw(t, errors[i], NULL, 0));
	}
	expect_log("-1 -11 -35 -5");
}

/* ---- refused: the slot is as it was ---- */

TEST(a_trapped_call_leaves_the_slot)
{
	void *slot = NULL;
	spawn("other", logs);
	ok(tl_task_set_value(tl_current(), &objects[0]));
	tl_switch_trap(1);
	expect_result(tl_schedule_value(&objects[1], &slot), -EPERM);
	expect_slot(&objects[0]);
	expect_result(tl_schedule_remove(&objects[1], &slot), -EPERM);
	expect_slot(&objects[0]);
	tl_switch_trap(-1);
	expect_log("");
	ok(tl_schedule_value(&objects[1], &slot));
	expect_pointer(slot, &objects[1]);
	expect_log("other");
	expect_slot(&objects[1]);
}

BODY(cannot_leave)
{
	void *slot = NULL;
	ok(tl_task_set_value(tl_current(), &objects[0]));
	expect_result(tl_schedule_remove(&objects[1], &slot), -EDEADLK);
	expect_slot(&objects[0]);
	log_("refused");
	return send_int(arg, 1);
}

TEST(a_deadlock_leaves_the_slot)
{
	channel = new_channel("c");
	spawn_with("t", cannot_leave, channel);
	expect_int(receive_int(channel), 1);
	ok(tl_run());
	expect_log("refused");
}

BODY(gives_way_with_a_value)
{
	void *slot = NULL;
	const int result = tl_schedule_value(&objects[1], &slot);
	expect_pointer(slot, &objects[2]);
	expect_slot(&objects[2]);
	log_("%d", result);
	(void)arg;
	return 0;
}

TEST(a_throw_is_no_refusal)
{
	const tl_task t = spawn("t", gives_way_with_a_value);
	ok(tl_schedule());
	ok(tl_task_set_value(t, &objects[2]));
	ok(tl_task_throw(t, EPERM, NULL, 0));
	expect_log("-1");
}

/* ---- the value of an error, after a sent error that did not arrive ---- */

static void *sent_value, *second_value;
static uint64_t patience = TL_FOREVER;

/* A first error with a value; then it sends one, and gets another error in that call. */
BODY(gets_two_errors)
{
	expect_result(tl_schedule_remove(NULL, NULL), -EBADF);
	expect_error_value(&objects[0]);
	const uint64_t deadline = patience == TL_FOREVER ? TL_FOREVER : tl_now() + patience;
	log_("%d", tl_channel_send_error_until(channel, EIO, sent_value, deadline));
	expect_error_value(second_value);
	(void)arg;
	return 0;
}

static tl_task begin(void)
{
	channel = new_channel("c");
	const tl_task t = spawn("t", gets_two_errors);
	ok(tl_schedule());
	ok(tl_task_throw(t, EBADF, &objects[0], 0));
	return t;
}

TEST(a_kill_comes_without_a_value)
{
	sent_value = second_value = NULL;
	ok(tl_task_kill(begin(), 0));
	expect_log("-125");
}

TEST(a_kill_hides_the_value_that_was_sent)
{
	sent_value = &objects[1];
	second_value = NULL;
	ok(tl_task_kill(begin(), 0));
	expect_log("-125");
}

TEST(a_throw_with_the_value_that_was_sent)
{
	sent_value = second_value = &objects[1];
	ok(tl_task_throw(begin(), ENXIO, &objects[1], 0));
	expect_log("-6");
}

TEST(a_sent_error_whose_time_is_up, VIRTUAL_CLOCK)
{
	patience = MILLISECOND;
	sent_value = second_value = NULL; /* -ETIMEDOUT comes with none */
	begin();
	ok(tl_run());
	expect_log("-110");
}

TEST(an_error_that_arrived_changes_nothing)
{
	int value;
	void *got = NULL;
	sent_value = &objects[1];
	second_value = &objects[0];
	begin();
	expect_result(tl_channel_receive(channel, &value), -EIO);
	ok(tl_error_value(&got));
	expect_pointer(got, &objects[1]);
	ok(tl_run());
	expect_log("0");
}

TEST(a_refused_one_changes_nothing)
{
	sent_value = &objects[1];
	second_value = &objects[0];
	channel = new_channel("c");
	ok(tl_channel_close(channel));
	const tl_task t = spawn("t", gets_two_errors);
	ok(tl_schedule());
	ok(tl_task_throw(t, EBADF, &objects[0], 0));
	expect_log("-32");
}

/* ---- texts ---- */

static void expect_group(tl_task task, const char *wanted)
{
	struct tl_task_info info;
	ok(tl_task_info(task, &info));
	expect_string(info.group, wanted);
}

/* Groups of all lengths, each beside a text that is no text: bytes of no encoding. */
TEST(a_group_ends_where_it_ends)
{
	static char groups[64][64], names[64][64];
	tl_task tasks[64];
	for (int i = 0; i < 64; i++) {
		for (int j = 0; j < i; j++)
			groups[i][j] = (char)('a' + (i + j) % 26);
		snprintf(names[i], sizeof(names[i]),
			 "%.*s\xff\xf0\xf0\xf0\xf0 %d is not in UTF-8, and long",
			 i % 8 < 5 ? 0 : i % 8 - 5, "zz", i);
		ok(tl_spawn(logs, NULL, &(struct tl_options){.group = groups[i]}, &tasks[i]));
		ok(tl_spawn(logs, NULL, &(struct tl_options){.name = names[i]}, NULL));
	}
	for (int i = 0; i < 64; i++)
		expect_group(tasks[i], groups[i]);
}

TEST(a_long_group_is_cut_between_characters)
{
	tl_task task;
	char text[128], wanted[64];
	memset(text, 'g', 62);
	strcpy(text + 62,
	       "\xc3\xa9 and so on"); /* 2 bytes, for the last of which there is no room */
	memset(wanted, 'g', 62);
	wanted[62] = '\0';
	ok(tl_spawn(logs, NULL, &(struct tl_options){.group = text}, &task));
	expect_group(task, wanted);
}

/* Another name of 15 bytes for each number. */
static void short_name(char *name, unsigned i)
{
	for (int at = 14; at >= 0; at--, i >>= 2)
		name[at] = (char)('a' + (i & 3));
	name[15] = '\0';
}

TEST(short_names_use_nothing_up)
{
	struct tl_task_info info;
	char name[16];
	const char *long_name = "a name that is longer than what a record has room for";
	const tl_task t = spawn("t", logs);
	const unsigned renames = is_instrumented() ? 20000 : 1200000;
	for (unsigned i = 0; i < renames; i++) {
		short_name(name, i);
		ok(tl_task_set_name(t, name));
	}
	ok(tl_task_info(t, &info));
	expect_string(info.name, name);
	ok(tl_task_set_name(t, long_name));
	ok(tl_task_info(t, &info));
	expect_string(info.name, long_name);
	const char *group = "a group that nobody had before";
	tl_task other;
	ok(tl_spawn(logs, NULL, &(struct tl_options){.group = group}, &other));
	expect_group(other, group);
}
