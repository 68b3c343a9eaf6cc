/* SPDX-License-Identifier: MIT */
/* columns.c: see columns.h. */
#include "columns.h"

#include <stdio.h>
#include <string.h>

void columns_init(struct columns *table, const struct column *columns, int count, int sort)
{
	*table = (struct columns){.columns = columns, .count = count};
	for (int i = 0; i < count; i++) {
		if (columns[i].is_shown)
			table->shown |= 1u << i;
		if (columns[i].sort == sort)
			table->sort = (struct sort){sort, columns[i].sort_down};
	}
}

static int column_least(const struct columns *table, int column)
{
	int least = table->columns[column].least;

	return column == 0 && table->first_least > least ? table->first_least : least;
}

/* All the room that the shown columns need at least, with a blank between them. */
static int least_width(const struct columns *table, uint32_t shown)
{
	int width = COLUMNS_MARGIN - 1;

	for (int i = 0; i < table->count; i++)
		if (shown & 1u << i)
			width += column_least(table, i) + 1;
	return width;
}

static uint32_t drop_one(const struct columns *table, uint32_t shown)
{
	int dropped = -1;

	for (int i = 0; i < table->count; i++)
		if (shown & 1u << i && table->columns[i].rank > 0 &&
		    (dropped < 0 || table->columns[i].rank >= table->columns[dropped].rank))
			dropped = i;
	return dropped < 0 ? 0 : 1u << dropped;
}

void columns_layout(const struct columns *table, int width, int widths[COLUMNS_MOST])
{
	uint32_t shown = table->shown, drop;

	while (least_width(table, shown) > width && (drop = drop_one(table, shown)))
		shown &= ~drop;
	int left = width - least_width(table, shown);
	for (int i = 0; i < table->count; i++)
		widths[i] = shown & 1u << i ? column_least(table, i) : 0;
	for (bool given = true; given && left > 0;) {
		given = false;
		for (int i = 0; i < table->count; i++) {
			const struct column *column = &table->columns[i];
			int more = column->weight < left ? column->weight : left;
			if (!widths[i] || widths[i] >= column->most)
				continue;
			if (more > column->most - widths[i])
				more = column->most - widths[i];
			widths[i] += more;
			left -= more;
			given |= more > 0;
		}
	}
}

void columns_heading(const struct columns *table, const int widths[COLUMNS_MOST], struct grid *grid,
		     int row, int kind)
{
	int sorted = columns_sorted(table), at = COLUMNS_MARGIN;

	grid_fill(grid, row, ROLE_HEADER);
	for (int i = 0; i < table->count; i++) {
		const struct column *column = &table->columns[i];
		int length = (int)strlen(column->heading) + (i == sorted), width = widths[i];
		if (!width)
			continue;
		int start = column->is_right && length < width ? at + width - length : at;
		int room = length < width ? length : width;
		grid_print(grid, row, start, ROLE_HEADER, "%.*s", room - (i == sorted),
			   column->heading);
		if (i == sorted)
			grid_symbol(grid, row, start + room - 1, ROLE_HEADER,
				    table->sort.down ? SYMBOL_DOWN : SYMBOL_UP);
		if (column->sort != NO_SORT)
			grid_hotspot(grid, row, at, at + width, kind, i);
		at += width + 1;
	}
}

int columns_sorted(const struct columns *table)
{
	for (int i = 0; i < table->count; i++)
		if (table->columns[i].sort != NO_SORT && table->columns[i].sort == table->sort.key)
			return i;
	return -1;
}

void columns_sort_step(struct columns *table, int step)
{
	int column = columns_sorted(table);

	for (int tries = 0; tries < table->count; tries++) {
		column = (column + step + table->count) % table->count;
		if (!(table->shown & 1u << column) || table->columns[column].sort == NO_SORT)
			continue;
		table->sort = (struct sort){table->columns[column].sort,
					    table->columns[column].sort_down};
		return;
	}
}

void columns_sort_column(struct columns *table, int column)
{
	const struct column *by = &table->columns[column];

	if (by->sort == NO_SORT)
		return;
	if (table->sort.key == by->sort)
		table->sort.down = !table->sort.down;
	else
		table->sort = (struct sort){by->sort, by->sort_down};
}
