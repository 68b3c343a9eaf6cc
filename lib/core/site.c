/* SPDX-License-Identifier: MIT */
/*
 * site.c: where tasklets come from.  Each scheduler has entries of its own in the shared table, so that counts
 * have one writer; a private hash finds them by address.
 */
#include <stdlib.h>

#include "record.h"

enum { CACHE_SIZE = 1024 };

struct site_cache {
	struct { const void *address; uint32_t index; } slots[CACHE_SIZE];
	uint32_t used;
};

static uint32_t make(struct scheduler *s, const void *address)
{
	uint32_t index = __atomic_load_n(&segment.header->site_high, __ATOMIC_RELAXED);
	do {
		if (index >= segment_capacity(SECTION_sites) ||
		    segment_back(SECTION_sites, (uint64_t)index + 1)) {
			__atomic_fetch_add(&segment.header->lost_sites, 1, __ATOMIC_RELAXED);
			return 0;
		}
		/* release: a tool that sees the mark may touch the entry */
	} while (!__atomic_compare_exchange_n(&segment.header->site_high, &index, index + 1, false,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	segment.sites[index].scheduler = s->index;
	__atomic_store_n(&segment.sites[index].address, (uintptr_t)address, __ATOMIC_RELEASE);
	return index;
}

uint32_t site_find(struct scheduler *s, const void *address)
{
	if (!s->sites && !(s->sites = calloc(1, sizeof *s->sites)))
		return 0;
	uint32_t h = (uint32_t)((uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15) >> 54);
	while (s->sites->slots[h].address && s->sites->slots[h].address != address)
		h = (h + 1) % CACHE_SIZE;
	if (!s->sites->slots[h].address) {
		uint32_t index = s->sites->used < CACHE_SIZE - 1 ? make(s, address) : 0;
		if (!index)
			return 0;
		s->sites->slots[h].address = address;
		s->sites->slots[h].index = index;
		s->sites->used++;
	}
	s->site_address = address;
	s->site_index = s->sites->slots[h].index;
	return s->site_index;
}

void site_finish(struct scheduler *s)
{
	free(s->sites);
	s->sites = NULL;
	s->site_address = NULL;
}
