/* SPDX-License-Identifier: MIT */
/*
 * analysis_lists.c: what a list of tasklets is made with: labels, filters, sorting, groups, stacks,
 * rates.
 */
#include <errno.h>
#include <stdlib.h>

#include "../../inspector/analysis/filter.h"
#include "../../inspector/analysis/groups.h"
#include "../../inspector/analysis/label.h"
#include "../../inspector/analysis/sort.h"
#include "../../inspector/analysis/stacks.h"
#include "analysis_picture.h"

/* ---- labels ---- */

static const char *duration(uint64_t ns)
{
	static char text[32];
	return label_duration(ns, text, sizeof text);
}

static const char *count(uint64_t value)
{
	static char text[32];
	return label_count(value, text, sizeof text);
}

static const char *bytes(uint64_t value)
{
	static char text[32];
	return label_bytes(value, text, sizeof text);
}

TEST(durations)
{
	expect_text(duration(0), "0ns");
	expect_text(duration(999), "999ns");
	expect_text(duration(1000), "1us");
	expect_text(duration(999999), "999us");
	expect_text(duration(1200000), "1.2ms");
	expect_text(duration(392000000), "392ms");
	expect_text(duration(8310000000), "8.31s");
	expect_text(duration(42099999999), "42.0s");
	expect_text(duration(150000000000), "2m30s");
	expect_text(duration(43500000000000), "12h05m");
	expect_text(duration(273600000000000), "3d04h");
	expect_text(duration(MODEL_UNKNOWN), "-");
	expect_text(duration(MODEL_UNKNOWN - 1), "213503d23h");
}

TEST(counts_and_bytes)
{
	expect_text(count(0), "0");
	expect_text(count(9999), "9999");
	expect_text(count(10000), "10.0k");
	expect_text(count(49876), "49.8k");
	expect_text(count(184000), "184k");
	expect_text(count(2150000), "2.1M");
	expect_text(count(MODEL_UNKNOWN), "-");
	expect_text(count(MODEL_UNKNOWN - 1), "18.4E");
	expect_text(bytes(1023), "1023");
	expect_text(bytes(1024), "1.0K");
	expect_text(bytes(7987), "7.7K");
	expect_text(bytes(65536), "64.0K");
	expect_text(bytes(1048576 - 1), "1023K");
	expect_text(bytes(MODEL_UNKNOWN - 1), "15.9E");
}

TEST(labels_are_cut_at_a_character)
{
	char text[8];
	expect_text(label_print(text, sizeof text, "%s", "abcdefghij"), "abcdefg");
	expect_text(label_print(text, sizeof text, "%s", "abcdef\xc3\xa9"), "abcdef");
	expect_text(label_print(text, sizeof text, "%s", "abcde\xc3\xa9"), "abcde\xc3\xa9");
	expect_text(label_print(text, sizeof text, "%s", "abcd\xf0\x9f\x98\x80"), "abcd");
	expect_text(label_print(text, sizeof text, "%s", "abc\xf0\x9f\x98\x80"),
		    "abc\xf0\x9f\x98\x80");
}

static const char *wait_of(struct picture *picture, int32_t task)
{
	static char text[LABEL_BYTES];
	return label_wait(picture_finish(picture), NULL, task, text, sizeof text);
}

