/* SPDX-License-Identifier: MIT */
/*
 * task.c: how tasklets come into being, and where they stand: spawn, create, bind, insert, remove.
 */
#include <string.h>

#include "hooks.h"
#include "stack.h"
#include "task.h"
#include "timer.h"

enum { SPAWN_FLAGS = TL_BACKGROUND | TL_JOINABLE };

/* ---- spawn ---- */

static COLD int spawn_careful(struct scheduler *s, tl_fn fn, void *arg,
			      const struct tl_options *options, const void *site, tl_task *ret);

/* Without options, when all that it takes is at hand; else it is the careful one's, by a tail call. */
ALWAYS_INLINE int spawn(struct scheduler *s, tl_fn fn, void *arg, const void *site, tl_task *ret,
			const int mode)
{
	const struct site_slot *from = site_slot(s, site);
	if (unlikely(s->stack_credit <= 0) || unlikely(from->address != site) ||
	    unlikely(s->serial_next == s->serial_end))
		return spawn_careful(s, fn, arg, NULL, site, ret);
	uint32_t link = record_at_hand(s);
	if (unlikely(!link))
		return spawn_careful(s, fn, arg, NULL, site, ret);
	struct tl_record *c = s->current, *t = RECORD(s, link);
	s->stack_credit--;
	uint32_t slot = record_slot(s, t);
	t->sp = 0;
	t->wait = tl_wait_word(TL_STATE_READY, TL_WAIT_NONE, 0, 0);
	if (TRACED(s, mode))
		t->run = t->ready = 0; /* when tracing is off they always are, as since and spawned */
	t->scheduler = s->index;
	t->level = 0;
	t->flags = TL_RECORD_FRESH;
	t->site = from->index;
	t->parent = (uint32_t)c->serial;
	t->waker = 0;
	t->stack = 0;
	memset(t->name, 0, sizeof t->name);
	segment.bases[slot] = t->counter / 2;
	segment.sites[t->site].spawned++;
	struct task_private *p = &s->private[slot];
	p->fn = fn;
	p->value = arg;
	p->error_value = NULL;
	p->joiners = 0;
	uint64_t serial = s->serial_next++;
	if (TRACED(s, mode)) {
		uint64_t at = stamp(s, mode);
		emit_rare(s, at, TL_EVENT_SPAWN, 0, (uint32_t)serial, serial,
			  halves(t->site, t->parent));
		t->since = t->spawned = at;
	}
	s->shared->spawned++;
	/* release: a tool that sees the serial sees the rest */
	__atomic_store_n(&t->serial, serial, __ATOMIC_RELEASE);
	record_occupy(slot);
	ring_link_before(s, c, t); /* of c's level: tl_spawn() */
	s->run_count++;
	if (ret)
		*ret = (tl_task){ serial, slot };
	return 0;
}

/* ---- with options: a record that is made, but not in the ring ---- */

static int check_options(const struct tl_options *o)
{
	if (o->level < TL_LEVEL_MIN || o->level > TL_LEVEL_MAX || o->flags & ~SPAWN_FLAGS ||
	    o->stack_bytes > STACK_BYTES)
		return -EINVAL;
	return 0;
}

static void set_group(struct scheduler *s, struct tl_record *t, const char *group)
{
	uint32_t slot = record_slot(s, t);
	uint32_t where = group ? segment_string(group) : 0;
	s->extra[slot].group = where;
	if (!segment_back(SECTION_labels, (uint64_t)slot + 1))
		segment.labels[slot] = where;
}

