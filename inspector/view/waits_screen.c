/* SPDX-License-Identifier: MIT */
/*
 * waits_screen.c: screen 4, who waits for whom.  Trouble first: each verdict with how sure it is,
 * the chain that is the evidence, and who is stuck behind it; with `a`, every other wait too,
 * object by object.  The lines are made in wait_lines.c; a line is formatted when it is drawn.
 */
#include "waits_screen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/label.h"
#include "../analysis/sort.h"
#include "viewer.h"
#include "wait_lines.h"

enum { BEHIND_NAMED = 12 };

void waits_screen_fini(struct viewer *viewer)
{
	filter_free(viewer->waits.filter);
	idset_clear(&viewer->waits.folds);
	free(viewer->waits.lines);
}

static const struct waits *waits_of(const struct viewer *viewer)
{
	return &viewer->target->sample->waits;
}

static bool is_selectable(const struct wait_line *line)
{
	return line->task >= 0 || line->kind == WAIT_LINE_BEHIND ||
	       line->kind == WAIT_LINE_OBJECT || line->kind == WAIT_LINE_VERDICT;
}

static const struct wait_line *cursor_line(const struct viewer *viewer)
{
	const struct waits_view *view = &viewer->waits;

	return view->list.count ? &view->lines[view->list.cursor] : NULL;
}

static void remember(struct viewer *viewer)
{
	const struct wait_line *line = cursor_line(viewer);

	viewer->waits.selected = line ? wait_line_key(viewer, line) : 0;
}

static void update(struct viewer *viewer)
{
	struct waits_view *view = &viewer->waits;

	wait_lines_make(viewer);
	if (!view->moved)
		view->list.cursor = view->list.top = 0;
	for (int i = 0; view->moved && i < view->list.count; i++)
		if (wait_line_key(viewer, &view->lines[i]) == view->selected) {
			view->list.cursor = i;
			break;
		}
	list_show(&view->list);
	remember(viewer);
}

void waits_select_verdict(struct viewer *viewer, uint32_t verdict)
{
	struct waits_view *view = &viewer->waits;

	wait_lines_make(viewer);
	for (int i = 0; i < view->list.count; i++)
		if (view->lines[i].kind == WAIT_LINE_VERDICT && view->lines[i].verdict == verdict) {
			view->list.cursor = view->list.top = i;
			view->moved = true;
			break;
		}
	remember(viewer);
}

static bool is_legend_shown(const struct viewer *viewer, int rows)
{
	return viewer->waits.list.count + 3 <= rows && waits_of(viewer)->count;
}

static void prepare(struct viewer *viewer, int top, int bottom)
{
	struct waits_view *view = &viewer->waits;
	int32_t tasks[512];
	size_t count = 0;

	view->list.height = bottom - top;
	list_show(&view->list);
	for (int i = view->list.top; i < view->list.count && i < view->list.top + view->list.height;
	     i++)
		if (count < 512 && view->lines[i].task >= 0)
			tasks[count++] = view->lines[i].task;
	target_fetch_traces(viewer->target, tasks, count);
}

/* ---- drawing ---- */

static int end_of(const struct grid *grid)
{
	return grid->origin + grid->columns;
}

static enum role verdict_role(enum verdict_kind kind)
{
	return kind == VERDICT_CERTAIN || kind == VERDICT_LIKELY ? ROLE_BAD : ROLE_WARN;
}

static const char *verdict_title(const struct verdict *verdict)
{
	switch (verdict->kind) {
	case VERDICT_CERTAIN:
	case VERDICT_LIKELY: return verdict->cycle_count ? "CYCLE" : "DEADLOCK";
	case VERDICT_MAYBE: return "ORPHAN";
	case VERDICT_LONG: return "LONG WAIT";
	}
	return "";
}

