/* SPDX-License-Identifier: MIT */
/*
 * stack.h: where tasklets' stacks come from.
 *
 * Slabs of equal stacks, reserved without memory; a stack gets its page at the first run on it, and
 * is used again last in, first out.  Spawning only reserves (stack_credit), so that a first run
 * cannot fail.
 *
 *   slab base + i * stride                                             slab base + (i + 1) * stride
 *   | guard |                stack, grows down  <----      | node | canary |  colour, unused  |
 *                                                           ^ stack_node = the first frame's end
 *
 * The colour, 0 to 15 cache lines, keeps the tops of equal stacks out of the same cache sets.  The
 * canary is what the upper neighbour's overflow hits first, should it jump over its own guard.
 */
#ifndef TL_CORE_STACK_H
#define TL_CORE_STACK_H

#include "scheduler.h"

enum {
	STACK_BYTES = 65536,
	STACK_GUARD_BYTES = 4096,
	STACK_STRIDE = STACK_BYTES + STACK_GUARD_BYTES,
	STACK_CANARY_WORDS = 8,
	STACK_COLOURS = 16,
};

/* struct tl_slab.guard */
enum stack_guard { GUARD_NONE, GUARD_INSTALL, GUARD_PROTECT, GUARD_CANARY, GUARD_THREAD };

/* Lies at the top of each stack, in the page that is hot anyway. */
struct stack_node {
	struct stack_node *next; /* in the cache of free stacks */
	uint32_t word;           /* tl_record.stack */
	uint32_t unused;
	uint64_t canary[STACK_CANARY_WORDS];
};

#define STACK_CANARY UINT64_C(0x7e57ed5ac3d1e57a)

TL_HIDDEN int stack_start(struct scheduler *s);
TL_HIDDEN void stack_finish(struct scheduler *s);

/* Reserve address space for more stacks.  0; -ENOMEM. */
TL_HIDDEN COLD int stack_reserve(struct scheduler *s);

/* A stack that was never used.  Only called while there is credit. */
TL_HIDDEN COLD struct stack_node *stack_new(struct scheduler *s);

ALWAYS_INLINE struct stack_node *stack_take(struct scheduler *s, struct tl_record *t)
{
	struct stack_node *node = s->stacks;
	if (likely(node))
		s->stacks = node->next;
	else
		node = stack_new(s);
	t->stack = node->word;
	return node;
}

ALWAYS_INLINE void stack_give(struct scheduler *s, struct stack_node *node)
{
	node->next = s->stacks;
	s->stacks = node;
}

ALWAYS_INLINE bool stack_is_whole(const struct stack_node *node)
{
	return likely(node->canary[STACK_CANARY_WORDS - 1] == STACK_CANARY);
}

/* The range of a tasklet's stack, or the node at its top; false/NULL: it has none. */
TL_HIDDEN bool stack_range(uint32_t word, uintptr_t *low, uintptr_t *high);
TL_HIDDEN struct stack_node *stack_node_of(uint32_t word);

/* Bytes of it that were ever touched. */
TL_HIDDEN size_t stack_used(uint32_t word);

/* Its canary was overwritten: name the neighbour whose stack overflowed, and abort. */
TL_HIDDEN COLD __attribute__((noreturn)) void stack_overflowed(uint32_t word);

/* Is every tasklet to be checked at every switch to it, because its stack has no guard? */
TL_HIDDEN bool stack_check_always(void);

/* Which guard this kernel can do, or what TASKLET_GUARD asked for. */
TL_HIDDEN enum stack_guard stack_guard_kind(void);

/* The handler that names who overflowed into a guard.  Process-wide; and this thread's alternate
 * stack. */
TL_HIDDEN void overflow_handler_install(void);
TL_HIDDEN void overflow_stack_install(void);

/* An `OVERFLOW` event and one raw line on stderr; async-signal-safe. */
TL_HIDDEN void overflow_tell(const struct tl_record *t, uintptr_t address, const char *how);

#endif
