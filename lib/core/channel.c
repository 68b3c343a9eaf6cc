/* SPDX-License-Identifier: MIT */
/*
 * channel.c: the hot half of channels: a send and a receive of an element, without deadline and
 * without callbacks.  Everything else, and the rules in full, are in channel_careful.c.
 *
 * With a partner waiting, who goes on is the preference's choice (SEMANTICS.md, "Channels"):
 *   handed off   the partner runs at once, the caller is last in the ring
 *   woken        the caller goes on, the partner is last in the ring
 */
#include "channel.h"

/* The waiter at the head: out of the queue, and ready. */
ALWAYS_INLINE struct tl_record *partner(struct scheduler *s, struct tl_object *ch)
{
	struct tl_record *w = queue_take(s, ch);
	set_ready(w);
	w->waker = (uint32_t)s->current->serial;
	return w;
}

/* `w` runs at once, `c` becomes last. */
ALWAYS_INLINE int hand_off(struct scheduler *s, struct tl_object *ch, struct tl_record *c,
			   struct tl_record *w, unsigned reason, const int mode)
{
	object_note_left(s, ch, c, c->counter + 1);
	object_leave(ch);
	ring_link_after(s, c, w);
	s->run_count++;
	return switch_to(s, c, w, TL_EVENT_HANDOFF, reason, ch, object_slot(ch), mode);
}

/* `c` goes on, `w` becomes last. */
ALWAYS_INLINE int wake(struct scheduler *s, struct tl_object *ch, struct tl_record *c,
		       struct tl_record *w, unsigned reason, const int mode)
{
	object_note_left(s, ch, w, w->counter);
	object_leave(ch);
	ring_link_before(s, c, w); /* of our level: plain_waiter() */
	s->run_count++;
	if (TRACED(s, mode)) {
		uint64_t at = stamp(s, mode);
		w->since = at;
		emit(s, at, TL_EVENT_WAKE, reason, (uint32_t)w->serial,
		     halves(c->serial, object_slot(ch)), ch->tag);
	}
	return 0;
}

/* Wait at the end of the queue.  The ring has another member, no trap is set. */
ALWAYS_INLINE int park(struct scheduler *s, struct tl_object *ch, struct tl_record *c,
		       enum tl_wait kind, const void *element, const int mode)
{
	struct tl_record *n = RECORD(s, c->next);
	RECORD(s, c->prev)->next = c->next;
	n->prev = c->prev;
	s->run_count--;
	queue_append(s, ch, c);
	ch->balance += kind == TL_WAIT_SEND ? 1 : -1;
	c->element = (uintptr_t)element;
	c->ticket = ++s->ticket;
	c->wait = tl_wait_word(TL_STATE_WAITING, kind, 0, object_slot(ch));
	object_leave(ch);
	return switch_to(s, c, n, TL_EVENT_SWITCH, (unsigned)kind, ch, object_slot(ch), mode);
}

/* Is this waiter one that the fast path may complete with: an element, no deadline, our level? */
ALWAYS_INLINE bool plain_waiter(const struct tl_record *w, const struct tl_record *c,
				enum tl_wait kind)
{
	/* state, kind and flags in one comparison */
	return likely((uint16_t)w->wait == (uint16_t)tl_wait_word(TL_STATE_WAITING, kind, 0, 0)) &&
	       likely(w->level == c->level);
}

ALWAYS_INLINE bool may_park(const struct scheduler *s, const struct tl_object *ch,
			    const struct tl_record *c)
{
	return likely(!(ch->flags & TL_OBJECT_FLAG_CLOSING)) &&
	       likely(!(c->flags & TL_RECORD_BLOCK_TRAP)) && likely(c->next != LINK(s, c));
}

static COLD int send_slow(struct scheduler *s, struct tl_object *ch, const void *element)
{
	const struct transfer t = { ch, element, NULL, TL_FOREVER, -1 };
	return channel_send_careful(s, &t);
}