static void draw_verdict(const struct viewer *viewer, struct grid *grid, int row,
			 const struct wait_line *line)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const struct verdict *verdict = &waits_of(viewer)->verdicts[line->verdict];
	char held[24], object[LABEL_BYTES];

	grid_text(grid, row, 1, ROLE_HEADER, line->is_folded ? "+" : "-");
	int column = grid_print(grid, row, 3, verdict_role(verdict->kind), "%s %" PRIu32,
				verdict_title(verdict), line->number);
	if (verdict->kind != VERDICT_LONG)
		column = grid_text(grid, row, column + 3, ROLE_HEADER, verdict_name(verdict->kind));
	else
		column = grid_text(grid, row, column + 3, ROLE_NORMAL,
				   verdict->cycle_count ? "a deadline will end it" : "no cycle");
	column = grid_print(grid, row, column + 3, ROLE_NORMAL, "held %s",
			    label_duration(verdict->held_ns, held, sizeof(held)));
	if (verdict->kind == VERDICT_MAYBE && verdict->object >= 0)
		column = grid_print(grid, row, column + 3, ROLE_NORMAL,
				    "%s: nobody is known who could wake %s",
				    label_object(snapshot, viewer->target->model, verdict->object,
						 object, sizeof(object)),
				    verdict->member_count == 1 ? "it" : "them");
	else if (verdict->kind != VERDICT_LONG || verdict->member_count > 1)
		column = grid_print(grid, row, column + 3, ROLE_NORMAL, "%" PRIu32 " tasklet%s",
				    verdict->member_count, verdict->member_count == 1 ? "" : "s");
	if (verdict->behind_count && verdict->kind != VERDICT_LONG)
		grid_print(grid, row, column, ROLE_NORMAL, ", %" PRIu32 " more stuck behind %s",
			   verdict->behind_count, verdict->member_count == 1 ? "it" : "them");
}

/* name, what it waits for, and where in the program, each in its place */
static void draw_chain(const struct viewer *viewer, struct grid *grid, int row, int column,
		       int32_t task, enum role role)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	char name[LABEL_BYTES], wait[240], place[LABEL_BYTES];
	int end = end_of(grid), place_width = (end - column) / 4,
	    name_width = (end - column) * 2 / 9;

	column = grid_left(grid, row, column, name_width, role,
			   label_task(snapshot, task, name, sizeof(name)));
	waits_describe(snapshot, viewer->target->model, task, wait, sizeof(wait));
	grid_left(grid, row, column + 1, end - place_width - column - 2, ROLE_NORMAL,
		  snapshot->tasks[task].state == TL_STATE_WAITING
			  ? wait
			  : label_state(viewer->target->model, &snapshot->tasks[task]));
	grid_left(grid, row, end - place_width, place_width, ROLE_DIM,
		  task_place(viewer, task, place, sizeof(place)));
}

static void draw_member(const struct viewer *viewer, struct grid *grid, int row,
			const struct wait_line *line)
{
	const struct verdict *verdict = &waits_of(viewer)->verdicts[line->verdict];

	if (verdict->cycle_count > 1 && line->number < verdict->cycle_count) {
		grid_symbol(grid, row, 3, ROLE_DIM, line->number ? SYMBOL_VERTICAL : SYMBOL_TOP);
		if (!line->number) {
			grid_symbol(grid, row, 4, ROLE_DIM, SYMBOL_HORIZONTAL);
			grid_symbol(grid, row, 5, ROLE_DIM, SYMBOL_ARROW);
		}
	}
	draw_chain(viewer, grid, row, 7, line->task, ROLE_HEADER);
}

static void draw_close(const struct viewer *viewer, struct grid *grid, int row,
		       const struct wait_line *line)
{
	const struct verdict *verdict = &waits_of(viewer)->verdicts[line->verdict];

	grid_symbol(grid, row, 3, ROLE_DIM, SYMBOL_BOTTOM);
	for (int i = 4; i < 8; i++)
		grid_symbol(grid, row, i, ROLE_DIM, SYMBOL_HORIZONTAL);
	grid_print(grid, row, 9, ROLE_NORMAL, "back to %" PRIu64,
		   viewer_snapshot(viewer)->tasks[verdict->members[0]].id);
}

