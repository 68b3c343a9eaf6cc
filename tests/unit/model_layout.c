/* SPDX-License-Identifier: MIT */
/*
 * model_layout.c: segments of other versions, of other machines, and damaged ones.
 */
#include "looker.h"
#include "segment_writer.h"

#include "harness.h"

static void write_some(struct segment_writer *writer, unsigned flags)
{
	struct segment_shape shape = { .flags = flags };
	ok(segment_writer_init(writer, &shape));
	uint32_t channel = segment_object(writer, &(struct segment_object){ .name = "jobs",
									    .capacity = 8 });
	segment_task(writer, &(struct segment_task){ .name = "main", .state = TL_STATE_RUNNING,
						     .flags = TL_RECORD_MAIN, .switches = 7 });
	segment_task(writer, &(struct segment_task){
				     .name = "a worker with a name that is too long for its field",
				     .state = TL_STATE_WAITING,
				     .wait = TL_WAIT_SEND,
				     .target = channel,
				     .age_ns = 2000,
				     .run_ns = 300,
				     .ready_ns = 40,
				     .switches = 5,
				     .group = "workers",
				     .level = -2 });
}

static void expect_some(const struct looker *looker)
{
	expect_int(looker->snapshot->task_count, 2);
	const struct task *main_task = look_task(looker, "main");
	expect(main_task->state == TL_STATE_RUNNING && main_task->quality == TASK_RUNNING);
	expect(main_task->is_main);
	expect_int(main_task->switches, 7);
	const struct task *worker =
		look_task(looker, "a worker with a name that is too long for its field");
	expect_string(worker->group, "workers");
	expect_int(worker->age_ns, 2000);
	expect_int(worker->run_ns, 300);
	expect_int(worker->ready_ns, 40);
	expect_int(worker->switches, 5);
	expect_int(worker->level, -2);
	expect_int(worker->object, 0);
	expect_string(looker->snapshot->objects[0].name, "jobs");
	expect_int(looker->snapshot->objects[0].capacity, 8);
	expect_int(looker->snapshot->objects[0].senders_waiting, 1);
	expect_int(looker->snapshot->bad, 0);
}

static void expect_refusal(struct segment_writer *writer, const char *why)
{
	struct looker looker;
	char pid[16];
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	expect(try_to_look(&looker, pid) < 0);
	if (!strstr(looker.problem.text, why))
		fail_test("it says: %s", looker.problem.text);
	segment_writer_fini(writer);
}

TEST(our_own_version)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, 0);
	look_at_process(&looker, getpid());
	expect_some(&looker);
	look_away(&looker);
}

TEST(entries_are_longer_and_fields_elsewhere)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, SEGMENT_WIDE);
	look_at_process(&looker, getpid());
	expect_some(&looker);
	look_away(&looker);
}

TEST(an_unsealed_segment_is_read_without_a_map)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, SEGMENT_UNSEALED);
	look_at_process(&looker, getpid());
	expect_pointer(source_segment_map(looker.source), NULL);
	expect_some(&looker);
	look_away(&looker);
}

TEST(an_unsealed_segment_that_shrinks)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, SEGMENT_UNSEALED);
	look_at_process(&looker, getpid());
	ok(ftruncate(writer.descriptor, 4096));
	struct snapshot *snapshot;
	expect(model_snapshot(looker.model, &snapshot, &looker.problem) < 0);
	look_away(&looker);
}

TEST(fields_have_changed_places)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, 0);
	struct tl_abi_field *run = segment_find_field(&writer, "records", "run");
	struct tl_abi_field *ready = segment_find_field(&writer, "records", "ready");
	uint32_t offset = run->offset;
	run->offset = ready->offset;
	ready->offset = offset;
	look_at_process(&looker, getpid());
	const struct task *worker =
		look_task(&looker, "a worker with a name that is too long for its field");
	expect_int(worker->run_ns, 40);
	expect_int(worker->ready_ns, 300);
	look_away(&looker);
}

