/* SPDX-License-Identifier: MIT */
/*
 * objects.c: channels, mutexes and the like; who waits on each, in order, and who is known to use
 * it.
 *
 * No list of the target is walked: the waiters of an object are the tasks whose wait word names it,
 * in the order of their tickets.
 */
#include "taking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 4 };

static bool read_object(const struct taking *taking, const unsigned char *raw,
			struct tl_object *ret)
{
	struct tl_object again;
	bool is_whole = !taking->is_live;
	layout_decode(&taking->model->layout, SECTION_objects, raw, ret);
	for (int i = 0; i < TRIES && !is_whole; i++) {
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		layout_decode(&taking->model->layout, SECTION_objects, raw, &again);
		is_whole = again.serial == ret->serial && again.holder == ret->holder &&
			   again.balance == ret->balance;
		*ret = again;
	}
	if (ret->serial == 0 || ret->kind == TL_OBJECT_FREE)
		return false;
	taking->snapshot->torn += !is_whole;
	return true;
}

static void fill_object(struct taking *taking, uint32_t slot, const struct tl_object *raw,
			struct object *ret)
{
	*ret = (struct object){
		.id = raw->serial,
		.slot = slot,
		.kind = raw->kind,
		.closing = raw->flags & TL_OBJECT_FLAG_CLOSING,
		.schedule_all = raw->flags & TL_OBJECT_FLAG_SCHEDULE_ALL,
		.more_senders = raw->flags & TL_OBJECT_FLAG_MORE_SENDERS,
		.more_receivers = raw->flags & TL_OBJECT_FLAG_MORE_RECEIVERS,
		.preference = raw->preference,
		.balance = raw->balance,
		.element_bytes = raw->element_bytes,
		.capacity = raw->capacity,
		.length = raw->length < raw->capacity ? raw->length : raw->capacity,
		.count = raw->count,
		.created_ns = taking_age(taking, raw->created),
		.site = raw->site < taking->site_count ? taking->site_addresses[raw->site] : 0,
		.creator = raw->creator,
		.holder = -1,
		.holder_word = raw->kind == TL_OBJECT_CHANNEL ? 0 : raw->holder,
	};
	/* serials, low, until the tasks are there: taking_users() */
	ret->senders[0] = raw->sender;
	ret->receivers[0] = raw->receiver;
	for (int i = 0; i < TL_ABI_USERS; i++) {
		ret->senders[i + 1] = raw->senders[i];
		ret->receivers[i + 1] = raw->receivers[i];
	}
	names_field(&taking->names, raw->name, sizeof raw->name, ret->name, sizeof ret->name);
}

int taking_objects(struct taking *taking)
{
	struct model *model = taking->model;
	struct snapshot *snapshot = taking->snapshot;
	uint64_t count = taking->header.object_high;
	int error;
	const unsigned char *bytes = model_section(model, SECTION_objects, &count, &error);
	if (error)
		return error;
	if (count > OBJECTS_MOST) {
		snapshot->left_out += (uint32_t)(count - OBJECTS_MOST);
		count = OBJECTS_MOST;
	}
	taking->object_of_slot = malloc((count + 1) * sizeof *taking->object_of_slot);
	if (!taking->object_of_slot)
		return -ENOMEM;
	taking->object_slots = count;
	uint32_t room = 0;
	uint64_t entry_bytes = model->layout.sections[SECTION_objects].entry_bytes;
	for (uint32_t slot = 0; slot < count; slot++) {
		struct tl_object raw;
		taking->object_of_slot[slot] = -1;
		if (!read_object(taking, bytes + slot * entry_bytes, &raw))
			continue;
		if (snapshot->object_count == room) {
			room = room ? room * 2 : 64;
			struct object *grown = reallocarray(snapshot->objects, room, sizeof *grown);
			if (!grown)
				return -ENOMEM;
			snapshot->objects = grown;
		}
		taking->object_of_slot[slot] = (int32_t)snapshot->object_count;
		fill_object(taking, slot, &raw, &snapshot->objects[snapshot->object_count++]);
	}
	return 0;
}

/* ---- users ---- */

/* Gaps are closed, and one that is known twice is kept once: 0 ends the list. */
static void resolve_users(struct taking *taking, uint64_t users[MODEL_USERS])
{
	int kept = 0;
	for (int i = 0; i < MODEL_USERS; i++) {
		uint64_t id = taking_serial(taking, (uint32_t)users[i]);
		bool is_new = id != 0;
		for (int k = 0; k < kept; k++)
			is_new &= users[k] != id;
		if (is_new)
			users[kept++] = id;
	}
	while (kept < MODEL_USERS)
		users[kept++] = 0;
}

static void resolve_holder(struct taking *taking, struct object *object)
{
	if (object->holder_word == 0)
		return;
	int32_t task = taking_task_in_slot(taking, object->holder_word & UINT32_MAX);
	uint32_t serial = (uint32_t)(object->holder_word >> 32);
	if (task >= 0 && (uint32_t)taking->snapshot->tasks[task].id == serial &&
	    taking->snapshot->tasks[task].state != TL_STATE_ENDED)
		object->holder = task;
	else
		object->holder_gone = true;
}

void taking_users(struct taking *taking)
{
	for (uint32_t i = 0; i < taking->snapshot->object_count; i++) {
		struct object *object = &taking->snapshot->objects[i];
		resolve_users(taking, object->senders);
		resolve_users(taking, object->receivers);
		object->creator = taking_serial(taking, (uint32_t)object->creator);
		resolve_holder(taking, object);
	}
}
