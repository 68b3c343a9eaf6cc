/* SPDX-License-Identifier: MIT */
/*
 * terminal.h: the terminal.  terminal.c is the only file that knows curses; everybody else sees
 * grids going out and keys coming in.
 */
#ifndef VIEW_TERMINAL_H
#define VIEW_TERMINAL_H

#include "../source/source.h"
#include "grid.h"
#include "keys.h"
#include "theme.h"

enum input_kind {
	INPUT_NONE, /* the time is over */
	INPUT_KEY,
	INPUT_CLICK,
	INPUT_WHEEL,  /* `key` is KEYCODE_UP or KEYCODE_DOWN */
	INPUT_RESIZE, /* also: what was on the screen is lost */
	INPUT_END,    /* SIGTERM, SIGINT, SIGHUP, or the terminal is gone */
};

struct input {
	enum input_kind kind;
	uint32_t key;
	int row, column;
};

/* One a process.  0, or -errno and *problem; the terminal is then as it was. */
int terminal_open(const struct theme *theme, bool mouse, struct problem *problem);
void terminal_close(void); /* at any time, also twice */

void terminal_size(int *rows, int *columns);
void terminal_draw(const struct grid *grid);
/* Everything anew at the next terminal_draw(). */
void terminal_forget(void);

/* Wait for at most so long. */
void terminal_input(int milliseconds, struct input *ret);

/* Ctrl-Z: give the terminal back and stop, until SIGCONT. */
void terminal_suspend(void);
/* Run a program on the terminal and wait for its end.  Its exit status, or -errno. */
int terminal_run(char *const arguments[]);

#endif
