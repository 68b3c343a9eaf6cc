/* SPDX-License-Identifier: MIT */
/* channel_api.c: making, closing and asking channels, and the variants of send and receive. */
#include <stdlib.h>

#include "channel.h"
#include "timer.h"

enum { ERROR_MOST = 4095 };

/* A program's LeakSanitizer does not look into the segment, where the only pointer to a buffer
 * lies. */
extern void __lsan_ignore_object(const void *object) __attribute__((weak));

/* ---- making ---- */

TL_API int tl_channel_create(const char *name, size_t element_bytes, size_t capacity,
			     struct tl_channel **ret)
{
	struct scheduler *s = SELF;
	struct tl_object *ch;
	size_t bytes;
	if (!ret || element_bytes > INT32_MAX || capacity > INT32_MAX ||
	    __builtin_mul_overflow(element_bytes, capacity, &bytes))
		return -EINVAL;
	START_OR_RETURN(s);
	void *buffer = bytes ? malloc(bytes) : NULL;
	if (bytes && !buffer)
		return -ENOMEM;
	int error = object_create(s, TL_OBJECT_CHANNEL, name, __builtin_return_address(0), &ch);
	if (error) {
		free(buffer);
		return error;
	}
	ch->buffer = (uintptr_t)buffer;
	ch->element_bytes = (uint32_t)element_bytes;
	ch->capacity = (uint32_t)capacity;
	ch->preference = capacity ? 0 : -1;
	if (buffer && __lsan_ignore_object)
		__lsan_ignore_object(buffer);
	*ret = (struct tl_channel *)ch;
	return 0;
}

TL_API int tl_channel_destroy(struct tl_channel *channel)
{
	struct scheduler *s = SELF;
	struct tl_object *ch = channel_object(channel);
	if (!channel)
		return 0;
	int error = channel_enter(s, ch);
	if (error)
		return error;
	bool busy = ch->head || object_is_left(s, ch);
	object_leave(ch);
	if (busy)
		return -EBUSY;
	free((void *)(uintptr_t)ch->buffer);
	ch->buffer = 0;
	object_destroy(s, ch);
	return 0;
}

/* ---- variants of send ---- */

static int send_until(struct tl_channel *channel, const void *element, uint64_t deadline)
{
	const struct transfer t = { channel_object(channel), element, NULL, deadline, -1 };
	return channel_send_careful(SELF, &t);
}

TL_API int tl_channel_send_try(struct tl_channel *channel, const void *element)
{
	return send_until(channel, element, TL_AT_ONCE);
}

TL_API int tl_channel_send_until(struct tl_channel *channel, const void *element, uint64_t deadline)
{
	return send_until(channel, element, timer_until(deadline));
}

static int send_error_until(struct tl_channel *channel, int error, void *value, uint64_t deadline)
{
	if (error < 0 || error > ERROR_MOST)
		return fail(SELF, -EINVAL);
	const struct transfer t = { channel_object(channel), NULL, value, deadline, error };
	return channel_send_careful(SELF, &t);
}

TL_API int tl_channel_send_error(struct tl_channel *channel, int error, void *value)
{
	return send_error_until(channel, error, value, TL_FOREVER);
}

TL_API int tl_channel_send_error_try(struct tl_channel *channel, int error, void *value)
{
	return send_error_until(channel, error, value, TL_AT_ONCE);
}

TL_API int tl_channel_send_error_until(struct tl_channel *channel, int error, void *value,
				       uint64_t deadline)
{
	return send_error_until(channel, error, value, timer_until(deadline));
}

static ssize_t send_all(struct tl_channel *channel, const void *elements, size_t count,
			uint64_t deadline)
{
	const struct tl_object *ch = channel_object(channel);
	if (!ch || (!elements && count && ch->element_bytes))
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		const char *element = elements ? (const char *)elements + i * ch->element_bytes :
						 NULL;
		int error = deadline == TL_FOREVER ? tl_channel_send(channel, element) :
						     send_until(channel, element, deadline);
		if (error < 0)
			return i ? (ssize_t)i : error;
	}
	return (ssize_t)count;
}

TL_API ssize_t tl_channel_send_all(struct tl_channel *channel, const void *elements, size_t count)
{
	return send_all(channel, elements, count, TL_FOREVER);
}

TL_API ssize_t tl_channel_send_all_try(struct tl_channel *channel, const void *elements,
				       size_t count)
{
	return send_all(channel, elements, count, TL_AT_ONCE);
}

TL_API ssize_t tl_channel_send_all_until(struct tl_channel *channel, const void *elements,
					 size_t count, uint64_t deadline)
{
	return send_all(channel, elements, count, timer_until(deadline));
}

/* ---- variants of receive ---- */

