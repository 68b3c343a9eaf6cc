/* SPDX-License-Identifier: MIT */
/*
 * stack_cache.h: remembers what a slot's stack looked like at a counter.  A tasklet whose counter
 * has not moved has not run, so its stack need not be read again.  Equal stacks are kept once.
 */
#ifndef INSPECTOR_STACK_CACHE_H
#define INSPECTOR_STACK_CACHE_H

#include "unwind.h"

struct stack_cache;

struct stack_cache *stack_cache_create(void); /* NULL: out of memory */
void stack_cache_destroy(struct stack_cache *cache);
void stack_cache_forget(struct stack_cache *cache);

/* Whose stack, and when. */
struct stack_key {
	uint64_t slot, serial, counter;
};

/* False: not known. */
bool stack_cache_find(struct stack_cache *cache, struct stack_key key, struct unwind_frames *ret);

/* Keep a walk that began at `sp` and was proved.  Out of memory: it is not kept. */
void stack_cache_keep(struct stack_cache *cache, struct stack_key key, uint64_t sp,
		      const struct unwind_frames *frames);

#endif
