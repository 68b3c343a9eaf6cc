/* SPDX-License-Identifier: MIT */
/* task_cells.h: the columns of the list of tasklets, and what is in the cell of a row and a column.
 */
#ifndef VIEW_TASK_CELLS_H
#define VIEW_TASK_CELLS_H

#include "../analysis/label.h"
#include "viewer.h"

enum {
	COLUMN_ID,
	COLUMN_NAME,
	COLUMN_STATE,
	COLUMN_WAITS,
	COLUMN_AGE,
	COLUMN_RUN_PERCENT,
	COLUMN_SWITCH_RATE,
	COLUMN_STACK,
	COLUMN_SPAWN,
	COLUMN_FRAME,
	COLUMN_GROUP,
	COLUMN_RUN,
	COLUMN_READY,
	COLUMN_WAITED,
	COLUMN_SWITCHES,
	COLUMN_LEVEL,
	COLUMN_SCHED,
	COLUMN_PARENT,
	COLUMN_WAKER,
	COLUMN_LIFE,
	TASK_COLUMNS,
};
_Static_assert((int)TASK_COLUMNS <= (int)COLUMNS_MOST, "columns.h");
extern const struct column task_columns[];

struct cell_text {
	char text[LABEL_BYTES];
	enum role role;
};

/* A row's numbers: of one tasklet, or of all members of a group. */
struct row_sum {
	uint64_t age_ns, run_ns, ready_ns, wait_ns, life_ns, switches;
	double run_percent, switch_rate, stack_percent;
	bool same_state, same_site, same_wait;
	uint32_t count;
};

struct row_sum task_row_sum(const struct viewer *viewer, const struct task_row *row);
void task_cell(const struct viewer *viewer, const struct task_row *row, const struct row_sum *sum,
	       int column, struct cell_text *cell);

#endif
