/* SPDX-License-Identifier: MIT */
/*
 * task.c: screen 2, one tasklet: what it does or waits for, its times, its stack; its backtrace,
 * and below it the events that are still in the rings, newest first.  Frames and events are one
 * list with one cursor.  A tasklet that has ended stays on the screen as it was seen last.
 */
#include "task.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/label.h"
#include "event_text.h"
#include "format.h"
#include "viewer.h"

enum { HEADER_ROWS = 3 };

void task_fini(struct viewer *viewer)
{
	history_fini(&viewer->task.history);
	free(viewer->task.lines);
}

/* ---- from look to look ---- */

static int32_t index_of(const struct viewer *viewer)
{
	return snapshot_task_by_id(viewer_snapshot(viewer), viewer->task.id);
}

/* None was chosen yet: the one that the list of tasklets has its cursor on. */
static void choose(struct viewer *viewer)
{
	struct tasks_view *tasks = &viewer->tasks;

	screen_tasks.update(viewer);
	if (tasks->row_count)
		viewer->task.id =
			viewer_snapshot(viewer)->tasks[tasks->rows[tasks->list.cursor].task].id;
}

static void add_line(struct task_view *view, enum task_line_kind kind, uint32_t index)
{
	if ((size_t)view->list.count == view->line_room) {
		size_t room = view->line_room ? 2 * view->line_room : 64;
		struct task_line *more = realloc(view->lines, room * sizeof(*more));
		if (!more)
			return;
		view->lines = more;
		view->line_room = room;
	}
	view->lines[view->list.count++] = (struct task_line){kind, index};
}

static void make_lines(struct task_view *view)
{
	view->list.count = 0;
	add_line(view, LINE_RULE_FRAMES, 0);
	for (uint32_t i = 0; i < view->trace.count && i < MODEL_FRAMES; i++)
		add_line(view, LINE_FRAME, i);
	if (view->trace.status != BACKTRACE_COMPLETE)
		add_line(view, LINE_WHY, 0);
	add_line(view, LINE_RULE_EVENTS, 0);
	for (size_t i = view->history.count; i-- > 0;)
		add_line(view, LINE_EVENT, (uint32_t)i);
	if (!view->history.count)
		add_line(view, LINE_NOTE, 0);
}

static void read_history(struct viewer *viewer)
{
	struct task_view *view = &viewer->task;
	struct history history = {0};

	if (model_history(viewer->target->model, viewer_snapshot(viewer), view->id, TASK_EVENTS,
			  &history))
		return;
	history_fini(&view->history);
	view->history = history;
}

static void update(struct viewer *viewer)
{
	struct task_view *view = &viewer->task;

	if (!view->id)
		choose(viewer);
	int32_t index = view->id ? index_of(viewer) : -1;
	view->is_gone = index < 0;
	if (view->shown_id != view->id) {
		history_fini(&view->history);
		view->history = (struct history){0};
		view->trace = (struct backtrace){.status = BACKTRACE_ENDED};
		view->last = (struct task){.id = view->id};
	}
	if (index >= 0) {
		view->last = viewer_snapshot(viewer)->tasks[index];
		target_fetch_traces(viewer->target, &index, 1);
		const struct backtrace *trace = sample_trace(viewer->target->sample, index);
		if (trace)
			view->trace = *trace;
	}
	if (view->id)
		read_history(viewer);
	make_lines(view);
	if (view->shown_id != view->id) { /* start at the frame that is the program's own */
		int frame = own_frame(viewer, &view->trace);
		view->list.cursor = view->previous = frame < 0 ? 1 : frame + 1;
		view->list.top = 0;
		view->shown_id = view->id;
	}
	list_show(&view->list);
}

static void prepare(struct viewer *viewer, int top, int bottom)
{
	viewer->task.list.height = bottom - top - (top > 1 ? HEADER_ROWS : 0);
	if (viewer->task.list.height < 1)
		viewer->task.list.height = 1;
	list_show(&viewer->task.list);
}