TEST(waits)
{
	struct picture picture;
	char text[LABEL_BYTES];
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "index"), b = picture_task(&picture, NULL);
	const int32_t db = picture_mutex(&picture, "db", a),
		      jobs = picture_channel(&picture, "jobs", 1, 1);
	const int32_t unnamed = picture_channel(&picture, NULL, 0, 0);
	expect_text(wait_of(&picture, b), "sched 0");
	set_lock(&picture, b, db);
	expect_text(wait_of(&picture, b), "lock db (1)");
	object_at(&picture, db)->holder = b;
	expect_text(wait_of(&picture, b), "lock db (given)");
	object_at(&picture, db)->holder = -1;
	object_at(&picture, db)->holder_gone = true;
	expect_text(wait_of(&picture, b), "lock db (ended)");
	set_send(&picture, b, jobs);
	expect_text(wait_of(&picture, b), "send jobs (full)");
	object_at(&picture, jobs)->closing = true;
	expect_text(wait_of(&picture, b), "send jobs (closed)");
	set_receive(&picture, b, unnamed);
	expect_text(wait_of(&picture, b), "receive channel 3");
	set_join(&picture, b, a);
	expect_text(wait_of(&picture, b), "join 1 index");
	set_wait(&picture, b, TL_WAIT_RUN);
	task_at(&picture, b)->state = TL_STATE_PAUSED;
	expect_text(wait_of(&picture, b), "run");
	set_state(&picture, b, TL_STATE_PAUSED);
	expect_text(wait_of(&picture, b), "-");
	set_state(&picture, b, TL_STATE_RUNNING);
	expect_text(wait_of(&picture, b), "-");
	task_at(&picture, b)->quality = TASK_TORN;
	expect_text(wait_of(&picture, b), "?");
	expect_text(wait_of(&picture, -1), "-");
	const struct snapshot *snapshot = picture_finish(&picture);
	expect_text(label_task_id(snapshot, 1, text, sizeof text), "1 index");
	expect_text(label_task_id(snapshot, 99, text, sizeof text), "99 (ended)");
	expect_text(label_task_id(snapshot, 0, text, sizeof text), "-");
	expect_text(label_state(NULL, task_at(&picture, b)), "torn");
	picture_fini(&picture);
}

static const struct fake_place places[] = {
	{0x1000, "accept_start", "src/accept.c", 33, "/bin/jobd", false},
	{0x2000, "pool_start", "src/pool.c", 61, "/bin/jobd", false},
	{0x3000, "stripped", NULL, 0, "/bin/jobd", false},
	{0x9000, "tl_switch", NULL, 0, "/lib/libtasklet.so.0", true},
	{0x9100, "channel_block", NULL, 0, "/lib/libtasklet.so.0", true},
	{0x9200, "tl_start", NULL, 0, "/lib/libtasklet.so.0", true},
	{0x8000, "channel_park", "lib/core/channel.c", 7, "/bin/static", true},
	{0x8100, "tl_channel_send", "lib/core/channel_api.c", 9, "/bin/static", true},
	{0, NULL, NULL, 0, NULL, false},
};

TEST(sites)
{
	char text[LABEL_BYTES];
	fake_places = places;
	expect_text(label_site(NULL, 0x1000, text, sizeof text), "accept.c:33");
	expect_text(label_site(NULL, 0x3000, text, sizeof text), "stripped+0x4");
	expect_text(label_site(NULL, 0x4000, text, sizeof text), "0x4000");
	expect_text(label_site(NULL, 0, text, sizeof text), "-");
	expect_text(label_file("/a/b/c.c"), "c.c");
	expect_text(label_file("c.c"), "c.c");
	expect_text(label_file("a/"), "a/");
}

TEST(stack_use)
{
	struct task task = {.stack_low = 1000, .stack_high = 2000, .sp = 1900};
	double percent;
	expect_number(task_stack_used(&task, &percent), 100);
	expect(percent == 10.0);
	task.sp = 0;
	expect(task_stack_used(&task, NULL) == MODEL_UNKNOWN);
	task.sp = 2500;
	expect(task_stack_used(&task, NULL) == MODEL_UNKNOWN);
	task = (struct task){.sp = 5};
	expect(task_stack_used(&task, NULL) == MODEL_UNKNOWN);
}

/* ---- a few tasklets to make lists of ---- */

/* 1 main, sleeps; 2 conn/10, receives from jobs; 3 conn/9, lock db with a deadline; 4 runs; 5 torn
 */
