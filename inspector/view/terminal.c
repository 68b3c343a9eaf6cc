/* SPDX-License-Identifier: MIT */
/*
 * terminal.c: curses, all of it.  Owns the state of the terminal from terminal_open() to
 * terminal_close(), and the signals that concern it: whatever ends the program, the terminal is as
 * it was before.  Signals only set flags; the one who waits for input sees them.
 */
#define _GNU_SOURCE
#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR       1
#include "terminal.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <term.h>
#undef columns /* term.h takes plain words */
#include <unistd.h>
#include <wchar.h>

enum { ESCAPE_MILLISECONDS = 25 };

static SCREEN *screen;
static attr_t attributes[ROLE_COUNT];
static short pairs[ROLE_COUNT];
static volatile sig_atomic_t end_signal, continued;

static void on_end(int number)
{
	end_signal = number;
}

static void on_continue(int number)
{
	(void)number;
	continued = 1;
}

static void watch_signals(void)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = on_end};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &action, NULL); /* no SA_RESTART: the wait for input must end */
	action.sa_handler = on_continue;
	sigaction(SIGCONT, &action, NULL);
}

/* Roles become pairs of colours, as far as the terminal has them. */
static void use_theme(const struct theme *theme)
{
	bool colours = theme->has_colours && has_colors() && start_color() == OK;

	if (colours && use_default_colors() != OK)
		colours = false;
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct style *style = &theme->styles[role];
		short foreground =
			style->foreground < COLORS ? style->foreground : style->few_foreground;
		short background =
			style->background < COLORS ? style->background : style->few_background;
		attr_t attribute = (style->attributes & STYLE_BOLD ? A_BOLD : 0) |
				   (style->attributes & STYLE_DIM ? A_DIM : 0) |
				   (style->attributes & STYLE_REVERSE ? A_REVERSE : 0) |
				   (style->attributes & STYLE_UNDERLINE ? A_UNDERLINE : 0);

		pairs[role] = 0;
		if (colours && role + 1 < COLOR_PAIRS &&
		    init_pair((short)(role + 1), foreground, background) == OK)
			pairs[role] = (short)(role + 1);
		else if (role == ROLE_SELECTED)
			attribute |= A_REVERSE;
		else if (role == ROLE_DIM)
			attribute |= A_DIM;
		else if (role == ROLE_BAD || role == ROLE_WARN)
			attribute |= A_BOLD;
		attributes[role] = attribute;
	}
}

static int check_terminal(struct problem *problem)
{
	const char *name = getenv("TERM");
	int status = 0;

	if (!isatty(STDIN_FILENO)) {
		snprintf(problem->text, sizeof(problem->text),
			 "standard input is not a terminal, so no key can come; use -b for plain "
			 "text");
		return -ENOTTY;
	}
	if (!name || !*name) {
		snprintf(problem->text, sizeof(problem->text),
			 "TERM is not set, so this terminal cannot be drawn on; use -b for plain "
			 "text");
		return -ENOTTY;
	}
	if (setupterm(name, STDOUT_FILENO, &status) != OK) {
		snprintf(problem->text, sizeof(problem->text),
			 "TERM is %.60s, which terminfo does not know; use -b for plain text",
			 name);
		return -ENOTTY;
	}
	const char *move = tigetstr("cup");
	bool can_move = move && move != (const char *)-1;
	del_curterm(cur_term); /* newterm() makes its own */
	if (!can_move) {
		snprintf(problem->text, sizeof(problem->text),
			 "TERM is %.60s, which cannot move the cursor; use -b for plain text",
			 name);
		return -ENOTTY;
	}
	return 0;
}

int terminal_open(const struct theme *theme, bool mouse, struct problem *problem)
{
	int result = check_terminal(problem);

	if (result)
		return result;
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		snprintf(problem->text, sizeof(problem->text),
			 "this terminal cannot be drawn on; use -b for plain text");
		return -ENOTTY;
	}
	set_term(screen);
	set_escdelay(ESCAPE_MILLISECONDS);
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	curs_set(0);
	use_theme(theme);
	bkgdset((chtype)(attributes[ROLE_NORMAL] | (attr_t)COLOR_PAIR(pairs[ROLE_NORMAL]) | ' '));
	if (mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
		mouseinterval(0); /* a press is a press; nobody waits for a double click */
	}
	watch_signals();
	return 0;
}

void terminal_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

void terminal_size(int *rows, int *columns)
{
	getmaxyx(stdscr, *rows, *columns);
}

