/* SPDX-License-Identifier: MIT */
/*
 * viewer.h: the state of the viewer: which target, which screen, what is selected, what is being
 * typed.
 *
 * It knows no terminal and no clock: keys, sizes and the time come in, a grid comes out, and what
 * needs more than that (a terminal program, the end) is asked for in `request`.  So the same code
 * draws on a terminal, prints in batch mode, and runs in tests from a file of keys.
 */
#ifndef VIEW_VIEWER_H
#define VIEW_VIEWER_H

#include "channels.h"
#include "grid.h"
#include "keys.h"
#include "list.h"
#include "processes.h"
#include "prompt.h"
#include "sample.h"
#include "task.h"
#include "tasks.h"
#include "waits_screen.h"
#include "warnings.h"

enum {
	SMALL_ROWS = 16,
	SMALL_COLUMNS = 60, /* below this: one line that says so, and the list */
	TRAIL_MOST = 32,
	PAN_MOST = 160,
};

/* What a click hit. */
enum click_kind {
	CLICK_ROW,     /* argument: index in the screen's list */
	CLICK_LOWER,   /* in its second list */
	CLICK_HEADING, /* a column */
	CLICK_SCREEN,  /* a tab */
	CLICK_KEY,     /* in the last line */
	CLICK_WARNING,
	CLICK_MENU,
};

enum request_kind {
	REQUEST_NONE,
	REQUEST_QUIT,
	REQUEST_SUSPEND,
	REQUEST_REDRAW,
	REQUEST_EDITOR,
};

enum menu_kind { MENU_NONE, MENU_SORT, MENU_COLUMNS };

/* Where one was, to come back to. */
struct spot {
	enum screen_id screen;
	uint64_t row, task, object;
};

struct viewer {
	/* what is looked at */
	struct target *target; /* NULL: only the list of processes */
	struct warnings warnings;
	struct processes_view processes;
	char child[80];	    /* "jobd 812": our own child, which may still run; "" */
	char ended_how[64]; /* "status 3": our own child, once it has ended; "" */

	/* when: the clock is the caller's, in ns */
	uint64_t now_ns, next_ns, interval_ns;
	uint64_t paused_ns, ended_ns; /* since when; 0: it is not */

	/* where */
	enum screen_id screen;
	struct spot trail[TRAIL_MOST];
	int trail_count;
	int rows, columns, pan;
	bool utf8;
	bool is_batch;	  /* no cursor, no keys; rows 0: as many as there are */
	struct grid grid; /* as drawn last: clicks refer to it */

	/* the screens */
	struct tasks_view tasks;
	struct task_view task;
	struct channels_view channels;
	struct waits_view waits;

	/* on top of them */
	struct prompt prompt;
	char search[PROMPT_BYTES];
	struct list before_search;
	enum menu_kind menu;
	struct list menu_list;
	bool help;
	struct list help_list;
	char message[256]; /* in the status line, until the next key */
	enum role message_role;

	enum request_kind request;
	bool end_child; /* with REQUEST_QUIT */
	char editor_file[1024];
	int editor_line;
};

/* One screen.  NULL functions: nothing to do there. */
struct screen {
	const char *word; /* --screen */
	const char *tab;
	/* There is a new sample, or another order or choice of rows. */
	void (*update)(struct viewer *viewer);
	/* Rows top to bottom (exclusive) are the screen's: scroll, and fetch what will be seen. */
	void (*prepare)(struct viewer *viewer, int top, int bottom);
	/* A pure function of the viewer. */
	void (*draw)(const struct viewer *viewer, struct grid *grid, int top, int bottom);
	bool (*act)(struct viewer *viewer, enum action action); /* false: not mine */
	struct list *(*list)(struct viewer *viewer);		/* that moving moves */
	void (*moved)(struct viewer *viewer);			/* the cursor of that list */
	void (*found)(struct viewer *viewer); /* after moved(): a search has moved it */
	void (*click)(struct viewer *viewer, const struct hotspot *hotspot);
	struct columns *(*table)(struct viewer *viewer);
	void (*row_text)(const struct viewer *viewer, int row, char *text,
			 size_t bytes); /* for search */
	int (*filter)(struct viewer *viewer, const char *text, char *error, size_t bytes);
	const char *(*filter_text)(const struct viewer *viewer);
	void (*summary)(const struct viewer *viewer, char *text, size_t bytes,
			enum role *role); /* right of the tabs */
	void (*status)(const struct viewer *viewer, char *text, size_t bytes);
	int (*lines)(const struct viewer *viewer); /* that it has in all, for batch mode */
};
extern const struct screen screen_processes, screen_tasks, screen_task, screen_channels,
	screen_waits;
const struct screen *screen_of(enum screen_id id);
/* By the word of --screen; SCREEN_COUNT: there is none. */
enum screen_id screen_by_word(const char *word);

void viewer_init(struct viewer *viewer, bool utf8, uint64_t interval_ns);
void viewer_fini(struct viewer *viewer);

/* Look at this source from now on (taken, also on failure).  0, or -errno and *problem: then all is
 * as it was. */
int viewer_attach(struct viewer *viewer, struct source *source, struct problem *problem);
void viewer_resize(struct viewer *viewer, int rows, int columns);

/* Look again if it is time.  The time of the next look is next_ns; UINT64_MAX: never by itself. */
void viewer_tick(struct viewer *viewer, uint64_t now_ns);
/* Look now. */
void viewer_look(struct viewer *viewer);
void viewer_key(struct viewer *viewer, uint32_t key);
void viewer_click(struct viewer *viewer, int row, int column);
void viewer_wheel(struct viewer *viewer, int rows);
/* Into viewer->grid.  0 or -ENOMEM. */
int viewer_draw(struct viewer *viewer);

/* ---- for the screens ---- */

const struct snapshot *viewer_snapshot(
	const struct viewer *viewer); /* NULL: nothing was seen yet */
__attribute__((format(printf, 3, 4))) void viewer_say(struct viewer *viewer, enum role role,
						      const char *format, ...);
/* Go to another screen, to come back by Backspace or Esc. */
void viewer_go(struct viewer *viewer, enum screen_id screen);
void viewer_push(struct viewer *viewer);
void viewer_open_task(struct viewer *viewer, uint64_t id);
/* To what a task (index) waits for: its holder (on the current screen where that can be), its
 * channel. */
void viewer_follow_wait(struct viewer *viewer, int32_t task);
/* The editor at a place in the program. */
void viewer_edit(struct viewer *viewer, uint64_t address, bool exact);
/* At the innermost frame of a task (index) that is the program's own. */
void viewer_edit_task(struct viewer *viewer, int32_t task);
void viewer_update(struct viewer *viewer); /* the rows of the current screen */

/* The letter of a state in its colour. */
enum role state_role(const struct task *task);
/* "flush.c:133" of the innermost frame that is the program's own, as far as fetched; "" */
const char *task_place(const struct viewer *viewer, int32_t task, char *text, size_t bytes);
/* Index of that frame in a backtrace; -1. */
int own_frame(const struct viewer *viewer, const struct backtrace *trace);

#endif