/* ---- the three lines that say what it is ---- */

static void draw_wait(const struct viewer *viewer, struct grid *grid, int row)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const struct task *task = &viewer->task.last;
	char wait[240] = "", age[24];

	int column = grid_print(grid, row, 1, ROLE_HEADER, "%" PRIu64 " %s", task->id, task->name);
	if (viewer->task.is_gone) {
		grid_text(grid, row, column + 3, ROLE_WARN,
			  task->state ? "has ended; this is how it was seen last" : "is not there");
		return;
	}
	int32_t index = index_of(viewer);
	column = grid_print(grid, row, column + 3, state_role(task),
			    "%c for %s: ", task_letter(task),
			    label_duration(task->age_ns, age, sizeof(age)));
	waits_describe(snapshot, viewer->target->model, index, wait, sizeof(wait));
	grid_text(grid, row, column, state_role(task),
		  *wait && strcmp(wait, "-") != 0 ? wait
						  : label_state(viewer->target->model, task));
}

static void draw_times(const struct viewer *viewer, struct grid *grid, int row)
{
	const struct task *task = &viewer->task.last;
	char run[24], ready[24], waited[24], life[24];
	struct text switches;

	int column = grid_print(grid, row, 1, ROLE_NORMAL,
				"ran %s times   run %s   ready %s   waited %s   life %s",
				format_grouped(&switches, task->switches),
				label_duration(task->run_ns, run, sizeof(run)),
				label_duration(task->ready_ns, ready, sizeof(ready)),
				label_duration(task->wait_ns, waited, sizeof(waited)),
				label_duration(task->life_ns, life, sizeof(life)));
	if (viewer_snapshot(viewer)->scheduler_count > 1)
		column = grid_print(grid, row, column + 3, ROLE_NORMAL, "sched %" PRIu32,
				    task->scheduler);
	if (task->level)
		column = grid_print(grid, row, column + 3, ROLE_NORMAL, "level %d", task->level);
	if (task->has_deadline)
		column = grid_text(grid, row, column + 3, ROLE_NORMAL, "has a deadline");
	if (task->error_pending)
		column = grid_text(grid, row, column + 3, ROLE_WARN, "an error is pending");
	if (task->is_background)
		grid_text(grid, row, column + 3, ROLE_DIM, "background");
}

static void draw_origin(const struct viewer *viewer, struct grid *grid, int row)
{
	const struct task *task = &viewer->task.last;
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	char used[24], whole[24], site[LABEL_BYTES], name[LABEL_BYTES];
	double percent = 0;
	uint64_t bytes = task_stack_used(task, &percent);
	int column = 1;

	if (bytes != MODEL_UNKNOWN)
		column = grid_print(grid, row, column, percent >= 80 ? ROLE_BAD : ROLE_NORMAL,
				    "stack %s of %s (%.0f%%)",
				    label_bytes(bytes, used, sizeof(used)),
				    label_bytes(task->stack_high - task->stack_low, whole,
						sizeof(whole)),
				    percent) +
			 3;
	else if (task->is_fresh)
		column = grid_text(grid, row, column, ROLE_NORMAL, "no stack yet") + 3;
	if (task->site || task->parent)
		column = grid_text(grid, row, column, ROLE_NORMAL, "spawned");
	if (task->site)
		column = grid_print(
			grid, row, column, ROLE_NORMAL, " at %s",
			label_site(viewer->target->model, task->site, site, sizeof(site)));
	if (task->parent)
		column = grid_print(grid, row, column, ROLE_NORMAL, " by %s",
				    label_task_id(snapshot, task->parent, name, sizeof(name)));
	column += task->site || task->parent ? 3 : 0;
	if (task->waker)
		column = grid_print(grid, row, column, ROLE_NORMAL, "woken by %s",
				    label_task_id(snapshot, task->waker, name, sizeof(name))) +
			 3;
	if (task->group[0])
		grid_print(grid, row, column, ROLE_NORMAL, "group %s", task->group);
}

