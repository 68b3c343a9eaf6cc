/* SPDX-License-Identifier: MIT */
/*
 * viewer.c: the state of the viewer from one look to the next, and the whole picture.  What keys do
 * is in dispatch.c; what a screen shows, in its own file.
 */
#include "viewer.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../analysis/label.h"
#include "dispatch.h"
#include "frame.h"

static const struct screen *const screens[] = {
	[SCREEN_PROCESSES] = &screen_processes, [SCREEN_TASKS] = &screen_tasks,
	[SCREEN_TASK] = &screen_task,		[SCREEN_CHANNELS] = &screen_channels,
	[SCREEN_WAITS] = &screen_waits,
};

const struct screen *screen_of(enum screen_id id)
{
	return screens[id];
}

enum screen_id screen_by_word(const char *word)
{
	int id = 0;

	while (id < SCREEN_COUNT && strcmp(screens[id]->word, word) != 0)
		id++;
	return (enum screen_id)id;
}

void viewer_init(struct viewer *viewer, bool utf8, uint64_t interval_ns)
{
	*viewer = (struct viewer){
		.utf8 = utf8, .interval_ns = interval_ns, .screen = SCREEN_PROCESSES, .next_ns = 0};
	tasks_init(viewer);
	channels_init(viewer);
	processes_init(viewer);
}

void viewer_fini(struct viewer *viewer)
{
	tasks_fini(viewer);
	processes_fini(viewer);
	task_fini(viewer);
	channels_fini(viewer);
	waits_screen_fini(viewer);
	target_close(viewer->target);
	grid_fini(&viewer->grid);
}

const struct snapshot *viewer_snapshot(const struct viewer *viewer)
{
	return viewer->target && viewer->target->sample ? viewer->target->sample->snapshot : NULL;
}

void viewer_say(struct viewer *viewer, enum role role, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(viewer->message, sizeof(viewer->message), format, arguments);
	va_end(arguments);
	viewer->message_role = role;
}

/* ---- looking ---- */

void viewer_update(struct viewer *viewer)
{
	const struct screen *screen = screens[viewer->screen];

	if (screen->update && (viewer_snapshot(viewer) || viewer->screen == SCREEN_PROCESSES))
		screen->update(viewer);
}

/* What was selected, tagged and folded belongs to another process. */
static void forget_target(struct viewer *viewer)
{
	target_close(viewer->target);
	viewer->target = NULL;
	viewer->paused_ns = viewer->ended_ns = 0;
	viewer->trail_count = 0;
	viewer->tasks.moved = viewer->channels.moved = viewer->waits.moved = false;
	viewer->tasks.follows_found = false;
	viewer->tasks.warning = -1;
	idset_clear(&viewer->tasks.tags);
	idset_clear(&viewer->tasks.folds);
	idset_clear(&viewer->waits.folds);
	history_fini(&viewer->task.history);
	viewer->task.history = (struct history){0};
	viewer->task.id = 0;
}

int viewer_attach(struct viewer *viewer, struct source *source, struct problem *problem)
{
	struct target *target;
	int result = target_open(source, &target, problem);

	if (result)
		return result;
	result = target_look(target, problem);
	if (result) {
		target_close(target);
		return result;
	}
	forget_target(viewer);
	viewer->target = target;
	viewer->screen = SCREEN_TASKS;
	if (viewer->tasks.group == GROUP_STACK)
		target_want_stacks(target, true);
	warnings_find(target, &viewer->warnings);
	/* rates want a second look: soon */
	viewer->next_ns = viewer->now_ns +
			  (viewer->interval_ns < 200000000 ? viewer->interval_ns : 200000000);
	viewer_update(viewer);
	return 0;
}

void viewer_look(struct viewer *viewer)
{
	struct problem problem;

	if (viewer->screen == SCREEN_PROCESSES) {
		processes_look(viewer);
	} else if (viewer->target && !viewer->target->ended) {
		if (target_look(viewer->target, &problem))
			viewer_say(viewer, ROLE_BAD, "%s", problem.text);
		if (viewer->target->ended) {
			viewer->ended_ns = viewer->now_ns;
			viewer->paused_ns = 0;
		}
		warnings_find(viewer->target, &viewer->warnings);
	}
	viewer_update(viewer);
}

void viewer_tick(struct viewer *viewer, uint64_t now_ns)
{
	uint64_t interval = viewer->interval_ns;

	viewer->now_ns = now_ns;
	if (now_ns < viewer->next_ns)
		return;
	if (viewer->screen == SCREEN_PROCESSES && interval < 1000000000)
		interval = 1000000000; /* it looks at all of them */
	viewer->next_ns = now_ns + interval;
	if (viewer->screen != SCREEN_PROCESSES && viewer->paused_ns)
		return;
	viewer_look(viewer);
}