static void a_few(struct picture *picture, struct look *look)
{
	fake_places = places;
	picture_init(picture);
	picture_task(picture, "main");
	picture_task(picture, "conn/10");
	picture_task(picture, "conn/9");
	picture_task(picture, "Busy one");
	picture_task(picture, "torn");
	const int32_t jobs = picture_channel(picture, "jobs", 0, 0);
	const int32_t db = picture_mutex(picture, "db", 0);
	set_wait(picture, 0, TL_WAIT_SLEEP);
	task_at(picture, 0)->is_main = true;
	set_receive(picture, 1, jobs);
	set_lock(picture, 2, db);
	set_state(picture, 3, TL_STATE_RUNNING);
	task_at(picture, 3)->quality = TASK_RUNNING;
	task_at(picture, 4)->quality = TASK_TORN;
	task_at(picture, 2)->has_deadline = true;
	strcpy(task_at(picture, 1)->group, "clients");
	for (uint32_t i = 0; i < 5; i++) {
		task_at(picture, (int32_t)i)->site = i == 0 ? 0 : i < 3 ? 0x1000 : 0x2000;
		task_at(picture, (int32_t)i)->age_ns = i * 1000000000ull;
		task_at(picture, (int32_t)i)->switches = 2000 * i;
		task_at(picture, (int32_t)i)->parent = i ? 1 : 0;
		task_at(picture, (int32_t)i)->level = (int8_t)(1 - (int)i);
	}
	task_at(picture, 4)->age_ns = MODEL_UNKNOWN;
	*look = (struct look){.snapshot = picture_finish(picture)};
}

/* ---- filters ---- */

/* The ids that pass: "2 3"; or the complaint, "offset+length: text". */
static const char *passing(const struct look *look, const char *text)
{
	static char result[512];
	struct filter *filter;
	struct filter_problem problem;
	int32_t *tasks;
	size_t passed, length = 0;
	const int failure = filter_parse(text, &filter, &problem);
	if (failure) {
		expect_number(failure, -EINVAL);
		snprintf(result, sizeof result, "%zu+%zu: %s", problem.offset, problem.length,
			 problem.text);
		return result;
	}
	result[0] = '\0';
	expect_number(filter_tasks(filter, look, &tasks, &passed), 0);
	for (size_t i = 0; i < passed; i++)
		length += (size_t)snprintf(result + length, sizeof result - length, "%s%llu",
					   i ? " " : "",
					   (unsigned long long)look->snapshot->tasks[tasks[i]].id);
	free(tasks);
	filter_free(filter);
	return result;
}

