/* SPDX-License-Identifier: MIT */
/*
 * model_tasks.c: what records become, and which of them.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/stat.h>
#include <time.h>

#include "looker.h"
#include "segment_writer.h"

#include "harness.h"

static struct segment_writer writer;
static struct looker looker;

static void begin(const struct segment_shape *shape)
{
	ok(segment_writer_init(&writer, shape));
}

static uint32_t add(const char *name, unsigned state, unsigned wait)
{
	return segment_task(&writer,
			    &(struct segment_task){ .name = name, .state = state, .wait = wait });
}

TEST(letters_of_states_and_waits)
{
	static const struct {
		unsigned state, wait;
		char letter;
	} cases[] = {
		{ TL_STATE_NEW, 0, 'N' },
		{ TL_STATE_RUNNING, 0, 'R' },
		{ TL_STATE_READY, 0, 'r' },
		{ TL_STATE_PAUSED, 0, 'P' },
		{ TL_STATE_PAUSED, TL_WAIT_RUN, 'U' },
		{ TL_STATE_WAITING, TL_WAIT_SEND, 'C' },
		{ TL_STATE_WAITING, TL_WAIT_RECEIVE, 'C' },
		{ TL_STATE_WAITING, TL_WAIT_SEND_ERROR, 'C' },
		{ TL_STATE_WAITING, TL_WAIT_LOCK, 'L' },
		{ TL_STATE_WAITING, TL_WAIT_IO, 'I' },
		{ TL_STATE_WAITING, TL_WAIT_SLEEP, 'T' },
		{ TL_STATE_WAITING, TL_WAIT_JOIN, 'J' },
		{ TL_STATE_WAITING, TL_WAIT_OFFLOAD, 'O' },
		{ TL_STATE_WAITING, 63, '?' },
		{ TL_STATE_PARKED, 0, '?' },
		{ TL_STATE_ENDED, 0, 'X' },
		{ TL_STATE_LOST, 0, 'X' },
		{ 15, 0, '?' },
	};
	begin(NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		add("t", cases[i].state, cases[i].wait);
	look_at_process(&looker, getpid());
	expect_int(looker.snapshot->task_count, sizeof cases / sizeof *cases);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (task_letter(&looker.snapshot->tasks[i]) != cases[i].letter)
			fail_test("case %zu is %c", i, task_letter(&looker.snapshot->tasks[i]));
}

/* The record keeps times up to its last change: what has grown since depends on the state. */
TEST(times_grow_with_the_state)
{
	begin(NULL);
	struct segment_task task = {
		.age_ns = 1000, .life_ns = 10000, .run_ns = 200, .ready_ns = 30
	};
	static const struct {
		const char *name;
		unsigned state;
		uint64_t run, ready, wait;
	} cases[] = {
		{ "runs", TL_STATE_RUNNING, 1200, 30, 8770 },
		{ "ready", TL_STATE_READY, 200, 1030, 8770 },
		{ "waits", TL_STATE_WAITING, 200, 30, 9770 },
		{ "paused", TL_STATE_PAUSED, 200, 30, 9770 },
		{ "ended", TL_STATE_ENDED, 200, 30, 8770 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		task.name = cases[i].name;
		task.state = cases[i].state;
		segment_task(&writer, &task);
	}
	look_at_process(&looker, getpid());
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct task *seen = look_task(&looker, cases[i].name);
		expect_int(seen->age_ns, 1000);
		expect_int(seen->life_ns, 10000);
		expect_int(seen->run_ns, cases[i].run);
		expect_int(seen->ready_ns, cases[i].ready);
		expect_int(seen->wait_ns, cases[i].wait);
	}
	expect_int(looker.snapshot->up_ns, 60000000000);
	expect_int(looker.snapshot->taken_ns, SEGMENT_NOW);
}

TEST(a_stamp_of_the_future_is_now)
{
	begin(NULL);
	uint32_t slot = add("early", TL_STATE_WAITING, TL_WAIT_SLEEP);
	writer.records[slot].since = SEGMENT_NOW + 5;
	look_at_process(&looker, getpid());
	expect_int(look_task(&looker, "early")->age_ns, 0);
}

TEST(without_a_clock_times_are_unknown)
{
	begin(NULL);
	add("a", TL_STATE_WAITING, TL_WAIT_LOCK);
	writer.header->clock = TL_CLOCK_NONE;
	writer.header->trace = 0;
	look_at_process(&looker, getpid());
	const struct task *task = look_task(&looker, "a");
	expect(!looker.snapshot->has_clock);
	expect(task->age_ns == MODEL_UNKNOWN && task->life_ns == MODEL_UNKNOWN);
	expect(task->run_ns == MODEL_UNKNOWN && task->wait_ns == MODEL_UNKNOWN);
}

