/* SPDX-License-Identifier: MIT */
/*
 * dispatch.c: from keys and clicks to what they do.  The key table gives the action; what all
 * screens have in common is done here, the rest by the screen.
 */
#define _GNU_SOURCE
#include "dispatch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct screen *current(const struct viewer *viewer)
{
	return screen_of(viewer->screen);
}

/* ---- moving ---- */

void move_list(struct list *list, enum action action)
{
	int page = list->height > 1 ? list->height - 1 : 1;

	switch (action) {
	case ACTION_UP: list_move(list, -1); break;
	case ACTION_DOWN: list_move(list, 1); break;
	case ACTION_PAGE_UP: list_move(list, -page); break;
	case ACTION_PAGE_DOWN: list_move(list, page); break;
	case ACTION_HALF_UP: list_move(list, -(page + 1) / 2); break;
	case ACTION_HALF_DOWN: list_move(list, (page + 1) / 2); break;
	case ACTION_TOP: list_move(list, -list->count); break;
	case ACTION_BOTTOM: list_move(list, list->count); break;
	default: break;
	}
}

static void move(struct viewer *viewer, enum action action)
{
	const struct screen *screen = current(viewer);
	struct list *list = screen->list ? screen->list(viewer) : NULL;

	if (!list)
		return;
	move_list(list, action);
	if (screen->moved)
		screen->moved(viewer);
}

static void pan(struct viewer *viewer, int columns)
{
	viewer->pan += columns;
	if (viewer->pan < 0)
		viewer->pan = 0;
	if (viewer->pan > PAN_MOST)
		viewer->pan = PAN_MOST;
}

/* ---- searching ---- */

/* The next row from `start` on, in steps of `step`, that has the text; -1: none. */
static int find_row(const struct viewer *viewer, int count, int start, int step)
{
	const struct screen *screen = current(viewer);
	char text[512];

	for (int i = 0; i < count; i++) {
		int row = ((start + i * step) % count + count) % count;
		screen->row_text(viewer, row, text, sizeof(text));
		if (strcasestr(text, viewer->search))
			return row;
	}
	return -1;
}

static bool search_from(struct viewer *viewer, int start, int step)
{
	const struct screen *screen = current(viewer);
	struct list *list = screen->list ? screen->list(viewer) : NULL;

	if (!list || !list->count || !screen->row_text || !viewer->search[0])
		return false;
	int row = find_row(viewer, list->count, start, step);
	if (row < 0)
		return false;
	list->cursor = row;
	list_show(list);
	if (screen->moved)
		screen->moved(viewer);
	if (screen->found)
		screen->found(viewer);
	return true;
}

static void search_again(struct viewer *viewer, int step)
{
	struct list *list = current(viewer)->list(viewer);

	if (!viewer->search[0])
		viewer_say(viewer, ROLE_WARN, "nothing was searched for yet: / starts a search");
	else if (!search_from(viewer, list->cursor + step, step))
		viewer_say(viewer, ROLE_WARN, "no row has \"%s\"", viewer->search);
}

static void search_typed(struct viewer *viewer, enum prompt_result result)
{
	struct list *list = current(viewer)->list(viewer);

	if (result == PROMPT_CANCELLED) {
		viewer->search[0] = '\0';
		list->cursor = viewer->before_search.cursor;
		list->top = viewer->before_search.top;
		list_clamp(list);
		if (current(viewer)->moved)
			current(viewer)->moved(viewer);
		return;
	}
	snprintf(viewer->search, sizeof(viewer->search), "%s", viewer->prompt.text);
	/* Enter takes what is shown, though rows may have moved since it was found. */
	int start = result == PROMPT_DONE ? list->cursor : viewer->before_search.cursor;
	if (!viewer->search[0] || search_from(viewer, start, 1))
		return;
	snprintf(viewer->prompt.error, sizeof(viewer->prompt.error), "no row has that");
	if (result == PROMPT_DONE)
		viewer_say(viewer, ROLE_WARN, "no row has \"%s\"", viewer->search);
}

/* ---- what is typed ---- */

static void start_prompt(struct viewer *viewer, enum prompt_kind kind)
{
	const struct screen *screen = current(viewer);
	char text[32];

	if (kind == PROMPT_SEARCH) {
		viewer->before_search = *screen->list(viewer);
		prompt_start(&viewer->prompt, kind, "Search: ", "");
	} else if (kind == PROMPT_FILTER) {
		prompt_start(&viewer->prompt, kind, "Filter: ", screen->filter_text(viewer));
	} else {
		snprintf(text, sizeof(text), "%.3g", (double)viewer->interval_ns / 1e9);
		prompt_start(&viewer->prompt, kind, "Seconds between looks: ", text);
	}
}

