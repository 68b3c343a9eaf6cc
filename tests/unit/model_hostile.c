/* SPDX-License-Identifier: MIT */
/*
 * model_hostile.c: segments that lie.  Nothing may crash, hang or eat the machine; what is shown is
 * bounded and safe whatever was read.  Worth most under the sanitizers.
 *
 *	HOSTILE=N	rounds of random damage (default 400)
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "looker.h"
#include "segment_writer.h"

#include "harness.h"

static struct segment_writer writer;
static struct looker looker;
static uint64_t random_state = 88172645463325252;

static uint64_t roll(uint64_t sides)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % sides;
}

static int rounds(void)
{
	return getenv("HOSTILE") ? atoi(getenv("HOSTILE")) : 400;
}

/* Values that overflow something. */
static uint64_t bad_value(void)
{
	static const uint64_t values[] = {
		0,
		1,
		7,
		63,
		64,
		4095,
		0x7fff,
		0xffff,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		INT64_MAX,
		(uint64_t)INT64_MAX + 1,
		UINT64_MAX - 127,
		UINT64_MAX - 1,
		UINT64_MAX,
	};
	return roll(4) ? values[roll(sizeof values / sizeof *values)] : random_state;
}

static unsigned char stack_of_lies[65536] __attribute__((aligned(4096)));

/* A bit of everything, stacks included. */
static void write_a_world(void)
{
	ok(segment_writer_init(&writer, NULL));
	writer.header->slab_high = 2;
	writer.slabs[1] = (struct tl_slab){ .base = (uintptr_t)stack_of_lies, .stride = 4096,
					    .count = 16 };
	writer.layouts[0] =
		(struct tl_layout){ .machine = EM_X86_64, .resume = (uintptr_t)&memcpy };
	for (int i = 0; i < 8; i++)
		segment_object(&writer, &(struct segment_object){
						.name = i % 2 ? "mutex" :
								"a channel with a rather long name",
						.kind = i % 2 ? TL_OBJECT_MUTEX : TL_OBJECT_CHANNEL,
					});
	for (uint32_t i = 0; i < 40; i++) {
		uint32_t slot = segment_task(
			&writer, &(struct segment_task){
					 .name = i % 3 ? "task" : "a task with a long name",
					 .group = "group",
					 .state = TL_STATE_WAITING,
					 .wait = 1 + i % 8,
					 .target = 1 + i % 8,
					 .scheduler = i % 3,
					 .switches = i,
				 });
		writer.records[slot].stack = 1 << TL_STACK_INDEX_BITS | i % 16;
		writer.records[slot].sp = (uintptr_t)stack_of_lies + (i % 16) * 4096 + roll(4096);
	}
	writer.header->select_high = 16;
	for (uint64_t i = 0; i < 400; i++)
		segment_event(&writer, (uint32_t)roll(3), roll(5) == 0, 4000 - i * 10,
			      (struct tl_event_record){ .event = (uint16_t)roll(24),
							.flags = (uint16_t)roll(20),
							.tasklet = (uint32_t)roll(44),
							.a = roll(44) | roll(10) << 32,
							.b = roll(10) });
}

