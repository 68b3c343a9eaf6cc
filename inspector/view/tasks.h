/* SPDX-License-Identifier: MIT */
/* tasks.h: what the screen of all tasklets remembers from one look to the next. */
#ifndef VIEW_TASKS_H
#define VIEW_TASKS_H

#include "../analysis/filter.h"
#include "../analysis/groups.h"
#include "idset.h"
#include "list.h"
#include "columns.h"

enum fold { FOLD_NONE, FOLD_FOLDED, FOLD_OPEN };

struct task_row {
	int32_t task;	 /* index in the snapshot; of a group: its first member */
	int32_t group;	 /* index in tasks_view.groups, of a row that stands for several; -1 */
	uint32_t hidden; /* folded: how many rows are not shown */
	uint32_t bars;	 /* tree: bit d: at depth d one more sibling follows */
	uint16_t depth;
	uint8_t fold; /* enum fold */
	bool last;    /* among its siblings */
};

struct tasks_view {
	struct columns table;
	struct list list;
	struct filter *filter;
	char filter_text[256];
	enum group_key group;
	bool tree, hides_finished, follows;
	bool moved;	   /* the cursor was moved: stay with `selected` */
	bool follows_found; /* a search has put the cursor there: as `follows`, until it is moved */
	uint64_t selected; /* key of the row: see row_key() */
	int warning;	   /* the cursor is on this warning; -1: in the list */
	struct idset tags, folds;
	bool folded; /* all branches are, but those in `folds`; else the other way round */
	struct task_row *rows;
	uint32_t row_count;
	size_t row_room;
	struct groups groups;
	uint32_t matching; /* tasklets that pass the filter */
	int warning_rows;  /* lines of the warnings, as prepared */
};

struct viewer;
void tasks_init(struct viewer *viewer);
void tasks_fini(struct viewer *viewer);
/* As the key `u` does it; folded. */
void tasks_group_by(struct viewer *viewer, enum group_key key);

#endif