static int make(struct scheduler *s, const struct tl_options *options, const void *site,
		struct tl_record **ret)
{
	static const struct tl_options none;
	const struct tl_options *o = options ? options : &none;
	int error = check_options(o);
	if (error)
		return error;
	if (s->stack_credit < 1 && (error = stack_reserve(s)))
		return error;
	uint32_t link = record_at_hand(s);
	if (!link && !(link = record_new(s, &error)))
		return error;
	struct tl_record *t = RECORD(s, link);
	s->stack_credit--;
	uint32_t slot = record_slot(s, t);
	uint64_t counter = t->counter;
	memset(t, 0, sizeof *t);
	t->counter = counter;
	t->wait = tl_wait_word(TL_STATE_NEW, TL_WAIT_NONE, 0, 0);
	t->scheduler = s->index;
	t->level = (int8_t)o->level;
	t->flags = (uint8_t)((o->flags & TL_BACKGROUND ? TL_RECORD_BACKGROUND : 0) |
			     (o->flags & TL_JOINABLE ? TL_RECORD_JOINABLE : 0));
	t->site = site_find(s, o->site ? o->site : site);
	t->parent = (uint32_t)s->current->serial;
	t->since = t->spawned = s->trace ? clock_stamp(segment.header) : 0;
	segment_name_set(t->name, sizeof t->name, o->name);
	segment.bases[slot] = counter / 2;
	segment.sites[t->site].spawned++;
	memset(&s->private[slot], 0, sizeof s->private[slot]);
	if (o->group || s->extra[slot].group)
		set_group(s, t, o->group);
	uint64_t serial = record_serial(s);
	s->shared->spawned++;
	__atomic_store_n(&t->serial, serial, __ATOMIC_RELEASE); /* as in spawn() */
	record_occupy(slot);
	if (s->trace)
		emit_rare(s, t->spawned, TL_EVENT_SPAWN, 0, (uint32_t)serial, serial,
			  halves(t->site, t->parent));
	*ret = t;
	return 0;
}

static void bind(struct scheduler *s, struct tl_record *t, tl_fn fn, void *arg)
{
	struct task_private *p = private_of(s, t);
	p->fn = fn;
	p->value = arg;
	p->error_value = NULL;
	p->result = 0;
	t->flags = (uint8_t)((t->flags & ~TL_RECORD_ATTENTION) | TL_RECORD_FRESH);
	set_state(t, TL_STATE_PAUSED, 0);
	t->stack = 0;
	t->sp = 0;
}

static int spawn_careful(struct scheduler *s, tl_fn fn, void *arg, const struct tl_options *options,
			 const void *site, tl_task *ret)
{
	struct tl_record *t;
	if (!fn)
		return -EINVAL;
	START_OR_RETURN(s);
	int error = make(s, options, site, &t);
	if (error)
		return error;
	bind(s, t, fn, arg);
	set_ready(t);
	ring_insert_end(s, t);
	if (ret)
		*ret = task_handle(s, t);
	hook_spawn(s, t);
	return 0;
}

TL_API int tl_spawn(tl_fn fn, void *arg, const struct tl_options *options, tl_task *ret)
{
	struct scheduler *s = SELF;
	const void *site = __builtin_return_address(0);
	if (likely(fn && !options && s->mode != MODE_NONE && !s->current->level)) {
		if (likely(s->mode == MODE_FULL))
			return spawn(s, fn, arg, site, ret, MODE_FULL);
		if (s->mode == MODE_OFF)
			return spawn(s, fn, arg, site, ret, MODE_OFF);
	}
	return spawn_careful(s, fn, arg, options, site, ret);
}

TL_API int tl_task_create(const struct tl_options *options, tl_task *ret)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	if (!ret)
		return -EINVAL;
	START_OR_RETURN(s);
	int error = make(s, options, __builtin_return_address(0), &t);
	if (error)
		return error;
	t->flags |= TL_RECORD_KEPT;
	extra_of(s, t)->released = 0;
	*ret = task_handle(s, t);
	hook_spawn(s, t);
	return 0;
}

/* ---- where it stands ---- */

int task_find(struct scheduler *s, tl_task task, struct tl_record **ret)
{
	struct tl_record *t = task_record(task);
	START_OR_RETURN(s);
	if (!t)
		return -ESRCH;
	if (t->scheduler != s->index)
		return -EINVAL;
	*ret = t;
	return 0;
}

int task_find_to_move(struct scheduler *s, tl_task task, struct tl_record **ret)
{
	int error = task_find(s, task, ret);
	return error || !extra_of(s, *ret)->dying ? error : -EBUSY;
}

