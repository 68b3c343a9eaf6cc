/* SPDX-License-Identifier: MIT */
/*
 * turn.c: whose turn it is: tl_schedule() and its like, tl_task_run(), tl_task_switch(), tl_run().
 */
#include "hooks.h"
#include "idle.h"
#include "task.h"
#include "timer.h"

/* ---- giving way ---- */

static COLD int schedule_careful(struct scheduler *s)
{
	START_OR_RETURN(s);
	scheduler_look(s);
	struct tl_record *c = s->current;
	if (is_trapped(s)) /* before a pick, which counts who was passed over */
		return fail(s, ring_would_stay(s, c) ? 0 : -EPERM);
	struct tl_record *n = ring_next_mixed(s, c);
	if (n == c)
		return fail(s, 0);
	ring_leave_turn(s, c, true);
	return switch_to(s, c, n, TL_EVENT_SWITCH, TL_REASON_YIELD, NULL, 0, MODE_CAREFUL);
}

static COLD int schedule_look(struct scheduler *s)
{
	scheduler_look(s); /* it may change the mode */
	return tl_schedule();
}

/* All that is slow is a tail call, so that the fast path saves no register. */
ALWAYS_INLINE int schedule(struct scheduler *s, const int mode)
{
	struct tl_record *c = s->current, *n = RECORD(s, c->next);
	if (unlikely(--s->countdown < 0))
		return schedule_look(s);
	if (unlikely(n == c))
		return schedule_careful(s);
	return switch_to(s, c, n, TL_EVENT_SWITCH, TL_REASON_YIELD, NULL, 0, mode);
}

TL_API int tl_schedule(void)
{
	struct scheduler *s = SELF;
	if (likely(s->mode == MODE_FULL))
		return schedule(s, MODE_FULL);
	if (likely(s->mode == MODE_OFF))
		return schedule(s, MODE_OFF);
	return schedule_careful(s);
}

TL_API int tl_schedule_value(void *value, void **ret)
{
	struct scheduler *s = SELF;
	START_OR_RETURN(s);
	struct tl_record *c = s->current;
	struct task_private *p = private_of(s, c);
	uint64_t counter = c->counter;
	void *before = p->value;
	p->value = value;
	int result = tl_schedule();
	if (result < 0 && c->counter == counter)
		p->value = before; /* refused: nothing has changed */
	if (ret)
		*ret = p->value;
	return result;
}

/* ---- leaving the ring ---- */

/* Would leaving be a switch?  Not when nobody is left whom ring_empty() could choose. */
static bool would_switch(struct scheduler *s, struct tl_record *c, const struct leaving *how)
{
	const struct tl_record *m = RECORD(s, s->main);
	return s->run_count > 1 || s->timer_count || how->has_deadline ||
	       (s->runner && s->runner != LINK(s, c)) ||
	       (m != c && task_state(m) == TL_STATE_PAUSED);
}

int task_leave(struct scheduler *s, struct tl_record *c, const struct leaving *how, uint64_t word,
	       void (*enter)(struct scheduler *s, struct tl_record *c, void *what), void *what,
	       unsigned reason)
{
	if (s->in_callback || (s->trap > 0 && would_switch(s, c, how)))
		return fail(s, -EPERM);
	struct tl_record *n = ring_pick_without(s, c);
	if (!n) {
		int error = ring_empty(s, c, how, &n);
		if (error)
			return fail(s, error);
	}
	ring_remove(s, c);
	c->wait = word;
	if (enter)
		enter(s, c, what);
	return switch_away(s, n, reason, how->object);
}

int switch_away(struct scheduler *s, struct tl_record *n, unsigned reason,
		const struct tl_object *object)
{
	struct tl_record *c = s->current;
	if (n == s->idle)
		return idle_enter(s, c, reason, object);
	return switch_to(s, c, n, TL_EVENT_SWITCH, reason, object,
			 object ? (uint32_t)(object - segment.objects) : 0, MODE_CAREFUL);
}

TL_API int tl_schedule_remove(void *value, void **ret)
{
	struct scheduler *s = SELF;
	START_OR_RETURN(s);
	struct tl_record *c = s->current;
	struct task_private *p = private_of(s, c);
	uint64_t counter = c->counter;
	void *before = p->value;
	scheduler_look(s);
	p->value = value;
	const struct leaving how = { .wait = TL_WAIT_NONE };
	int result = task_leave(s, c, &how, tl_wait_word(TL_STATE_PAUSED, TL_WAIT_NONE, 0, 0),
				NULL, NULL, TL_REASON_REMOVE);
	if (c->counter == counter && result == -EAGAIN && LINK(s, c) == s->main)
		result = 0; /* main alone: nothing happened */
	else if (c->counter == counter && result < 0)
		p->value = before;
	if (ret)
		*ret = p->value;
	return result;
}

/* ---- a named target ---- */

/* 0; 1: it is the current one already; or what the call fails with. */
static int target(struct scheduler *s, tl_task task, struct tl_record **ret)
{
	int error = task_find_to_move(s, task, ret);
	if (error)
		return fail(s, error);
	if (task_state(*ret) == TL_STATE_WAITING)
		return fail(s, -EBUSY);
	if (!task_is_alive(*ret))
		return fail(s, -ESRCH);
	if (*ret == s->current)
		return 1;
	return is_trapped(s) ? fail(s, -EPERM) : 0;
}

