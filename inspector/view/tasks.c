/* SPDX-License-Identifier: MIT */
/*
 * tasks.c: screen 1, all tasklets.  Warnings on top, then one line a row of task_rows.c.  Only the
 * rows that can be seen are formatted, so a look costs the same with ten tasklets and with a
 * hundred thousand.
 */
#include "tasks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "task_cells.h"
#include "task_rows.h"

enum { WARNING_ROWS = 3 };

void tasks_init(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;

	columns_init(&view->table, task_columns, TASK_COLUMNS, SORT_AGE);
	view->warning = -1;
}

void tasks_fini(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;

	filter_free(view->filter);
	idset_clear(&view->tags);
	idset_clear(&view->folds);
	free(view->rows);
	groups_fini(&view->groups);
}

/* ---- from look to look ---- */

static const struct look *look_of(const struct viewer *viewer)
{
	return &viewer->target->sample->look;
}

static const struct task_row *cursor_row(const struct tasks_view *view)
{
	return view->row_count ? &view->rows[view->list.cursor] : NULL;
}

static void remember_cursor(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;
	const struct task_row *row = cursor_row(view);

	view->selected = row ? row_key(view, look_of(viewer), row) : 0;
}

/* The row that was selected, wherever it is now; one that has left the window is let go, unless it
 * is to be followed: then the window goes with it. */
static void find_cursor(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;
	struct list *list = &view->list;
	bool follows = view->follows || view->follows_found;
	int row = 0;

	if (!view->moved && !follows)
		list->cursor = list->top = 0;
	while (row < list->count && (view->moved || follows) &&
	       row_key(view, look_of(viewer), &view->rows[row]) != view->selected)
		row++;
	if (row == list->count)
		view->follows_found = false; /* it has ended, or is not shown any more */
	else if (follows || (view->moved && row >= list->top && row < list->top + list->height))
		list->cursor = row;
	list_show(list);
	remember_cursor(viewer);
}

static int digits(uint64_t number)
{
	int count = 1;

	for (; number >= 10; number /= 10)
		count++;
	return count;
}

static void update(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	uint64_t largest = 0;

	if (view->group == GROUP_STACK && target_want_stacks(viewer->target, true))
		view->group = GROUP_NONE;
	if (task_rows_make(view, look_of(viewer)))
		viewer_say(viewer, ROLE_BAD, "out of memory");
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		if (snapshot->tasks[i].id > largest)
			largest = snapshot->tasks[i].id;
	if (digits(largest) > view->table.first_least)
		view->table.first_least = digits(largest);
	view->list.count = (int)view->row_count;
	if (view->warning >= viewer->warnings.count)
		view->warning = viewer->warnings.count - 1;
	find_cursor(viewer);
}

static void moved(struct viewer *viewer)
{
	viewer->tasks.moved = true;
	viewer->tasks.follows_found = false;
	viewer->tasks.warning = -1;
	remember_cursor(viewer);
}

static void found(struct viewer *viewer)
{
	viewer->tasks.follows_found = true;
}

/* After another order or choice of rows the selected row is shown, wherever it went. */
static void arrange(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;
	bool follows = view->follows;

	view->follows = view->moved;
	update(viewer);
	view->follows = follows;
}

static int warning_rows(const struct viewer *viewer, int top)
{
	int count = viewer->warnings.count;

	if (top < 3) /* a small terminal has no room for them */
		return 0;
	return viewer->is_batch || count < WARNING_ROWS ? count : WARNING_ROWS;
}

/* Equal stacks are told apart by where they are, not by where their tasklets were spawned. */
static struct columns shown_columns(const struct tasks_view *view)
{
	struct columns table = view->table;

	if (view->group == GROUP_STACK && !(table.shown & 1u << COLUMN_FRAME))
		table.shown = (table.shown | 1u << COLUMN_FRAME) & ~(1u << COLUMN_SPAWN);
	return table;
}