/* ---- drawing ---- */

void viewer_resize(struct viewer *viewer, int rows, int columns)
{
	viewer->rows = rows;
	viewer->columns = columns;
}

/* In batch mode a picture is as high as what it has to show. */
static int rows_wanted(const struct viewer *viewer)
{
	const struct screen *screen = screens[viewer->screen];

	if (!viewer->is_batch || viewer->rows > 0)
		return viewer->rows;
	return 4 + (screen->lines ? screen->lines(viewer) : 0);
}

static int fit_grid(struct viewer *viewer)
{
	int rows = rows_wanted(viewer);
	struct grid *grid = &viewer->grid;

	if (grid->cells && grid->rows == (rows > 0 ? rows : 1) &&
	    grid->columns == (viewer->columns > 0 ? viewer->columns : 1)) {
		grid_clear(grid);
		return 0;
	}
	grid_fini(grid);
	return grid_init(grid, rows, viewer->columns, viewer->utf8);
}

static void draw_nothing_yet(const struct viewer *viewer, struct grid *grid, int row)
{
	if (viewer->child[0])
		grid_print(grid, row + 1, 2, ROLE_NORMAL, "%s has started; it has no tasklets yet.",
			   viewer->child);
	else
		grid_text(grid, row + 1, 2, ROLE_NORMAL,
			  "Nothing to look at: press 0 for the list of processes.");
}

int viewer_draw(struct viewer *viewer)
{
	const struct screen *screen = screens[viewer->screen];
	bool has_data = viewer->screen == SCREEN_PROCESSES || viewer_snapshot(viewer);
	int result = fit_grid(viewer);

	if (result)
		return result;
	struct grid *grid = &viewer->grid;
	struct layout layout = frame_layout(viewer);
	if (has_data && screen->prepare)
		screen->prepare(viewer, layout.top, layout.bottom);
	if (viewer->help) {
		help_draw(viewer, grid);
		return 0;
	}
	grid->origin = viewer->pan;
	if (has_data)
		screen->draw(viewer, grid, layout.top, layout.bottom);
	else
		draw_nothing_yet(viewer, grid, layout.top);
	grid->origin = 0;
	frame_draw(viewer, grid, &layout);
	if (viewer->menu)
		menu_draw(viewer, grid, &layout);
	return 0;
}

/* ---- going places ---- */

static struct spot here(const struct viewer *viewer)
{
	return (struct spot){.screen = viewer->screen,
			     .row = viewer->screen == SCREEN_WAITS ? viewer->waits.selected
								   : viewer->tasks.selected,
			     .task = viewer->task.id,
			     .object = viewer->channels.selected};
}

void viewer_push(struct viewer *viewer)
{
	if (viewer->trail_count == TRAIL_MOST) {
		viewer->trail_count--;
		memmove(viewer->trail, viewer->trail + 1,
			(TRAIL_MOST - 1) * sizeof(viewer->trail[0]));
	}
	viewer->trail[viewer->trail_count++] = here(viewer);
}

void viewer_go(struct viewer *viewer, enum screen_id screen)
{
	viewer->screen = screen;
	viewer->pan = 0;
	viewer->tasks.warning = -1;
	viewer_update(viewer);
}

void viewer_open_task(struct viewer *viewer, uint64_t id)
{
	viewer_push(viewer);
	viewer->task.id = id;
	viewer->task.is_gone = false;
	viewer_go(viewer, SCREEN_TASK);
}

static void open_object(struct viewer *viewer, int32_t object)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);

	viewer_push(viewer);
	viewer->channels.selected = snapshot->objects[object].id;
	viewer->channels.moved = true;
	viewer->channels.in_lower = false;
	viewer->channels.stuck_only = false;
	viewer->channels.filter_text[0] = '\0';
	if (snapshot->objects[object].kind != TL_OBJECT_CHANNEL)
		viewer->channels.with_locks = true;
	viewer_go(viewer, SCREEN_CHANNELS);
}

static bool select_row(struct viewer *viewer, uint64_t id)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);

	for (uint32_t i = 0; i < viewer->tasks.row_count; i++) {
		const struct task_row *row = &viewer->tasks.rows[i];
		if (row->group >= 0 || snapshot->tasks[row->task].id != id)
			continue;
		viewer_push(viewer);
		viewer->tasks.list.cursor = (int)i;
		viewer->tasks.moved = true;
		viewer->tasks.follows_found = false;
		viewer->tasks.selected = id;
		list_show(&viewer->tasks.list);
		return true;
	}
	return false;
}