static COLD int run_careful(struct scheduler *s, tl_task task)
{
	struct tl_record *t;
	int error = target(s, task, &t);
	if (error)
		return error < 0 ? error : 0;
	scheduler_look(s);
	if (task_state(t) == TL_STATE_PAUSED)
		task_make_ready(s, t, TL_REASON_SWITCH_TO, NULL);
	ring_leave_turn(s, s->current, false);
	return switch_away(s, t, TL_REASON_SWITCH_TO, NULL);
}

/* To one that is ready, and so in this thread's ring: all there are of one level, and no trap is
 * set. */
ALWAYS_INLINE int run(struct scheduler *s, tl_task task, const int mode)
{
	struct tl_record *c = s->current, *t = task_record(task);
	if (unlikely(!t || t == c || t->scheduler != s->index) || unlikely(--s->countdown < 0) ||
	    unlikely(task_state(t) != TL_STATE_READY))
		return run_careful(s, task);
	return switch_to(s, c, t, TL_EVENT_SWITCH, TL_REASON_SWITCH_TO, NULL, 0, mode);
}

TL_API int tl_task_run(tl_task task)
{
	struct scheduler *s = SELF;
	if (likely(s->mode == MODE_FULL))
		return run(s, task, MODE_FULL);
	if (likely(s->mode == MODE_OFF))
		return run(s, task, MODE_OFF);
	return run_careful(s, task);
}

TL_API int tl_task_switch(tl_task task)
{
	struct scheduler *s = SELF;
	struct tl_record *t, *c = s->current;
	int error = target(s, task, &t);
	if (error)
		return error < 0 ? error : 0;
	scheduler_look(s);
	c = s->current;
	if (task_state(t) == TL_STATE_PAUSED)
		task_make_ready(s, t, TL_REASON_SWITCH_TO, NULL);
	ring_remove(s, c);
	c->wait = tl_wait_word(TL_STATE_PAUSED, TL_WAIT_NONE, 0, 0);
	return switch_away(s, t, TL_REASON_SWITCH_TO, NULL);
}

/* ---- tl_run() ---- */

/* `c` goes on in its tl_run(): runs that were begun inside it and have not returned are runnable
 * now, the innermost first. */
static void leave_run(struct scheduler *s, struct tl_record *c)
{
	if (!extra_of(s, c)->in_run)
		return; /* the end of the ring woke it */
	while (s->runner) {
		struct tl_record *r = RECORD(s, s->runner);
		struct task_extra *extra = extra_of(s, r);
		s->runner = extra->outer_run;
		extra->in_run = 0;
		if (r == c)
			return;
		if (task_state(r) == TL_STATE_PAUSED)
			task_make_ready(s, r, TL_REASON_RUN, NULL);
	}
}

static void enter_run(struct scheduler *s, struct tl_record *c, void *unused)
{
	(void)unused;
	struct task_extra *extra = extra_of(s, c);
	extra->outer_run = s->runner;
	extra->in_run = 1;
	s->runner = LINK(s, c);
}

TL_API int tl_run(void)
{
	struct scheduler *s = SELF;
	START_OR_RETURN(s);
	struct tl_record *c = s->current;
	scheduler_look(s); /* it makes ready whose time has come */
	if (s->run_count == 1 && !s->acting)
		return fail(s, 0);
	if (is_trapped(s))
		return fail(s, -EPERM);
	const struct leaving how = { .wait = TL_WAIT_RUN };
	/* in the stack of runs before it leaves: an empty ring must find it there */
	enter_run(s, c, NULL);
	int result = task_leave(s, c, &how, tl_wait_word(TL_STATE_PAUSED, TL_WAIT_RUN, 0, 0), NULL,
				NULL, TL_REASON_RUN);
	leave_run(s, c);
	return result;
}

/* ---- sleeping ---- */

struct sleeping {
	uint64_t deadline;
};

static void enter_sleep(struct scheduler *s, struct tl_record *c, void *what)
{
	timer_add(s, c, ((struct sleeping *)what)->deadline);
}

TL_API int tl_sleep_until(uint64_t deadline)
{
	struct scheduler *s = SELF;
	START_OR_RETURN(s);
	struct tl_record *c = s->current;
	scheduler_look(s);
	if (deadline <= timer_now())
		return tl_schedule();
	if (c->flags & TL_RECORD_BLOCK_TRAP)
		return fail(s, -EWOULDBLOCK);
	int error = timer_room(s);
	if (error)
		return fail(s, error);
	const struct leaving how = { .wait = TL_WAIT_SLEEP, .has_deadline = true };
	struct sleeping sleeping = { deadline };
	return task_leave(s, c, &how,
			  tl_wait_word(TL_STATE_WAITING, TL_WAIT_SLEEP, TL_WAIT_FLAG_DEADLINE, 0),
			  enter_sleep, &sleeping, TL_REASON_SLEEP);
}

TL_API int tl_sleep(uint64_t ns)
{
	uint64_t now = tl_now();
	return tl_sleep_until(ns < TL_FOREVER - now ? now + ns : TL_FOREVER);
}
