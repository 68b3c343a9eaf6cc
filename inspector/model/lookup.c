/* SPDX-License-Identifier: MIT */
/*
 * lookup.c: finds tasks and objects of a snapshot by id, and serials by their low half.
 *
 * The table of ids is made at the first look-up: many pictures are never asked.  It is keyed by the
 * low half, so that it serves both; of two with the same low half the later one comes first.
 */
#include "lookup.h"

#include <stdlib.h>

/* Open addressing; a place holds an index + 1. */
struct snapshot_index {
	uint32_t *places;
	uint32_t mask;               /* 0: not made yet */
};

struct snapshot_index *snapshot_index_create(void)
{
	return calloc(1, sizeof(struct snapshot_index));
}

void snapshot_index_destroy(struct snapshot_index *index)
{
	if (index)
		free(index->places);
	free(index);
}

static uint32_t home_of(const struct snapshot_index *index, uint32_t low)
{
	return (uint32_t)(low * UINT64_C(0x9e3779b97f4a7c15) >> 32) & index->mask;
}

static bool make_index(const struct snapshot *snapshot)
{
	struct snapshot_index *index = snapshot->index;
	if (!index)
		return false;
	if (index->places)
		return true;
	uint32_t room = 64;
	while (room < snapshot->task_count * UINT64_C(2))
		room *= 2;
	index->places = calloc(room, sizeof *index->places);
	if (!index->places)
		return false;
	index->mask = room - 1;
	for (uint32_t i = 0; i < snapshot->task_count; i++) {
		uint32_t at = home_of(index, (uint32_t)snapshot->tasks[i].id);
		while (index->places[at])
			at = (at + 1) & index->mask;
		index->places[at] = i + 1;
	}
	return true;
}

/* The latest task with this low half whose whole id is `id`, if that is not 0. */
static int32_t find(const struct snapshot *snapshot, uint32_t low, uint64_t id)
{
	const struct task *tasks = snapshot->tasks;
	int32_t found = -1;
	if (!make_index(snapshot)) {
		for (uint32_t i = 0; i < snapshot->task_count; i++)
			if ((uint32_t)tasks[i].id == low && (id == 0 || tasks[i].id == id) &&
			    (found < 0 || tasks[i].id > tasks[found].id))
				found = (int32_t)i;
		return found;
	}
	const struct snapshot_index *index = snapshot->index;
	for (uint32_t at = home_of(index, low); index->places[at]; at = (at + 1) & index->mask) {
		uint32_t i = index->places[at] - 1;
		if ((uint32_t)tasks[i].id == low && (id == 0 || tasks[i].id == id) &&
		    (found < 0 || tasks[i].id > tasks[found].id))
			found = (int32_t)i;
	}
	return found;
}

int32_t snapshot_task_by_id(const struct snapshot *snapshot, uint64_t id)
{
	return id ? find(snapshot, (uint32_t)id, id) : -1;
}

int32_t snapshot_task_by_low(const struct snapshot *snapshot, uint32_t low)
{
	return low ? find(snapshot, low, 0) : -1;
}

int32_t snapshot_object_by_id(const struct snapshot *snapshot, uint64_t id)
{
	for (uint32_t i = 0; id && i < snapshot->object_count; i++)
		if (snapshot->objects[i].id == id)
			return (int32_t)i;
	return -1;
}

uint64_t snapshot_serial(const struct snapshot *snapshot, uint32_t low, uint64_t highest)
{
	if (low == 0)
		return 0;
	if (highest <= UINT32_MAX)
		return low; /* no serial has gone round yet */
	int32_t task = snapshot_task_by_low(snapshot, low);
	if (task >= 0)
		return snapshot->tasks[task].id;
	uint64_t serial = (highest & ~(uint64_t)UINT32_MAX) | low;
	return serial <= highest + UINT32_MAX / 2 ? serial : serial - (UINT64_C(1) << 32);
}

/* Tasks lie in the order of their slots. */
int32_t snapshot_task_in_slot(const struct snapshot *snapshot, uint64_t slot)
{
	uint32_t low = 0, high = snapshot->task_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (snapshot->tasks[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low < snapshot->task_count && snapshot->tasks[low].slot == slot ? (int32_t)low : -1;
}