TEST(filters_that_match)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", "1 2 3 4 5"},
		{"   ", "1 2 3 4 5"},
		{"state:L", "3"},
		{"state:L,C", "2 3"},
		{"state:waiting", "1 2 3"},
		{"state:WAITING", "1 2 3"},
		{"state:lock,sleep", "1 3"},
		{"state:R", "4"},
		{"state:r", ""},
		{"state:running", "4"},
		{"state:torn", "5"},
		{"!state:waiting", "4 5"},
		{"state!=waiting", "4 5"},
		{"!state!=waiting", "1 2 3"},
		{"age>1s", "3 4"},
		{"age>=1s", "2 3 4"},
		{"age<1s", "1"},
		{"age<=1000ms", "1 2"},
		{"age=2s", "3"},
		{"age:2s", "3"},
		{"age!=2s", "1 2 4"},
		{"age>0", "2 3 4"},
		{"age<1m30s", "1 2 3 4"},
		{"age<0.5s", "1"},
		{"!age>1s", "1 2 5"},
		{"switches>=4k", "3 4 5"},
		{"switches<2.5k", "1 2"},
		{"level<0", "3 4 5"},
		{"level=-1", "3"},
		{"name~conn", "2 3"},
		{"name~CONN/1", "2"},
		{"name~^conn/[0-9]$", "3"},
		{"name:conn/*", "2 3"},
		{"name:conn", ""},
		{"name=main", "1"},
		{"!name:main", "2 3 4 5"},
		{"name:\"Busy one\"", "4"},
		{"\"Busy one\"", "4"},
		{"group:clients", "2"},
		{"waits~jobs", "2"},
		{"waits:\"receive jobs\"", "2"},
		{"on:db", "3"},
		{"spawn:accept.c", "2 3"},
		{"spawn:accept.c:33", "2 3"},
		{"spawn:src/accept.c", "2 3"},
		{"spawn:accept_start", "2 3"},
		{"spawn:ccept.c", ""},
		{"spawn~pool", "4 5"},
		{"!spawn:accept.c", "1 4 5"},
		{"id:2,4", "2 4"},
		{"id:2", "2"},
		{"parent:1 id:2", "2"},
		{"is:deadline", "3"},
		{"is:main,torn", "1 5"},
		{"!is:torn", "1 2 3 4"},
		{"conn", "2 3"},
		{"CLIENTS", "2"},
		{"jobs", "2"},
		{"3", "3"},
		{"!conn", "1 4 5"},
		{"\"a:b\"", ""},
		{"name~conn age>1s", "3"},
		{"state:C !state:C", ""},
	};
	struct picture picture;
	struct look look;
	a_few(&picture, &look);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect_text_at(__FILE__, __LINE__, rows[i].text, passing(&look, rows[i].text),
			       rows[i].want);
	picture_fini(&picture);
}

TEST(filters_that_are_wrong_point_at_the_word)
{
	static const struct {
		const char *text, *want; /* the want is a beginning */
	} rows[] = {
		{"agee>1s", "0+4: no field 'agee': want one of id name"},
		{"name~x agee>1s", "7+4: no field 'agee'"},
		{"age>1", "4+1: '1' is no age: want a number and ns us"},
		{"age>", "0+4: nothing after 'age>'"},
		{"age~1s", "0+6: age is a number: want ="},
		{"name>b", "0+6: name is no number: want ':' or '~' after it"},
		{"state~L", "0+7: state is no number: want ':' after it"},
		{"state:Q", "6+1: 'Q' is no state: want a letter"},
		{"state:L,Q", "8+1: 'Q' is no state"},
		{"state:L,", "8+0: '' is no state"},
		{"x  state:sleepy", "9+6: 'sleepy' is no state"},
		{"is:happy", "3+5: 'happy' is no is: want deadline"},
		{"id:x", "3+1: 'x' is no id: want a number"},
		{"name~(", "5+1: '(' is no regular expression: "},
		{"name:\"x", "0+7: a quote that does not close"},
		{"!", "0+1: nothing after '!'"},
		{"age>1parsec", "4+7: '1parsec' is no age"},
		{"age>0x10s", "4+5: '0x10s' is no age"},
		{"age>infs", "4+4: 'infs' is no age"},
		{"age>nan", "4+3: 'nan' is no age"},
		{"switches>1q", "9+2: '1q' is no switches"},
		{"stack>1X", "6+2: '1X' is no stack: want bytes"},
		{"stack%>x", "7+1: 'x' is no stack%"},
	};
	struct picture picture;
	struct look look;
	a_few(&picture, &look);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char got[512];
		snprintf(got, strlen(rows[i].want) + 1, "%s", passing(&look, rows[i].text));
		expect_text_at(__FILE__, __LINE__, rows[i].text, got, rows[i].want);
	}
	picture_fini(&picture);
}

