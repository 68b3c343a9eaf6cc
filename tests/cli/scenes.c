/* SPDX-License-Identifier: MIT */
/*
 * scenes.c: a process to look at, whose segment is written by hand, so that all of it is known:
 * ids, ages, events.
 *
 *     scenes NAME        makes the scene, prints "ready", and stays until its standard input ends;
 *                        at a byte there it becomes, by exec, `scenes empty`
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/segment_writer.h"

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

static struct segment_writer writer;

static uint32_t task(const char *name, unsigned state, unsigned wait, uint32_t target)
{
	return segment_task(&writer, &(struct segment_task){.name = name,
							    .state = state,
							    .wait = wait,
							    .target = target,
							    .age_ns = 2 * S,
							    .switches = 3});
}

/* Waiting tasklets, each a kind; what they wait for. */
static uint32_t waiting(const char *name, unsigned wait, uint32_t target)
{
	return task(name, TL_STATE_WAITING, wait, target);
}

static uint32_t channel(const char *name, uint32_t capacity, uint32_t length)
{
	return segment_object(&writer, &(struct segment_object){.name = name,
								.capacity = capacity,
								.length = length,
								.element_bytes = 8,
								.age_ns = 9 * S});
}

static uint32_t mutex(const char *name, uint32_t holder)
{
	return segment_object(&writer, &(struct segment_object){.name = name,
								.kind = TL_OBJECT_MUTEX,
								.holder = holder,
								.age_ns = 9 * S});
}

static void wait_for(uint32_t slot, unsigned wait, uint32_t target)
{
	segment_record(&writer, slot)->wait = tl_wait_word(TL_STATE_WAITING, wait, 0, target);
}

/* ---- scenes ---- */

/* A tasklet in every state and wait. */
static void scene_states(void)
{
	const uint32_t site = segment_site(&writer, 0x1234, 30, 10);
	const uint32_t jobs = channel("jobs", 2, 2), acks = channel("acks", 0, 0);
	const uint32_t errors = channel(NULL, 0, 0);
	segment_task(&writer, &(struct segment_task){
				      .name = "main", .state = TL_STATE_PAUSED, .wait = TL_WAIT_RUN,
				      .flags = TL_RECORD_MAIN, .age_ns = 5 * S, .life_ns = 60 * S,
				      .run_ns = 1200000, .ready_ns = 40, .switches = 12});
	task("new", TL_STATE_NEW, 0, 0);
	const uint32_t paused = task("paused", TL_STATE_PAUSED, 0, 0);
	segment_task(&writer, &(struct segment_task){.name = "ready", .group = "pool", .level = 2,
						     .state = TL_STATE_READY, .age_ns = 7 * MS,
						     .site = site, .parent = 1, .waker = 3,
						     .run_ns = 212400000, .switches = 123456});
	const uint32_t running = segment_task(
		&writer, &(struct segment_task){.name = "running", .state = TL_STATE_RUNNING,
						.age_ns = 812 * MS, .switches = 8, .site = site});
	const uint32_t db = mutex("db", running);
	waiting("sender", TL_WAIT_SEND, jobs);
	waiting("receiver", TL_WAIT_RECEIVE, acks);
	waiting("thrower", TL_WAIT_SEND_ERROR, errors);
	waiting("locker", TL_WAIT_LOCK, db);
	waiting("joiner", TL_WAIT_JOIN, paused);
	segment_task(&writer, &(struct segment_task){.name = "sleeper", .state = TL_STATE_WAITING,
						     .wait = TL_WAIT_SLEEP, .age_ns = 300,
						     .wait_flags = TL_WAIT_FLAG_DEADLINE});
	waiting("reader", TL_WAIT_IO, 0);
	waiting("offloaded", TL_WAIT_OFFLOAD, 0);
	task("parked", TL_STATE_PARKED, 0, 0);
	task("ended", TL_STATE_ENDED, 0, 0);
	segment_task(&writer,
		     &(struct segment_task){.name = "fresh",
					    .state = TL_STATE_READY,
					    .flags = TL_RECORD_FRESH | TL_RECORD_JOINABLE});
	segment_task(&writer, &(struct segment_task){.name = "timed",
						     .state = TL_STATE_WAITING,
						     .age_ns = 2 * S,
						     .wait = TL_WAIT_RECEIVE,
						     .target = acks,
						     .wait_flags = TL_WAIT_FLAG_DEADLINE,
						     .flags = TL_RECORD_BACKGROUND});
	task("\x1b[31mred\x9b\xff\xe2\x80\xae", TL_STATE_PAUSED, 0, 0);
	task("a name that is longer than sixteen bytes", TL_STATE_PAUSED, 0, 0);
	task(NULL, TL_STATE_LOST, 0, 0);
}

