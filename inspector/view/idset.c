/* SPDX-License-Identifier: MIT */
/* idset.c: a sorted array; sets here have tens of members, looked up for each visible row. */
#include "idset.h"

#include <stdlib.h>
#include <string.h>

/* The first place whose id is not smaller. */
static size_t place_of(const struct idset *set, uint64_t id)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool idset_has(const struct idset *set, uint64_t id)
{
	size_t place = place_of(set, id);

	return place < set->count && set->ids[place] == id;
}

void idset_toggle(struct idset *set, uint64_t id)
{
	size_t place = place_of(set, id);

	if (place < set->count && set->ids[place] == id) {
		set->count--;
		memmove(&set->ids[place], &set->ids[place + 1],
			(set->count - place) * sizeof(*set->ids));
		return;
	}
	if (set->count == set->room) {
		size_t room = set->room ? 2 * set->room : 16;
		uint64_t *ids = realloc(set->ids, room * sizeof(*ids));
		if (!ids)
			return;
		set->ids = ids;
		set->room = room;
	}
	memmove(&set->ids[place + 1], &set->ids[place], (set->count - place) * sizeof(*set->ids));
	set->ids[place] = id;
	set->count++;
}

void idset_clear(struct idset *set)
{
	free(set->ids);
	*set = (struct idset){0};
}
