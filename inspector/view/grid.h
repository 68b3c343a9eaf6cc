/* SPDX-License-Identifier: MIT */
/*
 * grid.h: a picture of character cells.  Each cell is a glyph and a role; what a role looks like is
 * the theme's business, how it reaches a terminal or a file is terminal.c's and batch.c's.
 *
 * Everything that draws goes through here, so that columns stay aligned whatever the text is: wide
 * characters take two cells, combining marks none, and what a terminal could take for a command
 * never gets in.  A grid without UTF-8 holds ASCII only.
 */
#ifndef VIEW_GRID_H
#define VIEW_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* clang-format off */
enum role {
	ROLE_NORMAL, ROLE_DIM, ROLE_HEADER, ROLE_SELECTED, ROLE_GOOD, ROLE_WARN, ROLE_BAD, ROLE_RUN,
	ROLE_READY, ROLE_WAIT, ROLE_COUNT
};
/* clang-format on */

/* One cell each, in UTF-8 and in ASCII. */
/* clang-format off */
#define VIEW_SYMBOLS(X)                                                \
	X(HORIZONTAL, 0x2500, '-')                                     \
	X(VERTICAL, 0x2502, '|')                                       \
	X(BRANCH, 0x251c, '|')   /* one more follows below */          \
	X(LAST, 0x2514, '`')     /* the last of its branch */          \
	X(TOP, 0x250c, '+')                                            \
	X(BOTTOM, 0x2514, '+')                                         \
	X(DOWN, 0x25bc, 'v')                                           \
	X(UP, 0x25b2, '^')                                             \
	X(ARROW, 0x25b6, '>')                                          \
	X(WARNING, 0x26a0, '!')                                        \
	X(CUT, 0x2026, '~')      /* here a text was too long */        \
	X(FULL, 0x2588, '#')                                           \
	X(CURSOR, 0x2581, '_')
/* clang-format on */

#define VIEW_ENUM_SYMBOL(n, u, a) SYMBOL_##n,
enum symbol { VIEW_SYMBOLS(VIEW_ENUM_SYMBOL) SYMBOL_COUNT };

struct cell {
	uint32_t glyph;	   /* code point; 0: the right half of a wide one */
	uint16_t marks[2]; /* combining characters on top of it; 0: none */
	uint8_t role;
	uint8_t width; /* 1, 2, or 0 for a right half */
};

/* Something that can be clicked.  What `kind` and `argument` mean is the viewer's. */
struct hotspot {
	int row, from, to; /* cells [from, to) */
	int kind;
	int64_t argument;
};

struct grid {
	int rows, columns;
	int origin; /* what is drawn is shifted left by so many cells */
	bool utf8;
	struct cell *cells;
	struct hotspot *hotspots;
	size_t hotspot_count, hotspot_room;
};

/* 0 or -ENOMEM. */
int grid_init(struct grid *grid, int rows, int columns, bool utf8);
void grid_fini(struct grid *grid);
void grid_clear(struct grid *grid);

/* Each draws what fits and returns the column after it, as if everything had fitted. */
int grid_text(struct grid *grid, int row, int column, enum role role, const char *text);
int grid_print(struct grid *grid, int row, int column, enum role role, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
int grid_symbol(struct grid *grid, int row, int column, enum role role, enum symbol symbol);
/* In a field of exactly `width` cells; too long a text ends in SYMBOL_CUT, a place ("flush.c:133")
 * begins with it. */
int grid_left(struct grid *grid, int row, int column, int width, enum role role, const char *text);
int grid_right(struct grid *grid, int row, int column, int width, enum role role, const char *text);
/* A gauge of `width` cells within brackets. */
int grid_bar(struct grid *grid, int row, int column, int width, enum role role, double fraction);
/* -- title ------------------------------ note -- */
void grid_rule(struct grid *grid, int row, const char *title, const char *note);
/* The same cells in another role, from column to the end of the row. */
void grid_restyle(struct grid *grid, int row, enum role role);
void grid_fill(struct grid *grid, int row, enum role role);

void grid_hotspot(struct grid *grid, int row, int from, int to, int kind, int64_t argument);
const struct hotspot *grid_hotspot_at(const struct grid *grid, int row, int column);

/* How many cells a text takes. */
int grid_text_width(bool utf8, const char *text);
/* The code point at *text, which moves on; U+FFFD for what is no UTF-8; 0 at the end. */
uint32_t text_next(const char **text);
/* Its bytes in UTF-8, at most 4; how many. */
size_t text_encode(uint32_t glyph, char bytes[4]);

/* The rows as lines of text without trailing blanks; `trim`: without empty lines at the end. */
int grid_write(const struct grid *grid, bool trim, FILE *file);

#endif