/* ---- the list ---- */

static const char *trace_words(const struct backtrace *trace)
{
	switch (trace->status) {
	case BACKTRACE_COMPLETE: return "complete";
	case BACKTRACE_CUT: return "cut";
	case BACKTRACE_RUNNING: return "it runs";
	case BACKTRACE_HOT: return "it switches too fast";
	case BACKTRACE_FRESH: return "it has not run yet";
	case BACKTRACE_ENDED: return "it has ended";
	case BACKTRACE_REFUSED: return "not readable";
	}
	return "";
}

static void draw_rule(const struct viewer *viewer, struct grid *grid, int row, bool frames)
{
	const struct task_view *view = &viewer->task;
	char note[120], lost[24];

	if (frames) {
		if (view->trace.count)
			snprintf(note, sizeof(note), "%" PRIu32 " frame%s, %s", view->trace.count,
				 view->trace.count == 1 ? "" : "s", trace_words(&view->trace));
		else
			snprintf(note, sizeof(note), "%s", trace_words(&view->trace));
		grid_rule(grid, row, "backtrace", note);
		return;
	}
	if (view->history.lost)
		snprintf(note, sizeof(note), "the program's rings have overwritten %s",
			 label_count(view->history.lost, lost, sizeof(lost)));
	else
		snprintf(note, sizeof(note), "%zu", view->history.count);
	grid_rule(grid, row, "events, newest first", note);
}

/* The last two parts of a path say enough. */
static const char *short_path(const char *path)
{
	const char *at = label_file(path);

	for (int parts = 1; at > path + 1 && parts < 3; parts++)
		for (at--; at > path && at[-1] != '/';)
			at--;
	return at;
}

static void draw_frame(const struct viewer *viewer, struct grid *grid, int row, uint32_t index)
{
	const struct backtrace *trace = &viewer->task.trace;
	int own = own_frame(viewer, trace);
	enum role role = own >= 0 && (int)index < own ? ROLE_DIM : ROLE_NORMAL;
	struct place place;
	char where[LABEL_BYTES];

	model_place(viewer->target->model, trace->pc[index], index == 0, &place);
	grid_print(grid, row, 1, role, "#%-2" PRIu32, index);
	int width = grid->columns + grid->origin >= 100 ? 40 : 26;
	char function[120];
	if (place.function)
		snprintf(function, sizeof(function), "%s", place.function);
	else
		snprintf(function, sizeof(function), "0x%" PRIx64, trace->pc[index]);
	int column = grid_left(grid, row, 5, width, role, function) + 1;
	if (place.file)
		snprintf(where, sizeof(where), "%s:%d", short_path(place.file), place.line);
	else
		snprintf(where, sizeof(where), "%s", place.module ? label_file(place.module) : "?");
	grid_left(grid, row, column, grid->columns + grid->origin - column, role, where);
}

static void draw_why(const struct viewer *viewer, struct grid *grid, int row)
{
	const struct backtrace *trace = &viewer->task.trace;
	const char *why = trace->why;

	if (!*why && trace->status == BACKTRACE_RUNNING)
		why = "It is on a CPU: its stack is in use.  Its last switch is in the events.";
	else if (!*why && trace->status == BACKTRACE_FRESH)
		why = "It has not run yet: there is no stack.";
	else if (!*why && trace->status == BACKTRACE_HOT)
		why = "It switched during every try to copy its stack.";
	else if (!*why)
		why = trace_words(trace);
	grid_left(grid, row, 5, grid->columns + grid->origin - 5, ROLE_WARN, why);
}

