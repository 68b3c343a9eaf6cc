/* SPDX-License-Identifier: MIT */
/*
 * empty.c: what it means that nobody is left in the ring (SEMANTICS.md, "Deadlock" and "Waiting"),
 * in this order: a timer is due; the innermost tl_run() may return; somebody will act, so sleep;
 * main was paused, so it goes on; else nobody can ever act: a deadlock.
 */
#include "empty.h"
#include "hooks.h"
#include "idle.h"
#include "object.h"
#include "timer.h"

static struct tl_record *revive(struct scheduler *s, struct tl_record *t, unsigned reason)
{
	task_unwait(s, t);
	if (task_state(t) != TL_STATE_READY)
		task_make_ready(s, t, reason, NULL);
	return t;
}

static void deadlock(struct scheduler *s, struct tl_record *t, enum tl_wait wait,
		     const struct tl_object *object)
{
	if (s->trace)
		emit_rare(s, clock_stamp(segment.header), TL_EVENT_DEADLOCK, wait,
			  (uint32_t)t->serial, halves(0, object ? object_slot(object) : 0),
			  object ? object->tag : 0);
	hook_deadlock(s, t);
}

/* Is main to go on because the ring is empty?  Not while it waits for something. */
static bool is_floating(const struct tl_record *m)
{
	return task_state(m) == TL_STATE_PAUSED;
}

int ring_empty(struct scheduler *s, struct tl_record *c, const struct leaving *how,
	       struct tl_record **next)
{
	struct tl_record *m = RECORD(s, s->main);
	if (timer_run_due(s)) {
		*next = ring_pick_without(s, c);
		return 0;
	}
	bool foreground = how->has_deadline && !(c->flags & TL_RECORD_BACKGROUND);
	if (s->runner && !s->acting && !foreground && RECORD(s, s->runner) != c) {
		struct tl_record *r = RECORD(s, s->runner);
		extra_of(s, r)->in_run = 0;
		s->runner = extra_of(s, r)->outer_run;
		*next = revive(s, r, TL_REASON_RUN);
		return 0;
	}
	if (s->timer_count || how->has_deadline) {
		*next = s->idle; /* its stack was made with the first timer: timer_room() */
		return 0;
	}
	if (how->ends)
		hook_schedule(s, task_handle(s, c), (tl_task){ 0, 0 });
	if (how->ends && (*next = ring_pick_without(s, c)))
		return 0;
	if (m == c && how->wait == TL_WAIT_NONE)
		return -EAGAIN;
	if (m != c && is_floating(m)) {
		*next = revive(s, m, TL_REASON_RUN);
		return 0;
	}
	if (!how->ends) {
		deadlock(s, c, how->wait, how->object);
		return -EDEADLK;
	}
	deadlock(s, m, (enum tl_wait)wait_kind(m->wait), NULL);
	if ((*next = ring_pick_without(s, c)))
		return 0;
	*next = revive(s, m, TL_REASON_UNCAUGHT);
	task_set_result(s, m, -EDEADLK, NULL);
	return 0;
}
