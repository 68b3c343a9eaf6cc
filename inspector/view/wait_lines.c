/* SPDX-License-Identifier: MIT */
/*
 * wait_lines.c: which lines the screen of waits has, made once a look.  Each knows what it is
 * about, so that the cursor and the folds find it again in the next look.
 */
#include "wait_lines.h"

#include <stdlib.h>

#include "../analysis/sort.h"

enum { OPEN_WAITERS = 8 }; /* more than these start folded */

static const struct waits *waits_of(const struct viewer *viewer)
{
	return &viewer->target->sample->waits;
}

static void add(struct waits_view *view, struct wait_line line)
{
	if ((size_t)view->list.count == view->line_room) {
		size_t room = view->line_room ? 2 * view->line_room : 64;
		struct wait_line *more = realloc(view->lines, room * sizeof(*more));
		if (!more)
			return;
		view->lines = more;
		view->line_room = room;
	}
	view->lines[view->list.count++] = line;
}

static void add_text(struct waits_view *view, enum wait_line_kind kind, const char *text)
{
	add(view, (struct wait_line){.kind = kind, .task = -1, .text = text});
}

uint64_t wait_line_key(const struct viewer *viewer, const struct wait_line *line)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	uint64_t owner = 0, task = line->task >= 0 ? snapshot->tasks[line->task].id : 0;

	if (line->kind == WAIT_LINE_OBJECT || line->kind == WAIT_LINE_WAITER)
		owner = snapshot->objects[line->verdict].id;
	else if (line->kind <= WAIT_LINE_ONE_BEHIND) {
		const struct verdict *verdict = &waits_of(viewer)->verdicts[line->verdict];
		owner = verdict->member_count ? snapshot->tasks[verdict->members[0]].id : 0;
		if (!owner && verdict->object >= 0)
			owner = snapshot->objects[verdict->object].id << 1 | 1;
	}
	return owner << 24 ^ task << 4 ^ (uint64_t)line->kind;
}

/* Some branches start open, some folded; a fold that is set means the other way. */
static bool is_folded(const struct viewer *viewer, const struct wait_line *line, bool at_start)
{
	const struct waits_view *view = &viewer->waits;

	return (at_start || view->folded) != idset_has(&view->folds, wait_line_key(viewer, line));
}

static void add_behind(struct viewer *viewer, uint32_t index)
{
	struct waits_view *view = &viewer->waits;
	const struct verdict *verdict = &waits_of(viewer)->verdicts[index];
	struct wait_line line = {.kind = WAIT_LINE_BEHIND, .verdict = index, .task = -1};
	bool is_long = verdict->kind == VERDICT_LONG;

	if (!verdict->behind_count)
		return;
	line.is_folded = is_folded(viewer, &line, !is_long || verdict->behind_count > OPEN_WAITERS);
	add(view, line);
	for (uint32_t i = 0; !line.is_folded && i < verdict->behind_count; i++)
		add(view, (struct wait_line){.kind = WAIT_LINE_ONE_BEHIND,
					     .verdict = index,
					     .number = i,
					     .task = verdict->behind[i]});
}

static void add_verdict(struct viewer *viewer, uint32_t index, uint32_t number)
{
	struct waits_view *view = &viewer->waits;
	const struct verdict *verdict = &waits_of(viewer)->verdicts[index];
	struct wait_line line = {.kind = WAIT_LINE_VERDICT,
				 .verdict = index,
				 .number = number,
				 .task = verdict->member_count ? verdict->members[0] : -1};
	bool is_big = verdict->kind == VERDICT_MAYBE && verdict->member_count > OPEN_WAITERS;

	line.is_folded = is_folded(viewer, &line, is_big);
	add(view, line);
	if (line.is_folded)
		return;
	for (uint32_t i = 0; i < verdict->member_count; i++) {
		add(view, (struct wait_line){.kind = WAIT_LINE_MEMBER,
					     .verdict = index,
					     .number = i,
					     .task = verdict->members[i]});
		if (verdict->cycle_count > 1 && i + 1 == verdict->cycle_count)
			add(view, (struct wait_line){
					  .kind = WAIT_LINE_CLOSE, .verdict = index, .task = -1});
	}
	add_behind(viewer, index);
}

