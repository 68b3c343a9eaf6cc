/* SPDX-License-Identifier: MIT */
/* throw.c: errors thrown from one tasklet at another.  See tl_task_throw() in tasklet.h. */
#include "hooks.h"
#include "task.h"

enum { ERROR_MOST = 4095 };

static void note(struct scheduler *s, const struct tl_record *t, int error, unsigned flags)
{
	if (s->trace)
		emit_rare(s, clock_stamp(segment.header), TL_EVENT_THROW, flags & TL_PENDING,
			  (uint32_t)t->serial, (uint32_t)s->current->serial, (uint64_t)error);
}

/* It never ran and never will: its end, here and now, in the thrower's context. */
static int throw_at_fresh(struct scheduler *s, struct tl_record *t, int error, void *value)
{
	struct tl_record *c = s->current;
	private_of(s, t)->error_value = value;
	/* who gets it is decided first, since that may need a switch, which may be forbidden */
	bool silent = error == ECANCELED || error == EPIPE || private_of(s, t)->joiners ||
		      hooks.error || LINK(s, c) == (s->runner ? s->runner : s->main);
	if (!silent && is_trapped(s))
		return fail(s, -EPERM);
	if (task_state(t) == TL_STATE_READY)
		ring_remove(s, t);
	t->wait = tl_wait_word(TL_STATE_PAUSED, TL_WAIT_NONE, 0, 0);
	extra_of(s, t)->dying = 1; /* the error handler may not touch it */
	struct tl_record *to = task_settle(s, t, -error);
	extra_of(s, t)->dying = 0;
	int left = to ? s->uncaught.error : 0;
	task_end_unrun(s, t, -error);
	if (!to)
		return 0;
	if (to == c)
		return left;
	if (is_trapped(s))
		return 0; /* the handler's new error: it is there, ready, with it */
	ring_leave_turn(s, c, false);
	return switch_away(s, to, TL_REASON_UNCAUGHT, NULL);
}

TL_API int tl_task_throw(tl_task task, int error, void *value, unsigned flags)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int found = task_find(s, task, &t);
	if (found == -EINVAL || error < 1 || error > ERROR_MOST || flags & ~(unsigned)TL_PENDING)
		return fail(s, -EINVAL);
	if (found || !task_is_alive(t) || extra_of(s, t)->dying)
		return error == ECANCELED ? 0 : fail(s, -ESRCH);
	scheduler_look(s);
	if (t == s->current) {
		note(s, t, error, 0); /* now, pending or not: it is its turn */
		private_of(s, t)->error_value = value;
		return fail(s, -error);
	}
	bool at_once = !(flags & TL_PENDING);
	if (t->flags & TL_RECORD_FRESH && at_once && LINK(s, t) != s->turn) {
		note(s, t, error, flags);
		return throw_at_fresh(s, t, error, value);
	}
	if (at_once && is_trapped(s))
		return fail(s, -EPERM);
	note(s, t, error, flags);
	if (task_state(t) != TL_STATE_READY) {
		task_unwait(s, t);
		task_make_ready(s, t, TL_REASON_THROW, NULL);
	}
	task_set_result(s, t, -error, value);
	if (!at_once)
		return 0;
	ring_leave_turn(s, s->current, false);
	return switch_away(s, t, TL_REASON_THROW, NULL);
}

TL_API int tl_task_kill(tl_task task, unsigned flags)
{
	return tl_task_throw(task, ECANCELED, NULL, flags);
}

TL_API int tl_error_value(void **ret)
{
	struct scheduler *s = SELF;
	START_OR_RETURN(s);
	if (ret)
		*ret = private_of(s, s->current)->error_value;
	return 0;
}
