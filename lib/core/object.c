/* SPDX-License-Identifier: MIT */
/* object.c: see object.h.  Slots come to a scheduler in blocks; a freed one is used again before a
 * new one. */
#include <pthread.h>
#include <string.h>

#include "fork.h"
#include "object.h"
#include "record.h"

enum { BLOCK = 64 };

static uint64_t next_serial = 1; /* of the process */

static uint32_t pool; /* free slots of threads that have ended, linked by `head`; under record_lock */

/* A block of them at most: others need some, too. */
static uint32_t take_pool(void)
{
	pthread_mutex_lock(&record_lock);
	uint32_t slot = pool, last = pool;
	for (int i = 1; i < BLOCK && last && segment.objects[last].head; i++)
		last = segment.objects[last].head;
	if (last) {
		pool = segment.objects[last].head;
		segment.objects[last].head = 0;
	}
	pthread_mutex_unlock(&record_lock);
	return slot;
}

static int take_block(struct scheduler *s)
{
	uint32_t capacity = (uint32_t)segment_capacity(SECTION_objects);
	uint32_t from, to;
	do {
		from = __atomic_load_n(&segment.header->object_high, __ATOMIC_RELAXED);
		to = from + BLOCK < capacity ? from + BLOCK : capacity;
		if (from >= capacity) {
			__atomic_fetch_add(&segment.header->lost_objects, 1, __ATOMIC_RELAXED);
			return -EAGAIN;
		}
		int error = segment_back(SECTION_objects, to);
		if (error)
			return error;
		/* release: a tool that sees the mark may touch what lies below */
	} while (!__atomic_compare_exchange_n(&segment.header->object_high, &from, to, false,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	s->object_next = from;
	s->object_end = to;
	return 0;
}

static int take_slot(struct scheduler *s, uint32_t *ret)
{
	if (!s->object_free && s->object_next == s->object_end)
		s->object_free = take_pool();
	if (s->object_free) {
		*ret = s->object_free;
		s->object_free = segment.objects[*ret].head;
		return 0;
	}
	if (s->object_next == s->object_end) {
		int error = take_block(s);
		if (error)
			return error;
	}
	*ret = s->object_next++;
	return 0;
}

int object_create(struct scheduler *s, enum tl_object_kind kind, const char *name, const void *site,
		  struct tl_object **ret)
{
	uint32_t slot;
	int error = take_slot(s, &slot);
	if (error)
		return error;
	struct tl_object *o = &segment.objects[slot];
	memset(o, 0, sizeof *o);
	o->home = s->index;
	o->creator = (uint32_t)s->current->serial;
	o->created = s->trace ? clock_stamp(segment.header) : 0;
	o->site = site_find(s, site);
	segment_name_set(o->name, sizeof o->name, name);
	uint64_t serial = __atomic_fetch_add(&next_serial, 1, __ATOMIC_RELAXED);
	o->tag = (uint32_t)serial;
	o->kind = (uint8_t)kind;
	/* release: who sees the serial sees the rest */
	__atomic_store_n(&o->serial, serial, __ATOMIC_RELEASE);
	if (s->trace)
		emit_rare(s, o->created, TL_EVENT_CREATE, 0, (uint32_t)s->current->serial, serial,
			  halves(slot, kind));
	*ret = o;
	return 0;
}

void object_destroy(struct scheduler *s, struct tl_object *o)
{
	if (s->trace)
		emit_rare(s, clock_stamp(segment.header), TL_EVENT_DESTROY, 0,
			  (uint32_t)s->current->serial, o->serial, halves(object_slot(o), o->kind));
	__atomic_store_n(&o->serial, 0, __ATOMIC_RELEASE);
	o->kind = TL_OBJECT_FREE;
	o->home = OBJECT_GONE;
	o->head = s->object_free;
	s->object_free = object_slot(o);
}

/* Its free slots, and those that it never used, are anybody's. */
static void give_to_pool(struct scheduler *s)
{
	for (; s->object_next < s->object_end; s->object_next++) {
		segment.objects[s->object_next].head = s->object_free;
		s->object_free = s->object_next;
	}
	if (!s->object_free)
		return;
	uint32_t last = s->object_free;
	while (segment.objects[last].head)
		last = segment.objects[last].head;
	pthread_mutex_lock(&record_lock);
	segment.objects[last].head = pool;
	pool = s->object_free;
	pthread_mutex_unlock(&record_lock);
}

/* Their waiters are gone with the thread. */
void object_home_gone(struct scheduler *s)
{
	give_to_pool(s);
	uint32_t high = __atomic_load_n(&segment.header->object_high, __ATOMIC_ACQUIRE);
	for (uint32_t i = 1; i < high; i++) {
		struct tl_object *o = &segment.objects[i];
		if (o->serial && o->home == s->index) {
			o->inside = 0;
			__atomic_store_n(&o->home, OBJECT_GONE, __ATOMIC_RELEASE);
		}
	}
}

int object_adopt(struct scheduler *s, struct tl_object *o, enum tl_object_kind kind)
{
	uint16_t gone = OBJECT_GONE;
	if (!o || o->kind != kind || !o->serial)
		return -EINVAL;
	/* acquire: pairs with the release of its last home */
	return __atomic_compare_exchange_n(&o->home, &gone, s->index, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED)
		       ? 0
		       : -EINVAL;
}

bool object_is_left(struct scheduler *s, const struct tl_object *o)
{
	uint32_t link = (uint32_t)o->inside;
	return link && (uint32_t)RECORD(s, link)->counter == (uint32_t)(o->inside >> 32);
}

void queue_remove(struct scheduler *s, uint32_t *head, uint32_t *tail, struct tl_record *t)
{
	if (t->prev)
		RECORD(s, t->prev)->next = t->next;
	else
		*head = t->next;
	if (t->next)
		RECORD(s, t->next)->prev = t->prev;
	else
		*tail = t->prev;
}
