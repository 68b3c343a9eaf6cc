/* SPDX-License-Identifier: MIT */
/*
 * columns.h: columns.  Which are shown, how wide each is in a terminal of some width, by which one
 * the rows are sorted, and the line of headings.  What is in a cell is the screen's business.
 *
 * Widths depend on the width of the terminal alone, not on what the cells say at the moment:
 * nothing moves sideways while somebody reads.
 */
#ifndef VIEW_COLUMNS_H
#define VIEW_COLUMNS_H

#include "../analysis/sort.h"
#include "grid.h"

enum {
	COLUMNS_MOST = 24,
	COLUMNS_MARGIN = 2, /* cells before the first column: the cursor, a mark */
	NO_SORT = -1,
};

struct column {
	const char *word; /* on the command line and in menus */
	const char *heading;
	const char *about;
	short least, most; /* cells */
	short weight;	   /* of what is left over, until it has `most` */
	short rank;	   /* in a narrow terminal the highest goes first; 0 stays */
	bool is_right;	   /* aligned */
	bool is_shown;	   /* at the start */
	int sort;	   /* key of analysis/sort.h, or NO_SORT */
	bool sort_down;	   /* the direction it starts with */
};

struct columns {
	const struct column *columns;
	int count;
	uint32_t shown; /* a bit a column */
	struct sort sort;
	int first_least; /* the first column is at least so wide: ids grow */
};

void columns_init(struct columns *table, const struct column *columns, int count, int sort);
/* Widths of the columns; 0: not shown, or there is no room. */
void columns_layout(const struct columns *table, int width, int widths[COLUMNS_MOST]);
/* The headings; each sortable one can be clicked: `kind`, with the index of the column. */
void columns_heading(const struct columns *table, const int widths[COLUMNS_MOST], struct grid *grid,
		     int row, int kind);
/* Sort by the next visible column in this direction (+1 or -1). */
void columns_sort_step(struct columns *table, int step);
/* By this column; by the same one again: the other way round. */
void columns_sort_column(struct columns *table, int column);
/* The column that the rows are sorted by; -1: it is none of these. */
int columns_sorted(const struct columns *table);

#endif