static void prepare(struct viewer *viewer, int top, int bottom)
{
	struct tasks_view *view = &viewer->tasks;
	int32_t tasks[512];
	size_t count = 0;

	view->warning_rows = warning_rows(viewer, top);
	view->list.height = bottom - top - view->warning_rows - (top > 1);
	if (view->list.height < 1)
		view->list.height = 1;
	list_show(&view->list);
	if (!(shown_columns(view).shown & 1u << COLUMN_FRAME))
		return;
	for (int i = 0;
	     i < view->list.height && view->list.top + i < view->list.count && count < 512; i++)
		tasks[count++] = view->rows[view->list.top + i].task;
	target_fetch_traces(viewer->target, tasks, count);
}

/* ---- drawing ---- */

/* | |- before the name; returns the column after it */
static int draw_branches(const struct task_row *row, struct grid *grid, int at, int column, int end)
{
	int depth = row->depth < 12 ? row->depth : 12; /* deeper ones are not indented further */

	for (int i = 1; i < depth && column + 2 < end; i++, column += 2)
		if (row->bars & 1u << i)
			grid_symbol(grid, at, column, ROLE_DIM, SYMBOL_VERTICAL);
	if (depth > 0 && column + 2 < end) {
		grid_symbol(grid, at, column, ROLE_DIM, row->last ? SYMBOL_LAST : SYMBOL_BRANCH);
		grid_symbol(grid, at, column + 1, ROLE_DIM, SYMBOL_HORIZONTAL);
		column += 2;
	}
	return column;
}

static void draw_mark(const struct viewer *viewer, const struct task_row *row, struct grid *grid,
		      int at)
{
	const struct sample *sample = viewer->target->sample;
	uint64_t id = sample->snapshot->tasks[row->task].id;

	if (row->fold)
		grid_text(grid, at, 1, ROLE_HEADER, row->fold == FOLD_FOLDED ? "+" : "-");
	else if (idset_has(&viewer->tasks.tags, id))
		grid_text(grid, at, 1, ROLE_HEADER, "*");
	else if (sample->troubled && sample->troubled[row->task])
		grid_symbol(grid, at, 1, ROLE_BAD, SYMBOL_WARNING);
}

static void draw_row(const struct viewer *viewer, struct grid *grid, int at, int index,
		     const int widths[COLUMNS_MOST])
{
	const struct tasks_view *view = &viewer->tasks;
	const struct task_row *row = &view->rows[index];
	struct row_sum sum = task_row_sum(viewer, row);
	int column = COLUMNS_MARGIN;
	bool selected = index == view->list.cursor && view->warning < 0 && !viewer->is_batch;

	for (int i = 0; i < TASK_COLUMNS; i++) {
		struct cell_text cell;
		int start = column, width = widths[i];
		if (!width)
			continue;
		task_cell(viewer, row, &sum, i, &cell);
		if (i == COLUMN_NAME)
			start = draw_branches(row, grid, at, column, column + width);
		if (task_columns[i].is_right)
			grid_right(grid, at, start, width, cell.role, cell.text);
		else
			grid_left(grid, at, start, column + width - start, cell.role, cell.text);
		column += width + 1;
	}
	draw_mark(viewer, row, grid, at);
	if (selected) {
		grid_restyle(grid, at, ROLE_SELECTED);
		grid_text(grid, at, 0, ROLE_SELECTED, ">");
	}
	grid_hotspot(grid, at, 0, grid->origin + grid->columns, CLICK_ROW, index);
}

static void draw_warning(const struct viewer *viewer, struct grid *grid, int at, int index)
{
	const struct warning *warning = &viewer->warnings.list[index];
	enum role role = warning->is_bad ? ROLE_BAD : ROLE_WARN;
	const char *leads = warning->kind == WARNING_VERDICT ? "Enter: 4"
			    : warning->kind == WARNING_TASK  ? "Enter: 2"
							     : "";
	int end = grid->columns;

	if (!viewer->is_batch && *leads) {
		end -= 9;
		grid_text(grid, at, end + 1, ROLE_DIM, leads);
	}
	if (*warning->sure) {
		end -= 9;
		grid_left(grid, at, end + 1, 8, ROLE_NORMAL, warning->sure);
	}
	grid_symbol(grid, at, 1, role, SYMBOL_WARNING);
	grid_left(grid, at, 3, end - 3, role, warning->text);
	if (index == viewer->tasks.warning && !viewer->is_batch) {
		grid_restyle(grid, at, ROLE_SELECTED);
		grid_text(grid, at, 0, ROLE_SELECTED, ">");
	}
	grid_hotspot(grid, at, 0, grid->columns, CLICK_WARNING, index);
}