TL_API int tl_task_bind(tl_task task, tl_fn fn, void *arg)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find_to_move(s, task, &t);
	if (error)
		return error;
	if (!fn || !(t->flags & TL_RECORD_KEPT))
		return !fn ? -EINVAL : task_is_alive(t) ? -EBUSY : -ESRCH;
	if (task_is_alive(t))
		return -EBUSY;
	bind(s, t, fn, arg);
	t->since = s->trace ? clock_stamp(segment.header) : 0;
	return 0;
}

TL_API int tl_task_setup(tl_task task, tl_fn fn, void *arg)
{
	int error = tl_task_bind(task, fn, arg);
	return error ? error : tl_task_insert(task);
}

TL_API int tl_task_release(tl_task task)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find_to_move(s, task, &t);
	if (error)
		return error;
	if (!(t->flags & TL_RECORD_KEPT) || extra_of(s, t)->released)
		return -EINVAL;
	extra_of(s, t)->released = 1; /* it stays kept until it ends, and its joiners with it */
	if (!task_is_alive(t))
		task_retire(s, t, true);
	return 0;
}

TL_API int tl_task_insert(tl_task task)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find_to_move(s, task, &t);
	if (error)
		return error;
	if (task_state(t) == TL_STATE_WAITING)
		return -EBUSY;
	if (!task_is_alive(t))
		return -ESRCH;
	if (task_state(t) == TL_STATE_PAUSED)
		task_make_ready(s, t, TL_REASON_INSERT, NULL);
	return 0;
}

TL_API int tl_task_remove(tl_task task)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find_to_move(s, task, &t);
	if (error)
		return error == -ESRCH || error == -EBUSY ? 0 : error;
	if (t == s->current || LINK(s, t) == s->turn)
		return -EINVAL;
	if (task_state(t) == TL_STATE_WAITING)
		return -EBUSY;
	if (task_state(t) == TL_STATE_READY) {
		ring_remove(s, t);
		set_state(t, TL_STATE_PAUSED, t->wait & TL_WAIT_FLAG_ERROR);
		if (s->trace) {
			uint64_t at = clock_stamp(segment.header);
			t->ready += at - t->since;
			t->since = at;
		}
	}
	return 0;
}

void task_make_ready(struct scheduler *s, struct tl_record *t, unsigned reason,
		     const struct tl_object *object)
{
	/* the word last: a reader that sees it ready sees since when, and by whom */
	uint64_t at = s->trace ? clock_stamp(segment.header) : 0;
	t->waker = reason == TL_REASON_TIMER ? 0 : (uint32_t)s->current->serial;
	t->since = at;
	set_state(t, TL_STATE_READY, t->wait & TL_WAIT_FLAG_ERROR);
	ring_insert_end(s, t);
	if (s->trace) {
		emit(s, at, TL_EVENT_WAKE, reason, (uint32_t)t->serial,
		     halves(t->waker, object ? (uint64_t)(object - segment.objects) : 0),
		     object ? object->tag : 0);
	}
}

void task_set_result(struct scheduler *s, struct tl_record *t, int result, void *value)
{
	struct task_private *p = private_of(s, t);
	p->result = result;
	p->error_value = value;
	t->flags |= TL_RECORD_THROWN;
	t->wait |= TL_WAIT_FLAG_ERROR;
}

void task_unwait(struct scheduler *s, struct tl_record *t)
{
	if (task_state(t) != TL_STATE_WAITING)
		return;
	if (t->wait & TL_WAIT_FLAG_DEADLINE)
		timer_cancel(s, t);
	switch (wait_kind(t->wait)) {
	case TL_WAIT_SEND:
	case TL_WAIT_RECEIVE:
	case TL_WAIT_SEND_ERROR:
		channel_forget(s, t);
		channel_refill(s, &segment.objects[t->wait >> TL_WAIT_OBJECT_SHIFT]);
		break;
	case TL_WAIT_LOCK:
		mutex_forget(s, t);
		break;
	case TL_WAIT_JOIN:
		join_forget(s, t);
		break;
	default:
		break;
	}
}