static void expect_text(const char *text, size_t room)
{
	expect(strnlen(text, room) < room);
	for (; *text; text++)
		expect((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void expect_index(int32_t index, uint32_t count)
{
	expect(index >= -1 && (index < 0 || (uint32_t)index < count));
}

/* Whatever the segment says, the picture holds together. */
static void expect_bounded(const struct snapshot *snapshot)
{
	expect(snapshot->scheduler_count >= 1);
	for (uint32_t i = 0; i < snapshot->task_count; i++) {
		const struct task *task = &snapshot->tasks[i];
		expect(task->id != 0 && task->scheduler < snapshot->scheduler_count);
		expect_index(task->object, snapshot->object_count);
		expect_index(task->joins, snapshot->task_count);
		expect_text(task->name, sizeof task->name);
		expect_text(task->group, sizeof task->group);
	}
	for (uint32_t i = 0; i < snapshot->object_count; i++) {
		const struct object *object = &snapshot->objects[i];
		expect_index(object->holder, snapshot->task_count);
		expect_text(object->name, sizeof object->name);
		expect((uint64_t)object->waiters_first + object->waiters_count <=
		       snapshot->waiter_count);
	}
	for (uint32_t i = 0; i < snapshot->waiter_count; i++)
		expect(snapshot->waiters[i] < snapshot->task_count);
	for (uint32_t i = 0; i < snapshot->scheduler_count; i++) {
		expect_index(snapshot->schedulers[i].current, snapshot->task_count);
		expect_index(snapshot->schedulers[i].main, snapshot->task_count);
	}
}

static void look_at_everything(void)
{
	static struct backtrace backtraces[1100];
	static int32_t tasks[1100];
	const struct snapshot *snapshot = looker.snapshot;
	expect_bounded(snapshot);
	uint32_t count = snapshot->task_count < 1100 ? snapshot->task_count : 1100;
	for (uint32_t i = 0; i < count; i++)
		tasks[i] = (int32_t)i;
	model_backtraces(looker.model, snapshot, tasks, count, backtraces);
	bool wants_places =
		roll(20) == 0; /* the C library's debug information takes a while to read */
	for (uint32_t i = 0; i < count; i++) {
		expect(backtraces[i].count <= MODEL_FRAMES);
		expect_text(backtraces[i].why, sizeof backtraces[i].why);
		for (uint32_t f = 0; wants_places && f < backtraces[i].count && f < 3; f++) {
			struct place place;
			model_place(looker.model, backtraces[i].pc[f], f == 0, &place);
		}
	}
	struct history history;
	if (model_history(looker.model, snapshot, roll(3) ? 0 : roll(50), 0, &history) == 0) {
		for (size_t i = 0; i < history.count; i++)
			expect_text(history.events[i].text, sizeof history.events[i].text);
		history_fini(&history);
	}
	model_confirm(looker.model, snapshot, tasks, count < 10 ? count : 10, tasks, 0);
	for (unsigned value = 0; value < 70; value++)
		expect_text(model_event_name(looker.model, value), 64);
}

static void damage_value(void *base, size_t bytes)
{
	static const size_t sizes[] = { 1, 2, 4, 8 };
	size_t size = sizes[roll(4)];
	uint64_t value = bad_value();
	memcpy((char *)base + roll((bytes - size) / size + 1) * size, &value, size);
}

static void damage_something(void)
{
	const struct tl_abi_prologue *prologue = &writer.header->prologue;
	uint32_t slot = 1 + (uint32_t)roll(40);
	switch (roll(12)) {
	case 0:
		damage_value(&writer.header->pid, sizeof *writer.header - sizeof *prologue);
		break;
	case 1:
		damage_value(&writer.header->prologue.byte_order, sizeof *prologue - 8);
		break;
	case 2:
		damage_value(&writer.section_table[roll(16)].offset, 24);
		break;
	case 3:
		damage_value(&writer.field_table[roll(100)].section, 16);
		break;
	case 4:
		damage_value(&writer.name_table[roll(60)], sizeof *writer.name_table);
		break;
	case 5:
		damage_value(&writer.objects[1 + roll(8)], sizeof(struct tl_object));
		break;
	case 6:
		damage_value(&writer.schedulers[roll(4)], 256);
		break;
	case 7:
		damage_value(&writer.slabs[1], sizeof *writer.slabs);
		break;
	case 8:
		damage_value(&writer.layouts[0], sizeof *writer.layouts);
		break;
	case 9:
		damage_value(writer.rings, 4096);
		break;
	case 10:
		damage_value(&writer.selects[roll(16)], sizeof *writer.selects);
		break;
	default:
		damage_value(&writer.records[slot], sizeof writer.records[slot]);
		break;
	}
}

TEST(random_damage)
{
	int shown = 0;
	for (int round = 0; round < rounds(); round++) {
		write_a_world();
		for (uint64_t i = 0; i <= roll(6); i++)
			damage_something();
		char pid[16];
		snprintf(pid, sizeof pid, "%d", (int)getpid());
		if (try_to_look(&looker, pid) == 0) {
			shown++;
			look_at_everything();
			look_again(&looker);
			look_at_everything();
		}
		look_away(&looker);
		segment_writer_fini(&writer);
	}
	expect(shown > rounds() / 4);
}

/* The same segment changes under one model. */
TEST(damage_while_we_look)
{
	write_a_world();
	look_at_process(&looker, getpid());
	for (int round = 0; round < rounds(); round++) {
		uint32_t slot = 1 + (uint32_t)roll(40);
		damage_value(&writer.records[slot], sizeof writer.records[slot]);
		damage_value(&writer.objects[1 + roll(8)], sizeof(struct tl_object));
		if (roll(4) == 0)
			damage_value(&writer.header->pid,
				     sizeof *writer.header - sizeof writer.header->prologue);
		struct snapshot *snapshot;
		if (model_snapshot(looker.model, &snapshot, &looker.problem) != 0)
			continue;
		snapshot_free(looker.snapshot);
		looker.snapshot = snapshot;
		look_at_everything();
	}
}

/* Stacks full of addresses of real code, which lead the unwinder anywhere. */
TEST(stacks_that_lead_anywhere)
{
	uint64_t code[] = { (uintptr_t)&memcpy,
			    (uintptr_t)&printf,
			    (uintptr_t)&qsort,
			    (uintptr_t)&getenv,
			    (uintptr_t)&look_at_everything,
			    (uintptr_t)&source_open };
	write_a_world();
	look_at_process(&looker, getpid());
	for (int round = 0; round < rounds(); round++) {
		uint64_t *words = (uint64_t *)stack_of_lies;
		for (size_t i = 0; i < sizeof stack_of_lies / sizeof *words; i++)
			words[i] = roll(3) == 0 ? code[roll(6)] + roll(64) :
				   roll(2) ? (uintptr_t)stack_of_lies + roll(sizeof stack_of_lies) :
					     bad_value();
		writer.layouts[0].resume = code[roll(6)] + roll(100);
		for (uint32_t slot = 1; slot <= 40; slot++)
			writer.records[slot].counter += 2;
		look_again(&looker);
		look_at_everything();
	}
}

/* A program's file may have any name, and the reason for a cut backtrace tells it. */
TEST(names_of_files_that_steer_a_terminal)
{
	char path[128];
	snprintf(path, sizeof path, "/tmp/%d-evil\033]0;pwned\a\xc2\x9b", (int)getpid());
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	expect(descriptor >= 0);
	ok(ftruncate(descriptor, 4096));
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, descriptor, 0);
	close(descriptor);
	ok(unlink(path));
	expect(code != MAP_FAILED);
	write_a_world();
	writer.layouts[0].resume = (uintptr_t)code + 64;
	look_at_process(&looker, getpid());
	struct backtrace backtrace;
	const int32_t first = 0;
	model_backtraces(looker.model, looker.snapshot, &first, 1, &backtrace);
	expect_text(backtrace.why, sizeof backtrace.why);
	if (!strstr(backtrace.why, "-evil?]0;pwned??"))
		fail_test("why: %s", backtrace.why);
	munmap(code, 4096);
}

static uint64_t elapsed_ms(const struct timespec *since)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((now.tv_sec - since->tv_sec) * 1000 +
			  (now.tv_nsec - since->tv_nsec) / 1000000);
}

/* Terabytes of claims: answered in little time and memory. */
TEST(tables_of_terabytes)
{
	static const char *const tables[] = { "records", "objects",    "sites",	    "strings",
					      "rings",	 "schedulers", "occupancy", "selects",
					      "labels",	 "bases" };
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		struct timespec start;
		struct stat before, after;
		struct segment_shape shape = { .flags = SEGMENT_UNSEALED };
		ok(segment_writer_init(&writer, &shape));
		segment_task(&writer,
			     &(struct segment_task){ .name = "a", .state = TL_STATE_READY });
		/* a sparse file costs nothing */
		uint64_t bytes = UINT64_C(1) << 40;
		ok(ftruncate(writer.descriptor, (off_t)bytes));
		ok(fcntl(writer.descriptor, F_ADD_SEALS,
			 F_SEAL_SHRINK | F_SEAL_GROW | 0x0010 /* F_SEAL_FUTURE_WRITE */));
		struct tl_abi_section *section = segment_find_section(&writer, tables[i]);
		section->offset = 1 << 24;
		section->capacity = (bytes - section->offset) / section->entry_bytes;
		writer.header->prologue.segment_bytes = bytes;
		writer.header->record_high = writer.header->object_high = UINT32_MAX;
		writer.header->site_high = writer.header->scheduler_high = UINT32_MAX;
		writer.header->select_high = writer.header->ring_records = UINT32_MAX;
		writer.header->strings_high = UINT64_MAX;
		ok(fstat(writer.descriptor, &before));
		clock_gettime(CLOCK_MONOTONIC, &start);
		char pid[16];
		snprintf(pid, sizeof pid, "%d", (int)getpid());
		if (try_to_look(&looker, pid) == 0)
			look_at_everything();
		look_away(&looker);
		ok(fstat(writer.descriptor, &after));
		uint64_t grown = (uint64_t)(after.st_blocks - before.st_blocks) * 512;
		if (grown > 80 << 20)
			fail_test("%s: looking made %llu MiB of it", tables[i],
				  (unsigned long long)grown >> 20);
		if (elapsed_ms(&start) > 30000)
			fail_test("%s: took %llu ms", tables[i],
				  (unsigned long long)elapsed_ms(&start));
		segment_writer_fini(&writer);
	}
}
