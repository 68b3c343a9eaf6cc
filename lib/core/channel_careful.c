/* SPDX-License-Identifier: MIT */
/*
 * channel_careful.c: sends and receives in full: the channel callback, deadlines, errors in place
 * of elements, schedule_all, traps, levels, an empty ring.
 *
 * Order (SEMANTICS.md): the callback; with a partner the transfer; without one: block trap, closed,
 * wait. A switch trap is tested where a switch would happen, before anything is changed.
 */
#include "channel.h"
#include "hooks.h"
#include "timer.h"

int channel_enter(struct scheduler *s, struct tl_object *ch)
{
	START_OR_RETURN(s);
	if (s->in_channel_callback)
		return -ELOOP;
	if (!object_enter(s, ch)) {
		int error = object_adopt(s, ch, TL_OBJECT_CHANNEL);
		if (error)
			return error;
		(void)object_enter(s, ch);
	}
	return 0;
}

/* What comes first in either direction.  0: go on. */
static int begin(struct scheduler *s, struct tl_object *ch)
{
	int error = channel_enter(s, ch);
	if (error)
		return fail(s, error);
	object_leave(ch); /* this thread alone gets past it, so all below is safe without */
	scheduler_look(s);
	return 0;
}

/* ---- with a partner ---- */

/* Who goes on once caller and partner have met. */
enum choice { CALLER, PARTNER, NEXT };

static enum choice who_goes_on(const struct tl_object *ch, bool sending)
{
	if (ch->flags & TL_OBJECT_FLAG_SCHEDULE_ALL)
		return NEXT;
	return (sending ? ch->preference < 0 : ch->preference > 0) ? PARTNER : CALLER;
}

/* Take a partner out of the queue, without looking at who waits behind it: meet() does. */
static void leave_queue(struct scheduler *s, struct tl_record *w)
{
	if (w->wait & TL_WAIT_FLAG_DEADLINE)
		timer_cancel(s, w);
	channel_forget(s, w);
}

void channel_refill(struct scheduler *s, struct tl_object *ch)
{
	while (ch->length < ch->capacity && ch->balance > 0) {
		struct tl_record *w = RECORD(s, ch->head);
		if (wait_kind(w->wait) != TL_WAIT_SEND)
			return;
		buffer_put(ch, (void *)(uintptr_t)w->element);
		leave_queue(s, w);
		object_note_left(s, ch, w, w->counter);
		task_make_ready(s, w, TL_REASON_RECEIVE, ch);
	}
}

/* The transfer is done, `w` is in no chain: put both where they go, and switch if need be. */
static int meet(struct scheduler *s, struct tl_object *ch, struct tl_record *w, enum choice choice,
		unsigned reason)
{
	struct tl_record *c = s->current;
	if (choice != PARTNER) {
		object_note_left(s, ch, w, w->counter);
		task_make_ready(s, w, reason, ch);
		channel_refill(s, ch);
		return choice == NEXT ? tl_schedule() : 0;
	}
	channel_refill(s, ch);
	object_note_left(s, ch, c, c->counter + 1);
	w->waker = (uint32_t)c->serial;
	set_state(w, TL_STATE_READY, w->wait & TL_WAIT_FLAG_ERROR);
	ring_insert_next(s, w);
	ring_leave_turn(s, c, true);
	return switch_to(s, c, w, TL_EVENT_HANDOFF, reason, ch, object_slot(ch), MODE_CAREFUL);
}

/* Under a switch trap, would meeting be a switch? */
static bool trapped(const struct scheduler *s, enum choice choice)
{
	return is_trapped(s) && choice != CALLER;
}

/* ---- without one ---- */

struct queueing {
	struct tl_object *channel;
	const void *element;
	uint64_t deadline;
	int direction;
};

static void enter_queue(struct scheduler *s, struct tl_record *c, void *what)
{
	const struct queueing *q = what;
	queue_append(s, q->channel, c);
	q->channel->balance += q->direction;
	c->element = (uintptr_t)q->element;
	c->ticket = ++s->ticket;
	if (q->deadline != TL_FOREVER)
		timer_add(s, c, q->deadline);
}

static int wait_in_queue(struct scheduler *s, struct tl_object *ch, enum tl_wait kind,
			 const void *element, uint64_t deadline)
{
	struct tl_record *c = s->current;
	bool timed = deadline != TL_FOREVER;
	if (c->flags & TL_RECORD_BLOCK_TRAP && deadline != TL_AT_ONCE)
		return fail(s, -EWOULDBLOCK);
	if (ch->flags & TL_OBJECT_FLAG_CLOSING)
		return fail(s, -EPIPE);
	int error = timed ? timer_prepare(s, deadline) : 0;
	if (error)
		return fail(s, error);
	const struct leaving how = { .wait = kind, .has_deadline = timed, .object = ch };
	struct queueing q = { ch, element, deadline, kind == TL_WAIT_RECEIVE ? -1 : 1 };
	return task_leave(s, c, &how,
			  tl_wait_word(TL_STATE_WAITING, kind, timed ? TL_WAIT_FLAG_DEADLINE : 0,
				       object_slot(ch)),
			  enter_queue, &q, (unsigned)kind);
}

