/* SPDX-License-Identifier: MIT */
/*
 * timer.h: a scheduler's pending deadlines, one a tasklet at most.  A 4-ary heap by deadline, then
 * by order of insertion; each tasklet knows its place in it, so that a cancel needs no search.
 */
#ifndef TL_CORE_TIMER_H
#define TL_CORE_TIMER_H

#include "scheduler.h"

struct timer {
	uint64_t deadline; /* ns, on tl_now()'s clock */
	uint64_t order;
	uint32_t task;     /* link */
};

/* Make room for one more.  0; -ENOMEM. */
TL_HIDDEN int timer_room(struct scheduler *s);
/* The deadline of an `_until` call: TL_AT_ONCE is what `_try` calls pass. */
ALWAYS_INLINE uint64_t timer_until(uint64_t deadline)
{
	return deadline == TL_AT_ONCE ? 1 : deadline; /* long past */
}

/* What a call that is about to wait until `deadline` does first: room, too.  0; -EAGAIN for
 * TL_AT_ONCE; -ETIMEDOUT when it has passed; -ENOMEM. */
TL_HIDDEN int timer_prepare(struct scheduler *s, uint64_t deadline);
/* After timer_room(). */
TL_HIDDEN void timer_add(struct scheduler *s, struct tl_record *t, uint64_t deadline);
/* Nothing to do when it has none. */
TL_HIDDEN void timer_cancel(struct scheduler *s, struct tl_record *t);

/* Make ready, in order, whose deadline has passed.  How many. */
TL_HIDDEN uint32_t timer_run_due(struct scheduler *s);

/* The next deadline; TL_FOREVER: none. */
TL_HIDDEN uint64_t timer_next(const struct scheduler *s);

TL_HIDDEN uint64_t timer_now(void);

#endif
