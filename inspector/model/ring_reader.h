/* SPDX-License-Identifier: MIT */
/*
 * ring_reader.h: copies records out of event rings while they are being written.
 */
#ifndef INSPECTOR_RING_READER_H
#define INSPECTOR_RING_READER_H

#include "inside.h"

/* One record that was read whole. */
struct ring_record {
	struct tl_event_record record;
	uint64_t number;         /* in its ring, from 0 */
	uint32_t scheduler;
	bool is_rare;
	uint8_t rank;            /* for history.c: of events with one time stamp, */
	uint64_t order;          /* and the time stamp by which they are ordered */
};

struct ring_records {
	struct ring_record *list;
	size_t count, room;
	uint64_t lost;           /* overwritten before they could be read */
	uint64_t torn;           /* of these, those that were overwritten while they were read */
};

/* Append the newest `most` records of a ring (0: all) that `is_wanted` likes, oldest first.
 * 0 or -errno. */
int ring_read(struct ring_records *ret, struct model *model, const struct tl_header *header,
	      uint32_t scheduler, bool is_rare, uint64_t most,
	      bool (*is_wanted)(const struct tl_event_record *record, const void *user),
	      const void *user);

#endif