static void draw_cell(int row, int column, const struct cell *cell)
{
	wchar_t text[4] = {(wchar_t)cell->glyph, (wchar_t)cell->marks[0],
			   cell->marks[0] ? (wchar_t)cell->marks[1] : 0, 0};
	cchar_t drawn;

	if (setcchar(&drawn, text, attributes[cell->role], pairs[cell->role], NULL) != OK)
		return;
	mvadd_wch(row, column, &drawn);
}

/* Curses compares with what is there and sends the difference: nothing flickers. */
void terminal_draw(const struct grid *grid)
{
	int rows, columns;

	getmaxyx(stdscr, rows, columns);
	erase();
	for (int row = 0; row < grid->rows && row < rows; row++)
		for (int column = 0; column < grid->columns && column < columns; column++) {
			const struct cell *cell =
				&grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column];
			if (cell->width)
				draw_cell(row, column, cell);
		}
	refresh();
}

void terminal_forget(void)
{
	clearok(curscr, TRUE);
}

static uint32_t translate(int status, wint_t code)
{
	static const struct {
		wint_t curses;
		uint32_t key;
	} special[] = {
		{KEY_UP, KEYCODE_UP},
		{KEY_DOWN, KEYCODE_DOWN},
		{KEY_LEFT, KEYCODE_LEFT},
		{KEY_RIGHT, KEYCODE_RIGHT},
		{KEY_HOME, KEYCODE_HOME},
		{KEY_END, KEYCODE_END},
		{KEY_PPAGE, KEYCODE_PAGE_UP},
		{KEY_NPAGE, KEYCODE_PAGE_DOWN},
		{KEY_ENTER, KEYCODE_ENTER},
		{KEY_BTAB, KEYCODE_BACK_TAB},
		{KEY_BACKSPACE, KEYCODE_BACKSPACE},
		{KEY_DC, KEYCODE_DELETE},
	};

	if (status == KEY_CODE_YES) {
		if (code >= KEY_F(1) && code <= KEY_F(10))
			return KEYCODE_F1 + (uint32_t)(code - KEY_F(1));
		for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
			if (special[i].curses == code)
				return special[i].key;
		return 0;
	}
	switch (code) {
	case '\r':
	case '\n': return KEYCODE_ENTER;
	case '\t': return KEYCODE_TAB;
	case 27: return KEYCODE_ESCAPE;
	case 127:
	case '\b': return KEYCODE_BACKSPACE;
	case ' ': return KEYCODE_SPACE;
	default: return code;
	}
}

static void read_mouse(struct input *ret)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return;
	ret->row = event.y;
	ret->column = event.x;
	if (event.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
		ret->kind = INPUT_WHEEL;
		ret->key = event.bstate & BUTTON4_PRESSED ? KEYCODE_UP : KEYCODE_DOWN;
	} else if (event.bstate & BUTTON1_PRESSED) {
		ret->kind = INPUT_CLICK;
	}
}

/* No more input will ever come: the other side of the terminal was closed. */
static bool is_gone(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&input, 1, 0) == 1 && (input.revents & (POLLHUP | POLLERR | POLLNVAL));
}

void terminal_input(int milliseconds, struct input *ret)
{
	wint_t code = 0;

	*ret = (struct input){0};
	timeout(milliseconds);
	int status = end_signal ? ERR : get_wch(&code);
	if (continued) {
		continued = 0;
		terminal_forget();
		if (status == ERR)
			ret->kind = INPUT_RESIZE;
	}
	if (end_signal || (status == ERR && is_gone())) {
		ret->kind = INPUT_END;
	} else if (status == KEY_CODE_YES && code == KEY_RESIZE) {
		ret->kind = INPUT_RESIZE;
	} else if (status == KEY_CODE_YES && code == KEY_MOUSE) {
		read_mouse(ret);
	} else if (status != ERR) {
		ret->key = translate(status, code);
		ret->kind = ret->key ? INPUT_KEY : INPUT_NONE;
	}
}

void terminal_suspend(void)
{
	struct sigaction stop = {.sa_handler = SIG_DFL}, before;

	endwin();
	sigemptyset(&stop.sa_mask);
	sigaction(SIGTSTP, &stop, &before);
	kill(0, SIGTSTP); /* the whole job, as the terminal would have done */
	sigaction(SIGTSTP, &before, NULL);
	terminal_forget();
	refresh();
}

int terminal_run(char *const arguments[])
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGWINCH, SIGCONT, SIGQUIT};
	int status = 0;

	endwin();
	pid_t child = fork();
	if (child == 0) {
		for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
			signal(signals[i], SIG_DFL);
		execvp(arguments[0], arguments);
		_exit(127);
	}
	int result = child < 0 ? -errno : 0;
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR) {
			result = -errno;
			break;
		}
	terminal_forget();
	refresh();
	if (result)
		return result;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
