/* SPDX-License-Identifier: MIT */
/*
 * processes.c: screen 0, the processes that have a segment.  Each that may be read is kept open and
 * looked at whenever the list is; the others say why not.
 */
#define _GNU_SOURCE
#include "processes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/label.h"
#include "format.h"
#include "viewer.h"

enum {
	SORT_PROCESS_PID,
	SORT_PROCESS_NAME,
	SORT_PROCESS_UP,
	SORT_PROCESS_TASKS,
	SORT_PROCESS_SWITCHES,
	SORT_PROCESS_WARNINGS
};
enum {
	COLUMN_PID,
	COLUMN_NAME,
	COLUMN_UP,
	COLUMN_TASKS,
	COLUMN_SWITCHES,
	COLUMN_WARNINGS,
	COLUMN_WHY,
	COLUMNS
};

/* clang-format off */
static const struct column columns[COLUMNS] = {
	/* word, heading, about, least, most, weight, rank, right, shown, sort, sort down */
	{"pid", "PID", "process id",
	 7, 10, 0, 0, true, true, SORT_PROCESS_PID, false},
	{"name", "PROGRAM", "its name",
	 12, 40, 2, 1, false, true, SORT_PROCESS_NAME, false},
	{"up", "UP", "since its runtime started",
	 9, 12, 0, 4, true, true, SORT_PROCESS_UP, true},
	{"tasks", "TASKS", "tasklets",
	 6, 6, 0, 2, true, true, SORT_PROCESS_TASKS, true},
	{"switch/s", "SWITCH/S", "switches a second",
	 9, 9, 0, 3, true, true, SORT_PROCESS_SWITCHES, true},
	{"warn", "WARN", "warnings",
	 5, 5, 0, 5, true, true, SORT_PROCESS_WARNINGS, true},
	{"note", "NOTE", "the first warning, or why it cannot be looked at",
	 8, 120, 3, 6, false, true, NO_SORT, false},
};
/* clang-format on */

void processes_init(struct viewer *viewer)
{
	columns_init(&viewer->processes.table, columns, COLUMNS, SORT_PROCESS_PID);
}

void processes_fini(struct viewer *viewer)
{
	for (int i = 0; i < viewer->processes.row_count; i++)
		target_close(viewer->processes.rows[i].target);
	free(viewer->processes.rows);
}

/* ---- looking ---- */

static struct process_row *row_of(struct processes_view *view, const struct source_process *process)
{
	for (int i = 0; i < view->row_count; i++)
		if (view->rows[i].pid == process->pid &&
		    strcmp(view->rows[i].program, process->program) == 0)
			return &view->rows[i];
	if ((size_t)view->row_count == view->row_room) {
		size_t room = view->row_room ? 2 * view->row_room : 16;
		struct process_row *more = realloc(view->rows, room * sizeof(*more));
		if (!more)
			return NULL;
		view->rows = more;
		view->row_room = room;
	}
	struct process_row *row = &view->rows[view->row_count++];
	*row = (struct process_row){.pid = process->pid};
	snprintf(row->program, sizeof(row->program), "%s", process->program);
	return row;
}

/* One that cannot be looked at is tried again, but less and less often: what anybody's process costs
 * must not add up. */
static void open_row(struct process_row *row, struct problem *problem)
{
	enum { PAUSE_MOST = 6 }; /* 2 to the power of it */
	struct source *source;

	if (row->pause) {
		row->pause--;
		return;
	}
	if (source_open_listed(row->pid, &source, problem) == 0)
		target_open(source, &row->target, problem);
	if (row->target)
		return;
	row->pause = (1u << row->failures) - 1;
	if (row->failures < PAUSE_MOST)
		row->failures++;
}

static void look_at(struct process_row *row, bool readable)
{
	struct problem problem = {""};
	struct warnings warnings;

	row->seen = true;
	if (!row->target && !readable)
		snprintf(problem.text, sizeof(problem.text), "another user's: not readable");
	else if (!row->target)
		open_row(row, &problem);
	if (row->target && target_look(row->target, &problem) == 0) {
		warnings_find(row->target, &warnings);
		row->warnings = warnings.count + warnings.more;
		snprintf(row->why, sizeof(row->why), "%.199s",
			 warnings.count ? warnings.list[0].text : "");
	}
	if (problem.text[0])
		snprintf(row->why, sizeof(row->why), "%.199s", problem.text);
}

static void forget_unseen(struct processes_view *view)
{
	int kept = 0;

	for (int i = 0; i < view->row_count; i++) {
		struct process_row *row = &view->rows[i];
		if (row->seen && !(row->target && row->target->ended))
			view->rows[kept++] = *row;
		else
			target_close(row->target);
	}
	view->row_count = kept;
}

