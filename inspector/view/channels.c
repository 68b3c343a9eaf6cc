/* SPDX-License-Identifier: MIT */
/*
 * channels.c: screen 3, channels and locks; below them, who waits at the one under the cursor
 * (channel_waiters.c).
 */
#define _GNU_SOURCE
#include "channels.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/label.h"
#include "channel_waiters.h"
#include "format.h"
#include "viewer.h"

enum { STUCK_NS = 1000000000, LEAST_LOWER = 5 };

enum {
	COLUMN_NAME,
	COLUMN_CAPACITY,
	COLUMN_LENGTH,
	COLUMN_FILL,
	COLUMN_SENT,
	COLUMN_RECEIVED,
	COLUMN_SENDERS,
	COLUMN_RECEIVERS,
	COLUMN_OLDEST,
	COLUMN_MADE,
	COLUMN_ID,
	COLUMN_COUNT,
	COLUMNS,
};

/* clang-format off */
static const struct column columns[COLUMNS] = {
	/* word, heading, about, least, most, weight, rank, right, shown, sort, sort down */
	{"name", "NAME", "its name",
	 6, 32, 2, 0, false, true, SORT_CHANNEL_NAME, false},
	{"cap", "CAP", "elements that fit; 0: a sender waits for its receiver",
	 5, 5, 0, 5, true, true, SORT_CHANNEL_CAPACITY, true},
	{"len", "LEN", "elements in it",
	 5, 5, 0, 4, true, true, SORT_CHANNEL_LENGTH, true},
	{"fill", "FILL", "how full it is; who holds the lock",
	 8, 20, 1, 6, false, true, NO_SORT, false},
	{"send/s", "SEND/S", "elements sent a second; of a lock: hand-overs",
	 6, 6, 0, 7, true, true, SORT_CHANNEL_SENT, true},
	{"recv/s", "RECV/S", "elements received a second",
	 6, 6, 0, 7, true, true, SORT_CHANNEL_RECEIVED, true},
	{"senders", "SENDERS", "who waits to send; of a lock: for it",
	 7, 7, 0, 2, true, true, SORT_CHANNEL_SENDERS, true},
	{"receivers", "RECVERS", "who waits to receive",
	 7, 7, 0, 2, true, true, SORT_CHANNEL_RECEIVERS, true},
	{"oldest", "OLDEST", "the longest wait at it",
	 6, 6, 0, 1, true, true, SORT_CHANNEL_OLDEST, true},
	{"made", "MADE AT", "the line that made it",
	 9, 44, 2, 3, false, true, SORT_CHANNEL_MADE, false},
	{"id", "ID", "serial number, never used twice",
	 6, 20, 0, 8, true, false, SORT_CHANNEL_ID, false},
	{"count", "COUNT", "elements sent in all; of a lock: hand-overs",
	 7, 7, 0, 9, true, false, SORT_CHANNEL_COUNT, true},
};
/* clang-format on */

void channels_init(struct viewer *viewer)
{
	columns_init(&viewer->channels.table, columns, COLUMNS, SORT_CHANNEL_OLDEST);
}

void channels_fini(struct viewer *viewer)
{
	free(viewer->channels.rows);
	free(viewer->channels.lines);
}

/* ---- which rows there are ---- */

static bool is_stuck(const struct sample *sample, int32_t index)
{
	const struct object *object = &sample->snapshot->objects[index];
	uint64_t oldest = object_oldest_wait(sample->snapshot, object);

	if (oldest == MODEL_UNKNOWN || oldest < STUCK_NS)
		return false;
	return !sample->look.rates || (sample->rates.objects[index].sent <= 0 &&
				       sample->rates.objects[index].received <= 0);
}

static const char *made_at(const struct viewer *viewer, const struct object *object, char *text,
			   size_t bytes)
{
	return label_site(viewer->target->model, object->site, text, bytes);
}