TEST(filters_on_rates)
{
	struct picture picture;
	struct look look;
	struct filter *filter;
	struct filter_problem problem;
	a_few(&picture, &look);
	expect_text(passing(&look, "run%<50"), ""); /* nothing is known */
	struct task_rate rates[5] = {{10, 5}, {60, 5}, {RATE_UNKNOWN, 5}, {99, 70000}, {0, 0}};
	look.rates = &(struct rates){.tasks = rates};
	expect_text(passing(&look, "run%<50"), "1 5");
	expect_text(passing(&look, "switch/s>50k"), "4");
	filter_parse("age>1s switch/s>5", &filter, &problem);
	expect(filter_wants_rates(filter));
	filter_free(filter);
	filter_parse("age>1s", &filter, &problem);
	expect(!filter_wants_rates(filter));
	filter_free(filter);
	expect(!filter_wants_rates(NULL));
	expect(filter_matches(NULL, &look, 0));
	picture_fini(&picture);
}

/* ---- sorting ---- */

static const char *sorted(const struct look *look, const char *key)
{
	static char result[256];
	struct sort sort;
	struct problem problem;
	size_t length = 0;
	int32_t tasks[5] = {4, 3, 2, 1, 0};
	if (sort_parse_task(key, &sort, &problem))
		return problem.text[0] ? "refused" : "silent";
	expect_number(sort_tasks(look, sort, tasks, 5), 0);
	for (size_t i = 0; i < 5; i++)
		length += (size_t)snprintf(result + length, sizeof result - length, "%s%d",
					   i ? " " : "", tasks[i] + 1);
	return result;
}

TEST(sort_orders)
{
	struct picture picture;
	struct look look;
	a_few(&picture, &look);
	expect_text(sorted(&look, "id"), "1 2 3 4 5");
	expect_text(sorted(&look, "id:down"), "5 4 3 2 1");
	expect_text(sorted(&look, "age"), "4 3 2 1 5"); /* unknown last */
	expect_text(sorted(&look, "age:up"), "1 2 3 4 5");
	expect_text(sorted(&look, "name"), "4 3 2 1 5"); /* conn/9 before conn/10 */
	expect_text(sorted(&look, "switches"), "5 4 3 2 1");
	expect_text(sorted(&look, "spawn"), "2 3 4 5 1");
	expect_text(sorted(&look, "spawn:down"), "4 5 2 3 1");
	expect_text(sorted(&look, "waits"), "5 3 2 1 4");
	expect_text(sorted(&look, "parent"), "2 3 4 5 1");
	expect_text(sorted(&look, "level"), "1 2 3 4 5");
	expect_text(sorted(&look, "sched"), "1 2 3 4 5");
	expect_text(sorted(&look, "run%"), "1 2 3 4 5");
	expect_text(sorted(&look, "stack"), "1 2 3 4 5");
	expect_text(sorted(&look, "state"), "4 2 3 1 5");
	struct task_rate rates[5] = {{10, 5}, {60, 5}, {RATE_UNKNOWN, 5}, {99, 70000}, {0, 0}};
	look.rates = &(struct rates){.tasks = rates};
	expect_text(sorted(&look, "run%"), "4 2 1 5 3");
	expect_text(sorted(&look, "switch/s"), "4 1 2 3 5");
	for (int key = 0; key < SORT_TASK_KEY_COUNT; key++) {
		char word[64];
		snprintf(word, sizeof word, "%s:up", sort_task_word(key));
		expect(strcmp(sorted(&look, word), "refused") != 0);
		expect(sort_task_heading(key)[0]);
	}
	picture_fini(&picture);
}

TEST(sort_keys_that_are_wrong)
{
	struct sort sort;
	struct problem problem;
	expect_number(sort_parse_task("agee", &sort, &problem), -EINVAL);
	expect(strstr(problem.text, "cannot sort by 'agee'") && strstr(problem.text, " switch/s"));
	expect_number(sort_parse_task("age:sideways", &sort, &problem), -EINVAL);
	expect_number(sort_parse_task("", &sort, &problem), -EINVAL);
	expect_number(sort_parse_task("age:", &sort, &problem), -EINVAL);
	expect_number(sort_parse_channel("age", &sort, &problem), -EINVAL);
	expect(strstr(problem.text, " oldest"));
	expect_number(sort_parse_channel("oldest:up", &sort, &problem), 0);
	expect(sort.key == SORT_CHANNEL_OLDEST && !sort.down);
}

