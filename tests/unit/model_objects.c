/* SPDX-License-Identifier: MIT */
/*
 * model_objects.c: objects, their waiters and users, and the second look.
 */
#include "looker.h"
#include "segment_writer.h"

#include "harness.h"

static struct segment_writer writer;
static struct looker looker;

static void begin(const struct segment_shape *shape)
{
	ok(segment_writer_init(&writer, shape));
}

static uint32_t add_waiter(const char *name, unsigned wait, uint32_t object, uint64_t ticket)
{
	return segment_task(&writer, &(struct segment_task){ .name = name,
							     .state = TL_STATE_WAITING,
							     .wait = wait,
							     .target = object,
							     .ticket = ticket });
}

static const char *waiter_name(const struct object *object, uint32_t at)
{
	expect(at < object->waiters_count);
	return looker.snapshot->tasks[looker.snapshot->waiters[object->waiters_first + at]].name;
}

TEST(waiters_come_in_the_order_of_their_tickets)
{
	begin(NULL);
	uint32_t jobs = segment_object(&writer, &(struct segment_object){ .name = "jobs" });
	uint32_t db = segment_object(&writer, &(struct segment_object){ .name = "db",
									.kind = TL_OBJECT_MUTEX });
	add_waiter("third", TL_WAIT_RECEIVE, jobs, 300);
	add_waiter("locks", TL_WAIT_LOCK, db, 250);
	add_waiter("first", TL_WAIT_RECEIVE, jobs, 100);
	add_waiter("last", TL_WAIT_RECEIVE, jobs, UINT64_MAX);
	add_waiter("second", TL_WAIT_RECEIVE, jobs, 200);
	look_at_process(&looker, getpid());
	const struct object *object = look_object(&looker, "jobs");
	expect_int(object->waiters_count, 4);
	expect_int(object->receivers_waiting, 4);
	expect_int(object->senders_waiting, 0);
	expect_string(waiter_name(object, 0), "first");
	expect_string(waiter_name(object, 1), "second");
	expect_string(waiter_name(object, 2), "third");
	expect_string(waiter_name(object, 3), "last");
	object = look_object(&looker, "db");
	expect_int(object->waiters_count, 1);
	expect_string(waiter_name(object, 0), "locks");
	expect_int(look_task(&looker, "locks")->object, 1);
}

TEST(many_waiters_of_many_objects)
{
	enum { OBJECTS = 50, WAITERS = 20000 };
	struct segment_shape shape = { .records = WAITERS + 2 };
	begin(&shape);
	for (int i = 0; i < OBJECTS; i++)
		segment_object(&writer, &(struct segment_object){ .count = (uint64_t)i });
	uint32_t random = 1;
	for (int i = 0; i < WAITERS; i++) {
		random = random * 1664525u + 1013904223u;
		add_waiter(NULL, TL_WAIT_SEND, 1 + random % OBJECTS, (uint64_t)random << 20 | 1);
	}
	look_at_process(&looker, getpid());
	uint32_t seen = 0;
	for (uint32_t i = 0; i < looker.snapshot->object_count; i++) {
		const struct object *object = &looker.snapshot->objects[i];
		uint64_t last = 0;
		expect_int(object->waiters_first, seen);
		for (uint32_t k = 0; k < object->waiters_count; k++) {
			const struct task *task =
				&looker.snapshot->tasks[looker.snapshot->waiters[seen + k]];
			expect_int(task->object, i);
			expect(task->ticket >= last);
			last = task->ticket;
		}
		seen += object->waiters_count;
	}
	expect_int(seen, WAITERS);
	expect_int(looker.snapshot->waiter_count, WAITERS);
}

TEST(waits_on_objects_that_are_not_there)
{
	begin(NULL);
	segment_object(&writer, &(struct segment_object){ .name = "jobs" });
	add_waiter("beyond", TL_WAIT_SEND, 4000000000, 1);
	add_waiter("slot 0", TL_WAIT_SEND, 0, 1);
	look_at_process(&looker, getpid());
	expect_int(look_task(&looker, "beyond")->object, -1);
	expect_int(look_task(&looker, "slot 0")->object, -1);
	expect_int(looker.snapshot->waiter_count, 0);
}

