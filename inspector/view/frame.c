/* SPDX-License-Identifier: MIT */
/* frame.c: the lines round a screen.  The same rows on every screen, so that nothing jumps. */
#include "frame.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "../analysis/label.h"
#include "format.h"

struct layout frame_layout(const struct viewer *viewer)
{
	int rows = viewer->grid.rows;

	if (viewer->is_batch)
		return (struct layout){.title = 0,
				       .counts = 1,
				       .tabs = 2,
				       .top = 3,
				       .bottom = rows,
				       .status = -1,
				       .keys = -1};
	if (viewer->rows < SMALL_ROWS || viewer->columns < SMALL_COLUMNS)
		return (struct layout){.title = -1,
				       .counts = -1,
				       .tabs = -1,
				       .top = 1,
				       .bottom = rows,
				       .status = 0,
				       .keys = -1,
				       .is_small = true};
	return (struct layout){.title = 0,
			       .counts = 1,
			       .tabs = 2,
			       .top = 3,
			       .bottom = rows - 2,
			       .status = rows - 2,
			       .keys = rows - 1};
}

/* ---- the first line ---- */

static int draw_condition(const struct viewer *viewer, struct grid *grid, int row, int column)
{
	const struct target *target = viewer->target;
	char ago[24];

	if (target->ended) {
		const char *what = source_state(target->source) == SOURCE_REPLACED
					   ? "EXITED: another program has its place (0: processes)"
					   : "EXITED";
		column = grid_text(grid, row, column, ROLE_BAD, what);
		if (viewer->ended_how[0])
			column =
				grid_print(grid, row, column, ROLE_BAD, " (%s)", viewer->ended_how);
		if (!viewer->is_batch)
			column = grid_print(grid, row, column, ROLE_NORMAL, " %s ago, as last seen",
					    label_duration(viewer->now_ns - viewer->ended_ns, ago,
							   sizeof(ago)));
		return column;
	}
	if (source_kind(target->source) == SOURCE_CORE)
		return grid_text(grid, row, column, ROLE_WARN, "CORE");
	if (viewer->paused_ns)
		return grid_print(
			grid, row, column, ROLE_WARN, "PAUSED at -%s",
			label_duration(viewer->now_ns - viewer->paused_ns, ago, sizeof(ago)));
	if (target->sample && target->sample->snapshot->source_state == SOURCE_STOPPED)
		return grid_text(grid, row, column, ROLE_WARN, "STOPPED");
	if (viewer->is_batch)
		return column;
	return grid_print(grid, row, column, ROLE_GOOD, "live %.1f/s",
			  1e9 / (double)viewer->interval_ns);
}

static enum role busy_role(double percent)
{
	return percent > 95 ? ROLE_WARN : ROLE_RUN;
}

/* How busy each scheduler is, as far as there is room for it to the right of `column`. */
static void draw_schedulers(const struct sample *sample, struct grid *grid, int row, int column)
{
	const struct snapshot *snapshot = sample->snapshot;
	int count = 0, room = grid->columns - column - 3, width = 6;
	char label[32];

	for (uint32_t i = 0; i < snapshot->scheduler_count; i++)
		count += snapshot->schedulers[i].in_use;
	snprintf(label, sizeof(label), "%d sched%s ", count, count == 1 ? "" : "s");
	int length = (int)strlen(label);
	if (!count || room < length)
		return;
	while (width > 2 && length + count * (width + 2) > room)
		width--;
	if (!sample->look.rates || length + count * (width + 2) > room) {
		grid_text(grid, row, grid->columns - length + 1, ROLE_NORMAL, label);
		return;
	}
	column = grid->columns - length - count * (width + 2);
	column = grid_text(grid, row, column, ROLE_NORMAL, label);
	for (uint32_t i = 0; i < snapshot->scheduler_count; i++) {
		double percent = sample->rates.schedulers[i].run_percent;
		if (snapshot->schedulers[i].in_use)
			column = grid_bar(grid, row, column, width, busy_role(percent),
					  percent / 100);
	}
}

