/* SPDX-License-Identifier: MIT */
/* menu.c: a box on top of a screen, to choose the column to sort by (F6) or the columns to show
 * (c). */
#include <string.h>

#include "dispatch.h"

static struct columns *table_of(struct viewer *viewer)
{
	return screen_of(viewer->screen)->table(viewer);
}

static bool is_item(enum menu_kind kind, const struct column *column)
{
	return kind == MENU_COLUMNS || column->sort != NO_SORT;
}

static int column_of(const struct columns *table, enum menu_kind kind, int item)
{
	for (int i = 0; i < table->count; i++)
		if (is_item(kind, &table->columns[i]) && item-- == 0)
			return i;
	return -1;
}

void menu_open(struct viewer *viewer, enum menu_kind kind)
{
	struct columns *table = table_of(viewer);

	viewer->menu = kind;
	viewer->menu_list = (struct list){0};
	for (int i = 0; i < table->count; i++) {
		if (!is_item(kind, &table->columns[i]))
			continue;
		if (kind == MENU_SORT && i == columns_sorted(table))
			viewer->menu_list.cursor = viewer->menu_list.count;
		viewer->menu_list.count++;
	}
}

static void choose(struct viewer *viewer)
{
	struct columns *table = table_of(viewer);
	int column = column_of(table, viewer->menu, viewer->menu_list.cursor);

	if (column < 0)
		return;
	if (viewer->menu == MENU_COLUMNS) {
		if (table->columns[column].rank || !(table->shown & 1u << column))
			table->shown ^= 1u << column;
		return;
	}
	columns_sort_column(table, column);
	viewer->menu = MENU_NONE;
	viewer_update(viewer);
}

void menu_key(struct viewer *viewer, uint32_t key)
{
	switch (key) {
	case KEYCODE_ENTER:
		if (viewer->menu == MENU_COLUMNS)
			viewer->menu = MENU_NONE;
		else
			choose(viewer);
		break;
	case KEYCODE_SPACE:
	case ' ': choose(viewer); break;
	case KEYCODE_ESCAPE:
	case 'q':
	case 'c':
	case KEYCODE_F6: viewer->menu = MENU_NONE; break;
	case CONTROL('C'):
	case KEYCODE_F10:
		viewer->menu = MENU_NONE;
		viewer_key(viewer, key);
		break;
	default: move_list(&viewer->menu_list, keys_action(viewer->screen, key));
	}
}

void menu_click(struct viewer *viewer, int item)
{
	viewer->menu_list.cursor = item;
	choose(viewer);
}

static void draw_item(const struct viewer *viewer, struct grid *grid, int row, int item, int width)
{
	const struct columns *table = screen_of(viewer->screen)->table((struct viewer *)viewer);
	int column = column_of(table, viewer->menu, item), at = 0;
	enum role role = item == viewer->menu_list.cursor ? ROLE_SELECTED : ROLE_NORMAL;
	bool shown = table->shown & 1u << column;

	grid_left(grid, row, at, width, role, item == viewer->menu_list.cursor ? ">" : "");
	if (viewer->menu == MENU_COLUMNS)
		grid_text(grid, row, at + 1, role, shown ? "[x]" : "[ ]");
	else if (column == columns_sorted(table))
		grid_symbol(grid, row, at + 2, role, table->sort.down ? SYMBOL_DOWN : SYMBOL_UP);
	grid_left(grid, row, at + 5, 11, role, table->columns[column].heading);
	grid_left(grid, row, at + 17, width - 17, role, table->columns[column].about);
	grid_hotspot(grid, row, at, at + width, CLICK_MENU, item);
}

void menu_draw(struct viewer *viewer, struct grid *grid, const struct layout *layout)
{
	struct list *list = &viewer->menu_list;
	int top = layout->is_small ? 0 : layout->top, width = grid->columns;
	int room = layout->bottom - top - 2;

	if (width > 72)
		width = 72;
	list->height = room < 1 ? 1 : room < list->count ? room : list->count;
	list_show(list);
	grid_left(grid, top, 0, width, ROLE_HEADER,
		  viewer->menu == MENU_SORT ? " Sort by   (Enter takes it, Esc leaves it)"
					    : " Columns   (Space shows or hides, Enter closes)");
	for (int i = 0; i < list->height && top + 1 + i < grid->rows; i++)
		draw_item(viewer, grid, top + 1 + i, list->top + i, width);
	if (top + 1 + list->height < grid->rows)
		grid_left(grid, top + 1 + list->height, 0, width, ROLE_DIM, "");
}
