/* SPDX-License-Identifier: MIT */
/*
 * channel_waiters.c: the lower half of screen 3: who waits at the channel or lock under the cursor,
 * in the order of their arrival as their own records say, and who is known to use it.
 */
#include "channel_waiters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/label.h"

static const struct object *selected_object(const struct viewer *viewer)
{
	const struct channels_view *view = &viewer->channels;

	return view->list.count ? &viewer_snapshot(viewer)->objects[view->rows[view->list.cursor]]
				: NULL;
}

static void add_line(struct channels_view *view, struct waiter_line line)
{
	if ((size_t)view->lower.count == view->line_room) {
		size_t room = view->line_room ? 2 * view->line_room : 64;
		struct waiter_line *more = realloc(view->lines, room * sizeof(*more));
		if (!more)
			return;
		view->lines = more;
		view->line_room = room;
	}
	view->lines[view->lower.count++] = line;
}

static bool sends(const struct snapshot *snapshot, uint32_t waiter)
{
	return snapshot->waiter_kinds[waiter] != TL_WAIT_RECEIVE;
}

static void add_side(struct viewer *viewer, const struct object *object, bool senders)
{
	struct channels_view *view = &viewer->channels;
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const uint64_t *known = senders ? object->senders : object->receivers;
	bool is_lock = object->kind != TL_OBJECT_CHANNEL;
	uint32_t number = 0;

	add_line(view, (struct waiter_line){.kind = WAITER_RULE, .sends = senders, .task = -1});
	for (uint32_t i = 0; i < object->waiters_count; i++) {
		int32_t task = (int32_t)snapshot->waiters[object->waiters_first + i];
		if (!is_lock && sends(snapshot, object->waiters_first + i) != senders)
			continue;
		number++;
		add_line(view, (struct waiter_line){.kind = WAITER_TASK,
						    .sends = senders,
						    .number = number,
						    .task = task,
						    .id = snapshot->tasks[task].id});
	}
	if (!number)
		add_line(view,
			 (struct waiter_line){.kind = WAITER_NOTE, .sends = senders, .task = -1});
	for (uint32_t i = 0; view->side != SIDE_AUTO && i < MODEL_USERS && known[i]; i++)
		add_line(view, (struct waiter_line){.kind = WAITER_KNOWN,
						    .sends = senders,
						    .number = i,
						    .task = snapshot_task_by_id(snapshot, known[i]),
						    .id = known[i]});
}

void waiters_make(struct viewer *viewer)
{
	struct channels_view *view = &viewer->channels;
	const struct object *object = selected_object(viewer);

	view->lower.count = 0;
	if (!object)
		return;
	bool is_lock = object->kind != TL_OBJECT_CHANNEL;
	bool senders_first = object->senders_waiting >= object->receivers_waiting;
	if (view->side == SIDE_SENDERS || is_lock)
		add_side(viewer, object, true);
	else if (view->side == SIDE_RECEIVERS)
		add_side(viewer, object, false);
	else
		for (int i = 0; i < 2; i++)
			add_side(viewer, object, (i == 0) == senders_first);
}

/* ---- drawing ---- */

static void draw_rule(const struct viewer *viewer, struct grid *grid, int at, bool senders)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	int32_t index = viewer->channels.rows[viewer->channels.list.cursor];
	const struct object *object = &snapshot->objects[index];
	char name[LABEL_BYTES], holder[LABEL_BYTES], title[3 * LABEL_BYTES], note[64] = "";

	label_object(snapshot, viewer->target->model, index, name, sizeof(name));
	if (object->kind != TL_OBJECT_CHANNEL)
		snprintf(title, sizeof(title), "%s: held by %s; waiting for it, oldest first", name,
			 object->holder >= 0
				 ? label_task(snapshot, object->holder, holder, sizeof(holder))
			 : object->holder_gone ? "one that has ended"
					       : "nobody");
	else
		snprintf(title, sizeof(title), "%s: waiting to %s, oldest first", name,
			 senders ? "send" : "receive");
	if (senders ? object->more_senders : object->more_receivers)
		snprintf(note, sizeof(note), "more have used it than it remembers");
	grid_rule(grid, at, title, note);
}