static uint32_t behind_of(const struct verdict *verdict, uint32_t member)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < verdict->behind_count; i++)
		count += verdict->behind_at[i] == (int32_t)member;
	return count;
}

/* stuck behind:  63 <- 70 71 72   57 <- 88 90 */
static void draw_behind(const struct viewer *viewer, struct grid *grid, int row,
			const struct wait_line *line)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const struct verdict *verdict = &waits_of(viewer)->verdicts[line->verdict];
	uint32_t named = 0;

	grid_text(grid, row, 1, ROLE_HEADER, line->is_folded ? "+" : "-");
	int column = grid_text(grid, row, 3, ROLE_NORMAL,
			       verdict->kind == VERDICT_LONG ? "waiting for it:" : "stuck behind:");
	if (!line->is_folded) { /* each has a line of its own below */
		grid_print(grid, row, column + 2, ROLE_NORMAL, "%" PRIu32, verdict->behind_count);
		return;
	}
	for (uint32_t m = 0; m < verdict->member_count && named < BEHIND_NAMED; m++) {
		if (!behind_of(verdict, m))
			continue;
		column = grid_print(grid, row, column + 2, ROLE_NORMAL, "%" PRIu64 " <-",
				    snapshot->tasks[verdict->members[m]].id);
		for (uint32_t i = 0; i < verdict->behind_count && named < BEHIND_NAMED; i++)
			if (verdict->behind_at[i] == (int32_t)m) {
				column = grid_print(grid, row, column + 1, ROLE_WAIT, "%" PRIu64,
						    snapshot->tasks[verdict->behind[i]].id);
				named++;
			}
	}
	if (named < verdict->behind_count)
		grid_print(grid, row, column + 1, ROLE_DIM, "and %" PRIu32 " more",
			   verdict->behind_count - named);
}

static void draw_waiter(const struct viewer *viewer, struct grid *grid, int row, int32_t task)
{
	char age[24];

	grid_right(grid, row, 3, 7, ROLE_DIM,
		   label_duration(viewer_snapshot(viewer)->tasks[task].age_ns, age, sizeof(age)));
	draw_chain(viewer, grid, row, 11, task, ROLE_NORMAL);
}

static void draw_object(const struct viewer *viewer, struct grid *grid, int row,
			const struct wait_line *line)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const struct object *object = &snapshot->objects[line->verdict];
	char name[LABEL_BYTES], holder[LABEL_BYTES], oldest[24];

	grid_text(grid, row, 1, ROLE_HEADER, line->is_folded ? "+" : "-");
	int column = grid_print(
		grid, row, 3, ROLE_NORMAL, "%s ",
		object->name[0] ? model_object_name(viewer->target->model, object->kind) : "");
	column = grid_text(grid, row, column, ROLE_HEADER,
			   label_object(snapshot, viewer->target->model, (int32_t)line->verdict,
					name, sizeof(name)));
	if (object->holder >= 0)
		column = grid_print(grid, row, column + 3, ROLE_NORMAL, "held by %s",
				    label_task(snapshot, object->holder, holder, sizeof(holder)));
	if (object->senders_waiting && object->kind == TL_OBJECT_CHANNEL)
		column = grid_print(grid, row, column + 3, ROLE_WAIT, "%" PRIu32 " to send",
				    object->senders_waiting);
	if (object->receivers_waiting && object->kind == TL_OBJECT_CHANNEL)
		column = grid_print(grid, row, column + 3, ROLE_WAIT, "%" PRIu32 " to receive",
				    object->receivers_waiting);
	if (object->kind != TL_OBJECT_CHANNEL)
		column = grid_print(grid, row, column + 3, ROLE_WAIT, "%" PRIu32 " wait",
				    object->waiters_count);
	grid_print(grid, row, column + 3, ROLE_NORMAL, "the longest %s",
		   label_duration(object_oldest_wait(snapshot, object), oldest, sizeof(oldest)));
}

