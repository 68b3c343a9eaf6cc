/* SPDX-License-Identifier: MIT */
/* task.h: what the screen of one tasklet remembers. */
#ifndef VIEW_TASK_H
#define VIEW_TASK_H

#include "../model/model.h"
#include "list.h"

enum task_line_kind {
	LINE_RULE_FRAMES,
	LINE_FRAME,
	LINE_WHY,
	LINE_RULE_EVENTS,
	LINE_EVENT,
	LINE_NOTE
};

struct task_line {
	enum task_line_kind kind;
	uint32_t index; /* of the frame, or of the event */
};

struct task_view {
	uint64_t id;	  /* 0: none was chosen yet */
	struct task last; /* as seen last */
	bool is_gone;	  /* and it is not there any more */
	struct list list;
	struct task_line *lines;
	size_t line_room;
	struct history history;
	struct backtrace trace;
	uint64_t shown_id; /* that `list` belongs to */
	int previous;	   /* where the cursor was before it moved */
};

enum { TASK_EVENTS = 256 };

struct viewer;
void task_fini(struct viewer *viewer);

#endif
