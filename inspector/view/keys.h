/* SPDX-License-Identifier: MIT */
/*
 * keys.h: what every key does.  One table gives the dispatcher its actions, the last line its
 * labels, the help its text; a test compares the manual page with it.
 */
#ifndef VIEW_KEYS_H
#define VIEW_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
enum screen_id {
	SCREEN_PROCESSES, SCREEN_TASKS, SCREEN_TASK, SCREEN_CHANNELS, SCREEN_WAITS, SCREEN_COUNT
};
/* clang-format on */

enum {
	ON_PROCESSES = 1 << SCREEN_PROCESSES,
	ON_TASKS = 1 << SCREEN_TASKS,
	ON_TASK = 1 << SCREEN_TASK,
	ON_CHANNELS = 1 << SCREEN_CHANNELS,
	ON_WAITS = 1 << SCREEN_WAITS,
	ON_ALL = (1 << SCREEN_COUNT) - 1,
};

/* A key is the code point of its character, a control character (1 to 31), or one of these. */
/* clang-format off */
#define VIEW_KEYS(X)                                                                     \
	X(UP, "Up") X(DOWN, "Down") X(LEFT, "Left") X(RIGHT, "Right") X(HOME, "Home")      \
	X(END, "End") X(PAGE_UP, "PgUp") X(PAGE_DOWN, "PgDn") X(ENTER, "Enter")            \
	X(ESCAPE, "Esc") X(TAB, "Tab") X(BACK_TAB, "Shift-Tab") X(BACKSPACE, "Backspace")   \
	X(SPACE, "Space") X(DELETE, "Delete") X(F1, "F1") X(F2, "F2") X(F3, "F3")          \
	X(F4, "F4") X(F5, "F5") X(F6, "F6") X(F7, "F7") X(F8, "F8") X(F9, "F9") X(F10, "F10")
/* clang-format on */

#define VIEW_ENUM_KEY(n, s) KEYCODE_##n,
enum key_code { KEYCODE_FIRST = 0x110000, VIEW_KEYS(VIEW_ENUM_KEY) KEYCODE_END_OF_LIST };

#define CONTROL(letter) ((letter)&0x1f)

enum action {
	ACTION_NONE,
	/* everywhere */
	ACTION_HELP,
	ACTION_BACK,
	ACTION_QUIT_OR_BACK,
	ACTION_QUIT,
	ACTION_SUSPEND,
	ACTION_REDRAW,
	ACTION_SCREEN_PROCESSES,
	ACTION_SCREEN_TASKS,
	ACTION_SCREEN_TASK,
	ACTION_SCREEN_CHANNELS,
	ACTION_SCREEN_WAITS,
	ACTION_SCREEN_NEXT,
	ACTION_SCREEN_PREVIOUS,
	ACTION_UP,
	ACTION_DOWN,
	ACTION_LEFT,
	ACTION_RIGHT,
	ACTION_TOP,
	ACTION_BOTTOM,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_HALF_UP,
	ACTION_HALF_DOWN,
	ACTION_PAUSE,
	ACTION_INTERVAL,
	ACTION_PRINT,
	/* lists */
	ACTION_OPEN,
	ACTION_SEARCH,
	ACTION_SEARCH_NEXT,
	ACTION_SEARCH_PREVIOUS,
	ACTION_FILTER,
	ACTION_SORT_LEFT,
	ACTION_SORT_RIGHT,
	ACTION_SORT_MENU,
	ACTION_INVERT,
	ACTION_COLUMNS,
	ACTION_FOLLOW,
	ACTION_TAG,
	ACTION_UNTAG,
	ACTION_TREE,
	ACTION_FOLD,
	ACTION_UNFOLD,
	ACTION_FOLD_ALL,
	ACTION_GROUP,
	ACTION_HIDE_FINISHED,
	ACTION_WARNING,
	/* one tasklet, channels, waits */
	ACTION_HOLDER,
	ACTION_RETURN,
	ACTION_EDITOR,
	ACTION_NEXT_TASK,
	ACTION_PREVIOUS_TASK,
	ACTION_STUCK,
	ACTION_SENDERS,
	ACTION_RECEIVERS,
	ACTION_LOCKS,
	ACTION_ALL_WAITS,
};

struct binding {
	enum action action;
	unsigned screens;  /* ON_... */
	uint32_t keys[4];  /* the first is the one that the last line shows */
	const char *label; /* in the last line; NULL: not there */
	const char *help;  /* what it does; NULL: said with the binding before it */
};

/* The table; it ends with ACTION_NONE. */
const struct binding *keys_table(void);
enum action keys_action(enum screen_id screen, uint32_t key);
/* "Ctrl-L", "Enter", "x" */
const char *keycode_name(uint32_t key, char buffer[16]);
/* The same backwards, for scripts of tests; 0: no such key. */
uint32_t keycode_parse(const char *name);

#endif