static void draw_warnings(const struct viewer *viewer, struct grid *grid, int top)
{
	const struct tasks_view *view = &viewer->tasks;
	int rows = view->warning_rows, first = view->warning - rows + 1;
	int origin = grid->origin;

	grid->origin = 0;
	for (int i = 0; i < rows; i++)
		draw_warning(viewer, grid, top + i, i + (first > 0 ? first : 0));
	grid->origin = origin;
}

static void draw_empty(const struct viewer *viewer, struct grid *grid, int row)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);

	if (viewer->tasks.filter_text[0] && snapshot->task_count)
		grid_print(grid, row, 2, ROLE_NORMAL,
			   "None of the %" PRIu32 " tasklets matches the filter.",
			   snapshot->task_count);
	else if (snapshot->task_count)
		grid_text(grid, row, 2, ROLE_NORMAL, "All tasklets have ended (H shows them).");
	else
		grid_text(grid, row, 2, ROLE_NORMAL, "No tasklets.");
}

static void draw(const struct viewer *viewer, struct grid *grid, int top, int bottom)
{
	const struct tasks_view *view = &viewer->tasks;
	struct columns table = shown_columns(view);
	int widths[COLUMNS_MOST];

	columns_layout(&table, grid->columns + grid->origin, widths);
	draw_warnings(viewer, grid, top);
	top += view->warning_rows;
	if (top > 1 && top < bottom)
		columns_heading(&table, widths, grid, top++, CLICK_HEADING);
	if (!view->row_count && top < bottom)
		draw_empty(viewer, grid, top);
	for (int i = view->list.top; i < view->list.count && top < bottom; i++, top++)
		draw_row(viewer, grid, top, i, widths);
}

static void summary(const struct viewer *viewer, char *text, size_t bytes, enum role *role)
{
	int count = viewer->warnings.count + viewer->warnings.more;

	*role = count ? ROLE_WARN : ROLE_DIM;
	if (count)
		snprintf(text, bytes, "%d warning%s%s", count, count == 1 ? "" : "s",
			 viewer->is_batch ? "" : " (!)");
	else
		snprintf(text, bytes, "no warnings");
}

static void status(const struct viewer *viewer, char *text, size_t bytes)
{
	const struct tasks_view *view = &viewer->tasks;
	int sorted = columns_sorted(&view->table);
	char tagged[32] = "";

	if (view->tags.count)
		snprintf(tagged, sizeof(tagged), "   tagged %zu", view->tags.count);
	snprintf(text, bytes,
		 "filter: %.60s   sort: %s %s   group: %s%s%s%s   %" PRIu32 " in %" PRIu32 " rows",
		 view->filter_text[0] ? view->filter_text : "none",
		 sorted < 0 ? "-" : task_columns[sorted].heading,
		 view->table.sort.down ? "down" : "up",
		 view->tree ? "tree" : group_key_word(view->group),
		 view->follows || view->follows_found ? "   following" : "",
		 view->hides_finished ? "   ended hidden" : "",
		 tagged, view->matching, view->row_count);
}

/* ---- keys ---- */

static void open_warning(struct viewer *viewer)
{
	const struct warning *warning = &viewer->warnings.list[viewer->tasks.warning];
	const struct sample *sample = viewer->target->sample;

	if (warning->kind == WARNING_TASK) {
		viewer_open_task(viewer, sample->snapshot->tasks[warning->task].id);
	} else if (warning->kind == WARNING_VERDICT) {
		viewer_push(viewer);
		waits_select_verdict(viewer, warning->verdict);
		viewer_go(viewer, SCREEN_WAITS);
	} else {
		viewer_say(viewer, ROLE_WARN, "%s", warning->text);
	}
}

