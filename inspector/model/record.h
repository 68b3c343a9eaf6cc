/* SPDX-License-Identifier: MIT */
/*
 * record.h: reads single tasklet records while their owners change them.
 */
#ifndef INSPECTOR_RECORD_H
#define INSPECTOR_RECORD_H

#include "inside.h"

/* The records below the mark.  Valid until the next record_view_init() of the same model. */
struct record_view {
	struct model *model;
	const unsigned char *bytes;
	uint64_t count, entry_bytes;
	bool is_live;    /* somebody may write to them */
	bool is_mapped;	 /* `bytes` are the target's own, else a copy that tells nothing of changes
			  */
};

/* Both guards at one moment. */
struct record_guard {
	uint64_t counter, wait;
};

int record_view_init(struct record_view *view, struct model *model, uint64_t high, bool is_live);

/* The slots here must be below view->count. */
struct record_guard record_guard(const struct record_view *view, uint64_t slot);
uint64_t record_counter(const struct record_view *view, uint64_t slot); /* unguarded */

/* A whole record.  False: torn, it changed during every try; *ret is what was read last. */
bool record_read(const struct record_view *view, uint64_t slot, struct tl_record *ret);

static inline bool record_guards_equal(struct record_guard a, struct record_guard b)
{
	return a.counter == b.counter && a.wait == b.wait;
}

#endif