TL_API int tl_channel_receive_try(struct tl_channel *channel, void *ret)
{
	return channel_receive_careful(SELF, channel_object(channel), ret, TL_AT_ONCE);
}

TL_API int tl_channel_receive_until(struct tl_channel *channel, void *ret, uint64_t deadline)
{
	return channel_receive_careful(SELF, channel_object(channel), ret, timer_until(deadline));
}

/* -EPIPE is how a receive learns of the end. */
static int iterated(int received)
{
	return received == 0 ? 1 : received == -EPIPE ? 0 : received;
}

TL_API int tl_channel_next(struct tl_channel *channel, void *ret)
{
	return iterated(tl_channel_receive(channel, ret));
}

TL_API int tl_channel_next_try(struct tl_channel *channel, void *ret)
{
	return iterated(tl_channel_receive_try(channel, ret));
}

TL_API int tl_channel_next_until(struct tl_channel *channel, void *ret, uint64_t deadline)
{
	return iterated(tl_channel_receive_until(channel, ret, deadline));
}

/* ---- closing ---- */

static int set_closing(struct tl_channel *channel, bool on)
{
	struct scheduler *s = SELF;
	struct tl_object *ch = channel_object(channel);
	int error = channel_enter(s, ch);
	if (error)
		return error;
	if (on)
		ch->flags |= TL_OBJECT_FLAG_CLOSING;
	else
		ch->flags &= (uint8_t)~TL_OBJECT_FLAG_CLOSING;
	object_leave(ch);
	if (s->trace)
		emit_rare(s, clock_stamp(segment.header), TL_EVENT_CLOSE, on,
			  (uint32_t)s->current->serial, halves(0, object_slot(ch)), ch->tag);
	return 0;
}

TL_API int tl_channel_close(struct tl_channel *channel)
{
	return set_closing(channel, true);
}

TL_API int tl_channel_open(struct tl_channel *channel)
{
	return set_closing(channel, false);
}

TL_API int tl_channel_clear(struct tl_channel *channel)
{
	struct scheduler *s = SELF;
	struct tl_object *ch = channel_object(channel);
	int error = channel_enter(s, ch);
	if (error)
		return error;
	object_leave(ch);
	/* only those who wait now: one that refuses may be back in the queue at once */
	for (int left = abs(ch->balance); left && ch->head; left--) {
		error = tl_task_kill(task_handle(s, RECORD(s, ch->head)), 0);
		if (error < 0)
			return error;
	}
	return 0;
}

/* ---- asking ---- */

TL_API bool tl_channel_is_closing(const struct tl_channel *channel)
{
	return channel_object(channel)->flags & TL_OBJECT_FLAG_CLOSING;
}

TL_API bool tl_channel_is_closed(const struct tl_channel *channel)
{
	const struct tl_object *ch = channel_object(channel);
	return ch->flags & TL_OBJECT_FLAG_CLOSING && !ch->balance && !ch->length;
}

TL_API int tl_channel_balance(const struct tl_channel *channel)
{
	return channel_object(channel)->balance;
}

TL_API size_t tl_channel_length(const struct tl_channel *channel)
{
	return channel_object(channel)->length;
}

TL_API tl_task tl_channel_queue(const struct tl_channel *channel)
{
	struct scheduler *s = SELF;
	const struct tl_object *ch = channel_object(channel);
	return s->mode && ch->head ? task_handle(s, RECORD(s, ch->head)) : (tl_task){ 0, 0 };
}

TL_API int tl_channel_preference(const struct tl_channel *channel)
{
	return channel_object(channel)->preference;
}

TL_API int tl_channel_set_preference(struct tl_channel *channel, int preference, int *old)
{
	struct tl_object *ch = channel_object(channel);
	int error = channel_enter(SELF, ch);
	if (error)
		return error;
	if (old)
		*old = ch->preference;
	ch->preference = (int8_t)(preference < 0 ? -1 : preference > 0);
	object_leave(ch);
	return 0;
}

TL_API int tl_channel_schedule_all(const struct tl_channel *channel)
{
	return !!(channel_object(channel)->flags & TL_OBJECT_FLAG_SCHEDULE_ALL);
}

TL_API int tl_channel_set_schedule_all(struct tl_channel *channel, int on, int *old)
{
	struct tl_object *ch = channel_object(channel);
	int error = channel_enter(SELF, ch);
	if (error)
		return error;
	if (old)
		*old = tl_channel_schedule_all(channel);
	if (on)
		ch->flags |= TL_OBJECT_FLAG_SCHEDULE_ALL;
	else
		ch->flags &= (uint8_t)~TL_OBJECT_FLAG_SCHEDULE_ALL;
	object_leave(ch);
	return 0;
}