static void draw_title(const struct viewer *viewer, struct grid *grid, int row)
{
	int column = grid_text(grid, row, 0, ROLE_HEADER, "tltop");
	const struct snapshot *snapshot = viewer_snapshot(viewer);
	struct text up;

	if (viewer->screen == SCREEN_PROCESSES || !viewer->target) {
		grid_text(grid, row, column + 2, ROLE_NORMAL, "processes with tasklets");
		return;
	}
	column =
		grid_text(grid, row, column + 2, ROLE_HEADER, source_label(viewer->target->source));
	if (snapshot)
		column = grid_print(grid, row, column + 3, ROLE_NORMAL, "up %s",
				    format_clock(&up, snapshot->up_ns));
	column = draw_condition(viewer, grid, row, column + 3);
	if (viewer->target->sample)
		draw_schedulers(viewer->target->sample, grid, row, column);
}

/* ---- the second ---- */

static enum role letter_role(char letter)
{
	return letter == 'R'   ? ROLE_RUN
	       : letter == 'r' ? ROLE_READY
	       : letter == 'X' ? ROLE_DIM
			       : ROLE_WAIT;
}

static void draw_counts(const struct viewer *viewer, struct grid *grid, int row)
{
	static const char order[] = "RrCLITJUOPN?X";
	const struct sample *sample = viewer->target ? viewer->target->sample : NULL;
	uint32_t counts[128] = {0};
	char number[24], right[64];
	struct text rate;

	if (viewer->screen == SCREEN_PROCESSES || !sample)
		return;
	const struct snapshot *snapshot = sample->snapshot;
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		counts[(unsigned char)task_letter(&snapshot->tasks[i]) & 127]++;
	int column =
		grid_print(grid, row, 0, ROLE_NORMAL,
			   "tasks %s:", label_count(snapshot->task_count, number, sizeof(number)));
	for (const char *letter = order; *letter; letter++) {
		if (!counts[(int)*letter])
			continue;
		label_count(counts[(int)*letter], number, sizeof(number));
		column = grid_print(grid, row, column + 1, ROLE_NORMAL, "%s ", number);
		column = grid_print(grid, row, column, letter_role(*letter), "%c", *letter) + 1;
	}
	int length;
	if (source_kind(viewer->target->source) == SOURCE_CORE)
		length = snprintf(right, sizeof(right), "switches %s",
				  format_grouped(&rate, snapshot->switches));
	else
		length = snprintf(
			right, sizeof(right), "switches %s/s",
			format_rate(&rate, sample->look.rates ? sample->rates.switches : -1));
	if (snapshot->torn)
		length += snprintf(right + length, sizeof(right) - (size_t)length, "  torn %u",
				   snapshot->torn);
	if (column + length + 1 < grid->columns)
		grid_text(grid, row, grid->columns - length, ROLE_NORMAL, right);
}

/* ---- the third ---- */

static void draw_tabs(const struct viewer *viewer, struct grid *grid, int row)
{
	enum role role = ROLE_DIM;
	char summary[120] = "";
	int column = 0;

	for (int i = SCREEN_TASKS; i < SCREEN_COUNT && !viewer->is_batch; i++) {
		bool here = (int)viewer->screen == i;
		if (viewer->screen == SCREEN_PROCESSES)
			break;
		int end = grid_print(grid, row, column, here ? ROLE_HEADER : ROLE_NORMAL,
				     here ? "[%d %s]" : " %d %s ", i,
				     screen_of((enum screen_id)i)->tab);
		grid_hotspot(grid, row, column, end, CLICK_SCREEN, i);
		column = end;
	}
	const struct screen *screen = screen_of(viewer->screen);
	if (screen->summary)
		screen->summary(viewer, summary, sizeof(summary), &role);
	int width = grid_text_width(grid->utf8, summary), start = grid->columns - width;
	if (viewer->is_batch)
		grid_text(grid, row, 0, role, summary);
	else if (start > column)
		grid_text(grid, row, start, role, summary);
	else
		grid_left(grid, row, column + 1, grid->columns - column - 1, role, summary);
}