static bool take_interval(struct viewer *viewer)
{
	char *end;
	double seconds = strtod(viewer->prompt.text, &end);

	if (end == viewer->prompt.text || *end || !isfinite(seconds) || seconds < 0.1 ||
	    seconds > 3600) {
		snprintf(viewer->prompt.error, sizeof(viewer->prompt.error), "0.1 to 3600");
		return false;
	}
	viewer->interval_ns = (uint64_t)(seconds * 1e9);
	viewer->next_ns = viewer->now_ns + viewer->interval_ns;
	return true;
}

static void answer_quit(struct viewer *viewer, uint32_t key)
{
	if (key == 'y' || key == 'n') {
		viewer->end_child = key == 'y';
		viewer->request = REQUEST_QUIT;
	} else if (key != KEYCODE_ESCAPE && key != 'q') {
		return;
	}
	viewer->prompt.kind = PROMPT_NONE;
}

static void prompt_typed(struct viewer *viewer, uint32_t key)
{
	struct prompt *prompt = &viewer->prompt;

	if (prompt->kind == PROMPT_QUIT) {
		answer_quit(viewer, key);
		return;
	}
	enum prompt_result result = prompt_key(prompt, key);
	bool taken = true;
	if (prompt->kind == PROMPT_SEARCH && result != PROMPT_GOES_ON)
		search_typed(viewer, result);
	if (prompt->kind == PROMPT_FILTER && result == PROMPT_DONE)
		taken = current(viewer)->filter(viewer, prompt->text, prompt->error,
						sizeof(prompt->error)) == 0;
	if (prompt->kind == PROMPT_INTERVAL && result == PROMPT_DONE)
		taken = take_interval(viewer);
	if (result == PROMPT_CANCELLED || (result == PROMPT_DONE && taken))
		prompt->kind = PROMPT_NONE;
}

/* ---- from screen to screen ---- */

static void go_directly(struct viewer *viewer, enum screen_id screen)
{
	viewer->trail_count = 0;
	viewer_go(viewer, screen);
	if (screen != SCREEN_PROCESSES)
		return;
	viewer_look(viewer);
	viewer->next_ns = viewer->now_ns + 200000000; /* rates want a second look: soon */
}

static void go_round(struct viewer *viewer, int step)
{
	int count = SCREEN_COUNT - SCREEN_TASKS, at = (int)viewer->screen - SCREEN_TASKS;

	go_directly(viewer, (enum screen_id)(SCREEN_TASKS + (at + step + count) % count));
}

static void go_back_to(struct viewer *viewer, struct spot spot)
{
	viewer->task.id = spot.task;
	viewer->channels.selected = spot.object;
	if (spot.screen == SCREEN_WAITS)
		viewer->waits.selected = spot.row;
	else
		viewer->tasks.selected = spot.row;
	viewer_go(viewer, spot.screen);
	if (spot.screen == SCREEN_TASKS)
		list_show(&viewer->tasks.list);
}

static bool go_back(struct viewer *viewer)
{
	if (!viewer->trail_count)
		return false;
	go_back_to(viewer, viewer->trail[--viewer->trail_count]);
	return true;
}

static void quit(struct viewer *viewer, bool at_once)
{
	viewer->end_child = at_once;
	if (!at_once && viewer->child[0]) {
		char label[160];
		snprintf(label, sizeof(label),
			 "End %.80s too?  y yes  n leave it running  Esc stay", viewer->child);
		prompt_start(&viewer->prompt, PROMPT_QUIT, label, "");
		return;
	}
	viewer->request = REQUEST_QUIT;
}

static void back(struct viewer *viewer, bool may_quit)
{
	if (viewer->screen == SCREEN_PROCESSES) {
		if (viewer->target)
			viewer_go(viewer, SCREEN_TASKS);
		else if (may_quit)
			quit(viewer, false);
	} else if (viewer->screen != SCREEN_TASKS) {
		if (!go_back(viewer))
			viewer_go(viewer, SCREEN_TASKS);
	} else if (may_quit) {
		quit(viewer, false);
	} else if (viewer->tasks.warning >= 0) {
		viewer->tasks.warning = -1;
	} else if (viewer->search[0]) {
		viewer->search[0] = '\0';
		viewer->tasks.follows_found = false;
	} else {
		screen_tasks.filter(viewer, "", viewer->message, sizeof(viewer->message));
	}
}

static void pause_or_go_on(struct viewer *viewer)
{
	if (viewer->target && viewer->target->ended) {
		viewer_say(viewer, ROLE_NORMAL, "it has ended: this is the last picture");
	} else if (viewer->paused_ns) {
		viewer->paused_ns = 0;
		viewer->next_ns = viewer->now_ns;
	} else {
		viewer->paused_ns = viewer->now_ns ? viewer->now_ns : 1;
	}
}

/* ---- tables ---- */

static void sort(struct viewer *viewer, enum action action)
{
	struct columns *table = current(viewer)->table(viewer);

	switch (action) {
	case ACTION_SORT_LEFT: columns_sort_step(table, -1); break;
	case ACTION_SORT_RIGHT: columns_sort_step(table, 1); break;
	case ACTION_INVERT: table->sort.down = !table->sort.down; break;
	default: menu_open(viewer, action == ACTION_COLUMNS ? MENU_COLUMNS : MENU_SORT); return;
	}
	viewer_update(viewer);
}

