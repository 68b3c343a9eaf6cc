/* SPDX-License-Identifier: MIT */
/*
 * tltop_live.c: look, draw, wait for a key, again.  Owns the loop and what the viewer asks for that
 * needs a terminal: the editor, Ctrl-Z, the end.
 */
#include "tltop_live.h"

#include <stdio.h>
#include <string.h>

#include "view/terminal.h"

enum { LAUNCH_POLL_MILLISECONDS = 50, LONGEST_WAIT_MILLISECONDS = 1000, KEYS_AT_ONCE = 64 };

/* The command has no tasklets yet: try again each time round. */
static void find_launched(struct viewer *viewer, struct launch *launch,
			  const struct tltop_options *options)
{
	struct source *source;
	struct problem problem = {""};
	pid_t pid = launch_target(launch);

	if (!pid || source_open_process(pid, &source, &problem) ||
	    viewer_attach(viewer, source, &problem))
		return;
	if (options->screen != SCREEN_TASKS)
		viewer_go(viewer, options->screen);
}

static int milliseconds_to_wait(const struct viewer *viewer, const struct launch *launch)
{
	uint64_t wait = viewer->next_ns > viewer->now_ns
				? (viewer->next_ns - viewer->now_ns + 999999) / 1000000
				: 0;

	if (launch && !viewer->target)
		return LAUNCH_POLL_MILLISECONDS;
	return wait > LONGEST_WAIT_MILLISECONDS ? LONGEST_WAIT_MILLISECONDS : (int)wait;
}

static void take_input(struct viewer *viewer, const struct input *input)
{
	switch (input->kind) {
	case INPUT_KEY: viewer_key(viewer, input->key); break;
	case INPUT_CLICK: viewer_click(viewer, input->row, input->column); break;
	case INPUT_WHEEL: viewer_wheel(viewer, input->key == KEYCODE_UP ? -3 : 3); break;
	case INPUT_END:
		viewer->request = REQUEST_QUIT;
		viewer->end_child = true;
		break;
	case INPUT_RESIZE:
	case INPUT_NONE: break;
	}
}

static void edit(struct viewer *viewer)
{
	char line[24];
	char *arguments[] = {"sh", "-c", "exec ${VISUAL:-${EDITOR:-vi}} \"$@\"",
			     "sh", line, viewer->editor_file,
			     NULL};

	snprintf(line, sizeof(line), "+%d", viewer->editor_line);
	int status = terminal_run(arguments);
	if (status)
		viewer_say(viewer, ROLE_BAD, "the editor ended with status %d ($VISUAL, $EDITOR)",
			   status);
}

static void fulfil(struct viewer *viewer)
{
	switch (viewer->request) {
	case REQUEST_SUSPEND: terminal_suspend(); break;
	case REQUEST_REDRAW: terminal_forget(); break;
	case REQUEST_EDITOR: edit(viewer); break;
	case REQUEST_QUIT:
	case REQUEST_NONE: return;
	}
	viewer->request = REQUEST_NONE;
}

static bool draw(struct viewer *viewer)
{
	int rows, columns;

	terminal_size(&rows, &columns);
	viewer_resize(viewer, rows, columns);
	if (viewer_draw(viewer))
		return false;
	terminal_draw(&viewer->grid);
	return true;
}

/* Wait once; then all that has been typed already, so that a held key does not lag behind. */
static void take_all_input(struct viewer *viewer, int milliseconds)
{
	struct input input;

	for (int i = 0; i < KEYS_AT_ONCE && !viewer->request; i++) {
		terminal_input(i ? 0 : milliseconds, &input);
		if (input.kind == INPUT_NONE)
			break;
		take_input(viewer, &input);
		if (input.kind == INPUT_RESIZE || input.kind == INPUT_CLICK)
			break; /* what comes next refers to a new picture */
	}
}

/* False: it and all that it started have ended without ever having had a tasklet. */
static bool watch_launch(struct viewer *viewer, struct launch *launch,
			 const struct tltop_options *options)
{
	if (!launch)
		return true;
	if (!viewer->target) {
		find_launched(viewer, launch, options);
		if (viewer->target)
			viewer_say(viewer, ROLE_NORMAL, "its output goes to %s", launch->log);
	}
	if (launch_is_gone(launch))
		viewer->child[0] = '\0'; /* nothing to ask about at the end */
	if (!viewer->ended_how[0] && launch_has_ended(launch)) {
		launch_status(launch, viewer->ended_how, sizeof(viewer->ended_how));
		viewer_say(viewer, ROLE_NORMAL, "its output is in %s", launch->log);
	}
	return viewer->target || !launch->is_gone;
}

enum tltop_status tltop_live(struct viewer *viewer, const struct tltop_options *options,
			     struct launch *launch, struct problem *problem)
{
	enum tltop_status status = TLTOP_SHOWN;

	if (terminal_open(options->theme, !options->no_mouse, problem))
		return TLTOP_FAILED;
	while (viewer->request != REQUEST_QUIT) {
		viewer_tick(viewer, clock_now_ns());
		if (!watch_launch(viewer, launch, options)) {
			char how[64];
			snprintf(problem->text, sizeof(problem->text),
				 "%s ended (%s) before it had a tasklet", launch->program,
				 launch_status(launch, how, sizeof(how)));
			status = TLTOP_FAILED;
			break;
		}
		if (!draw(viewer)) {
			snprintf(problem->text, sizeof(problem->text), "out of memory");
			status = TLTOP_FAILED;
			break;
		}
		take_all_input(viewer, milliseconds_to_wait(viewer, launch));
		fulfil(viewer);
	}
	terminal_close();
	return status;
}