static void draw_line(const struct viewer *viewer, struct grid *grid, int row, int index)
{
	const struct wait_line *line = &viewer->waits.lines[index];

	switch (line->kind) {
	case WAIT_LINE_VERDICT: draw_verdict(viewer, grid, row, line); break;
	case WAIT_LINE_MEMBER: draw_member(viewer, grid, row, line); break;
	case WAIT_LINE_CLOSE: draw_close(viewer, grid, row, line); break;
	case WAIT_LINE_BEHIND: draw_behind(viewer, grid, row, line); break;
	case WAIT_LINE_OBJECT: draw_object(viewer, grid, row, line); break;
	case WAIT_LINE_ONE_BEHIND:
	case WAIT_LINE_WAITER: draw_waiter(viewer, grid, row, line->task); break;
	case WAIT_LINE_TEXT: grid_rule(grid, row, line->text, ""); break;
	case WAIT_LINE_EMPTY: grid_text(grid, row, 2, ROLE_GOOD, line->text); break;
	}
	if (!is_selectable(line))
		return;
	if (index == viewer->waits.list.cursor && !viewer->is_batch) {
		grid_restyle(grid, row, ROLE_SELECTED);
		grid_text(grid, row, 0, ROLE_SELECTED, ">");
	}
	grid_hotspot(grid, row, 0, end_of(grid), CLICK_ROW, index);
}

static void draw_legend(struct grid *grid, int row)
{
	grid_text(grid, row, 1, ROLE_DIM,
		  "How sure: certain = every edge has a known holder; likely = all known users of");
	grid_text(grid, row + 1, 1, ROLE_DIM,
		  "a channel are stuck in it; maybe = nobody was seen who could wake it.");
}

static void draw(const struct viewer *viewer, struct grid *grid, int top, int bottom)
{
	const struct waits_view *view = &viewer->waits;
	int row = top;

	for (int i = view->list.top; i < view->list.count && row < bottom; i++, row++)
		draw_line(viewer, grid, row, i);
	if (is_legend_shown(viewer, bottom - top))
		draw_legend(grid, viewer->is_batch ? row + 1 : bottom - 2);
}

static int count_words(char *text, size_t bytes, int used, uint32_t count, const char *one,
		       const char *many)
{
	if (!count || used < 0 || (size_t)used >= bytes)
		return used;
	return used + snprintf(text + used, bytes - (size_t)used, "%s%" PRIu32 " %s",
			       used ? ", " : "", count, count == 1 ? one : many);
}

static void summary(const struct viewer *viewer, char *text, size_t bytes, enum role *role)
{
	const struct sample *sample = viewer->target ? viewer->target->sample : NULL;

	*role = ROLE_DIM;
	if (!sample)
		return;
	const struct waits *waits = &sample->waits;
	int used = count_words(text, bytes, 0, waits->certain, "deadlock", "deadlocks");
	used = count_words(text, bytes, used, waits->likely, "likely", "likely");
	used = count_words(text, bytes, used, waits->longs, "long", "long");
	used = count_words(text, bytes, used, waits->maybe, "maybe", "maybe");
	if (waits->certain || waits->likely)
		*role = ROLE_BAD;
	else if (waits->count)
		*role = ROLE_WARN;
	if (!used)
		snprintf(text, bytes, "no deadlock");
}