static void toggle_fold(struct viewer *viewer, bool want_folded)
{
	struct tasks_view *view = &viewer->tasks;
	const struct task_row *row = cursor_row(view);

	if (!row)
		return;
	if (!row->fold && row->depth && want_folded) { /* the branch that it is in */
		while (view->list.cursor > 0 && view->rows[view->list.cursor].depth >= row->depth)
			view->list.cursor--;
		moved(viewer);
		row = cursor_row(view);
	}
	if (!row->fold || (row->fold == FOLD_FOLDED) == want_folded)
		return;
	idset_toggle(&view->folds, row_key(view, look_of(viewer), row));
	view->moved = true;
	arrange(viewer);
}

static void fold_all(struct viewer *viewer)
{
	viewer->tasks.folded = !viewer->tasks.folded;
	idset_clear(&viewer->tasks.folds);
	arrange(viewer);
}

static void set_group(struct viewer *viewer, enum group_key group, bool tree)
{
	struct tasks_view *view = &viewer->tasks;

	view->group = group;
	view->tree = tree;
	view->folded = group != GROUP_NONE; /* groups start folded, trees open */
	idset_clear(&view->folds);
	if (viewer->target && group != GROUP_STACK)
		target_want_stacks(viewer->target, false);
	if (viewer->target)
		arrange(viewer);
}

void tasks_group_by(struct viewer *viewer, enum group_key key)
{
	set_group(viewer, key, false);
}

static void open_row(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;
	const struct task_row *row = cursor_row(view);

	if (view->warning >= 0)
		open_warning(viewer);
	else if (row && row->group >= 0)
		toggle_fold(viewer, row->fold == FOLD_OPEN);
	else if (row)
		viewer_open_task(viewer, viewer_snapshot(viewer)->tasks[row->task].id);
}

static void tag_row(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;
	const struct task_row *row = cursor_row(view);

	if (!row)
		return;
	uint32_t members = row->group >= 0 ? view->groups.groups[row->group].count : 1;
	for (uint32_t i = 0; i < members; i++) {
		int32_t task =
			row->group >= 0
				? view->groups.members[view->groups.groups[row->group].first + i]
				: row->task;
		idset_toggle(&view->tags, viewer_snapshot(viewer)->tasks[task].id);
	}
	list_move(&view->list, 1);
	moved(viewer);
}

/* Up from the first row leads into the warnings, down from the last of them back. */
static bool move_in_warnings(struct viewer *viewer, enum action action)
{
	struct tasks_view *view = &viewer->tasks;

	if (action == ACTION_UP && view->warning < 0 && view->list.cursor == 0 &&
	    view->warning_rows) {
		view->warning = viewer->warnings.count - 1;
		return true;
	}
	if (view->warning < 0 || (action != ACTION_UP && action != ACTION_DOWN))
		return false;
	view->warning += action == ACTION_UP ? -1 : 1;
	if (view->warning < 0)
		view->warning = 0;
	else if (view->warning >= viewer->warnings.count)
		view->warning = -1;
	return true;
}

static void next_warning(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;

	if (!viewer->warnings.count)
		viewer_say(viewer, ROLE_GOOD, "no warnings");
	else
		view->warning = (view->warning + 1) % viewer->warnings.count;
}

static int32_t cursor_task(const struct viewer *viewer)
{
	const struct task_row *row = cursor_row(&viewer->tasks);

	return row ? row->task : -1;
}

static void follow(struct viewer *viewer)
{
	struct tasks_view *view = &viewer->tasks;

	view->follows = !view->follows && !view->follows_found;
	view->follows_found = false;
	view->moved = true;
	viewer_say(viewer, ROLE_NORMAL,
		   view->follows ? "following this tasklet: F stops that"
				 : "not following any more");
}

