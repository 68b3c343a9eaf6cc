/* SPDX-License-Identifier: MIT */
/*
 * stacks.h: where stacks lie, and how a parked one is to be unwound: what the small tables say.
 */
#ifndef INSPECTOR_STACKS_H
#define INSPECTOR_STACKS_H

#include "inside.h"

struct slabs {
	struct tl_slab *list;
	uint64_t count;
};

/* 0 or -ENOMEM. */
int slabs_read(struct slabs *slabs, struct model *model, const struct tl_header *header);
void slabs_fini(struct slabs *slabs);

/* The stack of a stack word (abi.h).  False: it has none that lies in a slab. */
bool slabs_find(const struct slabs *slabs, uint32_t stack, uint64_t *low, uint64_t *high);

/* The first runtime and its layout.  What is not there is 0. */
void runtime_read(struct model *model, const struct tl_header *header, struct tl_runtime *runtime,
		  struct tl_layout *layout);

#endif