void processes_look(struct viewer *viewer)
{
	struct processes_view *view = &viewer->processes;
	struct source_process *found = NULL;
	size_t count = source_list_processes(&found);

	for (int i = 0; i < view->row_count; i++)
		view->rows[i].seen = false;
	for (size_t i = 0; i < count; i++) {
		struct process_row *row = row_of(view, &found[i]);
		if (row)
			look_at(row, found[i].readable);
	}
	free(found);
	forget_unseen(view);
}

/* ---- order and choice ---- */

static const struct snapshot *snapshot_of(const struct process_row *row)
{
	return row->target && row->target->sample ? row->target->sample->snapshot : NULL;
}

static double switches_of(const struct process_row *row)
{
	return snapshot_of(row) && row->target->sample->look.rates
		       ? row->target->sample->rates.switches
		       : -1;
}

static double sort_value(const struct process_row *row, int key)
{
	const struct snapshot *snapshot = snapshot_of(row);

	switch (key) {
	case SORT_PROCESS_UP: return snapshot ? (double)snapshot->up_ns : -1;
	case SORT_PROCESS_TASKS: return snapshot ? (double)snapshot->task_count : -1;
	case SORT_PROCESS_SWITCHES: return switches_of(row);
	case SORT_PROCESS_WARNINGS: return row->warnings;
	default: return row->pid;
	}
}

static int compare(const void *left, const void *right, void *context)
{
	const struct process_row *a = left, *b = right;
	const struct sort *sort = context;
	int order;

	if (sort->key == SORT_PROCESS_NAME) {
		order = strcmp(a->program, b->program);
	} else {
		double x = sort_value(a, sort->key), y = sort_value(b, sort->key);
		order = (x > y) - (x < y);
	}
	if (sort->down)
		order = -order;
	return order ? order : (a->pid > b->pid) - (a->pid < b->pid);
}

static bool passes(const struct processes_view *view, const struct process_row *row)
{
	return !view->filter_text[0] || strcasestr(row->program, view->filter_text);
}

static void update(struct viewer *viewer)
{
	struct processes_view *view = &viewer->processes;
	int count = 0;

	if (view->row_count)
		qsort_r(view->rows, (size_t)view->row_count, sizeof(view->rows[0]), compare,
			&view->table.sort);
	for (int i = 0; i < view->row_count; i++) {
		struct process_row row = view->rows[i];
		if (!passes(view, &row))
			continue;
		memmove(&view->rows[count + 1], &view->rows[count],
			(size_t)(i - count) * sizeof(row));
		view->rows[count++] = row;
	}
	view->list.count = count;
	for (int i = 0; view->moved && i < count; i++)
		if (view->rows[i].pid == view->selected)
			view->list.cursor = i;
	list_show(&view->list);
}

static void prepare(struct viewer *viewer, int top, int bottom)
{
	viewer->processes.list.height = bottom - top - (top > 1);
	list_show(&viewer->processes.list);
}

/* ---- drawing ---- */

static void make_cell(const struct process_row *row, int column, char *text, size_t bytes)
{
	const struct snapshot *snapshot = snapshot_of(row);
	struct text words;

	switch (column) {
	case COLUMN_PID: snprintf(text, bytes, "%d", (int)row->pid); break;
	case COLUMN_NAME: snprintf(text, bytes, "%s", row->program); break;
	case COLUMN_UP:
		snprintf(text, bytes, "%s",
			 format_clock(&words, snapshot ? snapshot->up_ns : UINT64_MAX));
		break;
	case COLUMN_TASKS:
		label_count(snapshot ? snapshot->task_count : MODEL_UNKNOWN, text, bytes);
		break;
	case COLUMN_SWITCHES:
		snprintf(text, bytes, "%s", format_rate(&words, switches_of(row)));
		break;
	case COLUMN_WARNINGS: snprintf(text, bytes, snapshot ? "%d" : "-", row->warnings); break;
	default: snprintf(text, bytes, "%s", row->why); break;
	}
}

static void draw_row(const struct viewer *viewer, struct grid *grid, int at, int index,
		     const int widths[COLUMNS_MOST])
{
	const struct processes_view *view = &viewer->processes;
	const struct process_row *row = &view->rows[index];
	int column = COLUMNS_MARGIN;

	for (int i = 0; i < COLUMNS; i++) {
		char text[256];
		enum role role = !row->target				 ? ROLE_DIM
				 : i >= COLUMN_WARNINGS && row->warnings ? ROLE_WARN
									 : ROLE_NORMAL;
		if (!widths[i])
			continue;
		make_cell(row, i, text, sizeof(text));
		if (columns[i].is_right)
			grid_right(grid, at, column, widths[i], role, text);
		else
			grid_left(grid, at, column, widths[i], role, text);
		column += widths[i] + 1;
	}
	if (index == view->list.cursor && !viewer->is_batch) {
		grid_restyle(grid, at, ROLE_SELECTED);
		grid_text(grid, at, 0, ROLE_SELECTED, ">");
	}
	grid_hotspot(grid, at, 0, grid->origin + grid->columns, CLICK_ROW, index);
}

