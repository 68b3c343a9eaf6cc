/* SPDX-License-Identifier: MIT */
/*
 * task_rows.h: which rows the list of tasklets has: filtered, sorted, then as they are, in groups,
 * or as the tree of who spawned whom.
 */
#ifndef VIEW_TASK_ROWS_H
#define VIEW_TASK_ROWS_H

#include "sample.h"
#include "tasks.h"

/* 0 or -ENOMEM (then there are no rows). */
int task_rows_make(struct tasks_view *view, const struct look *look);

/* What stays the same from look to look: the id of a tasklet, or what a group has in common (top
 * bit set). */
uint64_t row_key(const struct tasks_view *view, const struct look *look,
		 const struct task_row *row);

#endif