static enum role verb_role(const char *verb)
{
	return strcmp(verb, "runs") == 0     ? ROLE_RUN
	       : strcmp(verb, "ready") == 0  ? ROLE_READY
	       : strcmp(verb, "leaves") == 0 ? ROLE_WAIT
	       : strcmp(verb, "deadlock") == 0 || strcmp(verb, "cycle") == 0 ||
			       strcmp(verb, "uncaught") == 0 || strcmp(verb, "overflow") == 0
		       ? ROLE_BAD
		       : ROLE_NORMAL;
}

static void draw_event(const struct viewer *viewer, struct grid *grid, int row, uint32_t index)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const struct event *event = &viewer->task.history.events[index];
	char text[200], ago[24] = "-", stamp[32];
	const char *verb;

	if (event->ns != MODEL_UNKNOWN && event->ns <= snapshot->taken_ns)
		label_duration(snapshot->taken_ns - event->ns, ago, sizeof(ago));
	else if (event->ns != MODEL_UNKNOWN)
		snprintf(ago, sizeof(ago), "0ns");
	snprintf(stamp, sizeof(stamp), strcmp(ago, "-") == 0 ? "%s" : "-%s", ago);
	event_text(snapshot, viewer->target->model, viewer->task.id, event, &verb, text,
		   sizeof(text));
	int column = grid_right(grid, row, 1, 8, ROLE_DIM, stamp);
	column = grid_left(grid, row, column + 2, 11, verb_role(verb), verb);
	grid_left(grid, row, column + 1, grid->columns + grid->origin - column - 1, ROLE_NORMAL,
		  text);
}

static void draw_line(const struct viewer *viewer, struct grid *grid, int row, int index)
{
	const struct task_line *line = &viewer->task.lines[index];

	switch (line->kind) {
	case LINE_RULE_FRAMES: draw_rule(viewer, grid, row, true); return;
	case LINE_RULE_EVENTS: draw_rule(viewer, grid, row, false); return;
	case LINE_FRAME: draw_frame(viewer, grid, row, line->index); break;
	case LINE_WHY: draw_why(viewer, grid, row); break;
	case LINE_EVENT: draw_event(viewer, grid, row, line->index); break;
	case LINE_NOTE:
		grid_text(grid, row, 5, ROLE_DIM,
			  viewer_snapshot(viewer)->trace
				  ? "none of its events is in the rings any more"
				  : "tracing is off: TASKLET_TRACE=full records events");
		break;
	}
	if (index == viewer->task.list.cursor && !viewer->is_batch) {
		grid_restyle(grid, row, ROLE_SELECTED);
		grid_text(grid, row, 0, ROLE_SELECTED, ">");
	}
	grid_hotspot(grid, row, 0, grid->origin + grid->columns, CLICK_ROW, index);
}

static void draw(const struct viewer *viewer, struct grid *grid, int top, int bottom)
{
	const struct task_view *view = &viewer->task;

	if (!view->id) {
		grid_text(grid, top, 2, ROLE_NORMAL, "No tasklets.");
		return;
	}
	if (top > 1) {
		draw_wait(viewer, grid, top);
		if (view->last.state) {
			draw_times(viewer, grid, top + 1);
			draw_origin(viewer, grid, top + 2);
		}
		top += HEADER_ROWS;
	}
	for (int i = view->list.top; i < view->list.count && top < bottom; i++, top++)
		draw_line(viewer, grid, top, i);
}

static void summary(const struct viewer *viewer, char *text, size_t bytes, enum role *role)
{
	const struct task *task = &viewer->task.last;

	*role = ROLE_HEADER;
	if (viewer->task.id)
		snprintf(text, bytes, "%" PRIu64 " %.40s", viewer->task.id, task->name);
}

/* ---- keys ---- */

