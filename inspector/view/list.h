/* SPDX-License-Identifier: MIT */
/*
 * list.h: which of many rows is the current one, and which of them are in the window.  Indices
 * only: what the rows are is the screen's business, and so is finding the current one again in a
 * new look.
 */
#ifndef VIEW_LIST_H
#define VIEW_LIST_H

struct list {
	int count;
	int cursor; /* 0 to count - 1; 0 when there are none */
	int top;    /* the first row in the window */
	int height; /* rows of the window */
};

static inline void list_clamp(struct list *list)
{
	if (list->cursor >= list->count)
		list->cursor = list->count - 1;
	if (list->cursor < 0)
		list->cursor = 0;
	if (list->top > list->count - list->height)
		list->top = list->count - list->height;
	if (list->top < 0)
		list->top = 0;
}

/* The window moves just enough to have the cursor in it. */
static inline void list_show(struct list *list)
{
	list_clamp(list);
	if (list->cursor < list->top)
		list->top = list->cursor;
	if (list->height > 0 && list->cursor >= list->top + list->height)
		list->top = list->cursor - list->height + 1;
}

static inline void list_move(struct list *list, int rows)
{
	list->cursor = rows < 0 && list->cursor < -rows ? 0 : list->cursor + rows;
	list_show(list);
}

#endif
