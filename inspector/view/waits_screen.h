/* SPDX-License-Identifier: MIT */
/* waits_screen.h: what the screen of waits and deadlocks remembers. */
#ifndef VIEW_WAITS_SCREEN_H
#define VIEW_WAITS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../analysis/filter.h"
#include "idset.h"
#include "list.h"

enum wait_line_kind {
	WAIT_LINE_VERDICT,
	WAIT_LINE_MEMBER,
	WAIT_LINE_CLOSE,
	WAIT_LINE_BEHIND,
	WAIT_LINE_ONE_BEHIND,
	WAIT_LINE_OBJECT,
	WAIT_LINE_WAITER,
	WAIT_LINE_TEXT,
	WAIT_LINE_EMPTY,
};

struct wait_line {
	enum wait_line_kind kind;
	bool is_folded;
	uint32_t verdict; /* index in the waits; of an object: its index */
	uint32_t number;  /* of a verdict: its place among its kind, from 1; else in its list */
	int32_t task;	  /* index; -1 */
	const char *text;
};

struct waits_view {
	struct list list;
	bool all, moved, folded;
	struct idset folds;
	uint64_t selected;     /* key of the line */
	int previous;	       /* where the cursor was before it moved */
	struct filter *filter; /* only what concerns one of these tasklets; NULL: all */
	char filter_text[256];
	struct wait_line *lines;
	size_t line_room;
};

struct viewer;
/* The cursor goes to this verdict (an index in the waits). */
void waits_select_verdict(struct viewer *viewer, uint32_t verdict);
void waits_screen_fini(struct viewer *viewer);

#endif