static COLD int receive_slow(struct scheduler *s, struct tl_object *ch, void *ret)
{
	return channel_receive_careful(s, ch, ret, TL_FOREVER);
}

ALWAYS_INLINE int send(struct scheduler *s, struct tl_object *ch, const void *element,
		       const int mode)
{
	struct tl_record *c = s->current;
	if (unlikely(--s->countdown < 0) || !object_enter(s, ch) ||
	    unlikely(!element && ch->element_bytes))
		return send_slow(s, ch, element);
	object_note_sender(ch, c);
	if (ch->balance < 0) {
		struct tl_record *w = RECORD(s, ch->head);
		if (unlikely(ch->flags & TL_OBJECT_FLAG_SCHEDULE_ALL) ||
		    !plain_waiter(w, c, TL_WAIT_RECEIVE))
			return send_slow(s, ch, element);
		element_copy(ch, (void *)(uintptr_t)w->element, element);
		(void)partner(s, ch);
		ch->balance++;
		ch->count++;
		if (likely(ch->preference < 0))
			return hand_off(s, ch, c, w, TL_REASON_SEND, mode);
		return wake(s, ch, c, w, TL_REASON_SEND, mode);
	}
	if (!may_park(s, ch, c))
		return send_slow(s, ch, element);
	if (ch->length < ch->capacity && !ch->balance) {
		buffer_put(ch, element);
		object_leave(ch);
		return 0;
	}
	return park(s, ch, c, TL_WAIT_SEND, element, mode);
}

ALWAYS_INLINE int receive(struct scheduler *s, struct tl_object *ch, void *ret, const int mode)
{
	struct tl_record *c = s->current;
	if (unlikely(--s->countdown < 0) || !object_enter(s, ch) ||
	    unlikely(!ret && ch->element_bytes))
		return receive_slow(s, ch, ret);
	object_note_receiver(ch, c);
	if (ch->balance > 0) {
		struct tl_record *w = RECORD(s, ch->head);
		if (unlikely(ch->flags & TL_OBJECT_FLAG_SCHEDULE_ALL) ||
		    !plain_waiter(w, c, TL_WAIT_SEND))
			return receive_slow(s, ch, ret);
		if (ch->length) { /* the oldest is in the buffer; the waiter's goes to its end */
			buffer_get(ch, ret);
			buffer_put(ch, (void *)(uintptr_t)w->element);
		} else {
			element_copy(ch, ret, (void *)(uintptr_t)w->element);
			ch->count++;
		}
		(void)partner(s, ch);
		ch->balance--;
		if (unlikely(ch->preference > 0))
			return hand_off(s, ch, c, w, TL_REASON_RECEIVE, mode);
		return wake(s, ch, c, w, TL_REASON_RECEIVE, mode);
	}
	if (ch->length) {
		buffer_get(ch, ret);
		object_leave(ch);
		return 0;
	}
	if (!may_park(s, ch, c))
		return receive_slow(s, ch, ret);
	return park(s, ch, c, TL_WAIT_RECEIVE, ret, mode);
}

TL_API int tl_channel_send(struct tl_channel *channel, const void *element)
{
	struct scheduler *s = SELF;
	if (likely(s->mode == MODE_FULL))
		return send(s, channel_object(channel), element, MODE_FULL);
	if (likely(s->mode == MODE_OFF))
		return send(s, channel_object(channel), element, MODE_OFF);
	return send_slow(s, channel_object(channel), element);
}

TL_API int tl_channel_receive(struct tl_channel *channel, void *ret)
{
	struct scheduler *s = SELF;
	if (likely(s->mode == MODE_FULL))
		return receive(s, channel_object(channel), ret, MODE_FULL);
	if (likely(s->mode == MODE_OFF))
		return receive(s, channel_object(channel), ret, MODE_OFF);
	return receive_slow(s, channel_object(channel), ret);
}
