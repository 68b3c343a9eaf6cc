/* SPDX-License-Identifier: MIT */
/*
 * record.c: blocks of slots and serials.  See record.h.  When a thread ends, its blocks, in which
 * nobody lives any more, go to whoever needs one next.
 */
#include <pthread.h>
#include <stdlib.h>

#include "fork.h"
#include "record.h"

static uint64_t next_serial = 1; /* of the process */

void record_more_serials(struct scheduler *s)
{
	s->serial_next = __atomic_fetch_add(&next_serial, FREE_BLOCK, __ATOMIC_RELAXED);
	s->serial_end = s->serial_next + FREE_BLOCK;
}

struct block_list {
	struct block { uint32_t from, to; } *blocks;
	uint32_t count, room;
};

static struct block_list pool; /* of threads that have ended */
pthread_mutex_t record_lock = PTHREAD_MUTEX_INITIALIZER;

static int list_room(struct block_list *list)
{
	if (list->count < list->room)
		return 0;
	uint32_t room = list->room ? list->room * 2 : 16;
	struct block *more = realloc(list->blocks, room * sizeof *more);
	if (!more)
		return -ENOMEM;
	list->blocks = more;
	list->room = room;
	return 0;
}

static bool take_pooled(struct scheduler *s)
{
	pthread_mutex_lock(&record_lock);
	bool found = pool.count;
	if (found) {
		struct block block = pool.blocks[--pool.count];
		s->block_next = block.from;
		s->block_end = block.to;
	}
	pthread_mutex_unlock(&record_lock);
	return found;
}

/* A block of slots that nobody has used yet.  Blocks begin at multiples of 64, so that a word of
 * the occupancy map has one writer. */
static int take_fresh(struct scheduler *s)
{
	uint32_t capacity = (uint32_t)segment_capacity(SECTION_records);
	uint32_t from, to;
	do {
		from = __atomic_load_n(&segment.header->record_high, __ATOMIC_RELAXED);
		if (from >= capacity) {
			__atomic_fetch_add(&segment.header->lost_records, 1, __ATOMIC_RELAXED);
			return -EAGAIN;
		}
		to = (from / FREE_BLOCK + 1) * FREE_BLOCK;
		if (to > capacity)
			to = capacity;
		int error = segment_back(SECTION_records, to);
		if (!error)
			error = segment_back(SECTION_bases, to);
		if (!error)
			error = segment_back(SECTION_occupancy, ((uint64_t)to + 63) / 64);
		if (error)
			return error;
		/* release: a tool that sees the mark may touch what lies below */
	} while (!__atomic_compare_exchange_n(&segment.header->record_high, &from, to, false,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	s->block_next = from;
	s->block_end = to;
	return 0;
}

static int take_block(struct scheduler *s)
{
	if (!s->blocks && !(s->blocks = calloc(1, sizeof *s->blocks)))
		return -ENOMEM;
	int error = list_room(s->blocks);
	if (!error && !take_pooled(s))
		error = take_fresh(s);
	if (!error)
		s->blocks->blocks[s->blocks->count++] = (struct block){ s->block_next, s->block_end };
	return error;
}

uint32_t record_new(struct scheduler *s, int *error)
{
	if (s->block_next == s->block_end) {
		*error = take_block(s);
		if (*error)
			return 0;
	}
	return s->block_next++ * (uint32_t)sizeof(struct tl_record);
}

void record_finish(struct scheduler *s)
{
	if (!s->blocks)
		return;
	pthread_mutex_lock(&record_lock);
	for (uint32_t i = 0; i < s->blocks->count && !list_room(&pool); i++)
		pool.blocks[pool.count++] = s->blocks->blocks[i];
	pthread_mutex_unlock(&record_lock);
	free(s->blocks->blocks);
	free(s->blocks);
	s->blocks = NULL;
}
