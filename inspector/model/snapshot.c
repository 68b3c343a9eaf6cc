/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c: takes one picture: the header, then each table, then who is meant by what.
 */
#include "lookup.h"
#include "record.h"
#include "stacks.h"
#include "taking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void later(uint64_t *latest, uint64_t stamp)
{
	if (stamp > *latest)
		*latest = stamp;
}

/* The stamp of the newest event of a ring; 0: none. */
static uint64_t last_stamp(struct taking *taking, enum layout_section_id id, uint32_t scheduler,
			   uint64_t head, uint32_t records)
{
	const struct layout_section *section = &taking->model->layout.sections[id];
	if (head == 0 || records == 0 || (scheduler + UINT64_C(1)) * records > section->capacity)
		return 0;
	unsigned char raw[LAYOUT_ENTRY_BYTES];
	struct tl_event_record event;
	uint64_t at = (uint64_t)scheduler * records + (head - 1) % records;
	if (segment_read(&taking->model->segment, section->offset + at * section->entry_bytes, raw,
			 section->entry_bytes) != 0)
		return 0;
	layout_decode(&taking->model->layout, id, raw, &event);
	return event.stamp;
}

/* When a target that is no more was last heard of, in its clock. */
static uint64_t find_latest(struct taking *taking)
{
	struct model *model = taking->model;
	const struct tl_header *header = &taking->header;
	uint64_t latest = header->anchor0_clock;
	later(&latest, header->anchor1_clock);
	uint64_t count = header->scheduler_high;
	const unsigned char *bytes = model_section(model, SECTION_schedulers, &count, NULL);
	uint64_t entry_bytes = model->layout.sections[SECTION_schedulers].entry_bytes;
	for (uint32_t i = 0; i < count; i++) {
		struct tl_scheduler raw;
		layout_decode(&model->layout, SECTION_schedulers, bytes + i * entry_bytes, &raw);
		later(&latest,
		      last_stamp(taking, SECTION_rings, i, raw.head, header->ring_records));
		later(&latest, last_stamp(taking, SECTION_rare_rings, i, raw.rare_head,
					  header->rare_records));
	}
	return latest;
}

static void read_general(struct taking *taking)
{
	struct snapshot *snapshot = taking->snapshot;
	const struct tl_header *header = &taking->header;
	const struct clock *clock = &taking->clock;
	snapshot->taken_ns = clock->now_ns;
	snapshot->has_clock = clock->is_known;
	snapshot->up_ns = clock->is_known ? clock_age_ns(clock, header->anchor0_clock) :
			  clock->now_ns > header->anchor0_ns && header->anchor0_ns ?
					    clock->now_ns - header->anchor0_ns :
					    MODEL_UNKNOWN;
	pid_t pid = source_pid(snapshot->source);
	snapshot->pid = pid ? pid : header->pid; /* that of its own namespace may differ */
	snapshot->trace = header->trace;
	snapshot->lost_records = header->lost_records;
	snapshot->lost_objects = header->lost_objects;
	snapshot->lost_sites = header->lost_sites;
	snapshot->lost_strings = header->lost_strings;
	snapshot->no_memory = header->no_memory;
	struct tl_runtime runtime;
	struct tl_layout layout;
	runtime_read(taking->model, header, &runtime, &layout);
	/* Of a runtime that says nothing of itself nothing is believed. */
	snapshot->has_wakes = runtime.name[0] &&
			      !(runtime.capabilities & (TL_CAP_NO_WAKES | TL_CAP_NO_OBJECTS));
	snapshot->entry_low = runtime.entry_low;
	snapshot->entry_high = runtime.entry_high;
	snapshot->code_low = runtime.code_low;
	snapshot->code_high = runtime.code_high;
	snapshot->layout_resume = layout.resume;
}

int32_t taking_task_in_slot(const struct taking *taking, uint64_t slot)
{
	return snapshot_task_in_slot(taking->snapshot, slot);
}

uint64_t taking_serial(const struct taking *taking, uint32_t low)
{
	return snapshot_serial(taking->snapshot, low, taking->highest_serial);
}

