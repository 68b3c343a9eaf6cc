/* SPDX-License-Identifier: MIT */
/* channels.h: what the screen of channels and locks remembers. */
#ifndef VIEW_CHANNELS_H
#define VIEW_CHANNELS_H

#include <stdint.h>

#include "list.h"
#include "columns.h"

enum side { SIDE_AUTO, SIDE_SENDERS, SIDE_RECEIVERS };

enum waiter_kind { WAITER_RULE, WAITER_TASK, WAITER_KNOWN, WAITER_NOTE };

struct waiter_line {
	enum waiter_kind kind;
	bool sends;
	uint32_t number; /* its place in the queue, from 1; among the known ones, from 0 */
	int32_t task;	 /* index; -1: it has ended */
	uint64_t id;
};

struct channels_view {
	struct columns table;
	struct list list, lower;
	char filter_text[256];
	bool stuck_only, with_locks;
	bool moved, in_lower;
	uint64_t selected; /* id of the object */
	enum side side;
	int32_t *rows; /* indices in the snapshot's objects */
	size_t row_room;
	struct waiter_line *lines;
	size_t line_room;
};

struct viewer;
void channels_init(struct viewer *viewer);
void channels_fini(struct viewer *viewer);

#endif