static void status(const struct viewer *viewer, char *text, size_t bytes)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	uint32_t waiting = 0, longest = 0;
	char age[24], name[LABEL_BYTES], wait[LABEL_BYTES];

	if (!snapshot)
		return;
	for (uint32_t i = 0; i < snapshot->task_count; i++) {
		const struct task *task = &snapshot->tasks[i], *oldest = &snapshot->tasks[longest];
		if (task->state != TL_STATE_WAITING)
			continue;
		if (!waiting++ || (task->age_ns != MODEL_UNKNOWN && task->age_ns > oldest->age_ns))
			longest = i;
	}
	int used = snprintf(text, bytes, "%s%s%s   %" PRIu32 " of %" PRIu32 " wait",
			    viewer->waits.all ? "all waits" : "trouble only",
			    viewer->waits.filter_text[0] ? "   filter: " : "",
			    viewer->waits.filter_text, waiting, snapshot->task_count);
	if (waiting && snapshot->has_clock && used > 0 && (size_t)used < bytes)
		snprintf(text + used, bytes - (size_t)used, "; the longest %s: %s, %s",
			 label_duration(snapshot->tasks[longest].age_ns, age, sizeof(age)),
			 label_task(snapshot, (int32_t)longest, name, sizeof(name)),
			 label_wait(snapshot, viewer->target->model, (int32_t)longest, wait,
				    sizeof(wait)));
}

/* ---- keys ---- */

/* The cursor steps over lines that are about nobody. */
static void moved(struct viewer *viewer)
{
	struct waits_view *view = &viewer->waits;
	int last = view->list.count - 1, cursor = view->list.cursor;
	int step = cursor < view->previous ? -1 : 1;

	while (cursor >= 0 && cursor <= last && !is_selectable(&view->lines[cursor]))
		cursor += step;
	if (cursor < 0 || cursor > last)
		cursor = view->previous <= last ? view->previous : 0;
	view->list.cursor = view->previous = cursor;
	view->moved = true;
	list_show(&view->list);
	remember(viewer);
}

static void go_to_line(struct viewer *viewer, int index)
{
	viewer->waits.list.cursor = viewer->waits.previous = index;
	moved(viewer);
}

/* Along the chain: the line of whom this one waits for, in the same verdict if it can be. */
static void walk(struct viewer *viewer)
{
	struct waits_view *view = &viewer->waits;
	const struct wait_line *line = cursor_line(viewer);
	int32_t wakers[MODEL_USERS];
	bool others = false;

	if (line && line->kind == WAIT_LINE_VERDICT &&
	    !line->is_folded) { /* the chain begins below */
		go_to_line(viewer, view->list.cursor + 1);
		return;
	}
	if (!line || line->task < 0 || line->kind == WAIT_LINE_OBJECT)
		return;
	size_t count = waits_wakers(viewer_snapshot(viewer), line->task, wakers, &others);
	if (!count) {
		viewer_say(viewer, ROLE_NORMAL, "nobody is known who could wake it");
		return;
	}
	for (int pass = 0; pass < 2; pass++) /* first in this verdict, then anywhere */
		for (int i = 0; i < view->list.count; i++) {
			const struct wait_line *other = &view->lines[i];
			bool here =
				other->verdict == line->verdict && other->kind != WAIT_LINE_WAITER;
			if (other->task != wakers[0] || other->kind == WAIT_LINE_VERDICT ||
			    other->kind == WAIT_LINE_OBJECT || (!here && !pass))
				continue;
			go_to_line(viewer, i);
			return;
		}
	viewer_open_task(viewer, viewer_snapshot(viewer)->tasks[wakers[0]].id);
}

static bool can_fold(const struct wait_line *line)
{
	return line->kind == WAIT_LINE_VERDICT || line->kind == WAIT_LINE_BEHIND ||
	       line->kind == WAIT_LINE_OBJECT;
}

static void fold(struct viewer *viewer, bool want_folded)
{
	struct waits_view *view = &viewer->waits;
	const struct wait_line *line = cursor_line(viewer);

	while (line && !can_fold(line) && want_folded && view->list.cursor > 0) {
		view->list.cursor--;
		line = cursor_line(viewer);
	}
	if (!line || !can_fold(line) || line->is_folded == want_folded)
		return;
	idset_toggle(&view->folds, wait_line_key(viewer, line));
	view->moved = true;
	remember(viewer);
	update(viewer);
}

