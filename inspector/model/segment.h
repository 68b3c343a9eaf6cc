/* SPDX-License-Identifier: MIT */
/*
 * segment.h: views of parts of the segment, through a map where that is safe, else as copies.
 *
 * A hole of a memfd that is read through a map becomes a page: a segment that claims tables of
 * terabytes would eat the machine.  So the bytes of holes that are looked at through the map are
 * counted; a part with more than a few is copied by pread instead, which itself has a limit.  (A
 * page that the target has set aside but not written yet counts as a hole, too: a few are normal.)
 */
#ifndef INSPECTOR_SEGMENT_H
#define INSPECTOR_SEGMENT_H

#include "../source/source.h"

/* One part of the segment that is looked at again and again: a section. */
struct segment_part {
	const unsigned char *bytes; /* valid until the next segment_view() of this part */
	uint64_t checked;           /* so many bytes from its beginning have been asked for holes */
	unsigned char *copy;        /* ours, when it is no map */
	uint64_t room;
	bool is_live;               /* `bytes` is the target's own memory and changes under us */
};

struct segment {
	struct source *source;
	const unsigned char *map;   /* NULL: copies only */
	uint64_t bytes;
	uint64_t holes_left;        /* bytes of holes that may still be touched */
};

void segment_init(struct segment *segment, struct source *source);

/* Make `part` show [offset, offset + bytes).  0 or -errno (-ERANGE, -E2BIG, -ENOMEM, -EIO). */
int segment_view(struct segment *segment, struct segment_part *part, uint64_t offset,
		 uint64_t bytes);

/* Read a small piece afresh, whatever the views show. */
int segment_read(struct segment *segment, uint64_t offset, void *buffer, size_t bytes);
void segment_part_fini(struct segment_part *part);

#endif
