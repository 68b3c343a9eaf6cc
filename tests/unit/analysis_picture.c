/* SPDX-License-Identifier: MIT */
#include "analysis_picture.h"

#include <stdlib.h>

#include "../../inspector/model/lookup.h"

/* ---- tests ---- */

static struct test *tests, **last_test = &tests;
static int failures; /* of the running test */

void test_register(struct test *test)
{
	*last_test = test;
	last_test = &test->next;
}

void expect_at(const char *file, int line, const char *what, bool holds)
{
	if (holds)
		return;
	failures++;
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
}

void expect_number_at(const char *file, int line, const char *what, long long got, long long want)
{
	if (got == want)
		return;
	failures++;
	fprintf(stderr, "%s:%d: %s is %lld, want %lld\n", file, line, what, got, want);
}

void expect_text_at(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (strcmp(got, want) == 0)
		return;
	failures++;
	fprintf(stderr, "%s:%d: %s is '%s', want '%s'\n", file, line, what, got, want);
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;
	for (const struct test *test = tests; test; test = test->next) {
		if (argc > 1 && !strstr(test->name, argv[1]))
			continue;
		failures = 0;
		test->body();
		if (failures)
			fprintf(stderr, "FAILED %s\n", test->name);
		passed += !failures;
		failed += failures > 0;
	}
	const char *slash = strrchr(argv[0], '/');
	printf("%s: %d passed, %d failed, 0 skipped\n", slash ? slash + 1 : argv[0], passed,
	       failed);
	return failed > 0;
}

/* ---- pictures ---- */

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void picture_init(struct picture *picture)
{
	*picture = (struct picture){.snapshot = {
					    .taken_ns = 1000000000000,
					    .has_clock = true,
					    .has_wakes = true,
					    .trace = 1,
					    .scheduler_count = 1,
				    }};
	picture->snapshot.schedulers = must(calloc(1, sizeof(struct scheduler)));
	picture->snapshot.schedulers[0] =
		(struct scheduler){.in_use = true, .current = -1, .main = -1, .ready = 1,
				   .sleep_until_ns = MODEL_UNKNOWN};
}

void picture_fini(struct picture *picture)
{
	snapshot_index_destroy(picture->snapshot.index);
	free(picture->snapshot.schedulers);
	free(picture->snapshot.tasks);
	free(picture->snapshot.objects);
	free(picture->snapshot.waiters);
	free(picture->snapshot.waiter_kinds);
}

/* Room for one more entry. */
static void *grow(void *entries, uint32_t *room, uint32_t count, size_t bytes)
{
	if (count < *room)
		return entries;
	*room = 2 * *room + 16;
	return must(realloc(entries, *room * bytes));
}

int32_t picture_task(struct picture *picture, const char *name)
{
	struct snapshot *it = &picture->snapshot;
	const uint32_t index = it->task_count++;
	it->tasks = grow(it->tasks, &picture->task_room, index, sizeof *it->tasks);
	it->tasks[index] = (struct task){
		.id = index + 1, .slot = index + 1, .state = TL_STATE_READY, .object = -1,
		.joins = -1, .age_ns = 1000000000, .life_ns = 2000000000, .ticket = index + 1,
	};
	snprintf(it->tasks[index].name, MODEL_NAME_BYTES, "%s", name ? name : "");
	return (int32_t)index;
}

struct task *task_at(struct picture *picture, int32_t task)
{
	return &picture->snapshot.tasks[task];
}

static int32_t add_object(struct picture *picture, const char *name, enum tl_object_kind kind)
{
	struct snapshot *it = &picture->snapshot;
	const uint32_t index = it->object_count++;
	it->objects = grow(it->objects, &picture->object_room, index, sizeof *it->objects);
	it->objects[index] = (struct object){
		.id = index + 1, .slot = index + 1, .kind = (uint8_t)kind, .holder = -1,
		.created_ns = 3000000000};
	snprintf(it->objects[index].name, MODEL_NAME_BYTES, "%s", name ? name : "");
	return (int32_t)index;
}

