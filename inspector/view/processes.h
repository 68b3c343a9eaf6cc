/* SPDX-License-Identifier: MIT */
/* processes.h: the list of the processes that have a segment. */
#ifndef VIEW_PROCESSES_H
#define VIEW_PROCESSES_H

#include "list.h"
#include "sample.h"
#include "columns.h"
#include "warnings.h"

struct process_row {
	pid_t pid;
	char program[64];
	struct target *target; /* NULL: it cannot be looked at */
	char why[200];	       /* why not */
	int warnings;
	bool seen; /* in the newest list of processes */
	unsigned failures, pause; /* to open it; so many looks pass before it is tried again */
};

struct processes_view {
	struct columns table;
	struct list list;
	char filter_text[256];
	struct process_row *rows; /* in the order shown; the first list.count pass the filter */
	int row_count;
	size_t row_room;
	pid_t selected;
	bool moved;
};

struct viewer;
void processes_init(struct viewer *viewer);
void processes_fini(struct viewer *viewer);
/* Look at all of them. */
void processes_look(struct viewer *viewer);

#endif