static void open_line(struct viewer *viewer)
{
	const struct wait_line *line = cursor_line(viewer);

	if (!line)
		return;
	if (line->kind == WAIT_LINE_BEHIND || (line->kind == WAIT_LINE_OBJECT && line->task < 0))
		fold(viewer, !line->is_folded);
	else if (line->task >= 0)
		viewer_open_task(viewer, viewer_snapshot(viewer)->tasks[line->task].id);
}

static bool act(struct viewer *viewer, enum action action)
{
	struct waits_view *view = &viewer->waits;
	const struct wait_line *line = cursor_line(viewer);

	switch (action) {
	case ACTION_OPEN: open_line(viewer); break;
	case ACTION_HOLDER: walk(viewer); break;
	case ACTION_FOLD: fold(viewer, true); break;
	case ACTION_UNFOLD: fold(viewer, false); break;
	case ACTION_FOLD_ALL:
		view->folded = !view->folded;
		idset_clear(&view->folds);
		update(viewer);
		break;
	case ACTION_ALL_WAITS:
		view->all = !view->all;
		update(viewer);
		break;
	case ACTION_EDITOR:
		if (line && line->task >= 0)
			viewer_edit_task(viewer, line->task);
		break;
	case ACTION_SCREEN_TASK:
		if (line && line->task >= 0)
			viewer->task.id = viewer_snapshot(viewer)->tasks[line->task].id;
		return false;
	default: return false;
	}
	return true;
}

static void click(struct viewer *viewer, const struct hotspot *hotspot)
{
	int index = (int)hotspot->argument;

	if (viewer->waits.moved && index == viewer->waits.list.cursor)
		open_line(viewer);
	else
		go_to_line(viewer, index);
}

static struct list *list(struct viewer *viewer)
{
	return &viewer->waits.list;
}

/* What the line names; nothing of one that the cursor steps over. */
static void row_text(const struct viewer *viewer, int index, char *text, size_t bytes)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const struct wait_line *line = &viewer->waits.lines[index];
	const struct verdict *verdict;
	char object[LABEL_BYTES] = "", task[LABEL_BYTES] = "", wait[240] = "";

	text[0] = '\0';
	if (line->kind == WAIT_LINE_VERDICT) {
		verdict = &waits_of(viewer)->verdicts[line->verdict];
		if (verdict->object >= 0)
			label_object(snapshot, viewer->target->model, verdict->object, object,
				     sizeof(object));
		snprintf(text, bytes, "%s %" PRIu32 " %s %s", verdict_title(verdict), line->number,
			 verdict_name(verdict->kind), object);
		return;
	}
	if (line->kind == WAIT_LINE_OBJECT)
		label_object(snapshot, viewer->target->model, (int32_t)line->verdict, object,
			     sizeof(object));
	if (line->task >= 0)
		label_task(snapshot, line->task, task, sizeof(task));
	if (line->task >= 0 && line->kind != WAIT_LINE_OBJECT)
		waits_describe(snapshot, viewer->target->model, line->task, wait, sizeof(wait));
	snprintf(text, bytes, "%s %s %s", object, task, wait);
}

static int filter(struct viewer *viewer, const char *text, char *error, size_t bytes)
{
	struct waits_view *view = &viewer->waits;
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
		update(viewer);
	return 0;
}

static const char *filter_text(const struct viewer *viewer)
{
	return viewer->waits.filter_text;
}

static int lines(const struct viewer *viewer)
{
	return viewer->waits.list.count + 2;
}

const struct screen screen_waits = {
	.word = "waits",
	.tab = "Waits",
	.update = update,
	.prepare = prepare,
	.draw = draw,
	.act = act,
	.list = list,
	.moved = moved,
	.click = click,
	.summary = summary,
	.status = status,
	.row_text = row_text,
	.filter = filter,
	.filter_text = filter_text,
	.lines = lines,
};
