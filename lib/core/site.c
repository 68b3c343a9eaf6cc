/* SPDX-License-Identifier: MIT */
/*
 * site.c: where tasklets come from.  Each scheduler has entries of its own in the shared table, so
 * that counts have one writer; a private hash finds them by address.
 */
#include <pthread.h>
#include <stdlib.h>

#include "fork.h"
#include "record.h"

/* Entries of threads that have ended: who needs the address next goes on with them, counts and all.
 * Under record_lock. */
static struct { struct site_slot *slots; uint32_t count, room; } pool;

static uint32_t take_pooled(const void *address)
{
	uint32_t index = 0;
	pthread_mutex_lock(&record_lock);
	for (uint32_t i = 0; i < pool.count && !index; i++)
		if (pool.slots[i].address == address) {
			index = pool.slots[i].index;
			pool.slots[i] = pool.slots[--pool.count];
		}
	pthread_mutex_unlock(&record_lock);
	return index;
}

/* Under record_lock. */
static void give_to_pool(struct site_slot slot)
{
	if (pool.count == pool.room) {
		uint32_t room = pool.room ? pool.room * 2 : 64;
		struct site_slot *more = realloc(pool.slots, room * sizeof *more);
		if (!more)
			return; /* this entry is used no more */
		pool.slots = more;
		pool.room = room;
	}
	pool.slots[pool.count++] = slot;
}

static uint32_t make(struct scheduler *s, const void *address)
{
	uint32_t pooled = take_pooled(address);
	if (pooled) {
		segment.sites[pooled].scheduler = s->index;
		return pooled;
	}
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
	struct site_slot *slot = site_slot(s, address), *end = s->sites->slots + SITE_CACHE;
	while (slot->address && slot->address != address)
		if (++slot == end)
			slot = s->sites->slots;
	if (!slot->address) {
		uint32_t index = s->sites->used < SITE_CACHE - 1 ? make(s, address) : 0;
		if (!index)
			return 0;
		slot->address = address;
		slot->index = index;
		s->sites->used++;
	}
	return slot->index;
}

int site_start(struct scheduler *s)
{
	s->sites = calloc(1, sizeof *s->sites);
	return s->sites ? 0 : -ENOMEM;
}

void site_finish(struct scheduler *s)
{
	pthread_mutex_lock(&record_lock);
	for (uint32_t i = 0; i < SITE_CACHE; i++)
		if (s->sites->slots[i].address)
			give_to_pool(s->sites->slots[i]);
	pthread_mutex_unlock(&record_lock);
	free(s->sites);
	s->sites = NULL;
}