/* Three in a cycle of locks, three behind, one of whom gives up. */
static void scene_certain(void)
{
	uint32_t tasks[3];
	for (int i = 0; i < 3; i++)
		tasks[i] = waiting((const char *[]){"a", "b", "c"}[i], TL_WAIT_LOCK, 0);
	for (int i = 0; i < 3; i++)
		wait_for(tasks[(i + 2) % 3], TL_WAIT_LOCK,
			 mutex((const char *[]){"one", "two", "three"}[i], tasks[i]));
	const uint32_t behind = waiting("behind", TL_WAIT_JOIN, tasks[1]);
	waiting("farther", TL_WAIT_JOIN, behind);
	segment_task(&writer, &(struct segment_task){.name = "patient", .state = TL_STATE_WAITING,
						     .wait = TL_WAIT_JOIN, .target = behind,
						     .wait_flags = TL_WAIT_FLAG_DEADLINE});
	task("free", TL_STATE_READY, 0, 0);
}

/* One whose known senders are two, who wait for a lock of its. */
static void scene_likely(void)
{
	const uint32_t a = waiting("a", TL_WAIT_RECEIVE, 0), b = waiting("b", TL_WAIT_LOCK, 0);
	const uint32_t c = waiting("c", TL_WAIT_LOCK, 0), db = mutex("db", a);
	wait_for(b, TL_WAIT_LOCK, db);
	wait_for(c, TL_WAIT_LOCK, db);
	wait_for(a, TL_WAIT_RECEIVE,
		 segment_object(&writer, &(struct segment_object){.name = "jobs", .balance = -1,
								  .senders = {b, c}}));
}

/* The same, but more have sent than are known. */
static void scene_more(void)
{
	scene_likely();
	segment_object_entry(&writer, 2)->flags |= TL_OBJECT_FLAG_MORE_SENDERS;
}

static void scene_orphans(void)
{
	const uint32_t ctl = channel("ctl", 0, 0);
	const uint32_t first = waiting("first", TL_WAIT_RECEIVE, ctl);
	waiting("second", TL_WAIT_RECEIVE, ctl);
	waiting("behind", TL_WAIT_JOIN, first);
}

static void scene_long(void)
{
	const uint32_t holder = waiting("reload", TL_WAIT_IO, 0);
	waiting("conn/22", TL_WAIT_LOCK, mutex("cfg", holder));
}

/* Another library's runtime, which records no wakes. */
static void scene_nowakes(void)
{
	scene_certain();
	for (uint32_t i = 0; i < writer.header->runtime_high; i++)
		writer.runtimes[i].capabilities |= TL_CAP_NO_WAKES;
}

static void scene_empty(void)
{
}

/* An older writer, without times. */
static void scene_old(void)
{
	scene_certain();
	segment_drop_field(&writer, "records", "since");
	segment_drop_field(&writer, "records", "spawned");
	segment_drop_field(&writer, "records", "run");
	segment_drop_field(&writer, "records", "level");
}

static void scene_full(void)
{
	scene_empty();
	task("one", TL_STATE_READY, 0, 0);
	writer.header->lost_records = 12;
	writer.header->lost_objects = 3;
}

