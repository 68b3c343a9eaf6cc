/* SPDX-License-Identifier: MIT */
/*
 * simulation_screen.c: step 6 of simulation.c, and all that knows curses.  The screen is one more
 * tasklet: it draws, sleeps, and looks whether a key was pressed; meanwhile the world goes on.  It
 * fits the world into a terminal of any size.
 */
#define NCURSES_WIDECHAR 1 /* mvaddnwstr() */
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "simulation.h"

enum { FRAME_NS = 40 * MILLISECOND };

/* What a cell shows; also the numbers of the pairs of colours. */
enum { NOTHING, EMPTY_JAWS, LADEN, FOOD, HILL }; /* also the pairs of colours */

struct picture {
	int rows, columns;
	struct cell {
		unsigned char dots, what;
	} *cells;
};

/* A character cell has two dots across and four down, as the Braille characters number them. */
static void plot(struct picture *picture, int x, int y, unsigned char what)
{
	static const unsigned char bits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};

	if (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT)
		return;
	x = x * picture->columns * 2 / WIDTH;
	y = y * picture->rows * 4 / HEIGHT;
	struct cell *cell = &picture->cells[y / 4 * picture->columns + x / 2];
	cell->dots |= bits[y % 4][x % 2];
	if (cell->what < what)
		cell->what = what;
}

static void plot_disc(struct picture *picture, struct place at, int size, unsigned char what)
{
	for (int dy = -3; dy <= 3; dy++)
		for (int dx = -3; dx <= 3; dx++)
			if (dx * dx + dy * dy <= size)
				plot(picture, at.x + dx, at.y + dy, what);
}

static void paint(const struct picture *picture, bool unicode)
{
	static const char ascii[] = " .o%@";

	for (int i = 0; i < picture->rows * picture->columns; i++) {
		struct cell cell = picture->cells[i];
		wchar_t glyph = unicode ? 0x2800 + cell.dots : ascii[cell.what];
		if (cell.what == NOTHING)
			continue;
		attrset(COLOR_PAIR(cell.what) | (cell.what >= LADEN ? A_BOLD : 0));
		mvaddnwstr(1 + i / picture->columns, i % picture->columns, &glyph, 1);
	}
	attrset(A_NORMAL);
}

/* Returns how many ants are out. */
static unsigned show_world(bool unicode)
{
	struct picture picture = {.rows = LINES > 2 ? LINES - 2 : 0, .columns = COLS};
	unsigned out = 0;

	picture.cells = calloc((size_t)picture.rows * (size_t)COLS + 1, sizeof(struct cell));
	if (!picture.cells)
		picture.rows = 0;
	for (unsigned i = 0; i < world.heap_count && picture.rows; i++)
		plot_disc(&picture, world.heaps[i].at, (world.heaps[i].amount + 49) / 50, FOOD);
	for (unsigned i = 0; i < world.ant_count; i++) {
		const struct ant *ant = &world.ants[i];
		out += ant->is_out;
		if (ant->is_out && picture.rows)
			plot(&picture, ant->at.x, ant->at.y, ant->is_laden ? LADEN : EMPTY_JAWS);
	}
	if (picture.rows)
		plot_disc(&picture, (struct place){WIDTH / 2, HEIGHT / 2}, 5, HILL);
	paint(&picture, unicode);
	free(picture.cells);
	return out;
}

static void show(bool unicode)
{
	char line[256];

	erase();
	unsigned out = show_world(unicode);
	snprintf(line, sizeof(line), "ant hill  %u actors, seed %u, %.1f s%s", options.actors,
		 options.seed, (double)(tl_now() - world.start) / SECOND_NS,
		 world.is_night ? "  night" : "");
	mvaddnstr(0, 0, line, COLS - 1);
	snprintf(line, sizeof(line),
		 "q quit  n %s  out %u  home %u  larder %zu  larvae %u  born %lu  died %lu",
		 world.is_night ? "day" : "night", out, world.living - out,
		 tl_channel_length(world.larder), world.larvae, world.born - world.larvae,
		 world.died);
	mvaddnstr(LINES - 1, 0, line, COLS - 1); /* curses dislikes the very last cell */
	refresh();
}

static void screen_close(void)
{
	if (!isendwin())
		endwin();
}

/* Curses must block nobody: after nodelay() getch() returns at once; tl_sleep() does the wait. */
int screen_main(void *unused)
{
	bool unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	int error = 0, key = ERR;

	(void)unused;
	while (!error && key != 'q' && key != 3) {
		show(unicode);
		error = tl_sleep(FRAME_NS);
		key = getch(); /* a resize is a key, too; the next picture has the new size */
		if (key == 'n' && !world.is_night)
			world.is_night = true;
		else if (key == 'n' && !error)
			error = sunrise();
	}
	screen_close();
	return error;
}

void screen_open(void)
{
	static const short colours[] = {[EMPTY_JAWS] = COLOR_WHITE, [LADEN] = COLOR_YELLOW,
					[FOOD] = COLOR_GREEN, [HILL] = COLOR_RED};

	setlocale(LC_ALL, "");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !newterm(NULL, stdout, stdin))
		error(1, 0, "no terminal that curses knows; try --headless");
	atexit(screen_close); /* however we end */
	raw(); /* Ctrl-C is a key: quit */
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	curs_set(0);
	start_color();
	use_default_colors();
	for (short what = EMPTY_JAWS; what <= HILL; what++)
		init_pair(what, colours[what], -1);
}