TEST(fields_are_smaller)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, 0);
	segment_find_field(&writer, "records", "run")->size = 2;
	segment_find_field(&writer, "records", "ready")->size = 1;
	look_at_process(&looker, getpid());
	const struct task *worker =
		look_task(&looker, "a worker with a name that is too long for its field");
	expect_int(worker->run_ns, 300);
	expect_int(worker->ready_ns, 40);
	look_away(&looker);
}

/* What is missing is unknown, and everything else is there. */
TEST(each_field_may_be_missing)
{
	static const char *const needed[] = { "record_high", "serial", "wait" };
	struct segment_writer writer;
	write_some(&writer, 0);
	size_t count = writer.header->prologue.field_count;
	for (size_t i = 0; i < count; i++) {
		struct tl_abi_field *field = &writer.field_table[i];
		struct tl_abi_field saved = *field;
		const char *section = writer.section_table[field->section].name;
		bool is_needed = false;
		for (size_t k = 0; k < 3; k++)
			is_needed |= strcmp(saved.name, needed[k]) == 0 &&
				     strcmp(section, "objects") != 0;
		segment_drop_field(&writer, section, saved.name);
		struct looker looker;
		char pid[16];
		snprintf(pid, sizeof pid, "%d", (int)getpid());
		int error = try_to_look(&looker, pid);
		if (is_needed != (error != 0))
			fail_test("without %s.%s: %s", section, saved.name, looker.problem.text);
		if (!error)
			expect_int(looker.snapshot->task_count, 2);
		look_away(&looker);
		*field = saved;
	}
	segment_writer_fini(&writer);
}

TEST(each_section_may_be_missing)
{
	struct segment_writer writer;
	write_some(&writer, 0);
	for (size_t i = 0; i < writer.header->prologue.section_count; i++) {
		struct tl_abi_section saved = writer.section_table[i];
		bool is_needed =
			strcmp(saved.name, "header") == 0 || strcmp(saved.name, "records") == 0;
		segment_drop_section(&writer, saved.name);
		struct looker looker;
		char pid[16];
		snprintf(pid, sizeof pid, "%d", (int)getpid());
		int error = try_to_look(&looker, pid);
		if (is_needed != (error != 0))
			fail_test("without %s: %s", saved.name, looker.problem.text);
		if (!error)
			expect_int(looker.snapshot->task_count, 2);
		look_away(&looker);
		writer.section_table[i] = saved;
	}
	segment_writer_fini(&writer);
}

TEST(unknown_times_are_said_to_be)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, 0);
	segment_drop_field(&writer, "records", "since");
	segment_drop_field(&writer, "records", "run");
	look_at_process(&looker, getpid());
	const struct task *worker =
		look_task(&looker, "a worker with a name that is too long for its field");
	expect(worker->age_ns == MODEL_UNKNOWN);
	expect(worker->run_ns == MODEL_UNKNOWN);
	expect(worker->wait_ns == MODEL_UNKNOWN);
	look_away(&looker);
}

TEST(the_other_byte_order)
{
	struct segment_writer writer;
	write_some(&writer, SEGMENT_SWAPPED);
	expect_refusal(&writer, "byte order");
}

TEST(another_abi_number)
{
	struct segment_writer writer;
	write_some(&writer, 0);
	writer.header->prologue.abi = TL_ABI_NUMBER + 1;
	expect_refusal(&writer, "ABI 2");
}

TEST(no_magic)
{
	struct segment_writer writer;
	write_some(&writer, 0);
	writer.header->prologue.magic[0] = '\0';
	expect_refusal(&writer, "not ready");
}

/* Nor does a list wait for it. */
TEST(no_magic_in_a_list)
{
	struct segment_writer writer;
	struct source *source;
	struct model *model;
	struct problem problem;
	write_some(&writer, 0);
	writer.header->prologue.magic[0] = '\0';
	ok(source_open_listed(getpid(), &source, &problem));
	expect(!source_is_patient(source));
	expect(model_open(source, &model, &problem) != 0);
	expect(strstr(problem.text, "not ready"));
	source_close(source);
	segment_writer_fini(&writer);
}

TEST(without_a_runtime_no_verdicts)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, 0);
	look_at_process(&looker, getpid());
	expect(looker.snapshot->has_wakes);
	writer.header->runtime_high = 0;
	look_again(&looker);
	expect(!looker.snapshot->has_wakes);
	look_away(&looker);
	segment_writer_fini(&writer);
}