/* Every event; more in the ring than it holds. */
static void scene_events(void)
{
	const uint32_t db = mutex("db", 0), jobs = channel("jobs", 0, 0);
	const uint32_t text = segment_string(&writer, "loaded");
	const uint32_t a = task("a", TL_STATE_READY, 0, 0), b = task("b", TL_STATE_READY, 0, 0);
	const uint32_t low_a = (uint32_t)segment_task_serial(&writer, a);
	const uint32_t low_b = (uint32_t)segment_task_serial(&writer, b);
	const uint64_t on_db = (uint64_t)db << 32, on_jobs = (uint64_t)jobs << 32;
	const uint32_t tag_db = segment_object_entry(&writer, db)->tag;
	const uint32_t tag_jobs = segment_object_entry(&writer, jobs)->tag;
	const struct {
		unsigned event, flags;
		uint32_t tasklet;
		uint64_t a, b;
		bool is_rare;
	} events[] = {
		{TL_EVENT_SPAWN, 0, low_a, low_a, 0, true},
		{TL_EVENT_SPAWN, 0, low_b, low_b, (uint64_t)low_a << 32, true},
		{TL_EVENT_CREATE, 0, low_a, segment_object_entry(&writer, db)->serial,
		 (uint64_t)TL_OBJECT_MUTEX << 32 | db, true},
		{TL_EVENT_SWITCH, TL_REASON_LOCK, low_a, on_db | low_b, tag_db, false},
		{TL_EVENT_WAKE, TL_REASON_UNLOCK, low_a, on_db | low_b, tag_db, false},
		{TL_EVENT_WAKE, TL_REASON_TIMER, low_a, 0, 0, false},
		{TL_EVENT_HANDOFF, TL_REASON_SEND, low_b, on_jobs | low_a, tag_jobs, false},
		{TL_EVENT_SWITCH, TL_REASON_YIELD, low_a, low_b, 0, false},
		{TL_EVENT_MARK, 0, low_b, text, 42, false},
		{TL_EVENT_THROW, 1, low_a, low_b, 5, true},
		{TL_EVENT_UNCAUGHT, 0, low_b, low_a, (uint64_t)-5, true},
		{TL_EVENT_DEADLOCK, TL_WAIT_RECEIVE, low_b, on_jobs, tag_jobs, true},
		{TL_EVENT_CYCLE, TL_WAIT_LOCK, low_a, on_db, tag_db, true},
		{TL_EVENT_EXIT, 0, 999, low_a, (uint64_t)-125, true},
		{TL_EVENT_SLEEP, 0, 0, 0, UINT64_MAX, false},
		{TL_EVENT_AWAKE, 0, 0, 0, 0, false},
	};
	const uint32_t records = writer.header->ring_records;
	for (uint32_t i = 0; i < records; i++)
		segment_event(&writer, 0, false, 100 * MS,
			      (struct tl_event_record){.event = TL_EVENT_AWAKE});
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		segment_event(&writer, 0, events[i].is_rare, (50 - i) * MS,
			      (struct tl_event_record){.event = (uint16_t)events[i].event,
						       .flags = (uint16_t)events[i].flags,
						       .tasklet = events[i].tasklet,
						       .a = events[i].a,
						       .b = events[i].b});
}

/* A hundred thousand, of ten names, on seven channels. */
static void scene_many(void)
{
	uint32_t channels[7], senders[7];
	char name[32];
	for (int i = 0; i < 7; i++)
		channels[i] = channel("shared", 0, 0);
	for (int i = 0; i < 7; i++)
		senders[i] = task("sender", TL_STATE_READY, 0, 0);
	(void)senders;
	for (uint32_t i = 0; i < 100000 - 7; i++) {
		snprintf(name, sizeof name, "actor/%u", i % 10);
		waiting(name, TL_WAIT_RECEIVE, channels[i % 7]);
	}
}

/* ---- all ---- */

static const struct {
	const char *name;
	void (*make)(void);
	struct segment_shape shape;
} scenes[] = {
	{"states", scene_states, {0}},
	{"certain", scene_certain, {0}},
	{"likely", scene_likely, {0}},
	{"more", scene_more, {0}},
	{"orphans", scene_orphans, {0}},
	{"long", scene_long, {0}},
	{"nowakes", scene_nowakes, {0}},
	{"empty", scene_empty, {0}},
	{"old", scene_old, {0}},
	{"full", scene_full, {0}},
	{"events", scene_events, {.ring_records = 16, .rare_records = 16}},
	{"many", scene_many, {.records = 100100}},
	{"unsealed", scene_certain, {.flags = SEGMENT_UNSEALED}},
	{"swapped", scene_certain, {.flags = SEGMENT_SWAPPED}},
};

int main(int argc, char **argv)
{
	char byte;
	for (size_t i = 0; argc == 2 && i < sizeof scenes / sizeof *scenes; i++) {
		if (strcmp(argv[1], scenes[i].name) != 0)
			continue;
		if (segment_writer_init(&writer, &scenes[i].shape))
			abort();
		scenes[i].make();
		puts("ready");
		fflush(stdout);
		if (read(STDIN_FILENO, &byte, 1) > 0) {
			execl("/proc/self/exe", argv[0], "empty", (char *)NULL);
			abort();
		}
		segment_writer_fini(&writer);
		return 0;
	}
	fputs("usage: scenes NAME\n", stderr);
	return 2;
}
