/* SPDX-License-Identifier: MIT */
/*
 * model_history.c: what the rings tell.
 */
#include "looker.h"
#include "segment_writer.h"

#include "harness.h"

static struct segment_writer writer;
static struct looker looker;
static struct history history;

static void begin(uint32_t ring_records)
{
	struct segment_shape shape = { .ring_records = ring_records };
	ok(segment_writer_init(&writer, &shape));
	writer.header->scheduler_high = 2;
	for (int i = 0; i < 3; i++)
		segment_task(&writer, &(struct segment_task){ .state = TL_STATE_READY });
}

static void look(uint64_t id, size_t most)
{
	look_at_process(&looker, getpid());
	ok(model_history(looker.model, looker.snapshot, id, most, &history));
}

static void add_switch(uint32_t scheduler, uint64_t ago, uint32_t from, uint32_t to, unsigned why)
{
	segment_event(&writer, scheduler, false, ago,
		      (struct tl_event_record){ .event = TL_EVENT_SWITCH, .flags = (uint16_t)why,
						.tasklet = from, .a = to });
}

static void add_wake(uint32_t scheduler, uint64_t ago, uint32_t who, uint32_t by)
{
	segment_event(&writer, scheduler, false, ago,
		      (struct tl_event_record){ .event = TL_EVENT_WAKE, .flags = TL_REASON_SEND,
						.tasklet = who, .a = by });
}

static void expect_event(size_t at, unsigned event, uint64_t task, uint64_t other)
{
	expect(at < history.count);
	const struct event *seen = &history.events[at];
	if (seen->event != event || seen->task_id != task || seen->other_id != other)
		fail_test("event %zu is %u of %llu and %llu", at, seen->event,
			  (unsigned long long)seen->task_id, (unsigned long long)seen->other_id);
}

TEST(nothing_yet)
{
	begin(0);
	look(0, 0);
	expect_int(history.count, 0);
	expect_int(history.lost, 0);
}

TEST(all_rings_by_time)
{
	begin(0);
	add_switch(0, 900, 1, 2, TL_REASON_YIELD);
	add_switch(1, 800, 3, 0, TL_REASON_RECEIVE);
	add_switch(0, 700, 2, 1, TL_REASON_YIELD);
	segment_event(
		&writer, 1, true, 750,
		(struct tl_event_record){ .event = TL_EVENT_THROW, .tasklet = 3, .a = 1, .b = 5 });
	look(0, 0);
	expect_int(history.count, 4);
	expect_event(0, TL_EVENT_SWITCH, 1, 2);
	expect_event(1, TL_EVENT_SWITCH, 3, 0);
	expect_event(2, TL_EVENT_THROW, 3, 1);
	expect_event(3, TL_EVENT_SWITCH, 2, 1);
	expect_int(history.events[0].ns, SEGMENT_NOW - 900);
	expect_int(history.events[1].scheduler, 1);
	expect_int(history.events[1].flags, TL_REASON_RECEIVE);
}

TEST(events_of_one_operation_share_a_stamp)
{
	begin(0);
	add_wake(0, 500, 2, 1);
	add_switch(0, 500, 1, 2, TL_REASON_YIELD);
	segment_event(&writer, 0, true, 500,
		      (struct tl_event_record){ .event = TL_EVENT_SPAWN, .tasklet = 3, .a = 3,
						.b = UINT64_C(1) << 32 });
	segment_event(&writer, 0, true, 500,
		      (struct tl_event_record){ .event = TL_EVENT_EXIT, .tasklet = 2, .a = 1 });
	look(0, 0);
	expect_event(0, TL_EVENT_SPAWN, 3, 1);
	expect_event(1, TL_EVENT_WAKE, 2, 1);
	expect_int(history.count, 4);
}

/* The ring's own order stands, whatever its stamps say. */
TEST(a_ring_keeps_its_order)
{
	begin(0);
	add_switch(0, 500, 1, 2, TL_REASON_YIELD);
	add_wake(0, 500, 1, 2);
	add_switch(0, 600, 2, 1, TL_REASON_YIELD); /* backwards */
	add_switch(0, 400, 1, 3, TL_REASON_YIELD);
	look(0, 0);
	expect_event(0, TL_EVENT_SWITCH, 1, 2);
	expect_event(1, TL_EVENT_WAKE, 1, 2);
	expect_event(2, TL_EVENT_SWITCH, 2, 1);
	expect_event(3, TL_EVENT_SWITCH, 1, 3);
}