int32_t picture_mutex(struct picture *picture, const char *name, int32_t holder)
{
	const int32_t mutex = add_object(picture, name, TL_OBJECT_MUTEX);
	picture->snapshot.objects[mutex].holder = holder;
	return mutex;
}

int32_t picture_channel(struct picture *picture, const char *name, uint32_t capacity,
			uint32_t length)
{
	const int32_t channel = add_object(picture, name, TL_OBJECT_CHANNEL);
	picture->snapshot.objects[channel].capacity = capacity;
	picture->snapshot.objects[channel].length = length;
	return channel;
}

struct object *object_at(struct picture *picture, int32_t object)
{
	return &picture->snapshot.objects[object];
}

static void set(struct picture *picture, int32_t task, enum tl_wait wait, int32_t object,
		int32_t joins)
{
	struct task *it = task_at(picture, task);
	it->state = TL_STATE_WAITING;
	it->wait = (uint8_t)wait;
	it->object = object;
	it->joins = joins;
}

void set_lock(struct picture *picture, int32_t task, int32_t mutex)
{
	set(picture, task, TL_WAIT_LOCK, mutex, -1);
}

void set_join(struct picture *picture, int32_t task, int32_t other)
{
	set(picture, task, TL_WAIT_JOIN, -1, other);
}

void set_send(struct picture *picture, int32_t task, int32_t channel)
{
	set(picture, task, TL_WAIT_SEND, channel, -1);
}

void set_receive(struct picture *picture, int32_t task, int32_t channel)
{
	set(picture, task, TL_WAIT_RECEIVE, channel, -1);
}

void set_wait(struct picture *picture, int32_t task, enum tl_wait wait)
{
	set(picture, task, wait, -1, -1);
}

void set_state(struct picture *picture, int32_t task, enum tl_state state)
{
	set(picture, task, TL_WAIT_NONE, -1, -1);
	task_at(picture, task)->state = (uint8_t)state;
}

static void add_user(uint64_t users[MODEL_USERS], uint64_t id)
{
	memmove(users + 1, users, (MODEL_USERS - 1) * sizeof *users);
	users[0] = id;
}

void add_sender(struct picture *picture, int32_t channel, int32_t task)
{
	add_user(object_at(picture, channel)->senders, task_at(picture, task)->id);
}

void add_receiver(struct picture *picture, int32_t channel, int32_t task)
{
	add_user(object_at(picture, channel)->receivers, task_at(picture, task)->id);
}

const struct snapshot *picture_finish(struct picture *picture)
{
	struct snapshot *it = &picture->snapshot;
	snapshot_index_destroy(it->index);
	it->index = snapshot_index_create();
	free(it->waiters);
	free(it->waiter_kinds);
	it->waiters = must(calloc(it->task_count + 1, sizeof *it->waiters));
	it->waiter_kinds = must(calloc(it->task_count + 1, sizeof *it->waiter_kinds));
	it->waiter_count = 0;
	for (uint32_t o = 0; o < it->object_count; o++)
		it->objects[o].waiters_count = it->objects[o].senders_waiting =
			it->objects[o].receivers_waiting = 0;
	for (uint32_t t = 0; t < it->task_count; t++)
		if (it->tasks[t].object >= 0)
			it->objects[it->tasks[t].object].waiters_count++;
	uint32_t first = 0;
	for (uint32_t o = 0; o < it->object_count; o++) {
		it->objects[o].waiters_first = first;
		first += it->objects[o].waiters_count;
		it->objects[o].waiters_count = 0;
	}
	it->waiter_count = first;
	for (uint32_t t = 0; t < it->task_count; t++) {
		if (it->tasks[t].object < 0)
			continue;
		struct object *object = &it->objects[it->tasks[t].object];
		const uint32_t at = object->waiters_first + object->waiters_count++;
		it->waiters[at] = t;
		it->waiter_kinds[at] = it->tasks[t].wait;
		object->receivers_waiting += it->tasks[t].wait == TL_WAIT_RECEIVE;
		object->senders_waiting += it->tasks[t].wait != TL_WAIT_RECEIVE;
	}
	return it;
}