TEST(channels_in_order)
{
	struct picture picture;
	struct problem problem;
	struct sort sort;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), b = picture_task(&picture, "b");
	for (int i = 0; i < 3; i++)
		picture_channel(&picture, (const char *[]){"jobs", "acks", "log"}[i], (uint32_t)i,
				0);
	set_send(&picture, a, 1);
	set_receive(&picture, b, 2);
	task_at(&picture, b)->age_ns = 5000000000;
	const struct look look = {.snapshot = picture_finish(&picture)};
	static const struct {
		const char *key;
		int32_t want[3];
	} rows[] = {
		{"name", {1, 0, 2}},   {"id:down", {2, 1, 0}},   {"oldest", {2, 1, 0}},
		{"senders", {1, 0, 2}}, {"receivers", {2, 0, 1}}, {"cap", {2, 1, 0}},
		{"made", {0, 1, 2}},    {"send/s", {0, 1, 2}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int32_t objects[3] = {0, 1, 2};
		expect_number(sort_parse_channel(rows[i].key, &sort, &problem), 0);
		expect_number(sort_channels(&look, sort, objects, 3), 0);
		expect(memcmp(objects, rows[i].want, sizeof objects) == 0);
	}
	picture_fini(&picture);
}

/* ---- groups ---- */

static const uint64_t stacks_of_five[5][8] = {
	{0x9000, 0x9100, 0x1000, 0x9200},
	{0x9000, 0x9100, 0x2000, 0x9200}, /* unlike the first in one frame */
	{0x9000, 0x9100, 0x1000, 0x9200},
	{0x8000, 0x8100, 0x2000, 0x9200}, /* a static program: the runtime is in its own module */
	{0x9000, 0x9100, 0x1000},
};

static const char *grouped(const struct look *look, enum group_key key)
{
	static char result[512];
	struct groups groups;
	size_t length = 0;
	const int32_t tasks[5] = {0, 1, 2, 3, 4};
	result[0] = '\0';
	expect_number(groups_make(look, key, tasks, 5, &groups), 0);
	for (uint32_t g = 0; g < groups.count; g++) {
		char label[LABEL_BYTES];
		groups_label(look, &groups, g, label, sizeof label);
		length += (size_t)snprintf(result + length, sizeof result - length, "%s%s:",
					   g ? "; " : "", label);
		for (uint32_t i = 0; i < groups.groups[g].count; i++)
			length += (size_t)snprintf(result + length, sizeof result - length, " %d",
						   groups.members[groups.groups[g].first + i] + 1);
	}
	groups_fini(&groups);
	return result;
}

TEST(groups_by_trait)
{
	struct picture picture;
	struct look look;
	a_few(&picture, &look);
	expect_text(grouped(&look, GROUP_NONE),
		    "1 main: 1; 2 conn/10: 2; 3 conn/9: 3; 4 Busy one: 4; 5 torn: 5");
	expect_text(grouped(&look, GROUP_SPAWN), "accept.c:33: 2 3; pool.c:61: 4 5; -: 1");
	expect_text(
		grouped(&look, GROUP_STATE),
		"waiting: sleep: 1; waiting: receive: 2; waiting: lock: 3; running: 4; torn: 5");
	set_lock(&picture, 1, 1);
	picture_finish(&picture);
	expect_text(grouped(&look, GROUP_OBJECT),
		    "db: 2 3; waiting: sleep: 1; running: 4; torn: 5");
	expect_text(group_key_word(GROUP_STACK), "same stack");
	picture_fini(&picture);
}