TEST(a_select_waits_on_each_of_its_objects)
{
	begin(NULL);
	uint32_t jobs = segment_object(&writer, &(struct segment_object){ .name = "jobs" });
	uint32_t stop = segment_object(&writer, &(struct segment_object){ .name = "stop" });
	uint32_t slot = add_waiter("chooser", TL_WAIT_SELECT, 3, 1);
	uint32_t link = slot * (uint32_t)sizeof(struct tl_record);
	add_waiter("sender", TL_WAIT_SEND, jobs, 5);
	writer.selects[3] = (struct tl_select){ .object = jobs, .operation = TL_WAIT_SEND,
						.owner = link, .ticket = 9 };
	writer.selects[4] = (struct tl_select){ .object = stop, .operation = TL_WAIT_RECEIVE,
						.owner = link, .last = 1, .ticket = 9 };
	writer.selects[5] = (struct tl_select){ .object = jobs, .operation = TL_WAIT_SEND,
						.owner = link, .last = 1, .ticket = 1 };
	writer.header->select_high = 6;
	look_at_process(&looker, getpid());
	const struct object *object = look_object(&looker, "jobs");
	expect_int(look_task(&looker, "chooser")->object, -1);
	expect_int(object->waiters_count, 2);
	expect_int(object->senders_waiting, 2);
	expect_string(waiter_name(object, 0), "sender");
	expect_string(waiter_name(object, 1), "chooser");
	object = look_object(&looker, "stop");
	expect_int(object->receivers_waiting, 1);
	expect_int(looker.snapshot->waiter_kinds[object->waiters_first], TL_WAIT_RECEIVE);
}

TEST(a_select_that_has_gone_on)
{
	begin(NULL);
	uint32_t jobs = segment_object(&writer, &(struct segment_object){ .name = "jobs" });
	add_waiter("chooser", TL_WAIT_SELECT, 1, 1);
	writer.selects[1] = (struct tl_select){ .object = jobs, .owner = 64000, .last = 1 };
	writer.header->select_high = 2;
	look_at_process(&looker, getpid());
	expect_int(look_object(&looker, "jobs")->waiters_count, 0);
}

TEST(users_are_ids_last_first_each_once)
{
	begin(NULL);
	uint32_t a = segment_task(&writer,
				  &(struct segment_task){ .name = "a", .state = TL_STATE_READY });
	uint32_t b = segment_task(&writer,
				  &(struct segment_task){ .name = "b", .state = TL_STATE_READY });
	segment_object(&writer, &(struct segment_object){
					.name = "jobs",
					.senders = { b, a },
					.receivers = { a },
					.flags = TL_OBJECT_FLAG_MORE_SENDERS,
				});
	struct tl_object *entry = segment_object_entry(&writer, 1);
	entry->senders[1] = (uint32_t)segment_task_serial(&writer, b); /* again */
	entry->senders[2] = 4444;                                     /* has ended */
	look_at_process(&looker, getpid());
	const struct object *object = look_object(&looker, "jobs");
	expect_int(object->senders[0], look_task(&looker, "b")->id);
	expect_int(object->senders[1], look_task(&looker, "a")->id);
	expect_int(object->senders[2], 4444);
	expect_int(object->senders[3], 0);
	expect_int(object->receivers[0], look_task(&looker, "a")->id);
	expect_int(object->receivers[1], 0);
	expect(object->more_senders && !object->more_receivers);
}

