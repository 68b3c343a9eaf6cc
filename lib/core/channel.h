/* SPDX-License-Identifier: MIT */
/* channel.h: what the files of channels share.  A channel is an object in the segment (abi.h). */
#ifndef TL_CORE_CHANNEL_H
#define TL_CORE_CHANNEL_H

#include "object.h"
#include "task.h"

ALWAYS_INLINE struct tl_object *channel_object(const struct tl_channel *channel)
{
	return (struct tl_object *)channel;
}

/* What is sent or received, and until when the call may wait. */
struct transfer {
	struct tl_object *channel;
	const void *element;   /* NULL with an error */
	void *value;           /* of an error */
	uint64_t deadline;
	int error;             /* >= 0: an error is sent; -1: an element */
};

/* The whole of a send and a receive: callbacks, deadlines, errors in place of elements.  What the
 * fast paths do not do. */
TL_HIDDEN int channel_send_careful(struct scheduler *s, const struct transfer *t);
TL_HIDDEN int channel_receive_careful(struct scheduler *s, struct tl_object *ch, void *ret,
				      uint64_t deadline);

/* 0: the caller's thread may use it, and is inside its lock; else -EINVAL, -ENOMEM ... */
TL_HIDDEN int channel_enter(struct scheduler *s, struct tl_object *ch);

/* ---- the buffer ---- */

ALWAYS_INLINE void element_copy(const struct tl_object *ch, void *to, const void *from)
{
	if (likely(ch->element_bytes == 8)) {
		__builtin_memcpy(to, from, 8);
		return;
	}
#if defined __x86_64__
	/* not a call: the hot paths save no register */
	size_t bytes = ch->element_bytes;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
#else
	__builtin_memcpy(to, from, ch->element_bytes);
#endif
}

ALWAYS_INLINE void *buffer_at(const struct tl_object *ch, uint32_t i)
{
	uint32_t at = ch->first + i;
	if (at >= ch->capacity)
		at -= ch->capacity;
	return (char *)(uintptr_t)ch->buffer + (size_t)at * ch->element_bytes;
}

ALWAYS_INLINE void buffer_put(struct tl_object *ch, const void *element)
{
	element_copy(ch, buffer_at(ch, ch->length), element);
	ch->length++;
	ch->count++;
}

ALWAYS_INLINE void buffer_get(struct tl_object *ch, void *ret)
{
	element_copy(ch, ret, buffer_at(ch, 0));
	ch->first = ch->first + 1 == ch->capacity ? 0 : ch->first + 1;
	ch->length--;
}

#endif