TEST(groups_by_stack)
{
	struct picture picture;
	struct look look;
	struct stacks taken;
	const int32_t tasks[5] = {0, 1, 2, 3, 4};
	a_few(&picture, &look);
	fake_stacks = stacks_of_five;
	expect_number(stacks_init(&taken, look.snapshot), 0);
	expect_number(taken.of[3], STACK_NONE);
	expect_number(stacks_add(&taken, NULL, look.snapshot, tasks, 2), 0);
	expect_number(stacks_add(&taken, NULL, look.snapshot, tasks + 2, 3), 0);
	expect_number(taken.count, 4);
	look.stacks = &taken;
	expect_text(grouped(&look, GROUP_STACK),
		    "accept_start accept.c:33: 1 3; pool_start pool.c:61: 2; "
		    "pool_start pool.c:61: 4; tl_switch+0x4: 5");
	stacks_fini(&taken);
	picture_fini(&picture);
}

TEST(a_stack_is_called_by_the_frame_that_called_the_runtime)
{
	struct picture picture;
	struct look look;
	struct groups groups;
	char label[LABEL_BYTES];
	const int32_t task = 0;
	a_few(&picture, &look);
	struct backtrace backtrace = {.count = 5, .pc = {0x9000, 0x9100, 0x1000, 0x2000, 0x9200}};
	uint32_t of = 0;
	uint64_t program = 1;
	look.stacks = &(struct stacks){.distinct = &backtrace, .program = &program, .of = &of};
	groups_make(&look, GROUP_STACK, &task, 1, &groups);
	expect_text(groups_label(&look, &groups, 0, label, sizeof label),
		    "accept_start accept.c:33");
	backtrace = (struct backtrace){.count = 4, .pc = {0x8000, 0x8100, 0x2000, 0x9200}};
	expect_text(groups_label(&look, &groups, 0, label, sizeof label), "pool_start pool.c:61");
	backtrace = (struct backtrace){.status = BACKTRACE_REFUSED, .why = "ask root"};
	expect_text(groups_label(&look, &groups, 0, label, sizeof label), "ask root");
	groups_fini(&groups);
	picture_fini(&picture);
}

