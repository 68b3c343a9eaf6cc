/* SPDX-License-Identifier: MIT */
/*
 * segment.c: see segment.h.  Holes cannot come back into a sealed segment, so each part is asked
 * only for what is new in it.
 */
#include "segment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COPY_MOST = 1 << 30, HOLES_MOST = 1 << 26, HOLES_SMALL = 1 << 18 };

void segment_init(struct segment *segment, struct source *source)
{
	segment->source = source;
	segment->map = source_segment_map(source);
	segment->bytes = source_segment_bytes(source);
	segment->holes_left = HOLES_MOST;
}

static int copy_part(struct segment *segment, struct segment_part *part, uint64_t offset,
		     uint64_t bytes)
{
	if (bytes > COPY_MOST)
		return -E2BIG;
	if (bytes > part->room) {
		free(part->copy);
		part->room = 0;
		part->copy = malloc(bytes);
		if (!part->copy)
			return -ENOMEM;
		part->room = bytes;
	}
	part->bytes = part->copy;
	part->is_live = false;
	return source_segment_read(segment->source, offset, part->copy, bytes);
}

int segment_view(struct segment *segment, struct segment_part *part, uint64_t offset,
		 uint64_t bytes)
{
	if (offset > segment->bytes || bytes > segment->bytes - offset)
		return -ERANGE;
	if (!segment->map)
		return copy_part(segment, part, offset, bytes);
	if (bytes > part->checked) {
		uint64_t most = bytes / 16 > HOLES_SMALL ? bytes / 16 : HOLES_SMALL;
		if (most > segment->holes_left)
			most = segment->holes_left;
		uint64_t holes = source_segment_holes(segment->source, offset + part->checked,
						      bytes - part->checked, most);
		if (holes > most)
			return copy_part(segment, part, offset, bytes);
		segment->holes_left -= holes;
		part->checked = bytes;
	}
	part->bytes = segment->map + offset;
	part->is_live = true;
	return 0;
}

int segment_read(struct segment *segment, uint64_t offset, void *buffer, size_t bytes)
{
	return source_segment_read(segment->source, offset, buffer, bytes);
}

void segment_part_fini(struct segment_part *part)
{
	free(part->copy);
	*part = (struct segment_part){ 0 };
}