TEST(the_monotonic_clock)
{
	begin(NULL);
	struct timespec now;
	uint32_t slot = add("a", TL_STATE_WAITING, TL_WAIT_LOCK);
	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	writer.header->clock = TL_CLOCK_MONOTONIC;
	writer.records[slot].since = ns - 3000000000;
	look_at_process(&looker, getpid());
	uint64_t age = look_task(&looker, "a")->age_ns;
	expect(age >= 3000000000 && age < 63000000000);
	expect(looker.snapshot->taken_ns >= ns);
}

/* A counter that ran at 4 units a nanosecond since an hour ago: the two anchors give the rate, and
 * for a live process our own clocks are the second one. */
TEST(the_counter_as_a_clock)
{
	begin(NULL);
	uint32_t slot = add("a", TL_STATE_WAITING, TL_WAIT_LOCK);
	look_at_process(&looker, getpid());
	uint64_t tsc, ns;
	source_clocks(looker.source, &tsc, &ns);
	if (tsc == 0)
		skip_test("no time stamp counter on this machine");
	/* where it was one second ago, by its rate until now */
	uint64_t hour = UINT64_C(3600000000000);
	uint64_t units = tsc / 8 < hour ? tsc / 8 : hour;
	writer.header->clock = TL_CLOCK_TSC;
	writer.header->anchor0_clock = tsc - units * 4;
	writer.header->anchor0_ns = ns - units;
	writer.header->anchor1_clock = writer.header->anchor1_ns = 0;
	writer.records[slot].since = tsc - UINT64_C(4000000000);
	writer.records[slot].run = UINT64_C(4000000);
	look_again(&looker);
	const struct task *task = look_task(&looker, "a");
	expect(looker.snapshot->has_clock);
	/* 1 s; the machine may have been busy between the two looks at its clocks */
	expect(task->age_ns > 990000000 && task->age_ns < 61000000000);
	expect(task->run_ns > 990000 && task->run_ns < 1010000);
}

TEST(a_counter_that_makes_no_sense)
{
	begin(NULL);
	add("a", TL_STATE_WAITING, TL_WAIT_LOCK);
	writer.header->clock = TL_CLOCK_TSC;
	writer.header->anchor0_clock = UINT64_MAX - 5;
	writer.header->anchor0_ns = UINT64_MAX - 5;
	look_at_process(&looker, getpid());
	expect(!looker.snapshot->has_clock);
	expect(look_task(&looker, "a")->age_ns == MODEL_UNKNOWN);
}

TEST(names_long_short_and_hostile)
{
	static const char long_name[] =
		"a name of more than sixty-three bytes, which no tool shows whole, ever";
	begin(NULL);
	add("fifteen bytes..", TL_STATE_READY, 0);
	add("sixteen bytes...", TL_STATE_READY, 0);
	add(long_name, TL_STATE_READY, 0);
	add("\033[2J\xc2\x9b" "31m", TL_STATE_READY, 0);
	uint32_t slot = add("cut", TL_STATE_READY, 0);
	memset(writer.records[slot].name, 'x', sizeof writer.records[slot].name); /* no NUL */
	slot = add("astray", TL_STATE_READY, 0);
	uint32_t astray = UINT32_MAX;
	writer.records[slot].name[11] = TL_NAME_LONG;
	memcpy(writer.records[slot].name + 12, &astray, 4);
	add(NULL, TL_STATE_READY, 0);
	look_at_process(&looker, getpid());
	const struct task *tasks = looker.snapshot->tasks;
	expect_string(tasks[0].name, "fifteen bytes..");
	expect_string(tasks[1].name, "sixteen bytes...");
	expect_int(strlen(tasks[2].name), MODEL_NAME_BYTES - 1);
	expect(strncmp(tasks[2].name, long_name, MODEL_NAME_BYTES - 1) == 0);
	expect_string(tasks[3].name, "?[2J?31m");
	expect_string(tasks[4].name, "xxxxxxxxxxxxxxxx");
	expect_string(tasks[5].name, "astray");
	expect_string(tasks[6].name, "");
}

