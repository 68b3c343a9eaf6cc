/* SPDX-License-Identifier: MIT */
/*
 * mutex.c: mutual exclusion between tasklets.  First in, first out: unlocking hands the mutex to
 * who has waited longest.  An uncontended lock writes its holder into the object, and makes no
 * event.
 */
#include "cycle.h"
#include "object.h"
#include "task.h"
#include "timer.h"

/* struct tl_mutex is an object in the segment. */
static struct tl_object *object_of(struct tl_mutex *mutex)
{
	return (struct tl_object *)mutex;
}

/* What `holder` says when this tasklet holds it. */
ALWAYS_INLINE uint64_t holder_word(const struct scheduler *s, const struct tl_record *t)
{
	return halves(record_slot(s, t), t->serial);
}

TL_API int tl_mutex_create(const char *name, struct tl_mutex **ret)
{
	struct scheduler *s = SELF;
	struct tl_object *o;
	if (!ret)
		return -EINVAL;
	START_OR_RETURN(s);
	int error = object_create(s, TL_OBJECT_MUTEX, name, __builtin_return_address(0), &o);
	if (!error)
		*ret = (struct tl_mutex *)o;
	return error;
}

/* The caller is inside, or gets why not. */
static int enter(struct scheduler *s, struct tl_object *m)
{
	START_OR_RETURN(s);
	if (!object_enter(s, m)) {
		int error = object_adopt(s, m, TL_OBJECT_MUTEX);
		if (error)
			return error;
		(void)object_enter(s, m);
	}
	return 0;
}

TL_API int tl_mutex_destroy(struct tl_mutex *mutex)
{
	struct scheduler *s = SELF;
	if (!mutex)
		return 0;
	struct tl_object *m = object_of(mutex);
	int error = enter(s, m);
	if (error)
		return error;
	bool busy = m->head || (m->holder && mutex_holder(s, m)) || object_is_left(s, m);
	object_leave(m);
	if (busy)
		return -EBUSY;
	object_destroy(s, m);
	return 0;
}

/* ---- contended ---- */

struct locking {
	struct tl_object *mutex;
	uint64_t deadline;
};

static void enter_queue(struct scheduler *s, struct tl_record *c, void *what)
{
	const struct locking *l = what;
	queue_append(s, l->mutex, c);
	l->mutex->balance++;
	c->ticket = ++s->ticket;
	if (l->deadline != TL_FOREVER)
		timer_add(s, c, l->deadline);
}

void mutex_forget(struct scheduler *s, struct tl_record *waiter)
{
	struct tl_object *m = &segment.objects[waiter->wait >> TL_WAIT_OBJECT_SHIFT];
	queue_remove(s, &m->head, &m->tail, waiter);
	m->balance--;
}

/* Give it to the one who has waited longest, or to nobody. */
static void hand_over(struct scheduler *s, struct tl_object *m)
{
	if (!m->head) {
		m->holder = 0;
		return;
	}
	struct tl_record *t = RECORD(s, m->head);
	task_unwait(s, t);
	m->count++;
	__atomic_store_n(&m->holder, holder_word(s, t), __ATOMIC_RELEASE);
	object_note_left(s, m, t, t->counter);
	task_make_ready(s, t, TL_REASON_UNLOCK, m);
}

static COLD int lock_slow(struct scheduler *s, struct tl_object *m, uint64_t deadline)
{
	int error = enter(s, m);
	if (error)
		return fail(s, error);
	struct tl_record *c = s->current;
	object_leave(m); /* this thread alone gets past enter(), so all below is safe without */
	scheduler_look(s);
	if (!m->holder) {
		m->holder = holder_word(s, c);
		return 0;
	}
	if (m->holder == holder_word(s, c))
		return fail(s, -EDEADLK);
	if (c->flags & TL_RECORD_BLOCK_TRAP && deadline != TL_AT_ONCE)
		return fail(s, -EWOULDBLOCK);
	bool timed = deadline != TL_FOREVER;
	if (timed && (error = timer_prepare(s, deadline)))
		return fail(s, error);
	struct tl_record *holder = mutex_holder(s, m);
	if (!timed && holder && cycle_would_close(s, c, holder))
		cycle_tell(s, c, TL_WAIT_LOCK, m);
	object_note_sender(m, c);
	const struct leaving how = { .wait = TL_WAIT_LOCK, .has_deadline = timed, .object = m };
	struct locking l = { m, deadline };
	error = task_leave(s, c, &how,
			   tl_wait_word(TL_STATE_WAITING, TL_WAIT_LOCK,
					timed ? TL_WAIT_FLAG_DEADLINE : 0, object_slot(m)),
			   enter_queue, &l, TL_REASON_LOCK);
	if (error < 0 && m->holder == holder_word(s, c)) {
		/* thrown at between the hand-over and now: who is told that it failed must not hold
		 * it */
		hand_over(s, m);
	}
	return error;
}

ALWAYS_INLINE int lock(struct scheduler *s, struct tl_object *m, uint64_t deadline)
{
	if (likely(s->mode != MODE_NONE && object_enter(s, m))) {
		if (likely(!m->holder)) {
			__atomic_store_n(&m->holder, holder_word(s, s->current), __ATOMIC_RELAXED);
			object_leave(m);
			return 0;
		}
		object_leave(m);
	}
	return lock_slow(s, m, deadline);
}

TL_API int tl_mutex_lock(struct tl_mutex *mutex)
{
	return lock(SELF, object_of(mutex), TL_FOREVER);
}

TL_API int tl_mutex_lock_try(struct tl_mutex *mutex)
{
	return lock(SELF, object_of(mutex), TL_AT_ONCE);
}

TL_API int tl_mutex_lock_until(struct tl_mutex *mutex, uint64_t deadline)
{
	return lock(SELF, object_of(mutex), timer_until(deadline));
}

static COLD int unlock_slow(struct scheduler *s, struct tl_object *m)
{
	int error = enter(s, m);
	if (error)
		return error;
	if (m->holder != holder_word(s, s->current))
		error = -EPERM;
	else
		hand_over(s, m);
	object_leave(m);
	return error;
}

TL_API int tl_mutex_unlock(struct tl_mutex *mutex)
{
	struct scheduler *s = SELF;
	struct tl_object *m = object_of(mutex);
	if (likely(s->mode != MODE_NONE && object_enter(s, m))) {
		if (likely(m->holder == holder_word(s, s->current) && !m->head)) {
			__atomic_store_n(&m->holder, 0, __ATOMIC_RELAXED);
			object_leave(m);
			return 0;
		}
		object_leave(m);
	}
	return unlock_slow(s, m);
}