static bool is_wanted(const struct viewer *viewer, int32_t index)
{
	const struct channels_view *view = &viewer->channels;
	const struct sample *sample = viewer->target->sample;
	const struct object *object = &sample->snapshot->objects[index];
	char name[LABEL_BYTES], made[LABEL_BYTES];

	if (object->kind != TL_OBJECT_CHANNEL && !view->with_locks)
		return false;
	if (view->stuck_only && !is_stuck(sample, index))
		return false;
	if (!view->filter_text[0])
		return true;
	return strcasestr(label_object(sample->snapshot, viewer->target->model, index, name,
				       sizeof(name)),
			  view->filter_text) ||
	       strcasestr(made_at(viewer, object, made, sizeof(made)), view->filter_text);
}

static const struct object *selected_object(const struct viewer *viewer)
{
	const struct channels_view *view = &viewer->channels;

	return view->list.count ? &viewer_snapshot(viewer)->objects[view->rows[view->list.cursor]]
				: NULL;
}

static void make_rows(struct viewer *viewer)
{
	struct channels_view *view = &viewer->channels;
	const struct snapshot *snapshot = viewer_snapshot(viewer);

	view->list.count = 0;
	if (snapshot->object_count > view->row_room) {
		int32_t *more = realloc(view->rows, snapshot->object_count * sizeof(*more));
		if (!more)
			return;
		view->rows = more;
		view->row_room = snapshot->object_count;
	}
	for (uint32_t i = 0; i < snapshot->object_count; i++)
		if (is_wanted(viewer, (int32_t)i))
			view->rows[view->list.count++] = (int32_t)i;
	if (view->list.count)
		sort_channels(&viewer->target->sample->look, view->table.sort, view->rows,
			      (size_t)view->list.count);
}

/* ---- from look to look ---- */

static void remember(struct viewer *viewer)
{
	const struct object *object = selected_object(viewer);

	viewer->channels.selected = object ? object->id : 0;
	waiters_make(viewer);
}

static void update(struct viewer *viewer)
{
	struct channels_view *view = &viewer->channels;
	const struct snapshot *snapshot = viewer_snapshot(viewer);

	make_rows(viewer);
	if (!view->moved)
		view->list.cursor = view->list.top = 0;
	for (int i = 0; view->moved && i < view->list.count; i++)
		if (snapshot->objects[view->rows[i]].id == view->selected)
			view->list.cursor = i;
	list_show(&view->list);
	remember(viewer);
	list_clamp(&view->lower);
}

static void prepare(struct viewer *viewer, int top, int bottom)
{
	struct channels_view *view = &viewer->channels;
	int rows = bottom - top, lower = rows * 2 / 5;
	int32_t tasks[256];
	size_t count = 0;

	if (lower < LEAST_LOWER)
		lower = LEAST_LOWER;
	if (viewer->is_batch)
		lower = view->lower.count;
	if (top == 1) { /* a small terminal shows one of the two lists */
		view->list.height = view->lower.height = rows;
	} else {
		view->lower.height = lower;
		view->list.height = rows - lower - 1;
	}
	if (view->list.height < 1)
		view->list.height = 1;
	list_show(&view->list);
	list_show(&view->lower);
	for (int i = view->lower.top;
	     i < view->lower.count && i < view->lower.top + view->lower.height; i++)
		if (view->lines[i].kind == WAITER_TASK && count < 256)
			tasks[count++] = view->lines[i].task;
	target_fetch_traces(viewer->target, tasks, count);
}

/* ---- drawing ---- */

struct cell_words {
	char text[LABEL_BYTES];
	enum role role;
};

static void waiting(uint32_t count, struct cell_words *cell)
{
	char number[24];

	if (count) {
		snprintf(cell->text, sizeof(cell->text), count < 100 ? "%s wait" : "%s",
			 label_count(count, number, sizeof(number)));
		cell->role = ROLE_WAIT;
	} else {
		strcpy(cell->text, "0");
		cell->role = ROLE_DIM;
	}
}

static void lock_cell(const struct viewer *viewer, const struct object *object, int column,
		      struct cell_words *cell)
{
	const struct snapshot *snapshot = viewer_snapshot(viewer);