static bool act(struct viewer *viewer, enum action action)
{
	struct tasks_view *view = &viewer->tasks;
	int32_t task = cursor_task(viewer);

	switch (action) {
	case ACTION_UP:
	case ACTION_DOWN: return move_in_warnings(viewer, action);
	case ACTION_OPEN: open_row(viewer); break;
	case ACTION_TAG: tag_row(viewer); break;
	case ACTION_UNTAG: idset_clear(&view->tags); break;
	case ACTION_TREE: set_group(viewer, GROUP_NONE, !view->tree); break;
	case ACTION_GROUP: set_group(viewer, (view->group + 1) % GROUP_KEY_COUNT, false); break;
	case ACTION_FOLD: toggle_fold(viewer, true); break;
	case ACTION_UNFOLD: toggle_fold(viewer, false); break;
	case ACTION_FOLD_ALL: fold_all(viewer); break;
	case ACTION_FOLLOW: follow(viewer); break;
	case ACTION_HIDE_FINISHED:
		view->hides_finished = !view->hides_finished;
		arrange(viewer);
		break;
	case ACTION_WARNING: next_warning(viewer); break;
	case ACTION_HOLDER:
		if (task >= 0)
			viewer_follow_wait(viewer, task);
		break;
	case ACTION_EDITOR:
		if (task >= 0)
			viewer_edit_task(viewer, task);
		break;
	case ACTION_SCREEN_TASK:
		if (task >= 0)
			viewer->task.id = viewer_snapshot(viewer)->tasks[task].id;
		return false;
	default: return false;
	}
	return true;
}

static void click(struct viewer *viewer, const struct hotspot *hotspot)
{
	struct tasks_view *view = &viewer->tasks;
	int index = (int)hotspot->argument;

	if (hotspot->kind == CLICK_WARNING) {
		view->warning = index;
		open_warning(viewer);
	} else if (view->moved && view->warning < 0 && index == view->list.cursor) {
		open_row(viewer);
	} else {
		view->list.cursor = index;
		moved(viewer);
	}
}

static struct list *list(struct viewer *viewer)
{
	return &viewer->tasks.list;
}

static struct columns *table(struct viewer *viewer)
{
	return &viewer->tasks.table;
}

static void row_text(const struct viewer *viewer, int index, char *text, size_t bytes)
{
	static const int searched[] = {COLUMN_ID, COLUMN_NAME, COLUMN_WAITS, COLUMN_SPAWN,
				       COLUMN_GROUP};
	const struct task_row *row = &viewer->tasks.rows[index];
	struct row_sum sum = task_row_sum(viewer, row);
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(searched) / sizeof(searched[0]) && used < bytes; i++) {
		struct cell_text cell;
		task_cell(viewer, row, &sum, searched[i], &cell);
		used += (size_t)snprintf(text + used, bytes - used, "%s ", cell.text);
	}
}

static int filter(struct viewer *viewer, const char *text, char *error, size_t bytes)
{
	struct tasks_view *view = &viewer->tasks;
	struct filter_problem problem = {0};
	struct filter *made;

	if (filter_parse(text, &made, &problem)) {
		snprintf(error, bytes, "%s", problem.text[0] ? problem.text : "out of memory");
		return -1;
	}
	filter_free(view->filter);
	view->filter = made;
	snprintf(view->filter_text, sizeof(view->filter_text), "%s", text);
	if (viewer_snapshot(viewer))
		arrange(viewer);
	return 0;
}

static const char *filter_text(const struct viewer *viewer)
{
	return viewer->tasks.filter_text;
}

static int lines(const struct viewer *viewer)
{
	int rows = (int)viewer->tasks.row_count;

	return viewer->warnings.count + (rows ? rows : 1);
}

const struct screen screen_tasks = {
	.word = "tasks",
	.tab = "Tasks",
	.update = update,
	.prepare = prepare,
	.draw = draw,
	.act = act,
	.list = list,
	.moved = moved,
	.found = found,
	.click = click,
	.table = table,
	.row_text = row_text,
	.filter = filter,
	.filter_text = filter_text,
	.summary = summary,
	.status = status,
	.lines = lines,
};
