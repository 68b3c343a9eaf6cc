/* SPDX-License-Identifier: MIT */
/*
 * waiters.c: what each task waits for, and each object's waiters in the order in which they came.
 */
#include "taking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SELECT_CASES_MOST = 1024, DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/* One tasklet that waits on one object. */
struct arrival {
	uint64_t ticket;
	uint32_t task;
	uint32_t object : 24, kind : 8;
};

struct arrivals {
	struct arrival *list;
	size_t count, room;
};

static bool waits_on_object(unsigned wait)
{
	return (wait >= TL_WAIT_SEND && wait <= TL_WAIT_LOCK) ||
	       (wait >= TL_WAIT_CONDITION && wait <= TL_WAIT_GROUP);
}

static int32_t object_in_slot(const struct taking *taking, uint64_t slot)
{
	return slot < taking->object_slots ? taking->object_of_slot[slot] : -1;
}

static int add_arrival(struct arrivals *arrivals, uint64_t ticket, uint32_t task, int32_t object,
		       uint8_t kind)
{
	_Static_assert(OBJECTS_MOST <= 1 << 24, "it must fit into an arrival");
	if (object < 0)
		return 0; /* nothing is there */
	if (arrivals->count == arrivals->room) {
		size_t room = arrivals->room ? arrivals->room * 2 : 256;
		struct arrival *grown = reallocarray(arrivals->list, room, sizeof *grown);
		if (!grown)
			return -ENOMEM;
		arrivals->list = grown;
		arrivals->room = room;
	}
	arrivals->list[arrivals->count++] =
		(struct arrival){ ticket, task, (uint32_t)object, kind };
	return 0;
}

/* A select waits on several objects; its blocks lie one after the other, up to one that says
 * "last". */
static int add_select(struct taking *taking, struct arrivals *arrivals, uint32_t index,
		      uint32_t first)
{
	struct model *model = taking->model;
	uint64_t count = taking->header.select_high;
	const unsigned char *bytes = model_section(model, SECTION_selects, &count, NULL);
	uint64_t entry_bytes = model->layout.sections[SECTION_selects].entry_bytes;
	struct task *task = &taking->snapshot->tasks[index];
	for (uint64_t at = first; bytes && at < count && at - first < SELECT_CASES_MOST; at++) {
		struct tl_select block;
		layout_decode(&model->layout, SECTION_selects, bytes + at * entry_bytes, &block);
		if (taking_slot_of_link(taking, block.owner) != task->slot)
			break; /* it has gone on meanwhile */
		int error = add_arrival(arrivals, block.ticket, index,
					object_in_slot(taking, block.object), block.operation);
		if (error)
			return error;
		if (block.last)
			break;
	}
	return 0;
}

static int resolve_wait(struct taking *taking, struct arrivals *arrivals, uint32_t index)
{
	struct task *task = &taking->snapshot->tasks[index];
	uint32_t target = (uint32_t)task->object;
	task->object = -1;
	if (task->quality == TASK_TORN || task->state != TL_STATE_WAITING)
		return 0;
	if (task->wait == TL_WAIT_JOIN)
		task->joins = taking_task_in_slot(taking, target);
	if (task->wait == TL_WAIT_SELECT)
		return add_select(taking, arrivals, index, target);
	if (waits_on_object(task->wait))
		task->object = object_in_slot(taking, target);
	return add_arrival(arrivals, task->ticket, index, task->object, task->wait);
}

static int find_arrivals(struct taking *taking, struct arrivals *arrivals)
{
	for (uint32_t i = 0; i < taking->snapshot->task_count; i++) {
		struct task *task = &taking->snapshot->tasks[i];
		task->parent = taking_serial(taking, (uint32_t)task->parent);
		task->waker = taking_serial(taking, (uint32_t)task->waker);
		int error = resolve_wait(taking, arrivals, i);
		if (error)
			return error;
	}
	return 0;
}

/* ---- order ---- */

/* One pass of a stable radix sort by `digit` bits from `shift` on.  False: they are all equal
 * there. */
static bool sort_digit(const struct arrival *from, struct arrival *to, size_t count, unsigned shift)
{
	size_t starts[DIGITS] = { 0 };
	for (size_t i = 0; i < count; i++)
		starts[from[i].ticket >> shift & (DIGITS - 1)]++;
	if (starts[from[0].ticket >> shift & (DIGITS - 1)] == count)
		return false;
	for (size_t i = 0, sum = 0; i < DIGITS; i++) {
		size_t here = starts[i];
		starts[i] = sum;
		sum += here;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[from[i].ticket >> shift & (DIGITS - 1)]++] = from[i];
	return true;
}

static int sort_by_ticket(struct arrivals *arrivals)
{
	bool is_sorted = true;
	for (size_t i = 1; i < arrivals->count && is_sorted; i++)
		is_sorted = arrivals->list[i - 1].ticket <= arrivals->list[i].ticket;
	if (is_sorted)
		return 0;
	struct arrival *other = malloc(arrivals->count * sizeof *other);
	if (!other)
		return -ENOMEM;
	for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
		if (!sort_digit(arrivals->list, other, arrivals->count, shift))
			continue;
		struct arrival *sorted = other;
		other = arrivals->list;
		arrivals->list = sorted;
		arrivals->room = arrivals->count;
	}
	free(other);
	return 0;
}

/* Distribute the arrivals, which are in the order of their tickets, to their objects. */
static int group_by_object(struct snapshot *snapshot, const struct arrivals *arrivals)
{
	snapshot->waiters = malloc((arrivals->count + 1) * sizeof *snapshot->waiters);
	snapshot->waiter_kinds = malloc(arrivals->count + 1);
	if (!snapshot->waiters || !snapshot->waiter_kinds)
		return -ENOMEM;
	snapshot->waiter_count = (uint32_t)arrivals->count;
	for (size_t i = 0; i < arrivals->count; i++)
		snapshot->objects[arrivals->list[i].object].waiters_count++;
	uint32_t first = 0;
	for (uint32_t i = 0; i < snapshot->object_count; i++) {
		struct object *object = &snapshot->objects[i];
		object->waiters_first = first;
		first += object->waiters_count;
		object->waiters_count = 0;
	}
	for (size_t i = 0; i < arrivals->count; i++) {
		const struct arrival *arrival = &arrivals->list[i];
		struct object *object = &snapshot->objects[arrival->object];
		uint32_t at = object->waiters_first + object->waiters_count++;
		snapshot->waiters[at] = arrival->task;
		snapshot->waiter_kinds[at] = arrival->kind;
		if (arrival->kind == TL_WAIT_RECEIVE)
			object->receivers_waiting++;
		else if (arrival->kind == TL_WAIT_SEND || arrival->kind == TL_WAIT_SEND_ERROR)
			object->senders_waiting++;
	}
	return 0;
}

int taking_waiters(struct taking *taking)
{
	struct arrivals arrivals = { 0 };
	int error = find_arrivals(taking, &arrivals);
	if (!error && arrivals.count > UINT32_MAX / 2)
		error = -E2BIG;
	if (!error && arrivals.count)
		error = sort_by_ticket(&arrivals);
	if (!error)
		error = group_by_object(taking->snapshot, &arrivals);
	free(arrivals.list);
	return error;
}