	switch (column) {
	case COLUMN_CAPACITY: snprintf(cell->text, sizeof(cell->text), "%s", "lock"); break;
	case COLUMN_FILL:
		if (object->holder >= 0)
			label_task(snapshot, object->holder, cell->text, sizeof(cell->text));
		else
			strcpy(cell->text, object->holder_gone ? "by ended" : "free");
		break;
	case COLUMN_SENDERS: waiting(object->waiters_count, cell); break;
	default: strcpy(cell->text, "-"); break;
	}
}

static void channel_cell(const struct object *object, int column, struct cell_words *cell)
{
	switch (column) {
	case COLUMN_CAPACITY: label_count(object->capacity, cell->text, sizeof(cell->text)); break;
	case COLUMN_LENGTH: label_count(object->length, cell->text, sizeof(cell->text)); break;
	case COLUMN_FILL: strcpy(cell->text, object->closing ? "closed" : "hand-off"); break;
	case COLUMN_SENDERS: waiting(object->senders_waiting, cell); break;
	case COLUMN_RECEIVERS: waiting(object->receivers_waiting, cell); break;
	default: break;
	}
}

static void make_cell(const struct viewer *viewer, int32_t index, int column,
		      struct cell_words *cell)
{
	const struct sample *sample = viewer->target->sample;
	const struct object *object = &sample->snapshot->objects[index];
	double sent = sample->look.rates ? sample->rates.objects[index].sent : -1;
	double received = sample->look.rates ? sample->rates.objects[index].received : -1;
	bool is_channel = object->kind == TL_OBJECT_CHANNEL;
	struct text text;

	*cell = (struct cell_words){.role = ROLE_NORMAL};
	switch (column) {
	case COLUMN_NAME:
		label_object(sample->snapshot, viewer->target->model, index, cell->text,
			     sizeof(cell->text));
		break;
	case COLUMN_SENT:
		snprintf(cell->text, sizeof(cell->text), "%s", format_rate(&text, sent));
		break;
	case COLUMN_RECEIVED:
		snprintf(cell->text, sizeof(cell->text), "%s",
			 format_rate(&text, is_channel ? received : -1));
		break;
	case COLUMN_OLDEST:
		label_duration(object_oldest_wait(sample->snapshot, object), cell->text,
			       sizeof(cell->text));
		cell->role = is_stuck(sample, index) ? ROLE_WARN : ROLE_NORMAL;
		break;
	case COLUMN_MADE:
		made_at(viewer, object, cell->text, sizeof(cell->text));
		cell->role = ROLE_DIM;
		break;
	case COLUMN_ID: snprintf(cell->text, sizeof(cell->text), "%" PRIu64, object->id); break;
	case COLUMN_COUNT: label_count(object->count, cell->text, sizeof(cell->text)); break;
	default:
		if (is_channel)
			channel_cell(object, column, cell);
		else
			lock_cell(viewer, object, column, cell);
	}
}

static void draw_row(const struct viewer *viewer, struct grid *grid, int at, int row,
		     const int widths[COLUMNS_MOST])
{
	const struct channels_view *view = &viewer->channels;
	const struct object *object = &viewer_snapshot(viewer)->objects[view->rows[row]];
	bool has_bar = object->kind == TL_OBJECT_CHANNEL && object->capacity && !object->closing;
	int column = COLUMNS_MARGIN;

	for (int i = 0; i < COLUMNS; i++) {
		struct cell_words cell;
		if (!widths[i])
			continue;
		make_cell(viewer, view->rows[row], i, &cell);
		if (i == COLUMN_FILL && has_bar)
			grid_bar(grid, at, column, widths[i] - 2 < 8 ? widths[i] - 2 : 8,
				 object->length >= object->capacity ? ROLE_WARN : ROLE_GOOD,
				 (double)object->length / object->capacity);
		else if (columns[i].is_right)
			grid_right(grid, at, column, widths[i], cell.role, cell.text);
		else
			grid_left(grid, at, column, widths[i], cell.role, cell.text);
		column += widths[i] + 1;
	}
	if (row == view->list.cursor && !viewer->is_batch) {
		if (!view->in_lower)
			grid_restyle(grid, at, ROLE_SELECTED);
		grid_text(grid, at, 0, view->in_lower ? ROLE_HEADER : ROLE_SELECTED, ">");
	}
	grid_hotspot(grid, at, 0, grid->origin + grid->columns, CLICK_ROW, row);
}