/* The clocks of two processors differ by a little. */
TEST(a_wake_comes_before_the_run_that_it_caused)
{
	begin(0);
	add_switch(0, 900, 2, 1, TL_REASON_RECEIVE); /* 2 parks on thread 0 */
	add_switch(0, 500, 1, 2, TL_REASON_YIELD);   /* and runs again */
	add_wake(1, 495, 2, 3);                      /* because thread 1 woke it, 5 ns "later" */
	add_switch(1, 490, 3, 0, TL_REASON_RECEIVE);
	look(0, 0);
	expect_event(0, TL_EVENT_SWITCH, 2, 1);
	expect_event(1, TL_EVENT_WAKE, 2, 3);
	expect_event(2, TL_EVENT_SWITCH, 1, 2);
	expect_event(3, TL_EVENT_SWITCH, 3, 0);
}

TEST(a_wake_that_came_in_time_stays_where_it_is)
{
	begin(0);
	add_switch(0, 900, 2, 1, TL_REASON_RECEIVE);
	add_wake(1, 700, 2, 3);
	add_switch(0, 500, 1, 2, TL_REASON_YIELD);
	add_switch(0, 450, 2, 1, TL_REASON_RECEIVE);
	add_wake(1, 400, 2, 3);
	look(0, 0);
	expect_event(1, TL_EVENT_WAKE, 2, 3);
	expect_event(2, TL_EVENT_SWITCH, 1, 2);
	expect_event(3, TL_EVENT_SWITCH, 2, 1);
	expect_event(4, TL_EVENT_WAKE, 2, 3);
}

TEST(of_one_tasklet)
{
	begin(0);
	add_switch(0, 900, 1, 2, TL_REASON_YIELD);
	add_switch(0, 800, 2, 3, TL_REASON_YIELD);
	add_switch(0, 700, 3, 1, TL_REASON_YIELD);
	add_wake(1, 600, 2, 3);
	look(2, 0);
	expect_int(history.count, 3);
	expect_event(0, TL_EVENT_SWITCH, 1, 2);
	expect_event(1, TL_EVENT_SWITCH, 2, 3);
	expect_event(2, TL_EVENT_WAKE, 2, 3);
	history_fini(&history);
	ok(model_history(looker.model, looker.snapshot, 2, 1, &history));
	expect_int(history.count, 1);
	expect_event(0, TL_EVENT_WAKE, 2, 3);
}

TEST(the_newest_of_all)
{
	begin(0);
	for (uint64_t i = 0; i < 50; i++)
		add_switch(i % 2, 1000 - i, 1, 2, TL_REASON_YIELD);
	look(0, 7);
	expect_int(history.count, 7);
	for (uint64_t i = 0; i < 7; i++)
		expect_int(history.events[i].ns, SEGMENT_NOW - 1000 + 43 + i);
}

TEST(what_was_overwritten_is_counted)
{
	begin(64);
	for (uint64_t i = 0; i < 100; i++)
		segment_event(
			&writer, 0, false, 1000 - i,
			(struct tl_event_record){ .event = TL_EVENT_MARK, .tasklet = 1, .b = i });
	look(0, 0);
	/* Of N records one may be in the making: 63 are sure. */
	expect_int(history.count, 63);
	expect_int(history.lost, 37);
	expect_int(history.torn, 0);
	for (size_t i = 0; i < history.count; i++)
		expect_int(history.events[i].b, 37 + i);
}