TEST(stacks)
{
	begin(NULL);
	writer.header->slab_high = 3;
	writer.slabs[1] = (struct tl_slab){
		.base = 0x10000, .stride = 0x4000, .guard_bytes = 0x1000, .count = 4
	};
	writer.slabs[2] = (struct tl_slab){ .base = UINT64_MAX - 0x2000, .stride = 0x4000,
					    .guard_bytes = 0x1000, .count = 9 };
	static const struct {
		uint32_t stack;
		uint64_t low, high;
	} cases[] = {
		{ 0, 0, 0 },
		{ 1 << TL_STACK_INDEX_BITS | 0, 0x11000, 0x14000 },
		{ 1 << TL_STACK_INDEX_BITS | 3, 0x1d000, 0x20000 },
		{ 1 << TL_STACK_INDEX_BITS | 4, 0, 0 },                    /* beyond the slab */
		{ 2 << TL_STACK_INDEX_BITS | 1, 0, 0 },                    /* beyond all addresses */
		{ 3 << TL_STACK_INDEX_BITS | 0, 0, 0 },                    /* no such slab */
		{ UINT32_C(3) << 29 | 1 << TL_STACK_INDEX_BITS | 2, 0, 0 }, /* elsewhere */
		{ UINT32_MAX, 0, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t slot = add("t", TL_STATE_PAUSED, 0);
		writer.records[slot].stack = cases[i].stack;
	}
	look_at_process(&looker, getpid());
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		expect_int(looker.snapshot->tasks[i].stack_low, cases[i].low);
		expect_int(looker.snapshot->tasks[i].stack_high, cases[i].high);
	}
}

/* A slot's counter goes on when it is used again: its first tasklet's switches are not the second
 * one's. */
TEST(switches_of_a_slot_that_was_used_before)
{
	begin(NULL);
	uint32_t slot = add("second", TL_STATE_PAUSED, 0);
	writer.records[slot].counter = 20;
	writer.bases[slot] = 7;
	slot = add("runs", TL_STATE_RUNNING, 0);
	writer.records[slot].counter = 5;
	slot = writer.header->record_high++;
	writer.records[slot].counter = 8; /* nobody is there now */
	look_at_process(&looker, getpid());
	expect_int(looker.snapshot->task_count, 2);
	expect_int(look_task(&looker, "second")->switches, 3);
	expect_int(look_task(&looker, "runs")->switches, 3);
	expect_int(looker.snapshot->switches, 10 + 3 + 4);
}

TEST(only_occupied_slots_below_the_mark)
{
	begin(NULL);
	add("a", TL_STATE_READY, 0);
	uint32_t b = add("b", TL_STATE_READY, 0);
	add("c", TL_STATE_READY, 0);
	writer.occupancy[0] &= ~(UINT64_C(1) << b);
	add("d", TL_STATE_READY, 0);
	writer.header->record_high--;
	look_at_process(&looker, getpid());
	expect_int(looker.snapshot->task_count, 2);
	expect_string(looker.snapshot->tasks[0].name, "a");
	expect_string(looker.snapshot->tasks[1].name, "c");
	expect_int(looker.snapshot->tasks[1].slot, 3);
}

TEST(a_slot_that_is_not_quite_somebodys)
{
	begin(NULL);
	writer.records[add("free", TL_STATE_FREE, 0)].serial = 9;
	writer.records[add("no serial", TL_STATE_READY, 0)].serial = 0;
	look_at_process(&looker, getpid());
	expect_int(looker.snapshot->task_count, 0);
}

TEST(parents_wakers_sites_and_flags)
{
	begin(NULL);
	uint32_t site = segment_site(&writer, 0x401234, 3, 1);
	uint32_t mother = add("mother", TL_STATE_PAUSED, 0);
	segment_task(&writer, &(struct segment_task){
				      .name = "child",
				      .state = TL_STATE_WAITING,
				      .wait = TL_WAIT_JOIN,
				      .wait_flags = TL_WAIT_FLAG_DEADLINE | TL_WAIT_FLAG_ERROR,
				      .target = mother,
				      .parent = (uint32_t)segment_task_serial(&writer, mother),
				      .waker = 99,
				      .site = site,
				      .level = 3,
				      .flags = TL_RECORD_BACKGROUND | TL_RECORD_JOINABLE,
			      });
	uint32_t lost = add("lost", TL_STATE_WAITING, TL_WAIT_JOIN);
	writer.records[lost].wait = tl_wait_word(TL_STATE_WAITING, TL_WAIT_JOIN, 0, 4000000);
	writer.records[lost].site = 77;
	writer.records[lost].scheduler = 999;
	look_at_process(&looker, getpid());
	const struct task *child = look_task(&looker, "child");
	expect_int(child->parent, look_task(&looker, "mother")->id);
	expect_int(child->waker, 99);
	expect_int(child->joins, look_task_index(&looker, "mother"));
	expect_int(child->site, 0x401234);
	expect_int(child->level, 3);
	expect(child->has_deadline && child->error_pending);
	expect(child->is_background && child->is_joinable && !child->is_main && !child->is_fresh);
	expect_int(look_task(&looker, "lost")->joins, -1);
	expect_int(look_task(&looker, "lost")->site, 0);
	expect_int(look_task(&looker, "lost")->scheduler, 0);
	expect_int(looker.snapshot->bad, 1);
}