static void draw_empty(const struct viewer *viewer, struct grid *grid, int row)
{
	if (viewer->processes.row_count) {
		grid_text(grid, row, 2, ROLE_NORMAL, "No program's name has that.");
		return;
	}
	grid_text(grid, row, 2, ROLE_NORMAL, "No process with tasklets is running.");
	grid_text(grid, row + 2, 2, ROLE_NORMAL, "tltop -- COMMAND starts one and shows it.");
	grid_text(grid, row + 3, 2, ROLE_DIM,
		  "A program must be linked with -ltasklet; those of other");
	grid_text(grid, row + 4, 2, ROLE_DIM, "users are seen by root only.");
}

static void draw(const struct viewer *viewer, struct grid *grid, int top, int bottom)
{
	const struct processes_view *view = &viewer->processes;
	int widths[COLUMNS_MOST];

	columns_layout(&view->table, grid->columns + grid->origin, widths);
	if (top > 1 && top < bottom)
		columns_heading(&view->table, widths, grid, top++, CLICK_HEADING);
	if (!view->list.count && top < bottom)
		draw_empty(viewer, grid, top);
	for (int i = view->list.top; i < view->list.count && top < bottom; i++, top++)
		draw_row(viewer, grid, top, i, widths);
}

static void summary(const struct viewer *viewer, char *text, size_t bytes, enum role *role)
{
	*role = ROLE_DIM;
	snprintf(text, bytes, "%d process%s", viewer->processes.row_count,
		 viewer->processes.row_count == 1 ? "" : "es");
}

static void status(const struct viewer *viewer, char *text, size_t bytes)
{
	const struct processes_view *view = &viewer->processes;
	int sorted = columns_sorted(&view->table);

	snprintf(text, bytes, "filter: %.60s   sort: %s %s",
		 view->filter_text[0] ? view->filter_text : "none",
		 sorted < 0 ? "-" : columns[sorted].heading, view->table.sort.down ? "down" : "up");
}

/* ---- keys ---- */

static void open_process(struct viewer *viewer)
{
	struct processes_view *view = &viewer->processes;
	struct problem problem = {""};
	struct source *source;

	if (!view->list.count)
		return;
	const struct process_row *row = &view->rows[view->list.cursor];
	if (viewer->target && !viewer->target->ended &&
	    source_pid(viewer->target->source) == row->pid) {
		viewer_go(viewer, SCREEN_TASKS);
		return;
	}
	if (source_open_process(row->pid, &source, &problem) ||
	    viewer_attach(viewer, source, &problem))
		viewer_say(viewer, ROLE_BAD, "%s", problem.text);
}

static bool act(struct viewer *viewer, enum action action)
{
	if (action != ACTION_OPEN)
		return false;
	open_process(viewer);
	return true;
}

static void moved(struct viewer *viewer)
{
	struct processes_view *view = &viewer->processes;

	view->moved = true;
	if (view->list.count)
		view->selected = view->rows[view->list.cursor].pid;
}

static void click(struct viewer *viewer, const struct hotspot *hotspot)
{
	struct processes_view *view = &viewer->processes;
	bool again = view->moved && view->list.cursor == (int)hotspot->argument;

	view->list.cursor = (int)hotspot->argument;
	moved(viewer);
	if (again)
		open_process(viewer);
}

static struct list *list(struct viewer *viewer)
{
	return &viewer->processes.list;
}

static struct columns *table(struct viewer *viewer)
{
	return &viewer->processes.table;
}

static void row_text(const struct viewer *viewer, int row, char *text, size_t bytes)
{
	const struct process_row *it = &viewer->processes.rows[row];

	snprintf(text, bytes, "%d %s", (int)it->pid, it->program);
}

static int filter(struct viewer *viewer, const char *text, char *error, size_t bytes)
{
	(void)error, (void)bytes;
	snprintf(viewer->processes.filter_text, sizeof(viewer->processes.filter_text), "%s", text);
	update(viewer);
	return 0;
}

static const char *filter_text(const struct viewer *viewer)
{
	return viewer->processes.filter_text;
}

static int lines(const struct viewer *viewer)
{
	return viewer->processes.list.count ? viewer->processes.list.count : 5;
}

const struct screen screen_processes = {
	.word = "processes",
	.tab = "Processes",
	.update = update,
	.prepare = prepare,
	.draw = draw,
	.act = act,
	.list = list,
	.moved = moved,
	.click = click,
	.table = table,
	.row_text = row_text,
	.filter = filter,
	.filter_text = filter_text,
	.summary = summary,
	.status = status,
	.lines = lines,
};
