/* SPDX-License-Identifier: MIT */
/*
 * model.c: opens a model: checks the segment, learns its layout, and gives the other files of this
 * folder bounded views of its sections.
 */
#include "backtraces.h"
#include "inside.h"
#include "places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What never changes in a segment: its beginning, and when it was made. */
static void set_witness(struct model *model, const struct tl_header *header)
{
	const struct layout *layout = &model->layout;
	const struct layout_field *anchor = &layout->fields[FIELD_header_anchor0_ns];
	if (header->address == 0 || !anchor->is_known)
		return;
	uint64_t offset = layout->sections[SECTION_header].offset + anchor->offset;
	unsigned char bytes[8];
	if (segment_read(&model->segment, offset, bytes, sizeof bytes) == 0)
		source_set_witness(model->source, header->address + offset, bytes, sizeof bytes);
}

int model_open(struct source *source, struct model **ret, struct problem *problem)
{
	struct model *model = calloc(1, sizeof *model);
	if (!model)
		return problem_set(problem, ENOMEM, "out of memory");
	model->source = source;
	segment_init(&model->segment, source);
	int error = layout_read(&model->segment, source_label(source), &model->layout, problem);
	if (error) {
		model_close(model);
		return error;
	}
	struct tl_header header;
	error = model_read_header(model, &header);
	if (error) {
		model_close(model);
		return problem_set(problem, -error, "%s: its segment cannot be read: %s",
				   source_label(source), strerror(-error));
	}
	set_witness(model, &header);
	*ret = model;
	return 0;
}

void model_close(struct model *model)
{
	if (!model)
		return;
	unwinder_destroy(model->unwinder);
	places_destroy(model->places);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		segment_part_fini(&model->parts[i]);
	free(model);
}

const unsigned char *model_section(struct model *model, enum layout_section_id id, uint64_t *count,
				   int *error)
{
	const struct layout_section *section = &model->layout.sections[id];
	if (*count > section->capacity)
		*count = section->capacity;
	int result = *count ? segment_view(&model->segment, &model->parts[id], section->offset,
					   *count * section->entry_bytes) :
			      0;
	if (error)
		*error = result;
	if (result != 0)
		*count = 0;
	return *count ? model->parts[id].bytes : NULL;
}

/* One try; true: the clock's anchors did not change meanwhile. */
static bool copy_header(struct model *model, struct tl_header *ret, int *error)
{
	const struct layout_section *section = &model->layout.sections[SECTION_header];
	const struct layout_field *sequence = &model->layout.fields[FIELD_header_clock_sequence];
	unsigned char raw[LAYOUT_ENTRY_BYTES];
	*error = segment_read(&model->segment, section->offset, raw, section->entry_bytes);
	if (*error)
		return true;
	layout_decode(&model->layout, SECTION_header, raw, ret);
	uint32_t after;
	if (!sequence->is_known || sequence->size != sizeof after ||
	    segment_read(&model->segment, section->offset + sequence->offset, &after,
			 sizeof after) != 0)
		return true;
	return after == ret->clock_sequence && after % 2 == 0;
}

int model_read_header(struct model *model, struct tl_header *ret)
{
	enum { TRIES = 16 };
	int error, tries = 0;
	while (!copy_header(model, ret, &error) && ++tries < TRIES)
		;
	if (error)
		return error;
	if (tries == TRIES)
		ret->anchor1_clock = 0; /* changing all the time: the first one still stands */
	if (ret->scheduler_high > MODEL_SCHEDULERS_MOST)
		ret->scheduler_high = MODEL_SCHEDULERS_MOST;
	return 0;
}

/* ---- printed words ---- */

static const char *name_or_unknown(const struct model *model, enum tl_abi_set set, unsigned value)
{
	static char unknown[4][24];
	static unsigned turn;
	const char *name = layout_name(&model->layout, set, value);
	if (name)
		return name;
	char *text = unknown[turn++ % 4];
	snprintf(text, sizeof unknown[0], "unknown (%u)", value);
	return text;
}

const char *model_state_name(const struct model *model, unsigned state)
{
	return name_or_unknown(model, TL_SET_STATE, state);
}

const char *model_wait_name(const struct model *model, unsigned wait)
{
	return name_or_unknown(model, TL_SET_WAIT, wait);
}

const char *model_object_name(const struct model *model, unsigned kind)
{
	return name_or_unknown(model, TL_SET_OBJECT, kind);
}

const char *model_event_name(const struct model *model, unsigned event)
{
	return name_or_unknown(model, TL_SET_EVENT, event);
}

const char *model_reason_name(const struct model *model, unsigned reason)
{
	return name_or_unknown(model, TL_SET_REASON, reason);
}

char task_letter(const struct task *task)
{
	static const char waits[] = {
		[TL_WAIT_NONE] = '?',       [TL_WAIT_SEND] = 'C',      [TL_WAIT_RECEIVE] = 'C',
		[TL_WAIT_SEND_ERROR] = 'C', [TL_WAIT_LOCK] = 'L',      [TL_WAIT_JOIN] = 'J',
		[TL_WAIT_SLEEP] = 'T',      [TL_WAIT_RUN] = 'U',       [TL_WAIT_SELECT] = 'C',
		[TL_WAIT_IO] = 'I',         [TL_WAIT_OFFLOAD] = 'O',   [TL_WAIT_CONDITION] = 'L',
		[TL_WAIT_READ_LOCK] = 'L',  [TL_WAIT_WRITE_LOCK] = 'L', [TL_WAIT_SEMAPHORE] = 'L',
		[TL_WAIT_EVENT] = 'L',      [TL_WAIT_GROUP] = 'J',     [TL_WAIT_SIGNAL] = 'I',
		[TL_WAIT_UNKNOWN] = '?',
	};
	switch (task->state) {
	case TL_STATE_NEW:
		return 'N';
	case TL_STATE_PAUSED:
		return task->wait == TL_WAIT_RUN ? 'U' : 'P';
	case TL_STATE_READY:
		return 'r';
	case TL_STATE_RUNNING:
		return 'R';
	case TL_STATE_WAITING:
		return task->wait < sizeof waits ? waits[task->wait] : '?';
	case TL_STATE_ENDED:
	case TL_STATE_LOST:
		return 'X';
	default:
		return '?';
	}
}