void viewer_follow_wait(struct viewer *viewer, int32_t index)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const struct task *task = &snapshot->tasks[index];
	int32_t holder = task->joins;
	char name[LABEL_BYTES], wait[LABEL_BYTES];

	if (task->object >= 0 && snapshot->objects[task->object].holder >= 0)
		holder = snapshot->objects[task->object].holder;
	if (holder >= 0) {
		uint64_t id = snapshot->tasks[holder].id;
		if (viewer->screen != SCREEN_TASKS || !select_row(viewer, id))
			viewer_open_task(viewer, id);
	} else if (task->object >= 0) {
		open_object(viewer, task->object);
	} else {
		viewer_say(viewer, ROLE_NORMAL, "%s waits for nobody (%s)",
			   label_task(snapshot, index, name, sizeof(name)),
			   label_wait(snapshot, viewer->target->model, index, wait, sizeof(wait)));
	}
}

/* ---- places in the program ---- */

/* A relative name is one in the folder where the program was built: often this one, or one above
 * the program. */
static bool find_source(const struct place *place, char *file, size_t bytes)
{
	char folder[1024];

	snprintf(file, bytes, "%s", place->file);
	if (access(file, R_OK) == 0)
		return true;
	snprintf(folder, sizeof(folder), "%s", place->module ? place->module : "");
	for (char *slash; place->file[0] != '/' && (slash = strrchr(folder, '/'));) {
		*slash = '\0';
		int length = snprintf(file, bytes, "%s/%s", folder, place->file);
		if (length < (int)bytes && access(file, R_OK) == 0)
			return true;
	}
	return false;
}

void viewer_edit(struct viewer *viewer, uint64_t address, bool exact)
{
	struct place place;
	char name[LABEL_BYTES];

	model_place(viewer->target->model, address, exact, &place);
	if (!place.file || place.line <= 0) {
		viewer_say(viewer, ROLE_WARN, "no source line is known for %s: build with -g",
			   label_place(&place, address, name, sizeof(name)));
		return;
	}
	if (!find_source(&place, viewer->editor_file, sizeof(viewer->editor_file))) {
		viewer_say(viewer, ROLE_WARN, "cannot read %s (line %d); start tltop in its folder",
			   place.file, place.line);
		return;
	}
	viewer->editor_line = place.line;
	viewer->request = REQUEST_EDITOR;
}

/* A frame of the runtime or of the C library is not where the programmer's line is. */
static bool is_own(const struct place *place)
{
	const char *module = place->module ? label_file(place->module) : "";

	return place->function && !place->is_runtime && strncmp(module, "libc.", 5) != 0 &&
	       strncmp(module, "libc-", 5) != 0;
}

int own_frame(const struct viewer *viewer, const struct backtrace *trace)
{
	struct place place;

	for (uint32_t i = 0; trace && i < trace->count; i++) {
		model_place(viewer->target->model, trace->pc[i], i == 0, &place);
		if (is_own(&place))
			return (int)i;
	}
	return -1;
}

const char *task_place(const struct viewer *viewer, int32_t task, char *text, size_t bytes)
{
	const struct backtrace *trace = sample_trace(viewer->target->sample, task);
	int frame = own_frame(viewer, trace);
	struct place place;

	snprintf(text, bytes, "%s", "");
	if (frame < 0)
		return text;
	model_place(viewer->target->model, trace->pc[frame], frame == 0, &place);
	return label_place(&place, trace->pc[frame], text, bytes);
}

void viewer_edit_task(struct viewer *viewer, int32_t task)
{
	target_fetch_traces(viewer->target, &task, 1);
	const struct backtrace *trace = sample_trace(viewer->target->sample, task);
	int frame = own_frame(viewer, trace);

	if (frame >= 0)
		viewer_edit(viewer, trace->pc[frame], frame == 0);
	else
		viewer_say(viewer, ROLE_WARN, "no frame of its own is known%s%s",
			   trace && trace->why[0] ? ": " : "", trace ? trace->why : "");
}

enum role state_role(const struct task *task)
{
	switch (task->state) {
	case TL_STATE_RUNNING: return ROLE_RUN;
	case TL_STATE_READY: return ROLE_READY;
	case TL_STATE_WAITING: return ROLE_WAIT;
	case TL_STATE_ENDED:
	case TL_STATE_LOST: return ROLE_DIM;
	default: return ROLE_NORMAL;
	}
}
