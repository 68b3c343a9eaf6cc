/* SPDX-License-Identifier: MIT */
/* idset.h: a small set of ids, kept sorted: tagged tasklets, folded branches. */
#ifndef VIEW_IDSET_H
#define VIEW_IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idset {
	uint64_t *ids;
	size_t count, room;
};

bool idset_has(const struct idset *set, uint64_t id);
void idset_toggle(struct idset *set, uint64_t id); /* without memory: nothing happens */
void idset_clear(struct idset *set);		   /* also its end: it may be used again */

#endif
