/* SPDX-License-Identifier: MIT */
/*
 * help.c: the keys, from the table of keys.c: first those of this screen alone, then those of
 * several, then what the letters and the filter's words mean.
 */
#include <stdarg.h>
#include <string.h>

#include "../analysis/filter.h"
#include "dispatch.h"

enum { KEYS_WIDTH = 14 };

void help_open(struct viewer *viewer)
{
	viewer->help = true;
	viewer->help_list = (struct list){.height = viewer->rows};
}

void help_key(struct viewer *viewer, uint32_t key)
{
	enum action action = keys_action(viewer->screen, key);

	if (action < ACTION_UP || action > ACTION_HALF_DOWN || action == ACTION_LEFT ||
	    action == ACTION_RIGHT) { /* any key closes it, but those that move in it */
		viewer->help = false;
		return;
	}
	struct list *list = &viewer->help_list;
	list->cursor = action == ACTION_UP || action == ACTION_PAGE_UP || action == ACTION_HALF_UP
			       ? list->top
			       : list->top + list->height - 1;
	move_list(list, action);
}

/* Counts lines when there is no grid, draws those in the window when there is one. */
struct writer {
	struct grid *grid;
	const struct list *list;
	int lines;
};

static int row_of(struct writer *writer)
{
	int row = writer->lines++;

	if (!writer->grid || row < writer->list->top ||
	    row >= writer->list->top + writer->list->height)
		return -1;
	return row - writer->list->top;
}

static void heading(struct writer *writer, const char *text)
{
	if (writer->lines)
		row_of(writer);
	int row = row_of(writer);
	if (row >= 0)
		grid_text(writer->grid, row, 1, ROLE_HEADER, text);
}

static void line(struct writer *writer, const char *keys, const char *text)
{
	int row = row_of(writer);

	if (row < 0)
		return;
	grid_right(writer->grid, row, 0, KEYS_WIDTH, ROLE_HEADER, keys);
	grid_left(writer->grid, row, KEYS_WIDTH + 2, writer->grid->columns - KEYS_WIDTH - 2,
		  ROLE_NORMAL, text);
}

/* Text over as many lines as it needs. */
static void wrapped(struct writer *writer, const char *keys, const char *text, int columns)
{
	int room = columns - KEYS_WIDTH - 2;
	char part[256];

	if (room < 20)
		room = 20;
	while (*text) {
		size_t length = strlen(text);
		if (length > (size_t)room)
			for (length = (size_t)room; length > 1 && text[length] != ' ';)
				length--;
		snprintf(part, sizeof(part), "%.*s", (int)length, text);
		line(writer, keys, part);
		keys = "";
		text += length;
		while (*text == ' ')
			text++;
	}
}

static void key_names(const struct binding *binding, char *text, size_t bytes)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < 4 && binding->keys[i] && used < bytes; i++) {
		char name[16];
		used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? " " : "",
					 keycode_name(binding->keys[i], name));
	}
}

static void bindings(struct writer *writer, unsigned screen, bool own)
{
	for (const struct binding *binding = keys_table(); binding->action; binding++) {
		bool everywhere = (binding->screens | ON_PROCESSES) == ON_ALL;
		char keys[64];
		if (!(binding->screens & screen) || everywhere == own)
			continue;
		key_names(binding, keys, sizeof(keys));
		line(writer, keys, binding->help);
	}
}

static void write_all(const struct viewer *viewer, struct writer *writer, int columns)
{
	static const char *const letters[][2] = {
		{"R r", "running; ready to run"},
		{"C L J", "waits for a channel, a lock, the end of another tasklet"},
		{"I T O", "waits for input or output, a timer, an offloaded call"},
		{"U P N", "in a nested run; paused; new, no body yet"},
		{"? X", "parked for an unknown reason; ended"},
	};
	char title[64];

	snprintf(title, sizeof(title), "Keys of screen %d, %s", viewer->screen,
		 screen_of(viewer->screen)->tab);
	heading(writer, title);
	bindings(writer, 1u << viewer->screen, true);
	heading(writer, "Keys everywhere");
	bindings(writer, 1u << viewer->screen, false);
	heading(writer, "Letters of the column S");
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		line(writer, letters[i][0], letters[i][1]);
	heading(writer,
		"Filters: words that must all hold, as  state:L age>1s name~conn !spawn:accept.c");
	wrapped(writer, "fields", filter_fields(), columns);
}

void help_draw(struct viewer *viewer, struct grid *grid)
{
	struct list *list = &viewer->help_list;
	struct writer count = {.list = list};

	write_all(viewer, &count, grid->columns);
	list->count = count.lines;
	list->height = grid->rows - 1 > 0 ? grid->rows - 1 : 1;
	list_clamp(list);
	struct writer writer = {.grid = grid, .list = list};
	write_all(viewer, &writer, grid->columns);
	int more = list->count - list->top - list->height;
	if (more > 0)
		grid_print(grid, grid->rows - 1, 1, ROLE_DIM,
			   "%d more lines below: PgDn.  Any other key closes.", more);
	else
		grid_text(grid, grid->rows - 1, 1, ROLE_DIM, "Any key closes.");
}