static void draw_empty(const struct viewer *viewer, struct grid *grid, int row)
{
	const struct channels_view *view = &viewer->channels;

	if (view->stuck_only)
		grid_text(grid, row, 2, ROLE_GOOD,
			  "Nothing is stuck: nobody has waited over a second where nothing moves.");
	else if (view->filter_text[0])
		grid_print(grid, row, 2, ROLE_NORMAL, "None has \"%.60s\" in its name or place.",
			   view->filter_text);
	else
		grid_text(grid, row, 2, ROLE_NORMAL,
			  view->with_locks ? "No channels and no locks."
					   : "No channels (o shows locks).");
}

static void draw_upper(const struct viewer *viewer, struct grid *grid, int top, int bottom)
{
	const struct channels_view *view = &viewer->channels;
	int widths[COLUMNS_MOST];

	columns_layout(&view->table, grid->columns + grid->origin, widths);
	if (top > 1 && top < bottom)
		columns_heading(&view->table, widths, grid, top++, CLICK_HEADING);
	if (!view->list.count && top < bottom)
		draw_empty(viewer, grid, top);
	for (int i = view->list.top; i < view->list.count && top < bottom; i++, top++)
		draw_row(viewer, grid, top, i, widths);
}

static void draw(const struct viewer *viewer, struct grid *grid, int top, int bottom)
{
	const struct channels_view *view = &viewer->channels;
	bool is_small = top == 1;
	int middle = is_small ? (view->in_lower ? top : bottom) : bottom - view->lower.height;

	if (!is_small || !view->in_lower)
		draw_upper(viewer, grid, top, middle);
	if (!view->list.count)
		return;
	for (int i = view->lower.top; i < view->lower.count && middle < bottom; i++, middle++)
		waiters_draw(viewer, grid, middle, i);
}

static void summary(const struct viewer *viewer, char *text, size_t bytes, enum role *role)
{
	const struct sample *sample = viewer->target ? viewer->target->sample : NULL;
	uint32_t channels = 0, stuck = 0;

	for (uint32_t i = 0; sample && i < sample->snapshot->object_count; i++) {
		channels += sample->snapshot->objects[i].kind == TL_OBJECT_CHANNEL;
		stuck += sample->snapshot->objects[i].kind == TL_OBJECT_CHANNEL &&
			 is_stuck(sample, (int32_t)i);
	}
	*role = stuck ? ROLE_WARN : ROLE_DIM;
	if (stuck)
		snprintf(text, bytes, "%" PRIu32 " channel%s, %" PRIu32 " stuck", channels,
			 channels == 1 ? "" : "s", stuck);
	else
		snprintf(text, bytes, "%" PRIu32 " channel%s", channels, channels == 1 ? "" : "s");
}

static void status(const struct viewer *viewer, char *text, size_t bytes)
{
	const struct channels_view *view = &viewer->channels;
	static const char *const sides[] = {"", "   senders", "   receivers"};
	int sorted = columns_sorted(&view->table);

	snprintf(text, bytes, "filter: %.60s   sort: %s %s%s%s%s",
		 view->filter_text[0] ? view->filter_text : "none",
		 sorted < 0 ? "-" : columns[sorted].heading, view->table.sort.down ? "down" : "up",
		 view->stuck_only ? "   stuck only" : "", view->with_locks ? "   with locks" : "",
		 sides[view->side]);
}

/* ---- keys ---- */

static void show_side(struct viewer *viewer, enum side side)
{
	struct channels_view *view = &viewer->channels;

	view->side = view->side == side ? SIDE_AUTO : side;
	view->lower.cursor = view->lower.top = 0;
	waiters_make(viewer);
	list_clamp(&view->lower);
}

static bool open_lower(struct viewer *viewer)
{
	struct channels_view *view = &viewer->channels;
	const struct waiter_line *line =
		view->lower.count ? &view->lines[view->lower.cursor] : NULL;

	if (!line || !line->id)
		return false;
	if (line->task < 0)
		viewer_say(viewer, ROLE_NORMAL, "%" PRIu64 " has ended", line->id);
	else
		viewer_open_task(viewer, line->id);
	return true;
}

