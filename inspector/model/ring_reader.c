/* SPDX-License-Identifier: MIT */
/*
 * ring_reader.c: abi.h, "Reading a ring": head, copy, head again; record i of N is good if i + N >
 * later.  In pieces, so that little is lost of a ring that is written at full speed, and memory is
 * bounded.
 */
#include "ring_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	PIECE_RECORDS = 4096,
	RECORDS_MOST = 1 << 22,  /* in all; of a larger history the newest of each ring */
};

struct ring {
	struct model *model;
	enum layout_section_id section;
	uint64_t first;          /* entry of the section where it begins */
	uint64_t records;        /* N */
	uint64_t head_offset;    /* in the segment */
	uint64_t entry_bytes;
};

static uint64_t read_head(const struct ring *ring)
{
	uint64_t head = 0;
	/* pairs with the writer's release: a system call is more than an acquire */
	if (segment_read(&ring->model->segment, ring->head_offset, &head, sizeof head) != 0)
		return 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return head;
}

/* False: there is no such ring. */
static bool find_ring(struct model *model, const struct tl_header *header, uint32_t scheduler,
		      bool is_rare, struct ring *ret)
{
	const struct layout *layout = &model->layout;
	const struct layout_field *head =
		&layout->fields[is_rare ? FIELD_schedulers_rare_head : FIELD_schedulers_head];
	const struct layout_section *schedulers = &layout->sections[SECTION_schedulers];
	enum layout_section_id section = is_rare ? SECTION_rare_rings : SECTION_rings;
	const struct layout_section *rings = &layout->sections[section];
	uint64_t records = is_rare ? header->rare_records : header->ring_records;
	if (!head->is_known || head->size != 8 || !rings->is_known || records == 0 ||
	    scheduler >= schedulers->capacity ||
	    (scheduler + UINT64_C(1)) > rings->capacity / records)
		return false;
	*ret = (struct ring){
		.model = model,
		.section = section,
		.first = scheduler * records,
		.records = records,
		.head_offset =
			schedulers->offset + scheduler * schedulers->entry_bytes + head->offset,
		.entry_bytes = rings->entry_bytes,
	};
	return true;
}

/* Copy records [from, from + count); they may go round the end of the ring. */
static int copy_records(const struct ring *ring, uint64_t from, uint64_t count, unsigned char *to)
{
	const struct layout_section *section = &ring->model->layout.sections[ring->section];
	while (count > 0) {
		uint64_t at = from % ring->records;
		uint64_t part = ring->records - at < count ? ring->records - at : count;
		int error = segment_read(&ring->model->segment,
					 section->offset + (ring->first + at) * ring->entry_bytes,
					 to, part * ring->entry_bytes);
		if (error)
			return error;
		from += part;
		count -= part;
		to += part * ring->entry_bytes;
	}
	return 0;
}

static int append(struct ring_records *ret, struct ring_record record)
{
	if (ret->count >= RECORDS_MOST)
		return -E2BIG;
	if (ret->count == ret->room) {
		size_t room = ret->room ? ret->room * 2 : 1024;
		struct ring_record *grown = reallocarray(ret->list, room, sizeof *grown);
		if (!grown)
			return -ENOMEM;
		ret->list = grown;
		ret->room = room;
	}
	ret->list[ret->count++] = record;
	return 0;
}

static uint64_t oldest_good(uint64_t later, uint64_t records)
{
	return later + 1 > records ? later + 1 - records : 0;
}

int ring_read(struct ring_records *ret, struct model *model, const struct tl_header *header,
	      uint32_t scheduler, bool is_rare, uint64_t most,
	      bool (*is_wanted)(const struct tl_event_record *record, const void *user),
	      const void *user)
{
	struct ring ring;
	if (!find_ring(model, header, scheduler, is_rare, &ring))
		return 0;
	uint64_t head = read_head(&ring), next = oldest_good(head, ring.records);
	if (most == 0 || most > RECORDS_MOST)
		most = RECORDS_MOST;
	ret->lost += next;
	if (head - next > most)
		next = head - most;
	unsigned char *piece = malloc(PIECE_RECORDS * ring.entry_bytes);
	int error = piece ? 0 : -ENOMEM;
	while (next < head && !error) {
		uint64_t count = head - next < PIECE_RECORDS ? head - next : PIECE_RECORDS;
		error = copy_records(&ring, next, count, piece);
		uint64_t good = oldest_good(read_head(&ring), ring.records);
		for (uint64_t i = 0; i < count && !error; i++) {
			struct ring_record record = { .number = next + i, .scheduler = scheduler,
						      .is_rare = is_rare };
			if (record.number < good) {
				ret->torn++;
				ret->lost++;
				continue;
			}
			layout_decode(&model->layout, ring.section, piece + i * ring.entry_bytes,
				      &record.record);
			if (is_wanted(&record.record, user))
				error = append(ret, record);
		}
		next += count;
		if (next < good) {
			/* It is faster than we: what is gone is gone. */
			uint64_t gone = (good < head ? good : head) - next;
			ret->lost += gone;
			next += gone;
		}
	}
	free(piece);
	return error == -E2BIG ? 0 : error;
}
