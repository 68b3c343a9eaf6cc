/* SPDX-License-Identifier: MIT */
/*
 * record.h: taking and giving back tasklets' records.  Slots and serials come to a scheduler in
 * blocks, so that the hot path shares nothing; a freed slot is used again before a new one.
 */
#ifndef TL_CORE_RECORD_H
#define TL_CORE_RECORD_H

#include "scheduler.h"

/* No free record is at hand: link of a new one, or 0: -EAGAIN/-ENOMEM in *error. */
TL_HIDDEN COLD uint32_t record_new(struct scheduler *s, int *error);
TL_HIDDEN COLD void record_more_serials(struct scheduler *s);
/* The thread ends and all its tasklets are gone: its blocks are anybody's. */
TL_HIDDEN void record_finish(struct scheduler *s);

ALWAYS_INLINE uint64_t record_serial(struct scheduler *s)
{
	if (unlikely(s->serial_next == s->serial_end))
		record_more_serials(s);
	return s->serial_next++;
}

ALWAYS_INLINE void record_occupy(uint32_t slot)
{
	segment.occupancy[slot / 64] |= UINT64_C(1) << slot % 64;
}

/* A free record's link, at once; 0: record_new() must find one. */
ALWAYS_INLINE uint32_t record_at_hand(struct scheduler *s)
{
	uint32_t link = s->free;
	if (likely(link))
		s->free = RECORD(s, link)->next;
	else if (likely(s->block_next != s->block_end))
		link = s->block_next++ * (uint32_t)sizeof(struct tl_record);
	return link;
}

/* Back to the free list.  `r` is in no chain and runs nowhere. */
ALWAYS_INLINE void record_release(struct scheduler *s, struct tl_record *r)
{
	uint32_t slot = record_slot(s, r);
	r->wait = TL_STATE_FREE;
	r->serial = 0;
	segment.occupancy[slot / 64] &= ~(UINT64_C(1) << slot % 64);
	r->next = s->free;
	s->free = LINK(s, r);
}

/* ---- spawn sites: site.c ---- */

/* The index of a site's entry, made if need be; 0: the table is full (counted). */
TL_HIDDEN COLD uint32_t site_find(struct scheduler *s, const void *address);
TL_HIDDEN int site_start(struct scheduler *s);
TL_HIDDEN void site_finish(struct scheduler *s);

enum { SITE_CACHE = 1024 };

struct site_cache {
	struct site_slot { const void *address; uint32_t index; } slots[SITE_CACHE];
	uint32_t used;
};

ALWAYS_INLINE struct site_slot *site_slot(struct scheduler *s, const void *address)
{
	return &s->sites->slots[(uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15) >> 54];
}

#endif
