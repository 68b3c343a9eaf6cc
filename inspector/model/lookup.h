/* SPDX-License-Identifier: MIT */
/*
 * lookup.h: look-ups in a snapshot that only this folder needs.
 */
#ifndef INSPECTOR_LOOKUP_H
#define INSPECTOR_LOOKUP_H

#include "model.h"

struct snapshot_index *snapshot_index_create(void);
void snapshot_index_destroy(struct snapshot_index *index);

/* The index of the task in a slot, -1. */
int32_t snapshot_task_in_slot(const struct snapshot *snapshot, uint64_t slot);

/* A serial from its low half: somebody's who is alive, else the nearest to `highest`, the highest
 * that is known.  0 for 0. */
uint64_t snapshot_serial(const struct snapshot *snapshot, uint32_t low, uint64_t highest);

#endif