static bool passes(const struct viewer *viewer, int32_t task)
{
	return filter_matches(viewer->waits.filter, &viewer->target->sample->look, task);
}

static bool concerns(const struct viewer *viewer, const struct verdict *verdict)
{
	for (uint32_t i = 0; i < verdict->member_count; i++)
		if (passes(viewer, verdict->members[i]))
			return true;
	for (uint32_t i = 0; i < verdict->behind_count; i++)
		if (passes(viewer, verdict->behind[i]))
			return true;
	return false;
}

static void add_object(struct viewer *viewer, int32_t index)
{
	struct waits_view *view = &viewer->waits;
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	const struct object *object = &snapshot->objects[index];
	struct wait_line line = {
		.kind = WAIT_LINE_OBJECT, .verdict = (uint32_t)index, .task = object->holder};

	line.is_folded = is_folded(viewer, &line, object->waiters_count > OPEN_WAITERS);
	add(view, line);
	for (uint32_t i = 0; !line.is_folded && i < object->waiters_count; i++) {
		int32_t task = (int32_t)snapshot->waiters[object->waiters_first + i];
		if (passes(viewer, task))
			add(view, (struct wait_line){.kind = WAIT_LINE_WAITER,
						     .verdict = (uint32_t)index,
						     .number = i,
						     .task = task});
	}
}

static bool has_waiters(const struct viewer *viewer, const struct object *object)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);

	for (uint32_t i = 0; i < object->waiters_count; i++)
		if (passes(viewer, (int32_t)snapshot->waiters[object->waiters_first + i]))
			return true;
	return false;
}

/* All objects that somebody waits for, the longest wait first. */
static void add_all(struct viewer *viewer)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	int32_t *objects = malloc((snapshot->object_count + 1) * sizeof(*objects));
	size_t count = 0;

	for (uint32_t i = 0; objects && i < snapshot->object_count; i++)
		if (has_waiters(viewer, &snapshot->objects[i]))
			objects[count++] = (int32_t)i;
	add_text(&viewer->waits, WAIT_LINE_TEXT, "all waits, the longest first");
	if (objects && count)
		sort_channels(&viewer->target->sample->look,
			      (struct sort){SORT_CHANNEL_OLDEST, true}, objects, count);
	for (size_t i = 0; i < count; i++)
		add_object(viewer, objects[i]);
	if (!count)
		add_text(&viewer->waits, WAIT_LINE_EMPTY, "Nobody waits for a channel or a lock.");
	free(objects);
}

static const char *nothing(const struct viewer *viewer)
{
	if (viewer_snapshot(viewer)->left_out)
		return "More tasklets or objects than a picture holds: no deadlock can be found.";
	if (!viewer_snapshot(viewer)->has_wakes)
		return "This runtime does not tell who wakes whom: no deadlock can be found.";
	if (waits_of(viewer)->count)
		return "Nothing that concerns those of the filter is stuck.";
	return "Nothing is stuck: no deadlock, and nobody waits long for a holder.";
}

void wait_lines_make(struct viewer *viewer)
{
	struct waits_view *view = &viewer->waits;
	const struct waits *waits = waits_of(viewer);
	uint32_t numbers[VERDICT_LONG + 1] = {0};

	view->list.count = 0;
	for (uint32_t i = 0; i < waits->count; i++)
		if (concerns(viewer, &waits->verdicts[i]))
			add_verdict(viewer, i, ++numbers[waits->verdicts[i].kind]);
	if (!view->list.count)
		add_text(view, WAIT_LINE_EMPTY, nothing(viewer));
	if (view->all)
		add_all(viewer);
}