TEST(one_site_of_several_schedulers)
{
	begin(NULL);
	segment_site(&writer, 0x2000, 5, 2);
	segment_site(&writer, 0x1000, 1, 0);
	segment_site(&writer, 0x2000, 4, 4);
	look_at_process(&looker, getpid());
	expect_int(looker.snapshot->site_count, 2);
	expect_int(looker.snapshot->sites[0].address, 0x1000);
	expect_int(looker.snapshot->sites[1].spawned, 9);
	expect_int(looker.snapshot->sites[1].live, 3);
}

TEST(schedulers)
{
	begin(NULL);
	segment_task(&writer, &(struct segment_task){ .name = "main", .state = TL_STATE_WAITING,
						      .wait = TL_WAIT_SLEEP,
						      .flags = TL_RECORD_MAIN });
	segment_task(&writer, &(struct segment_task){ .name = "b", .state = TL_STATE_RUNNING,
						      .scheduler = 2 });
	segment_task(&writer, &(struct segment_task){ .name = "c", .state = TL_STATE_READY,
						      .scheduler = 2 });
	writer.schedulers[0].asleep = 1;
	writer.schedulers[0].sleep_until = SEGMENT_NOW + 250;
	writer.schedulers[2].tid = 4242;
	writer.schedulers[2].head = writer.header->ring_records + 11;
	writer.schedulers[2].idle = 77;
	writer.schedulers[1].current = 13; /* within a record */
	look_at_process(&looker, getpid());
	const struct scheduler *schedulers = looker.snapshot->schedulers;
	expect_int(looker.snapshot->scheduler_count, 3);
	expect(schedulers[0].in_use && !schedulers[1].in_use && schedulers[2].in_use);
	expect(schedulers[0].asleep && !schedulers[2].asleep);
	expect_int(schedulers[0].sleep_until_ns, 250);
	expect_int(schedulers[0].main, look_task_index(&looker, "main"));
	expect_int(schedulers[0].current, -1);
	expect_int(schedulers[1].current, -1);
	expect_int(schedulers[2].current, look_task_index(&looker, "b"));
	expect_int(schedulers[2].ready, 1);
	expect_int(schedulers[2].tid, 4242);
	expect_int(schedulers[2].ring_lost, 11);
	expect_int(schedulers[2].idle_ns, 77);
}

/* ---- look-ups ---- */

TEST(ids_and_their_low_halves)
{
	begin(NULL);
	uint32_t old = add("old", TL_STATE_READY, 0), young = add("young", TL_STATE_READY, 0);
	uint32_t child = add("child", TL_STATE_READY, 0);
	writer.records[old].serial = 5;
	writer.records[young].serial = (UINT64_C(3) << 32) + 6;
	writer.records[child].serial = (UINT64_C(3) << 32) + 7;
	writer.records[child].parent = 5;
	writer.records[child].waker = 4000;
	look_at_process(&looker, getpid());
	const struct snapshot *snapshot = looker.snapshot;
	expect_int(snapshot_task_by_id(snapshot, 5), 0);
	expect_int(snapshot_task_by_id(snapshot, (UINT64_C(3) << 32) + 6), 1);
	expect_int(snapshot_task_by_id(snapshot, 6), -1);
	expect_int(snapshot_task_by_id(snapshot, 0), -1);
	expect_int(snapshot_task_by_low(snapshot, 6), 1);
	expect_int(snapshot_task_by_low(snapshot, 8), -1);
	expect_int(look_task(&looker, "child")->parent, 5); /* alive: that one, however old */
	expect_int(look_task(&looker, "child")->waker,
		   (UINT64_C(3) << 32) + 4000); /* the nearest */
}

TEST(of_two_with_one_low_half_the_later)
{
	begin(NULL);
	uint32_t old = add("old", TL_STATE_READY, 0), young = add("young", TL_STATE_READY, 0);
	writer.records[old].serial = 5;
	writer.records[young].serial = (UINT64_C(1) << 32) + 5;
	look_at_process(&looker, getpid());
	expect_int(snapshot_task_by_low(looker.snapshot, 5), 1);
	expect_int(snapshot_task_by_id(looker.snapshot, 5), 0);
}