TEST(names_of_a_group)
{
	static const struct {
		const char *names[2], *want;
	} rows[] = {
		{{"conn/1", "conn/23"}, "conn/*"}, {{"same", "same"}, "same"},
		{{"a", "b"}, ""},		   {{"con", "conn"}, "con*"},
		{{"", "x"}, ""},		   {{"\xc3\xa9", "\xc3\xa8"}, ""},
		{{"x\xc3\xa9", "x\xc3\xa8"}, "x*"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct picture picture;
		struct groups groups;
		char names[LABEL_BYTES];
		const int32_t tasks[2] = {0, 1};
		picture_init(&picture);
		picture_task(&picture, rows[i].names[0]);
		picture_task(&picture, rows[i].names[1]);
		const struct look look = {.snapshot = picture_finish(&picture)};
		groups_make(&look, GROUP_STATE, tasks, 2, &groups);
		expect_text(groups_names(&look, &groups, 0, names, sizeof names), rows[i].want);
		groups_fini(&groups);
		picture_fini(&picture);
	}
}

TEST(many_groups)
{
	struct picture picture;
	struct groups groups;
	enum { HERE = 100000 };
	int32_t *tasks = calloc(HERE, sizeof *tasks);
	picture_init(&picture);
	for (int32_t i = 0; i < HERE; i++) {
		tasks[i] = picture_task(&picture, NULL);
		task_at(&picture, i)->site =
			(uint64_t)(i % 50000) << 12 | 1; /* hashes want more than low bits */
	}
	const struct look look = {.snapshot = picture_finish(&picture)};
	expect_number(groups_make(&look, GROUP_SPAWN, tasks, HERE, &groups), 0);
	expect_number(groups.count, 50000);
	expect_number(groups.groups[0].count, 2);
	expect_number(groups.members[1], 50000);
	groups_fini(&groups);
	expect_number(groups_make(&look, GROUP_SPAWN, tasks, 0, &groups), 0);
	expect_number(groups.count, 0);
	groups_fini(&groups);
	free(tasks);
	picture_fini(&picture);
}

/* ---- rates ---- */

TEST(rates_between_two_looks)
{
	struct picture before, now;
	struct rates rates;
	picture_init(&before);
	picture_init(&now);
	for (int i = 0; i < 4; i++) {
		picture_task(&before, NULL);
		picture_task(&now, NULL);
	}
	const int32_t jobs = picture_channel(&before, "jobs", 10, 2);
	picture_channel(&now, "jobs", 10, 5);
	now.snapshot.taken_ns = before.snapshot.taken_ns + 2000000000;
	task_at(&before, 0)->switches = 100;
	task_at(&now, 0)->switches = 300;
	task_at(&before, 0)->run_ns = 500;
	task_at(&now, 0)->run_ns = 1000000500;
	task_at(&now, 1)->id = 77; /* somebody else is in the slot, and young */
	task_at(&now, 1)->life_ns = 1000;
	task_at(&now, 1)->switches = 8;
	task_at(&now, 2)->quality = TASK_TORN;
	task_at(&now, 3)->id = 78; /* and one that is old: it was not readable before */
	task_at(&now, 3)->switches = 1000000;
	task_at(&now, 3)->life_ns = 9000000000;
	object_at(&before, jobs)->count = 102;
	object_at(&now, jobs)->count = 205;
	before.snapshot.switches = 1000;
	now.snapshot.switches = 5000;
	now.snapshot.schedulers[0].idle_ns = 500000000;
	now.snapshot.schedulers[0].spawned = 6;
	expect_number(rates_between(picture_finish(&before), picture_finish(&now), &rates), 0);
	expect_number((long long)rates.span_ns, 2000000000);
	expect(rates.tasks[0].switches == 100 && rates.tasks[0].run_percent == 50);
	expect(rates.tasks[1].switches == 4 && rates.tasks[1].run_percent == 0);
	expect(rates.tasks[2].switches == RATE_UNKNOWN);
	expect(rates.tasks[3].switches == RATE_UNKNOWN &&
	       rates.tasks[3].run_percent == RATE_UNKNOWN);
	expect(rates.objects[0].sent == 51.5 && rates.objects[0].received == 50);
	expect(rates.switches == 2000);
	expect(rates.schedulers[0].idle_percent == 25 && rates.schedulers[0].run_percent == 75);
	expect(rates.schedulers[0].spawned == 3 && rates.schedulers[0].switches == 104);
	rates_fini(&rates);

	/* a thread that slept all the time tells its idle time when it wakes */
	struct scheduler *one = &before.snapshot.schedulers[0],
			 *other = &now.snapshot.schedulers[0];
	one->asleep = other->asleep = true;
	other->idle_ns = one->idle_ns;
	expect_number(rates_between(&before.snapshot, &now.snapshot, &rates), 0);
	expect(rates.schedulers[0].idle_percent == 100 && rates.schedulers[0].run_percent == 0);
	rates_fini(&rates);
	other->ring_head = 1;
	expect_number(rates_between(&before.snapshot, &now.snapshot, &rates), 0);
	expect(rates.schedulers[0].idle_percent == 0);
	rates_fini(&rates);

	now.snapshot.has_clock = false;
	expect_number(rates_between(&before.snapshot, &now.snapshot, &rates), 0);
	expect(rates.tasks[0].run_percent == RATE_UNKNOWN && rates.tasks[0].switches == 100);
	rates_fini(&rates);

	now.snapshot.taken_ns = before.snapshot.taken_ns;
	expect_number(rates_between(&before.snapshot, &now.snapshot, &rates), -EINVAL);
	picture_fini(&before);
	picture_fini(&now);
}