/* ---- everything ---- */

static void act_everywhere(struct viewer *viewer, enum action action)
{
	switch (action) {
	case ACTION_HELP: help_open(viewer); break;
	case ACTION_BACK: back(viewer, false); break;
	case ACTION_QUIT_OR_BACK: back(viewer, true); break;
	case ACTION_QUIT: quit(viewer, true); break;
	case ACTION_SUSPEND: viewer->request = REQUEST_SUSPEND; break;
	case ACTION_REDRAW: viewer->request = REQUEST_REDRAW; break;
	case ACTION_RETURN: go_back(viewer); break;
	case ACTION_SCREEN_PROCESSES: go_directly(viewer, SCREEN_PROCESSES); break;
	case ACTION_SCREEN_TASKS: go_directly(viewer, SCREEN_TASKS); break;
	case ACTION_SCREEN_TASK: go_directly(viewer, SCREEN_TASK); break;
	case ACTION_SCREEN_CHANNELS: go_directly(viewer, SCREEN_CHANNELS); break;
	case ACTION_SCREEN_WAITS: go_directly(viewer, SCREEN_WAITS); break;
	case ACTION_SCREEN_NEXT: go_round(viewer, 1); break;
	case ACTION_SCREEN_PREVIOUS: go_round(viewer, -1); break;
	case ACTION_LEFT: pan(viewer, -8); break;
	case ACTION_RIGHT: pan(viewer, 8); break;
	case ACTION_PAUSE: pause_or_go_on(viewer); break;
	case ACTION_INTERVAL: start_prompt(viewer, PROMPT_INTERVAL); break;
	case ACTION_PRINT: print_screen(viewer); break;
	case ACTION_SEARCH: start_prompt(viewer, PROMPT_SEARCH); break;
	case ACTION_SEARCH_NEXT: search_again(viewer, 1); break;
	case ACTION_SEARCH_PREVIOUS: search_again(viewer, -1); break;
	case ACTION_FILTER: start_prompt(viewer, PROMPT_FILTER); break;
	case ACTION_SORT_LEFT:
	case ACTION_SORT_RIGHT:
	case ACTION_SORT_MENU:
	case ACTION_INVERT:
	case ACTION_COLUMNS: sort(viewer, action); break;
	default: move(viewer, action); break;
	}
}

static bool has_data(const struct viewer *viewer)
{
	return viewer->screen == SCREEN_PROCESSES || viewer_snapshot(viewer);
}

void viewer_key(struct viewer *viewer, uint32_t key)
{
	viewer->message[0] = '\0';
	if (viewer->help) {
		help_key(viewer, key);
		return;
	}
	if (viewer->prompt.kind) {
		prompt_typed(viewer, key);
		return;
	}
	if (viewer->menu) {
		menu_key(viewer, key);
		return;
	}
	enum action action = keys_action(viewer->screen, key);
	if (action == ACTION_NONE)
		return;
	if (!has_data(viewer) && action != ACTION_QUIT && action != ACTION_QUIT_OR_BACK &&
	    action != ACTION_SCREEN_PROCESSES && action != ACTION_SUSPEND && action != ACTION_HELP)
		return;
	if (!current(viewer)->act || !current(viewer)->act(viewer, action))
		act_everywhere(viewer, action);
}

void viewer_click(struct viewer *viewer, int row, int column)
{
	const struct hotspot *hotspot = grid_hotspot_at(&viewer->grid, row, column);

	viewer->message[0] = '\0';
	if (viewer->help) {
		viewer->help = false;
		return;
	}
	if (viewer->menu && (!hotspot || hotspot->kind != CLICK_MENU)) {
		viewer->menu = MENU_NONE;
		return;
	}
	if (!hotspot || viewer->prompt.kind)
		return;
	switch (hotspot->kind) {
	case CLICK_KEY: viewer_key(viewer, (uint32_t)hotspot->argument); break;
	case CLICK_SCREEN: go_directly(viewer, (enum screen_id)hotspot->argument); break;
	case CLICK_MENU: menu_click(viewer, (int)hotspot->argument); break;
	case CLICK_HEADING:
		columns_sort_column(current(viewer)->table(viewer), (int)hotspot->argument);
		viewer_update(viewer);
		break;
	default:
		if (current(viewer)->click)
			current(viewer)->click(viewer, hotspot);
	}
}

void viewer_wheel(struct viewer *viewer, int rows)
{
	if (viewer->prompt.kind || viewer->menu)
		return;
	for (int i = 0; i < abs(rows); i++)
		if (viewer->help)
			move_list(&viewer->help_list, rows < 0 ? ACTION_UP : ACTION_DOWN);
		else if (has_data(viewer))
			move(viewer, rows < 0 ? ACTION_UP : ACTION_DOWN);
}