/* ---- records that change while they are read ---- */

/* Wide entries are read field by field, which takes longer: the race is easier to lose. */
static void write_records_for_ever(void)
{
	struct segment_shape shape = { .flags = SEGMENT_WIDE };
	if (segment_writer_init(&writer, &shape) != 0)
		_exit(1);
	for (int i = 0; i < 16; i++)
		segment_record(&writer, add("t", TL_STATE_PAUSED, 0))->ticket = 0;
	child_is_ready();
	for (uint64_t round = 1;; round++) {
		for (uint32_t slot = 1; slot <= 16; slot++) {
			struct tl_record *record = segment_record(&writer, slot);
			__atomic_store_n(&record->counter, record->counter + 1, __ATOMIC_RELEASE);
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
			record->run = record->ready = record->ticket = round * slot;
			record->sp = round * slot * 16;
			__atomic_store_n(&record->counter, record->counter + 1, __ATOMIC_RELEASE);
		}
	}
}

TEST(no_torn_record_is_taken_for_whole)
{
	pid_t child = start_child(write_records_for_ever);
	uint64_t whole = 0, torn = 0;
	look_at_process(&looker, child);
	while (whole < 100000) {
		for (uint32_t i = 0; i < looker.snapshot->task_count; i++) {
			const struct task *task = &looker.snapshot->tasks[i];
			torn += task->quality == TASK_TORN;
			if (task->quality != TASK_GOOD)
				continue;
			whole++;
			if (task->run_ns != task->ready_ns || task->run_ns != task->ticket ||
			    task->sp != task->ticket * 16)
				fail_test("torn: run %llu ready %llu ticket %llu sp %llu",
					  (unsigned long long)task->run_ns,
					  (unsigned long long)task->ready_ns,
					  (unsigned long long)task->ticket,
					  (unsigned long long)task->sp);
		}
		expect(looker.snapshot->torn <= looker.snapshot->task_count);
		look_again(&looker);
	}
	end_child(child);
	printf("model_tasks: of records that change all the time %llu were whole, %llu torn\n",
	       (unsigned long long)whole, (unsigned long long)torn);
}

/* Thousands come and go in the low slots while each picture is taken. */
static void write_crowds_for_ever(void)
{
	enum { CROWD = 8192 };
	struct segment_shape shape = { .records = 2 * CROWD };
	if (segment_writer_init(&writer, &shape) != 0)
		_exit(1);
	for (int i = 0; i < CROWD; i++)
		add("crowd", TL_STATE_PAUSED, 0);
	for (int i = 0; i < 64; i++)
		add("old", TL_STATE_PAUSED, 0);
	child_is_ready();
	for (;;) {
		uint64_t low = writer.occupancy[0] ? 0 : ~UINT64_C(0);
		for (int word = 0; word < CROWD / 64; word++)
			__atomic_store_n(&writer.occupancy[word], low, __ATOMIC_RELEASE);
		for (int i = 0; i < 200; i++) /* pictures are taken meanwhile */
			sched_yield();
	}
}

TEST(a_crowd_pushes_nobody_out)
{
	pid_t child = start_child(write_crowds_for_ever);
	look_at_process(&looker, child);
	uint32_t last = 0;
	int changes = 0;
	while (changes < 1000) {
		uint32_t old = 0;
		changes += looker.snapshot->task_count != last;
		for (uint32_t i = 0; i < looker.snapshot->task_count; i++)
			old += strcmp(looker.snapshot->tasks[i].name, "old") == 0;
		expect_int(old, 64);
		expect_int(looker.snapshot->left_out, 0);
		expect(looker.snapshot->has_wakes);
		last = looker.snapshot->task_count;
		look_again(&looker);
	}
	end_child(child);
}

/* A table that is declared, but is not there: it must not be made by looking. */
TEST(a_huge_sparse_table_costs_nothing)
{
	struct segment_shape shape = { .records = 4 << 20 };
	begin(&shape);
	add("a", TL_STATE_READY, 0);
	writer.header->record_high = 4 << 20;
	look_at_process(&looker, getpid());
	expect_int(looker.snapshot->task_count, 1);
	look_again(&looker);
	struct stat status;
	ok(fstat(writer.descriptor, &status));
	expect(status.st_blocks * 512 < 80 << 20); /* the limit, and what the writer wrote itself */
}