TEST(objects_and_texts)
{
	begin(0);
	uint32_t slot = segment_object(&writer, &(struct segment_object){ .name = "jobs" });
	segment_event(&writer, 0, false, 900,
		      (struct tl_event_record){ .event = TL_EVENT_SWITCH, .flags = TL_REASON_SEND,
						.tasklet = 1, .a = (uint64_t)slot << 32 | 2,
						.b = segment_object_entry(&writer, slot)->tag });
	segment_event(&writer, 0, false, 800,
		      (struct tl_event_record){ .event = TL_EVENT_MARK,
						.tasklet = 1,
						.a = segment_string(&writer, "half\033way"),
						.b = 7 });
	segment_event(&writer, 0, true, 700,
		      (struct tl_event_record){ .event = TL_EVENT_CREATE, .tasklet = 1, .a = 1 });
	segment_event(
		&writer, 0, false, 600,
		(struct tl_event_record){ .event = TL_EVENT_MARK, .tasklet = 1, .a = UINT64_MAX });
	look(0, 0);
	expect_int(history.events[0].object_id, looker.snapshot->objects[0].id);
	expect_string(history.events[1].text, "half?way");
	expect_int(history.events[1].b, 7);
	expect_int(history.events[2].object_id, 1);
	expect_string(history.events[3].text, "");
}

/* A short name is in the event itself, all sixteen bytes of it if need be. */
TEST(names_within_the_event)
{
	struct tl_event_record event = { .event = TL_EVENT_NAME, .tasklet = 1, .flags = 1 };
	begin(0);
	memcpy((char *)&event + offsetof(struct tl_event_record, a), "ant/\0337", 7);
	segment_event(&writer, 0, true, 900, event);
	memcpy((char *)&event + offsetof(struct tl_event_record, a), "sixteen bytes...", 16);
	segment_event(&writer, 0, true, 800, event);
	look(0, 0);
	expect_string(history.events[0].text, "ant/?7");
	expect_string(history.events[1].text, "sixteen bytes...");
}

/* An event of before it was spawned was another's, whose serial had the same low half. */
TEST(no_ghosts)
{
	begin(0);
	writer.records[1].serial = (UINT64_C(1) << 32) + 5;
	writer.records[1].spawned = SEGMENT_NOW - 2000000;
	add_switch(0, 1000000000, 5, 0, TL_REASON_YIELD);
	add_switch(0, 1000, 5, 0, TL_REASON_YIELD);
	look(0, 0);
	expect_event(0, TL_EVENT_SWITCH, 5, 0);
	expect_event(1, TL_EVENT_SWITCH, (UINT64_C(1) << 32) + 5, 0);
}

TEST(without_a_clock_instants_are_unknown)
{
	begin(0);
	add_switch(0, 900, 1, 2, TL_REASON_YIELD);
	writer.header->clock = TL_CLOCK_NONE;
	look(0, 0);
	expect(history.events[0].ns == MODEL_UNKNOWN);
}

/* ---- a ring that is written at full speed ---- */

enum { RING_RECORDS = 1024 };

static uint64_t mix(uint64_t number)
{
	return number * UINT64_C(0x9e3779b97f4a7c15);
}

static void write_events_for_ever(void)
{
	struct segment_shape shape = { .ring_records = RING_RECORDS };
	if (segment_writer_init(&writer, &shape) != 0)
		_exit(1);
	segment_task(&writer, &(struct segment_task){ .state = TL_STATE_RUNNING });
	child_is_ready();
	for (uint64_t number = 0;; number++)
		segment_event(&writer, 0, false, 0,
			      (struct tl_event_record){ .event = TL_EVENT_MARK, .tasklet = 1,
							.flags = (uint16_t)mix(number), .a = number,
							.b = mix(number) });
}

/* Every record that is accepted is whole, in order and complete, however often the ring goes round.
 */
TEST(no_torn_event_is_accepted)
{
	uint64_t accepted = 0, torn = 0;
	pid_t child = start_child(write_events_for_ever);
	look_at_process(&looker, child);
	while (accepted < 2000000) {
		ok(model_history(looker.model, looker.snapshot, 0, 0, &history));
		for (size_t i = 0; i < history.count; i++) {
			const struct event *event = &history.events[i];
			if (event->b != mix(event->a) || event->flags != (uint16_t)event->b ||
			    event->event != TL_EVENT_MARK || event->tasklet != 1)
				fail_test("torn: a %llu b %llu", (unsigned long long)event->a,
					  (unsigned long long)event->b);
			if (i > 0 && event->a <= history.events[i - 1].a)
				fail_test("out of order at %llu", (unsigned long long)event->a);
		}
		accepted += history.count;
		torn += history.torn;
		history_fini(&history);
	}
	end_child(child);
	printf("model_history: %llu events accepted, %llu torn ones refused\n",
	       (unsigned long long)accepted, (unsigned long long)torn);
}
