/* SPDX-License-Identifier: MIT */
/*
 * stack_cache.c: see stack_cache.h.  A shape is a walk with its addresses of frames relative to the
 * stack pointer: ten thousand tasklets that wait at one place share one.
 */
#include "stack_cache.h"

#include <stdlib.h>
#include <string.h>

enum {
	SHAPES_FIRST = 1024,     /* places of the table, a power of two */
	SHAPE_WORDS_MOST = 1 << 23, /* 64 MiB: then everything is forgotten */
	SLOTS_MOST = 1 << 24,
};

struct shape {
	uint64_t hash;
	enum unwind_end end;
	uint32_t count;
	uint64_t words[]; /* the pcs, then the frames' addresses less the stack pointer (0: unknown)
			   */
};

struct known_stack {
	uint64_t serial, counter, sp;
	const struct shape *shape; /* NULL: not known */
};

struct stack_cache {
	struct known_stack *slots;
	uint64_t slot_count;
	struct shape **shapes;   /* open addressing */
	size_t shape_room, shape_count, word_count;
};

struct stack_cache *stack_cache_create(void)
{
	return calloc(1, sizeof(struct stack_cache));
}

void stack_cache_forget(struct stack_cache *cache)
{
	for (size_t i = 0; i < cache->shape_room; i++)
		free(cache->shapes[i]);
	free(cache->shapes);
	free(cache->slots);
	*cache = (struct stack_cache){ 0 };
}

void stack_cache_destroy(struct stack_cache *cache)
{
	if (!cache)
		return;
	stack_cache_forget(cache);
	free(cache);
}

bool stack_cache_find(struct stack_cache *cache, struct stack_key key, struct unwind_frames *ret)
{
	if (key.slot >= cache->slot_count)
		return false;
	const struct known_stack *known = &cache->slots[key.slot];
	if (!known->shape || known->serial != key.serial || known->counter != key.counter)
		return false;
	const struct shape *shape = known->shape;
	ret->end = shape->end;
	ret->count = shape->count;
	ret->read_more = false;
	memcpy(ret->pc, shape->words, shape->count * sizeof *ret->pc);
	for (uint32_t i = 0; i < shape->count; i++) {
		uint64_t offset = shape->words[shape->count + i];
		ret->cfa[i] = offset ? known->sp + offset : 0;
	}
	return true;
}

static uint64_t hash_words(const uint64_t *words, size_t count, uint64_t hash)
{
	for (size_t i = 0; i < count; i++)
		hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
	return hash;
}

static bool grow_shapes(struct stack_cache *cache)
{
	size_t room = cache->shape_room ? cache->shape_room * 2 : SHAPES_FIRST;
	struct shape **shapes = calloc(room, sizeof *shapes);
	if (!shapes)
		return false;
	for (size_t i = 0; i < cache->shape_room; i++) {
		struct shape *shape = cache->shapes[i];
		if (!shape)
			continue;
		size_t at = shape->hash & (room - 1);
		while (shapes[at])
			at = (at + 1) & (room - 1);
		shapes[at] = shape;
	}
	free(cache->shapes);
	cache->shapes = shapes;
	cache->shape_room = room;
	return true;
}

static const struct shape *intern(struct stack_cache *cache, const struct unwind_frames *frames,
				  const uint64_t *words)
{
	size_t count = frames->count * UINT64_C(2);
	if (cache->shape_count * 2 >= cache->shape_room && !grow_shapes(cache))
		return NULL;
	uint64_t hash = hash_words(words, count, frames->end);
	size_t at = hash & (cache->shape_room - 1);
	for (; cache->shapes[at]; at = (at + 1) & (cache->shape_room - 1)) {
		const struct shape *shape = cache->shapes[at];
		if (shape->hash == hash && shape->end == frames->end &&
		    shape->count == frames->count &&
		    memcmp(shape->words, words, count * sizeof *words) == 0)
			return shape;
	}
	struct shape *shape = malloc(sizeof *shape + count * sizeof *words);
	if (!shape)
		return NULL;
	shape->hash = hash;
	shape->end = frames->end;
	shape->count = frames->count;
	memcpy(shape->words, words, count * sizeof *words);
	cache->shapes[at] = shape;
	cache->shape_count++;
	cache->word_count += count + sizeof *shape / sizeof *words;
	return shape;
}

static bool grow_slots(struct stack_cache *cache, uint64_t slot)
{
	if (slot >= SLOTS_MOST)
		return false;
	uint64_t count = cache->slot_count ? cache->slot_count : 1024;
	while (count <= slot)
		count *= 2;
	struct known_stack *slots = reallocarray(cache->slots, count, sizeof *slots);
	if (!slots)
		return false;
	memset(slots + cache->slot_count, 0, (count - cache->slot_count) * sizeof *slots);
	cache->slots = slots;
	cache->slot_count = count;
	return true;
}

void stack_cache_keep(struct stack_cache *cache, struct stack_key key, uint64_t sp,
		      const struct unwind_frames *frames)
{
	uint64_t words[2 * MODEL_FRAMES];
	if (cache->word_count > SHAPE_WORDS_MOST)
		stack_cache_forget(cache);
	if (key.slot >= cache->slot_count && !grow_slots(cache, key.slot))
		return;
	memcpy(words, frames->pc, frames->count * sizeof *words);
	for (uint32_t i = 0; i < frames->count; i++)
		words[frames->count + i] = frames->cfa[i] ? frames->cfa[i] - sp : 0;
	cache->slots[key.slot] = (struct known_stack){
		.serial = key.serial,
		.counter = key.counter,
		.sp = sp,
		.shape = intern(cache, frames, words),
	};
}