static void enter_lower(struct viewer *viewer)
{
	struct channels_view *view = &viewer->channels;

	if (view->in_lower) {
		open_lower(viewer);
		return;
	}
	if (!view->list.count)
		return;
	view->in_lower = view->moved = true;
	view->lower.cursor = view->lower.top = 0;
	for (int i = 0; i < view->lower.count; i++)
		if (view->lines[i].kind == WAITER_TASK) {
			view->lower.cursor = i;
			break;
		}
	list_show(&view->lower);
}

static bool act(struct viewer *viewer, enum action action)
{
	struct channels_view *view = &viewer->channels;

	switch (action) {
	case ACTION_OPEN: enter_lower(viewer); break;
	case ACTION_STUCK:
		view->stuck_only = !view->stuck_only;
		update(viewer);
		break;
	case ACTION_LOCKS:
		view->with_locks = !view->with_locks;
		update(viewer);
		break;
	case ACTION_SENDERS: show_side(viewer, SIDE_SENDERS); break;
	case ACTION_RECEIVERS: show_side(viewer, SIDE_RECEIVERS); break;
	case ACTION_BACK:
	case ACTION_QUIT_OR_BACK:
		if (!view->in_lower)
			return false;
		view->in_lower = false;
		break;
	case ACTION_SEARCH:
	case ACTION_SEARCH_NEXT:
	case ACTION_SEARCH_PREVIOUS:
	case ACTION_FILTER:
		view->in_lower = false; /* they are about the channels */
		return false;
	default: return false;
	}
	return true;
}

static void moved(struct viewer *viewer)
{
	struct channels_view *view = &viewer->channels;

	if (view->in_lower) {
		if (view->lower.count && view->lines[view->lower.cursor].kind == WAITER_RULE) {
			view->lower.cursor += view->lower.cursor + 1 < view->lower.count;
			list_show(&view->lower);
		}
		return;
	}
	view->moved = true;
	view->lower.cursor = view->lower.top = 0;
	remember(viewer);
}

static void click(struct viewer *viewer, const struct hotspot *hotspot)
{
	struct channels_view *view = &viewer->channels;
	int index = (int)hotspot->argument;

	if (hotspot->kind == CLICK_LOWER) {
		bool again = view->in_lower && view->lower.cursor == index;
		view->in_lower = view->moved = true;
		view->lower.cursor = index;
		if (again)
			open_lower(viewer);
		return;
	}
	bool again = view->moved && !view->in_lower && view->list.cursor == index;
	view->in_lower = false;
	view->list.cursor = index;
	moved(viewer);
	if (again)
		enter_lower(viewer);
}

static struct list *list(struct viewer *viewer)
{
	return viewer->channels.in_lower ? &viewer->channels.lower : &viewer->channels.list;
}

static struct columns *table(struct viewer *viewer)
{
	return &viewer->channels.table;
}

static void row_text(const struct viewer *viewer, int row, char *text, size_t bytes)
{
	const struct channels_view *view = &viewer->channels;
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	char name[LABEL_BYTES], made[LABEL_BYTES];

	label_object(snapshot, viewer->target->model, view->rows[row], name, sizeof(name));
	made_at(viewer, &snapshot->objects[view->rows[row]], made, sizeof(made));
	snprintf(text, bytes, "%s %s", name, made);
}

static int filter(struct viewer *viewer, const char *text, char *error, size_t bytes)
{
	(void)error, (void)bytes;
	snprintf(viewer->channels.filter_text, sizeof(viewer->channels.filter_text), "%s", text);
	if (viewer_snapshot(viewer))
		update(viewer);
	return 0;
}

static const char *filter_text(const struct viewer *viewer)
{
	return viewer->channels.filter_text;
}

static int lines(const struct viewer *viewer)
{
	const struct channels_view *view = &viewer->channels;

	return view->list.count ? view->list.count + view->lower.count : 1;
}

const struct screen screen_channels = {
	.word = "channels",
	.tab = "Chans",
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