/* ---- the model that is none ---- */

const struct fake_place *fake_places;
const int32_t *fake_moved_tasks, *fake_moved_objects;
int fake_confirms;
const uint64_t (*fake_stacks)[8];
const enum backtrace_status *fake_statuses;

#define WORD(n, v, s) [v] = s,
static const char *const states[] = {TL_STATES(WORD)};
static const char *const waits[] = {TL_WAITS(WORD)};
static const char *const objects[] = {TL_OBJECTS(WORD)};
static const char *const events[] = {TL_EVENTS(WORD)};
static const char *const reasons[] = {TL_REASONS(WORD)};

const char *model_state_name(const struct model *model, unsigned state)
{
	(void)model;
	return states[state];
}

const char *model_wait_name(const struct model *model, unsigned wait)
{
	(void)model;
	return waits[wait];
}

const char *model_object_name(const struct model *model, unsigned kind)
{
	(void)model;
	return objects[kind];
}

const char *model_event_name(const struct model *model, unsigned event)
{
	(void)model;
	return events[event];
}

const char *model_reason_name(const struct model *model, unsigned reason)
{
	(void)model;
	return reasons[reason];
}

char task_letter(const struct task *task)
{
	static const char letters[] = {
		[TL_STATE_NEW] = 'N', [TL_STATE_PAUSED] = 'P', [TL_STATE_READY] = 'r',
		[TL_STATE_RUNNING] = 'R', [TL_STATE_ENDED] = 'X', [TL_STATE_PARKED] = '?'};
	if (task->quality == TASK_TORN)
		return '?';
	if (task->state == TL_STATE_WAITING)
		return task->wait == TL_WAIT_LOCK    ? 'L'
		       : task->wait == TL_WAIT_JOIN  ? 'J'
		       : task->wait == TL_WAIT_SLEEP ? 'T'
						     : 'C';
	return task->wait == TL_WAIT_RUN ? 'U' : letters[task->state];
}

void model_place(struct model *model, uint64_t address, bool exact, struct place *ret)
{
	(void)model;
	(void)exact;
	*ret = (struct place){0};
	for (const struct fake_place *it = fake_places; it && it->address; it++)
		if (it->address == address)
			*ret = (struct place){
				.function = it->function,
				.offset = 4,
				.file = it->file,
				.line = it->line,
				.module = it->module,
				.is_runtime = it->is_runtime,
			};
}

static bool is_in(const int32_t *list, int32_t item)
{
	for (; list && *list >= 0; list++)
		if (*list == item)
			return true;
	return false;
}

bool model_confirm(struct model *model, const struct snapshot *snapshot, const int32_t *tasks,
		   size_t task_count, const int32_t *confirmed, size_t object_count)
{
	(void)model;
	(void)snapshot;
	fake_confirms++;
	for (size_t i = 0; i < task_count; i++)
		if (is_in(fake_moved_tasks, tasks[i]))
			return false;
	for (size_t i = 0; i < object_count; i++)
		if (is_in(fake_moved_objects, confirmed[i]))
			return false;
	return true;
}

void model_backtraces(struct model *model, const struct snapshot *snapshot, const int32_t *tasks,
		      size_t count, struct backtrace *ret)
{
	(void)model;
	(void)snapshot;
	for (size_t i = 0; i < count; i++) {
		ret[i] = (struct backtrace){.status = BACKTRACE_COMPLETE};
		if (fake_statuses)
			ret[i].status = fake_statuses[tasks[i]];
		if (ret[i].status == BACKTRACE_REFUSED)
			snprintf(ret[i].why, sizeof ret[i].why, "ask root");
		if (!fake_stacks)
			continue;
		for (const uint64_t *pc = fake_stacks[tasks[i]]; *pc; pc++)
			ret[i].pc[ret[i].count++] = *pc;
	}
}