TEST(larger_than_it_is)
{
	struct segment_writer writer;
	write_some(&writer, 0);
	writer.header->prologue.segment_bytes = writer.bytes + 1;
	expect_refusal(&writer, "damaged");
}

TEST(a_section_outside_of_the_segment)
{
	static const struct {
		uint64_t offset, entry_bytes, capacity;
	} bad[] = {
		{ UINT64_MAX, 0, 0 },
		{ UINT64_MAX - 4096, 128, 64 },
		{ 4096, 0, 64 },
		{ 4096, 128, UINT64_MAX },
		{ 4096, UINT64_MAX, 2 },
		{ 4096, 128, 1u << 30 },
		{ 4096, 1u << 31, 1u << 31 },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct segment_writer writer;
		write_some(&writer, 0);
		struct tl_abi_section *section = segment_find_section(&writer, "objects");
		section->offset = bad[i].offset;
		section->entry_bytes = bad[i].entry_bytes;
		section->capacity = bad[i].capacity;
		expect_refusal(&writer, "section objects");
	}
}

TEST(a_field_outside_of_its_entry)
{
	static const struct {
		uint32_t offset, size, count;
	} bad[] = {
		{ 128, 8, 1 }, { 124, 8, 1 }, { UINT32_MAX, 8, 1 }, { 0, UINT32_MAX, UINT32_MAX },
		{ 8, 8, UINT32_MAX },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct segment_writer writer;
		write_some(&writer, 0);
		struct tl_abi_field *field = segment_find_field(&writer, "records", "sp");
		field->offset = bad[i].offset;
		field->size = bad[i].size;
		field->count = bad[i].count;
		expect_refusal(&writer, "field sp");
	}
}

TEST(tables_outside_of_the_segment)
{
	struct segment_writer writer;
	write_some(&writer, 0);
	writer.header->prologue.fields = writer.bytes - 8;
	expect_refusal(&writer, "tables");
	write_some(&writer, 0);
	writer.header->prologue.section_count = UINT32_MAX;
	expect_refusal(&writer, "tables");
	write_some(&writer, 0);
	writer.header->prologue.names = UINT64_MAX;
	expect_refusal(&writer, "tables");
}

/* A guard that is not one word of its own cannot prove anything. */
TEST(guards_that_are_no_words)
{
	struct segment_writer writer;
	write_some(&writer, 0);
	segment_find_field(&writer, "records", "wait")->offset = 20;
	expect_refusal(&writer, "no picture");
}

/* The names of another version win; what has none is numbered. */
TEST(names_of_values)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, 0);
	for (size_t i = 0; i < writer.header->prologue.name_count; i++)
		if (writer.name_table[i].set == TL_SET_STATE &&
		    writer.name_table[i].value == TL_STATE_PAUSED)
			memcpy(writer.name_table[i].name, "res\033ting", 9);
	look_at_process(&looker, getpid());
	expect_string(model_state_name(looker.model, TL_STATE_PAUSED), "res?ting");
	expect_string(model_state_name(looker.model, TL_STATE_READY), "ready");
	expect_string(model_wait_name(looker.model, 63), "unknown (63)");
	expect_string(model_event_name(looker.model, TL_EVENT_HANDOFF), "handoff");
	expect_string(model_reason_name(looker.model, 70000), "unknown (70000)");
	look_away(&looker);
}

TEST(marks_beyond_the_capacities)
{
	struct segment_writer writer;
	struct looker looker;
	write_some(&writer, 0);
	struct tl_header *header = writer.header;
	header->record_high = header->object_high = header->site_high = header->slab_high =
		UINT32_MAX;
	header->scheduler_high = header->select_high = header->runtime_high = UINT32_MAX;
	header->layout_high = header->ring_records = header->rare_records = UINT32_MAX;
	header->strings_high = UINT64_MAX;
	look_at_process(&looker, getpid());
	expect_int(looker.snapshot->task_count, 2);
	struct history history;
	ok(model_history(looker.model, looker.snapshot, 0, 0, &history));
	history_fini(&history);
	look_away(&looker);
}
