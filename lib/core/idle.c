/* SPDX-License-Identifier: MIT */
/* idle.c: see idle.h. */
#define _GNU_SOURCE
#include <sys/mman.h>
#if defined TASKLET_VALGRIND
#include <valgrind/valgrind.h>
#endif

#include "idle.h"
#include "switch.h"
#include "timer.h"
#include "wait.h"

enum { IDLE_BYTES = 32768, GUARD = 4096 };

int idle_prepare(struct scheduler *s)
{
	if (s->idle_stack)
		return 0;
	char *stack = mmap(NULL, IDLE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return -ENOMEM;
	(void)mprotect(stack, GUARD, PROT_NONE);
#if defined TASKLET_VALGRIND
	(void)VALGRIND_STACK_REGISTER(stack + GUARD, stack + IDLE_BYTES);
#endif
	s->idle_stack = stack;
	s->shared->idle_low = (uintptr_t)stack + GUARD;
	s->shared->idle_high = (uintptr_t)stack + IDLE_BYTES;
	return 0;
}

/* The one whose turn it is, now that the ring has members again. */
static struct tl_record *first_ready(struct scheduler *s)
{
	if (!s->mixed)
		return RECORD(s, s->lone);
	int l = 31 - __builtin_clz(s->populated);
	return RECORD(s, s->first[l]);
}

static struct tl_record *sleep_until_ready(struct scheduler *s)
{
	uint64_t from = 0;
	if (s->trace) {
		from = clock_stamp(segment.header);
		clock_anchor(segment.header, from);
		emit(s, from, TL_EVENT_SLEEP, 0, 0, 0, timer_next(s));
	}
	while (!s->run_count) {
		if (!timer_run_due(s))
			wait_sleep(s, timer_next(s));
	}
	if (s->trace) {
		uint64_t at = clock_stamp(segment.header);
		s->shared->idle += at - from;
		clock_anchor(segment.header, at);
		emit(s, at, TL_EVENT_AWAKE, 0, 0, 0, 0);
	}
	return first_ready(s);
}

/* The idle context's life: whoever enters it left an empty ring. */
static __attribute__((noreturn)) int idle_body(void *unused)
{
	(void)unused;
	struct scheduler *s = SELF;
	for (;;) {
		struct tl_record *n = sleep_until_ready(s);
		s->current = n; /* before the callback: it may ask who is current */
		before_switch(s, NULL, n);
		s->shared->current = LINK(s, n);
		if (s->trace) {
			uint64_t at = clock_stamp(segment.header);
			n->ready += at - n->since;
			n->since = at;
			emit(s, at, TL_EVENT_SWITCH, TL_REASON_IDLE, 0, (uint32_t)n->serial, 0);
		}
		(void)switch_attention(s, s->idle, n);
	}
}

static void now_idle(struct scheduler *s)
{
	s->current = s->idle;
	s->shared->current = 0;
}

int idle_enter(struct scheduler *s, struct tl_record *c, unsigned reason,
	       const struct tl_object *object)
{
	if (s->trace) {
		uint64_t at = clock_stamp(segment.header);
		c->run += at - c->since;
		c->since = at;
		emit(s, at, TL_EVENT_SWITCH, reason, (uint32_t)c->serial,
		     halves(0, object ? (uint64_t)(object - segment.objects) : 0),
		     object ? object->tag : 0);
	}
	now_idle(s);
	if (!s->idle->sp)
		return careful_start(s, c, s->idle, s->idle_stack + IDLE_BYTES, idle_body, NULL);
	return careful_switch(s, c, s->idle, 0);
}

void idle_go(struct scheduler *s)
{
	now_idle(s);
	if (!s->idle->sp)
		careful_start_go(s, s->idle, s->idle_stack + IDLE_BYTES, idle_body, NULL);
	careful_go(s, s->idle, 0);
}

void idle_finish(struct scheduler *s)
{
	if (s->idle_stack)
		munmap(s->idle_stack, IDLE_BYTES);
	s->idle_stack = NULL;
}