static int draw_now(const struct viewer *viewer, struct grid *grid, int at, int column,
		    int32_t task)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	char wait[LABEL_BYTES];

	if (task < 0)
		return column;
	const struct task *it = &snapshot->tasks[task];
	label_wait(snapshot, viewer->target->model, task, wait, sizeof(wait));
	return grid_print(grid, at, column, state_role(it), "  (now: %c %s)", task_letter(it),
			  wait);
}

static void draw_note(const struct viewer *viewer, struct grid *grid, int at, bool senders)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const struct object *object = selected_object(viewer);
	uint64_t last = senders ? object->senders[0] : object->receivers[0];
	char name[LABEL_BYTES];

	int column = grid_text(grid, at, 3, ROLE_DIM, "none.");
	if (object->kind != TL_OBJECT_CHANNEL || viewer->channels.side != SIDE_AUTO)
		return;
	if (!last) {
		grid_print(grid, at, column + 2, ROLE_DIM, "Nobody has ever %s it.",
			   senders ? "sent on" : "received from");
		return;
	}
	column = grid_print(grid, at, column + 2, ROLE_NORMAL, "Last %s: %s",
			    senders ? "sender" : "receiver",
			    label_task_id(snapshot, last, name, sizeof(name)));
	draw_now(viewer, grid, at, column, snapshot_task_by_id(snapshot, last));
}

static void draw_waiter(const struct viewer *viewer, struct grid *grid, int at,
			const struct waiter_line *line)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	char name[LABEL_BYTES], age[24], place[LABEL_BYTES];

	if (line->kind == WAITER_KNOWN) {
		int column = grid_text(grid, at, 3, ROLE_DIM, line->number ? "known: " : "last:  ");
		column = grid_text(grid, at, column, ROLE_NORMAL,
				   label_task_id(snapshot, line->id, name, sizeof(name)));
		draw_now(viewer, grid, at, column, line->task);
		return;
	}
	const struct task *task = &snapshot->tasks[line->task];
	grid_print(grid, at, 1, ROLE_DIM, "%3" PRIu32, line->number);
	int column = grid_left(grid, at, 6, 20, ROLE_NORMAL,
			       label_task(snapshot, line->task, name, sizeof(name)));
	column = grid_right(grid, at, column + 1, 7, ROLE_NORMAL,
			    label_duration(task->age_ns, age, sizeof(age)));
	column = grid_text(grid, at, column + 2, ROLE_DIM,
			   task_place(viewer, line->task, place, sizeof(place)));
	if (task->wait == TL_WAIT_SELECT)
		column = grid_text(grid, at, column + 2, ROLE_DIM, "(select)");
	if (task->has_deadline)
		grid_text(grid, at, column + 2, ROLE_DIM, "(has a deadline)");
}

void waiters_draw(const struct viewer *viewer, struct grid *grid, int at, int index)
{
	const struct channels_view *view = &viewer->channels;
	const struct waiter_line *line = &view->lines[index];

	switch (line->kind) {
	case WAITER_RULE: draw_rule(viewer, grid, at, line->sends); return;
	case WAITER_NOTE: draw_note(viewer, grid, at, line->sends); break;
	case WAITER_TASK:
	case WAITER_KNOWN: draw_waiter(viewer, grid, at, line); break;
	}
	if (view->in_lower && index == view->lower.cursor && !viewer->is_batch) {
		grid_restyle(grid, at, ROLE_SELECTED);
		grid_text(grid, at, 0, ROLE_SELECTED, ">");
	}
	grid_hotspot(grid, at, 0, grid->origin + grid->columns, CLICK_LOWER, index);
}