/* The one after or before it in the list of tasklets, as that is sorted and filtered. */
static void go_to_neighbour(struct viewer *viewer, int step)
{
	struct tasks_view *tasks = &viewer->tasks;
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	int found = -1, count;

	screen_tasks.update(viewer);
	count = (int)tasks->row_count;
	for (int i = 0; i < count && found < 0; i++)
		if (snapshot->tasks[tasks->rows[i].task].id == viewer->task.id)
			found = i;
	if (!count)
		return;
	found = found < 0 ? 0 : found + step;
	if (found < 0 || found >= count) {
		viewer_say(viewer, ROLE_NORMAL, "that was the %s one",
			   found < 0 ? "first" : "last");
		return;
	}
	viewer->task.id = snapshot->tasks[tasks->rows[found].task].id;
	tasks->list.cursor = found;
	tasks->moved = true;
	tasks->selected = viewer->task.id;
	list_show(&tasks->list);
	update(viewer);
}

static void open_event(struct viewer *viewer, uint32_t index)
{
	const struct event *event = &viewer->task.history.events[index];
	uint64_t other = event->task_id == viewer->task.id ? event->other_id : event->task_id;

	if (other && snapshot_task_by_id(viewer_snapshot(viewer), other) >= 0)
		viewer_open_task(viewer, other);
	else
		viewer_say(viewer, ROLE_NORMAL,
			   other ? "%" PRIu64 " has ended" : "no other tasklet has part in it",
			   other);
}

static void open_line(struct viewer *viewer, bool in_editor)
{
	struct task_view *view = &viewer->task;
	const struct task_line *line = view->list.count ? &view->lines[view->list.cursor] : NULL;

	if (line && line->kind == LINE_FRAME)
		viewer_edit(viewer, view->trace.pc[line->index], line->index == 0);
	else if (line && line->kind == LINE_EVENT && !in_editor)
		open_event(viewer, line->index);
	else if (in_editor && index_of(viewer) >= 0)
		viewer_edit_task(viewer, index_of(viewer));
}

static bool act(struct viewer *viewer, enum action action)
{
	switch (action) {
	case ACTION_NEXT_TASK: go_to_neighbour(viewer, 1); break;
	case ACTION_PREVIOUS_TASK: go_to_neighbour(viewer, -1); break;
	case ACTION_HOLDER:
		if (viewer->task.id && index_of(viewer) >= 0)
			viewer_follow_wait(viewer, index_of(viewer));
		break;
	case ACTION_OPEN: open_line(viewer, false); break;
	case ACTION_EDITOR: open_line(viewer, true); break;
	default: return false;
	}
	return true;
}

/* The cursor steps over the rules. */
static void moved(struct viewer *viewer)
{
	struct task_view *view = &viewer->task;
	int *cursor = &view->list.cursor, step = *cursor < view->previous ? -1 : 1;
	int last = view->list.count - 1;

	for (int tries = 0; tries < 2 && *cursor <= last; tries++) {
		enum task_line_kind kind = view->lines[*cursor].kind;
		if (kind != LINE_RULE_FRAMES && kind != LINE_RULE_EVENTS)
			break;
		if (*cursor + step < 0 || *cursor + step > last)
			step = -step;
		*cursor += step;
	}
	view->previous = *cursor;
	list_show(&view->list);
	if (*cursor == 1) /* with the rule above it */
		view->list.top = 0;
}

static void click(struct viewer *viewer, const struct hotspot *hotspot)
{
	int index = (int)hotspot->argument;

	if (index == viewer->task.list.cursor) {
		open_line(viewer, false);
	} else {
		viewer->task.list.cursor = index;
		moved(viewer);
	}
}

static struct list *list(struct viewer *viewer)
{
	return &viewer->task.list;
}

static int lines(const struct viewer *viewer)
{
	return HEADER_ROWS + viewer->task.list.count;
}

const struct screen screen_task = {
	.word = "task",
	.tab = "Task",
	.update = update,
	.prepare = prepare,
	.draw = draw,
	.act = act,
	.list = list,
	.moved = moved,
	.click = click,
	.summary = summary,
	.lines = lines,
};