/* ---- the last two ---- */

static void draw_status(const struct viewer *viewer, struct grid *grid, int row, bool is_small)
{
	const struct screen *screen = screen_of(viewer->screen);
	char status[240] = "";

	if (viewer->prompt.kind) {
		prompt_draw(&viewer->prompt, grid, row);
		return;
	}
	if (viewer->message[0]) {
		grid_left(grid, row, 1, grid->columns - 1, viewer->message_role, viewer->message);
		return;
	}
	if (is_small) {
		snprintf(status, sizeof(status), "%dx%d is small: 60x16 shows all",
			 viewer->columns, viewer->rows);
		if ((int)strlen(status) > grid->columns)
			snprintf(status, sizeof(status), "%dx%d small", viewer->columns,
				 viewer->rows);
		grid_text(grid, row, 0, ROLE_DIM, status);
		return;
	}
	if (viewer->search[0] && screen->row_text)
		snprintf(status, sizeof(status), "search: %.40s   ", viewer->search);
	size_t used = strlen(status);
	if (screen->status)
		screen->status(viewer, status + used, sizeof(status) - used);
	grid_left(grid, row, 1, grid->columns - 1, ROLE_DIM, status);
}

/* A label may say which keys stand before it: "<>\tSort". */
static void split_label(const struct binding *binding, char keys[16], const char **label)
{
	const char *tab = strchr(binding->label, '\t');

	if (tab) {
		snprintf(keys, 16, "%.*s", (int)(tab - binding->label), binding->label);
		*label = tab + 1;
		return;
	}
	char buffer[16];
	snprintf(keys, 16, "%s", keycode_name(binding->keys[0], buffer));
	*label = binding->label;
}

static void draw_keys(const struct viewer *viewer, struct grid *grid, int row)
{
	unsigned screen = 1u << viewer->screen;
	const struct binding *last = NULL;
	int column = 0;

	if (viewer->prompt.kind && viewer->prompt.kind != PROMPT_QUIT) {
		grid_text(grid, row, 0, ROLE_NORMAL, "Enter Take it   Esc Leave it   Ctrl-U Clear");
		return;
	}
	for (const struct binding *binding = keys_table(); binding->action; binding++)
		if (binding->label && binding->screens & screen)
			last = binding;
	for (const struct binding *binding = keys_table(); binding->action; binding++) {
		char keys[16], last_keys[16];
		const char *label, *last_label;
		if (!binding->label || !(binding->screens & screen) || viewer->prompt.kind)
			continue;
		split_label(binding, keys, &label);
		split_label(last, last_keys, &last_label);
		int width = (int)(strlen(keys) + strlen(label)) + 1;
		int reserved =
			binding == last ? 0 : (int)(strlen(last_keys) + strlen(last_label)) + 1;
		if (column + width + reserved > grid->columns + 1)
			continue;
		int end = grid_text(grid, row, column, ROLE_HEADER, keys);
		end = grid_text(grid, row, end, ROLE_NORMAL, label);
		grid_hotspot(grid, row, column, end, CLICK_KEY, binding->keys[0]);
		column = end + 1;
	}
}

void frame_draw(const struct viewer *viewer, struct grid *grid, const struct layout *layout)
{
	if (layout->title >= 0)
		draw_title(viewer, grid, layout->title);
	if (layout->counts >= 0)
		draw_counts(viewer, grid, layout->counts);
	if (layout->tabs >= 0)
		draw_tabs(viewer, grid, layout->tabs);
	if (layout->status >= 0)
		draw_status(viewer, grid, layout->status, layout->is_small);
	if (layout->keys >= 0)
		draw_keys(viewer, grid, layout->keys);
}
