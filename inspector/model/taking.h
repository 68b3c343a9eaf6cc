/* SPDX-License-Identifier: MIT */
/*
 * taking.h: a snapshot in the making.  For the files that fill it.
 */
#ifndef INSPECTOR_TAKING_H
#define INSPECTOR_TAKING_H

#include "names.h"
#include "stacks.h"

enum { OBJECTS_MOST = 1 << 22 }; /* the rest is left out */

struct taking {
	struct model *model;
	struct snapshot *snapshot;
	struct tl_header header;
	struct clock clock;
	struct names names;
	bool is_live;                /* the target may change what we read */
	struct slabs slabs;
	uint64_t *site_addresses;    /* by index; 0: no such site */
	uint64_t site_count;
	int32_t *object_of_slot;     /* index in snapshot.objects; -1 */
	uint64_t object_slots;
	uint64_t highest_serial;
};

/* Each fills its part of the snapshot; 0 or -errno.  Tasks have their object, parent and waker as
 * the records do, a slot and two serials' low halves, until taking_waiters() finds out who they
 * are. */
int taking_sites(struct taking *taking);
int taking_objects(struct taking *taking);
int taking_tasks(struct taking *taking);
int taking_schedulers(struct taking *taking);

/* When all are there: who is meant. */
int taking_waiters(struct taking *taking);
void taking_users(struct taking *taking); /* of objects: holders, senders, receivers ... */

/* The index of the task in a slot, -1. */
int32_t taking_task_in_slot(const struct taking *taking, uint64_t slot);

/* A serial from its low half: of somebody alive, else the nearest one that ever was. */
uint64_t taking_serial(const struct taking *taking, uint32_t low);

/* A link (byte offset in the records) as a slot; 0: none, or nonsense. */
uint64_t taking_slot_of_link(const struct taking *taking, uint32_t link);

static inline uint64_t taking_duration(const struct taking *taking, uint64_t units)
{
	return taking->clock.is_known ? clock_duration_ns(&taking->clock, units) : MODEL_UNKNOWN;
}

static inline uint64_t taking_age(const struct taking *taking, uint64_t stamp)
{
	return taking->clock.is_known && stamp ? clock_age_ns(&taking->clock, stamp) :
						 MODEL_UNKNOWN;
}

#endif