void channel_forget(struct scheduler *s, struct tl_record *waiter)
{
	struct tl_object *ch = &segment.objects[waiter->wait >> TL_WAIT_OBJECT_SHIFT];
	queue_remove(s, &ch->head, &ch->tail, waiter);
	ch->balance += wait_kind(waiter->wait) == TL_WAIT_RECEIVE ? 1 : -1;
}

/* ---- send ---- */

/* How a receiver gets a sent error: error 0 ends an iteration. */
static int as_received(int error)
{
	return error ? -error : -EPIPE;
}

static bool has_room(const struct tl_object *ch, const struct transfer *t)
{
	return t->error < 0 && ch->length < ch->capacity && !ch->balance;
}

static int send_to(struct scheduler *s, const struct transfer *t)
{
	struct tl_object *ch = t->channel;
	struct tl_record *w = RECORD(s, ch->head);
	enum choice choice = who_goes_on(ch, true);
	if (trapped(s, choice))
		return fail(s, -EPERM);
	leave_queue(s, w);
	if (t->error < 0)
		element_copy(ch, (void *)(uintptr_t)w->element, t->element);
	else
		task_set_result(s, w, as_received(t->error), t->value);
	ch->count++;
	return meet(s, ch, w, choice, TL_REASON_SEND);
}

int channel_send_careful(struct scheduler *s, const struct transfer *t)
{
	struct tl_object *ch = t->channel;
	int error = begin(s, ch);
	if (error)
		return error;
	if (t->error < 0 && !t->element && ch->element_bytes)
		return fail(s, -EINVAL);
	hook_channel(s, ch, true, ch->balance >= 0 && !has_room(ch, t), t->element);
	bool partner = ch->balance < 0, room = has_room(ch, t);
	bool closing = ch->flags & TL_OBJECT_FLAG_CLOSING;
	object_note_sender(ch, s->current);
	if (partner)
		return send_to(s, t);
	if (room && closing)
		return fail(s, -EPIPE);
	if (room) {
		buffer_put(ch, t->element);
		return 0;
	}
	if (t->error < 0)
		return wait_in_queue(s, ch, TL_WAIT_SEND, t->element, t->deadline);
	struct task_private *p = private_of(s, s->current);
	void *saved_value = p->error_value;
	int saved_error = p->result;
	uint64_t counter = s->current->counter;
	p->error_value = t->value; /* where the receiver finds them: nobody else uses them meanwhile, but */
	p->result = t->error;      /* a throw, which ends the wait */
	error = wait_in_queue(s, ch, TL_WAIT_SEND_ERROR, NULL, t->deadline);
	if (error >= 0 || s->current->counter == counter) { /* no throw came instead */
		p->error_value = saved_value;
		p->result = saved_error;
	}
	return error;
}

/* ---- receive ---- */

/* The head of the queue becomes ready, with the channel's rules. */
static int release_sender(struct scheduler *s, struct tl_object *ch, enum choice choice)
{
	struct tl_record *w = RECORD(s, ch->head);
	leave_queue(s, w);
	return meet(s, ch, w, choice, TL_REASON_RECEIVE);
}

/* What a receive takes when a sender waits: -errno of a sent error, else 0. */
static int take(struct scheduler *s, struct tl_object *ch, void *ret)
{
	struct tl_record *w = RECORD(s, ch->head);
	struct task_private *p = private_of(s, w);
	if (wait_kind(w->wait) == TL_WAIT_SEND_ERROR) {
		private_of(s, s->current)->error_value = p->error_value;
		ch->count++;
		return fail(s, as_received(p->result));
	}
	element_copy(ch, ret, (void *)(uintptr_t)w->element);
	ch->count++;
	return 0;
}

static int receive_from(struct scheduler *s, struct tl_object *ch, void *ret)
{
	struct tl_record *w = RECORD(s, ch->head);
	enum choice choice = who_goes_on(ch, false);
	if (ch->length) {
		bool refill = wait_kind(w->wait) == TL_WAIT_SEND;
		if (refill && trapped(s, choice))
			return fail(s, -EPERM);
		buffer_get(ch, ret);
		if (!refill)
			return 0; /* an error waits its turn, behind the elements */
		buffer_put(ch, (void *)(uintptr_t)w->element);
		return release_sender(s, ch, choice);
	}
	if (trapped(s, choice))
		return fail(s, -EPERM);
	int got = take(s, ch, ret);
	int switched = release_sender(s, ch, choice);
	return switched < 0 ? switched : got; /* below 0: thrown at while it gave way */
}

int channel_receive_careful(struct scheduler *s, struct tl_object *ch, void *ret,
			    uint64_t deadline)
{
	int error = begin(s, ch);
	if (error)
		return error;
	if (!ret && ch->element_bytes)
		return fail(s, -EINVAL);
	bool partner = ch->balance > 0;
	const void *seen = ch->length ? buffer_at(ch, 0) :
			   partner && wait_kind(RECORD(s, ch->head)->wait) == TL_WAIT_SEND ?
				   (void *)(uintptr_t)RECORD(s, ch->head)->element :
				   NULL;
	hook_channel(s, ch, false, !partner && !ch->length, seen);
	partner = ch->balance > 0;
	object_note_receiver(ch, s->current);
	if (partner)
		return receive_from(s, ch, ret);
	if (ch->length) {
		buffer_get(ch, ret);
		return 0;
	}
	return wait_in_queue(s, ch, TL_WAIT_RECEIVE, ret, deadline);
}
