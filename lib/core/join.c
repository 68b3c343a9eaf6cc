/* SPDX-License-Identifier: MIT */
/* join.c: waiting for the end of a tasklet.  Joiners wait in a queue of their own on the tasklet
 * joined. */
#include "cycle.h"
#include "task.h"
#include "timer.h"

/* Link of the one whom `joiner` joins. */
static struct tl_record *joined_by(struct scheduler *s, const struct tl_record *joiner)
{
	return RECORD(s, (uint32_t)(joiner->wait >> TL_WAIT_OBJECT_SHIFT) *
				 (uint32_t)sizeof(struct tl_record));
}

struct joining {
	struct tl_record *whom;
	int *result;
	uint64_t deadline;
};

static void enter_join(struct scheduler *s, struct tl_record *c, void *what)
{
	const struct joining *j = what;
	struct task_private *p = private_of(s, j->whom);
	struct task_extra *extra = extra_of(s, j->whom);
	uint32_t tail = p->joiners ? extra->joiners_tail : 0;
	c->next = 0;
	c->prev = tail;
	if (tail)
		RECORD(s, tail)->next = LINK(s, c);
	else
		p->joiners = LINK(s, c);
	extra->joiners_tail = LINK(s, c);
	c->element = (uintptr_t)j->result;
	c->ticket = ++s->ticket;
	if (j->deadline != TL_FOREVER)
		timer_add(s, c, j->deadline);
}

void join_forget(struct scheduler *s, struct tl_record *joiner)
{
	struct tl_record *t = joined_by(s, joiner);
	queue_remove(s, &private_of(s, t)->joiners, &extra_of(s, t)->joiners_tail, joiner);
}

bool join_wake(struct scheduler *s, struct tl_record *t, int result)
{
	struct task_private *p = private_of(s, t);
	if (!p->joiners)
		return false;
	while (p->joiners) {
		struct tl_record *joiner = RECORD(s, p->joiners);
		if (joiner->element)
			*(int *)joiner->element = result;
		task_unwait(s, joiner);
		task_make_ready(s, joiner, TL_REASON_JOIN, NULL);
	}
	return true;
}

/* It has ended: its result, and no more of it if it was only kept for this. */
static int join_ended(struct scheduler *s, struct tl_record *t, int *result)
{
	if (result)
		*result = private_of(s, t)->result;
	if (!(t->flags & TL_RECORD_KEPT))
		task_retire(s, t, true);
	return 0;
}

static int join(tl_task task, int *result, uint64_t deadline)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find_to_move(s, task, &t);
	if (error)
		return fail(s, error);
	struct tl_record *c = s->current;
	if (t == c)
		return fail(s, -EDEADLK);
	bool kept = t->flags & TL_RECORD_KEPT && !extra_of(s, t)->released;
	if (!kept && !(t->flags & TL_RECORD_JOINABLE))
		return fail(s, -EINVAL);
	scheduler_look(s);
	if (task_state(t) == TL_STATE_ENDED)
		return join_ended(s, t, result);
	if (!task_is_alive(t))
		return fail(s, -ESRCH);
	if (c->flags & TL_RECORD_BLOCK_TRAP && deadline != TL_AT_ONCE)
		return fail(s, -EWOULDBLOCK);
	bool timed = deadline != TL_FOREVER;
	if (timed && (error = timer_prepare(s, deadline)))
		return fail(s, error);
	if (!timed && cycle_would_close(s, c, t))
		cycle_tell(s, c, TL_WAIT_JOIN, NULL);
	const struct leaving how = { .wait = TL_WAIT_JOIN, .has_deadline = timed };
	struct joining j = { t, result, deadline };
	return task_leave(s, c, &how,
			  tl_wait_word(TL_STATE_WAITING, TL_WAIT_JOIN,
				       timed ? TL_WAIT_FLAG_DEADLINE : 0, record_slot(s, t)),
			  enter_join, &j, TL_REASON_JOIN);
}

TL_API int tl_task_join(tl_task task, int *result)
{
	return join(task, result, TL_FOREVER);
}

TL_API int tl_task_join_try(tl_task task, int *result)
{
	return join(task, result, TL_AT_ONCE);
}

TL_API int tl_task_join_until(tl_task task, int *result, uint64_t deadline)
{
	return join(task, result, timer_until(deadline));
}
