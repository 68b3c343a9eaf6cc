/* SPDX-License-Identifier: MIT */
/*
 * object.h: what channels and mutexes share: their record in the segment, the lock on it, the queue
 * of waiters.
 *
 * The lock is biased.  `home` is the scheduler that made the object; it takes the lock by a plain
 * store, looks at `home` again, and gives it back by a plain store.  Another thread that wants in
 * would first set home to another value and call membarrier(2) (PRIVATE_EXPEDITED), so that the old
 * home either sees that or is seen inside; from then on everybody takes the lock by an atomic
 * exchange. Operations from another thread are refused at present (-EINVAL), so that nobody
 * revokes; docs/design/locks.md has the whole protocol.
 *
 * A lock is never held across a switch.
 */
#ifndef TL_CORE_OBJECT_H
#define TL_CORE_OBJECT_H

#include "scheduler.h"

enum {
	OBJECT_GONE = 0xffff,   /* home of a destroyed object, or of one whose thread has ended */
};

/* A new record of this kind; 0; -EAGAIN: the table is full; -ENOMEM. */
TL_HIDDEN int object_create(struct scheduler *s, enum tl_object_kind kind, const char *name,
			    const void *site, struct tl_object **ret);
TL_HIDDEN void object_destroy(struct scheduler *s, struct tl_object *o);
/* The thread ends: its objects are nobody's; any thread may adopt one. */
TL_HIDDEN void object_home_gone(struct scheduler *s);

/* Not ours: adopt it if its thread has ended and it is of this kind (0), else -EINVAL. */
TL_HIDDEN COLD int object_adopt(struct scheduler *s, struct tl_object *o, enum tl_object_kind kind);

/* A destroy would pull it from under somebody who was handed something and has not left its call
 * yet. */
TL_HIDDEN bool object_is_left(struct scheduler *s, const struct tl_object *o);

ALWAYS_INLINE uint32_t object_slot(const struct tl_object *o)
{
	return (uint32_t)(o - segment.objects);
}

/* Take the lock.  False: not ours. */
ALWAYS_INLINE bool object_enter(struct scheduler *s, struct tl_object *o)
{
	if (unlikely(!o || o->home != s->index))
		return false;
	__atomic_store_n(&o->lock, 1, __ATOMIC_RELAXED);
	/* the revoker's membarrier orders the store before this load */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return likely(__atomic_load_n(&o->home, __ATOMIC_RELAXED) == s->index);
}

ALWAYS_INLINE void object_leave(struct tl_object *o)
{
	/* release: the next one inside sees what was done */
	__atomic_store_n(&o->lock, 0, __ATOMIC_RELEASE);
}

/* ---- the queue of waiters ---- */

ALWAYS_INLINE void queue_append(struct scheduler *s, struct tl_object *o, struct tl_record *t)
{
	uint32_t link = LINK(s, t), tail = o->tail;
	t->next = 0;
	t->prev = tail;
	if (tail)
		RECORD(s, tail)->next = link;
	else
		o->head = link;
	o->tail = link;
}

ALWAYS_INLINE struct tl_record *queue_take(struct scheduler *s, struct tl_object *o)
{
	struct tl_record *t = RECORD(s, o->head);
	uint32_t n = t->next;
	o->head = n;
	if (n)
		RECORD(s, n)->prev = 0;
	else
		o->tail = 0;
	return t;
}

TL_HIDDEN void queue_remove(struct scheduler *s, uint32_t *head, uint32_t *tail,
			    struct tl_record *t);

/* `t` is left inside a call on `o`, with this counter while it has not gone on. */
ALWAYS_INLINE void object_note_left(struct scheduler *s, struct tl_object *o,
				    const struct tl_record *t, uint64_t counter)
{
	o->inside = halves(LINK(s, t), counter);
}

/* ---- known users ---- */

/* The last user and the ones before it, no two equal; `more`: there were more than are kept.  No
 * calls: the hot paths save no register. */
ALWAYS_INLINE void object_note_user(struct tl_object *o, uint32_t *last, uint32_t *earlier,
				    uint8_t more, const struct tl_record *c)
{
	uint32_t serial = (uint32_t)c->serial, before = *last;
	if (likely(before == serial))
		return;
	*last = serial;
	if (earlier[0] == serial) {
		earlier[0] = before;
	} else if (earlier[1] == serial) {
		earlier[1] = before;
	} else if (earlier[2] == serial) {
		earlier[2] = before;
	} else if (before) {
		if (earlier[2])
			o->flags |= more;
		earlier[2] = earlier[1];
		earlier[1] = earlier[0];
		earlier[0] = before;
	}
}

_Static_assert(TL_ABI_USERS == 3, "object_note_user() unrolls it");

ALWAYS_INLINE void object_note_sender(struct tl_object *o, const struct tl_record *c)
{
	object_note_user(o, &o->sender, o->senders, TL_OBJECT_FLAG_MORE_SENDERS, c);
}

ALWAYS_INLINE void object_note_receiver(struct tl_object *o, const struct tl_record *c)
{
	object_note_user(o, &o->receiver, o->receivers, TL_OBJECT_FLAG_MORE_RECEIVERS, c);
}

#endif