TEST(holders)
{
	begin(NULL);
	uint32_t owner = segment_task(&writer, &(struct segment_task){ .name = "owner",
								       .state = TL_STATE_READY });
	uint32_t ended = segment_task(&writer, &(struct segment_task){ .name = "ended",
								       .state = TL_STATE_ENDED });
	struct segment_object mutex = { .name = "held", .kind = TL_OBJECT_MUTEX, .holder = owner };
	segment_object(&writer, &mutex);
	mutex.name = "free";
	mutex.holder = 0;
	segment_object(&writer, &mutex);
	mutex.name = "left";
	mutex.holder = ended;
	segment_object(&writer, &mutex);
	mutex.name = "reused";
	mutex.holder = owner;
	segment_object_entry(&writer, segment_object(&writer, &mutex))->holder += UINT64_C(1) << 32;
	look_at_process(&looker, getpid());
	expect_int(look_object(&looker, "held")->holder, look_task_index(&looker, "owner"));
	expect_int(look_object(&looker, "free")->holder, -1);
	expect(!look_object(&looker, "held")->holder_gone &&
	       !look_object(&looker, "free")->holder_gone);
	expect_int(look_object(&looker, "left")->holder, -1);
	expect(look_object(&looker, "left")->holder_gone);
	expect_int(look_object(&looker, "reused")->holder, -1); /* somebody else's slot now */
	expect(look_object(&looker, "reused")->holder_gone);
}

TEST(what_an_object_says_of_itself)
{
	begin(NULL);
	segment_object(&writer,
		       &(struct segment_object){
			       .name = "a channel with a name of more than thirty-two bytes",
			       .capacity = 64,
			       .length = 70,
			       .element_bytes = 24,
			       .count = 1234,
			       .balance = -3,
			       .preference = -1,
			       .flags = TL_OBJECT_FLAG_CLOSING,
			       .age_ns = 555,
		       });
	segment_object_entry(&writer, segment_object(&writer, &(struct segment_object){ 0 }))
		->serial = 0;
	look_at_process(&looker, getpid());
	expect_int(looker.snapshot->object_count, 1);
	const struct object *object = &looker.snapshot->objects[0];
	expect_string(object->name, "a channel with a name of more than thirty-two bytes");
	expect_int(object->capacity, 64);
	expect_int(object->length, 64); /* no more than it can hold */
	expect_int(object->element_bytes, 24);
	expect_int(object->count, 1234);
	expect_int(object->balance, -3);
	expect_int(object->preference, -1);
	expect(object->closing && !object->schedule_all);
	expect_int(object->created_ns, 555);
	expect_int(snapshot_object_by_id(looker.snapshot, object->id), 0);
	expect_int(snapshot_object_by_id(looker.snapshot, 99), -1);
}

/* ---- the second look ---- */

TEST(a_second_look_sees_every_change)
{
	begin(NULL);
	uint32_t owner = segment_task(&writer, &(struct segment_task){ .name = "owner",
								       .state = TL_STATE_READY });
	uint32_t db = segment_object(&writer, &(struct segment_object){
						      .name = "db", .kind = TL_OBJECT_MUTEX,
						      .holder = owner });
	uint32_t slot = add_waiter("waits", TL_WAIT_LOCK, db, 1);
	look_at_process(&looker, getpid());
	int32_t tasks[] = { look_task_index(&looker, "waits") }, objects[] = { 0 };
	struct tl_record *record = &writer.records[slot];
	struct tl_object *entry = segment_object_entry(&writer, db);
	expect(model_confirm(looker.model, looker.snapshot, tasks, 1, objects, 1));

	record->counter += 2;
	expect(!model_confirm(looker.model, looker.snapshot, tasks, 1, objects, 1));
	expect(model_confirm(looker.model, looker.snapshot, tasks, 0, objects, 1));
	record->counter -= 2;

	record->wait += 1 << TL_WAIT_SEQUENCE_SHIFT;
	expect(!model_confirm(looker.model, looker.snapshot, tasks, 1, objects, 1));
	record->wait -= 1 << TL_WAIT_SEQUENCE_SHIFT;

	record->serial += 10;
	expect(!model_confirm(looker.model, looker.snapshot, tasks, 1, objects, 1));
	record->serial -= 10;

	entry->holder = 0;
	expect(!model_confirm(looker.model, looker.snapshot, tasks, 1, objects, 1));
	expect(model_confirm(looker.model, looker.snapshot, tasks, 1, objects, 0));
	entry->holder = (uint64_t)(uint32_t)segment_task_serial(&writer, owner) << 32 | owner;
	expect(model_confirm(looker.model, looker.snapshot, tasks, 1, objects, 1));

	entry->serial++;
	expect(!model_confirm(looker.model, looker.snapshot, tasks, 1, objects, 1));
}