uint64_t taking_slot_of_link(const struct taking *taking, uint32_t link)
{
	uint64_t entry_bytes = taking->model->layout.sections[SECTION_records].entry_bytes;
	return link % entry_bytes == 0 ? link / entry_bytes : 0;
}

static int take(struct taking *taking)
{
	int error = model_read_header(taking->model, &taking->header);
	if (error)
		return error;
	struct source *source = taking->model->source;
	clock_init(&taking->clock, &taking->header, source, taking->is_live,
		   taking->is_live ? 0 : find_latest(taking));
	read_general(taking);
	names_init(&taking->names, taking->model, &taking->header);
	error = slabs_read(&taking->slabs, taking->model, &taking->header);
	if (!error)
		error = taking_sites(taking);
	if (!error)
		error = taking_objects(taking);
	if (!error)
		error = taking_tasks(taking);
	if (!error)
		error = taking_schedulers(taking);
	if (!error)
		error = taking_waiters(taking);
	if (!error)
		taking_users(taking);
	if (taking->snapshot->left_out) /* one of those could wake anybody */
		taking->snapshot->has_wakes = false;
	return error;
}

int model_snapshot(struct model *model, struct snapshot **ret, struct problem *problem)
{
	struct snapshot *snapshot = calloc(1, sizeof *snapshot);
	if (!snapshot)
		return problem_set(problem, ENOMEM, "out of memory");
	struct taking taking = { .model = model, .snapshot = snapshot };
	snapshot->source = model->source;
	snapshot->source_state = source_state(model->source);
	snapshot->index = snapshot_index_create();
	taking.is_live = model_is_live(source_kind(model->source), snapshot->source_state);
	int error = take(&taking);
	slabs_fini(&taking.slabs);
	free(taking.site_addresses);
	free(taking.object_of_slot);
	if (error) {
		snapshot_free(snapshot);
		bool is_missing = error == -EIO && source_kind(model->source) == SOURCE_CORE;
		return problem_set(
			problem, -error, "%s: no picture of it: %s", source_label(model->source),
			is_missing ? "the core lacks part of its segment (is it truncated?)" :
				     strerror(-error));
	}
	*ret = snapshot;
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	snapshot_index_destroy(snapshot->index);
	free(snapshot->tasks);
	free(snapshot->objects);
	free(snapshot->schedulers);
	free(snapshot->sites);
	free(snapshot->waiters);
	free(snapshot->waiter_kinds);
	free(snapshot);
}

/* ---- the second look ---- */

static bool is_object_unchanged(struct model *model, const struct object *object)
{
	const struct layout_section *section = &model->layout.sections[SECTION_objects];
	unsigned char raw[LAYOUT_ENTRY_BYTES];
	struct tl_object now;
	if (object->slot >= section->capacity ||
	    segment_read(&model->segment, section->offset + object->slot * section->entry_bytes,
			 raw, section->entry_bytes) != 0)
		return false;
	layout_decode(&model->layout, SECTION_objects, raw, &now);
	return now.serial == object->id &&
	       (object->kind == TL_OBJECT_CHANNEL || now.holder == object->holder_word);
}

bool model_confirm(struct model *model, const struct snapshot *snapshot, const int32_t *tasks,
		   size_t task_count, const int32_t *objects, size_t object_count)
{
	if (source_kind(model->source) == SOURCE_CORE)
		return true;
	struct tl_header header;
	struct record_view view;
	if (model_read_header(model, &header) != 0 ||
	    !layout_knows(&model->layout, FIELD_records_counter))
		return false;
	if (record_view_init(&view, model, header.record_high, true) != 0)
		return false;
	/* Nothing of this look before the end of the first. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (size_t i = 0; i < task_count; i++) {
		const struct task *task = &snapshot->tasks[tasks[i]];
		struct tl_record now;
		if (task->slot >= view.count || !record_read(&view, task->slot, &now) ||
		    now.serial != task->id || now.counter != task->counter ||
		    now.wait != task->wait_word)
			return false;
	}
	for (size_t i = 0; i < object_count; i++)
		if (!is_object_unchanged(model, &snapshot->objects[objects[i]]))
			return false;
	return true;
}
