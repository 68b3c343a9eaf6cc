/* SPDX-License-Identifier: MIT */
/*
 * record.c: a record is read between two looks at its counter and wait word (abi.h, "Reading a
 * record"): equal = it was whole.  After a few tries it is torn.
 */
#include "record.h"

#include <errno.h>
#include <string.h>

enum { TRIES = 8 };

/* The guards are words of eight bytes that are written at once: they must lie so. */
static bool is_guard_aligned(const struct layout *layout)
{
	const struct layout_field *counter = &layout->fields[FIELD_records_counter];
	const struct layout_field *wait = &layout->fields[FIELD_records_wait];
	const struct layout_section *section = &layout->sections[SECTION_records];
	uint64_t bits = section->offset | section->entry_bytes | wait->offset;
	if (counter->is_known)
		bits |= counter->offset | (counter->size ^ 8);
	return bits % 8 == 0 && wait->size == 8;
}

int record_view_init(struct record_view *view, struct model *model, uint64_t high, bool is_live)
{
	int error;
	if (!is_guard_aligned(&model->layout))
		return -EBADMSG;
	*view = (struct record_view){ .model = model, .count = high, .is_live = is_live };
	view->bytes = model_section(model, SECTION_records, &view->count, &error);
	view->entry_bytes = model->layout.sections[SECTION_records].entry_bytes;
	view->is_mapped = model->parts[SECTION_records].is_live;
	return error;
}

static uint64_t offset_of(const struct record_view *view, uint64_t slot)
{
	return view->model->layout.sections[SECTION_records].offset + slot * view->entry_bytes;
}

struct record_guard record_guard(const struct record_view *view, uint64_t slot)
{
	const struct layout_field *fields = view->model->layout.fields;
	const struct layout_field *counter = &fields[FIELD_records_counter];
	const struct layout_field *wait = &fields[FIELD_records_wait];
	struct record_guard guard = { 0 };
	if (view->is_mapped) {
		const unsigned char *raw = view->bytes + slot * view->entry_bytes;
		/* acquire: pairs with the release of the switch and of those who wake it */
		if (counter->is_known)
			guard.counter = __atomic_load_n((const uint64_t *)(raw + counter->offset),
							__ATOMIC_ACQUIRE);
		guard.wait = __atomic_load_n((const uint64_t *)(raw + wait->offset),
					     __ATOMIC_ACQUIRE);
		return guard;
	}
	struct segment *segment = &view->model->segment;
	if (counter->is_known)
		segment_read(segment, offset_of(view, slot) + counter->offset, &guard.counter, 8);
	segment_read(segment, offset_of(view, slot) + wait->offset, &guard.wait, 8);
	return guard;
}

uint64_t record_counter(const struct record_view *view, uint64_t slot)
{
	const struct layout_field *counter = &view->model->layout.fields[FIELD_records_counter];
	uint64_t value = 0;
	if (counter->is_known)
		memcpy(&value, view->bytes + slot * view->entry_bytes + counter->offset,
		       sizeof value);
	return value;
}

static void copy_record(const struct record_view *view, uint64_t slot, struct tl_record *ret)
{
	unsigned char raw[LAYOUT_ENTRY_BYTES];
	const unsigned char *from = view->bytes + slot * view->entry_bytes;
	if (view->is_live && !view->is_mapped &&
	    segment_read(&view->model->segment, offset_of(view, slot), raw, view->entry_bytes) == 0)
		from = raw;
	layout_decode(&view->model->layout, SECTION_records, from, ret);
}

bool record_read(const struct record_view *view, uint64_t slot, struct tl_record *ret)
{
	if (!view->is_live) {
		copy_record(view, slot, ret);
		return true;
	}
	struct record_guard before = record_guard(view, slot);
	for (int i = 0; i < TRIES; i++) {
		copy_record(view, slot, ret);
		__atomic_thread_fence(__ATOMIC_ACQUIRE); /* the copy before the second look */
		struct record_guard after = record_guard(view, slot);
		if (record_guards_equal(before, after) && ret->wait == after.wait)
			return true;
		before = after;
	}
	return false;
}
