/* SPDX-License-Identifier: MIT */
/* timer.c: see timer.h. */
#include <stdlib.h>

#include "idle.h"
#include "timer.h"

enum { ARITY = 4, FIRST = 1 };

uint64_t timer_now(void)
{
	if (segment.header && segment.header->clock == TL_CLOCK_VIRTUAL)
		return __atomic_load_n(&segment.header->clock_now, __ATOMIC_ACQUIRE);
	return clock_monotonic_ns();
}

TL_API uint64_t tl_now(void)
{
	struct scheduler *s = SELF;
	if (unlikely(!s->mode))
		(void)scheduler_start(s); /* it decides which clock it is */
	return timer_now();
}

static bool before(const struct timer *a, const struct timer *b)
{
	return a->deadline < b->deadline || (a->deadline == b->deadline && a->order < b->order);
}

static void place(struct scheduler *s, uint32_t at, struct timer timer)
{
	s->timers[at] = timer;
	extra_of(s, RECORD(s, timer.task))->timer = at;
}

static uint32_t parent(uint32_t at)
{
	return (at - FIRST - 1) / ARITY + FIRST;
}

static void sift_up(struct scheduler *s, uint32_t at, struct timer timer)
{
	for (; at > FIRST && before(&timer, &s->timers[parent(at)]); at = parent(at))
		place(s, at, s->timers[parent(at)]);
	place(s, at, timer);
}

static void sift_down(struct scheduler *s, uint32_t at, struct timer timer)
{
	for (;;) {
		uint32_t child = (at - FIRST) * ARITY + FIRST + 1, least = 0;
		for (uint32_t i = child; i < child + ARITY && i < FIRST + s->timer_count; i++)
			if (!least || before(&s->timers[i], &s->timers[least]))
				least = i;
		if (!least || !before(&s->timers[least], &timer))
			break;
		place(s, at, s->timers[least]);
		at = least;
	}
	place(s, at, timer);
}

static bool counts(const struct tl_record *t)
{
	return !(t->flags & TL_RECORD_BACKGROUND);
}

int timer_room(struct scheduler *s)
{
	/* who sleeps may be the last awake: the idle context must have its stack by then */
	int error = idle_prepare(s);
	if (error || FIRST + s->timer_count < s->timer_room)
		return error;
	uint32_t room = s->timer_room ? s->timer_room * 2 : 64;
	struct timer *more = realloc(s->timers, room * sizeof *more);
	if (!more)
		return -ENOMEM;
	s->timers = more;
	s->timer_room = room;
	return 0;
}

int timer_prepare(struct scheduler *s, uint64_t deadline)
{
	if (deadline == TL_AT_ONCE)
		return -EAGAIN;
	if (deadline <= timer_now())
		return -ETIMEDOUT;
	return timer_room(s);
}

void timer_add(struct scheduler *s, struct tl_record *t, uint64_t deadline)
{
	struct timer timer = { deadline, ++s->timer_order, LINK(s, t) };
	sift_up(s, FIRST + s->timer_count++, timer);
	s->acting += counts(t);
	s->shared->timers = s->timer_count;
}

void timer_cancel(struct scheduler *s, struct tl_record *t)
{
	uint32_t at = extra_of(s, t)->timer;
	if (!at)
		return;
	extra_of(s, t)->timer = 0;
	s->acting -= counts(t);
	struct timer last = s->timers[FIRST + --s->timer_count];
	s->shared->timers = s->timer_count;
	if (last.task == LINK(s, t))
		return;
	if (at > FIRST && before(&last, &s->timers[parent(at)]))
		sift_up(s, at, last);
	else
		sift_down(s, at, last);
}

uint64_t timer_next(const struct scheduler *s)
{
	return s->timer_count ? s->timers[FIRST].deadline : TL_FOREVER;
}

uint32_t timer_run_due(struct scheduler *s)
{
	if (!s->timer_count)
		return 0;
	uint64_t now = timer_now();
	uint32_t n = 0;
	while (s->timer_count && s->timers[FIRST].deadline <= now) {
		struct tl_record *t = RECORD(s, s->timers[FIRST].task);
		bool slept = wait_kind(t->wait) == TL_WAIT_SLEEP;
		task_unwait(s, t); /* cancels the timer too */
		task_make_ready(s, t, TL_REASON_TIMER, NULL);
		if (!slept)
			task_set_result(s, t, -ETIMEDOUT, NULL);
		n++;
	}
	return n;
}
