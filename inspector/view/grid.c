/* SPDX-License-Identifier: MIT */
/*
 * grid.c: the cells of grid.h.  Owns the decoding of UTF-8, the width of characters, and the rule
 * of what may be in a cell: printable characters and, on top of them, combining marks.  Characters
 * that steer a terminal or the direction of text are left out, whoever sent them.
 */
#define _GNU_SOURCE
#include "grid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const struct {
	uint32_t utf8;
	char ascii;
} symbols[] = {
#define ROW(n, u, a) {u, a},
	VIEW_SYMBOLS(ROW)
#undef ROW
};

int grid_init(struct grid *grid, int rows, int columns, bool utf8)
{
	*grid = (struct grid){
		.rows = rows > 0 ? rows : 1, .columns = columns > 0 ? columns : 1, .utf8 = utf8};
	grid->cells = calloc((size_t)grid->rows * (size_t)grid->columns, sizeof(*grid->cells));
	if (!grid->cells)
		return -ENOMEM;
	grid_clear(grid);
	return 0;
}

void grid_fini(struct grid *grid)
{
	free(grid->cells);
	free(grid->hotspots);
	*grid = (struct grid){0};
}

void grid_clear(struct grid *grid)
{
	size_t count = (size_t)grid->rows * (size_t)grid->columns;

	for (size_t i = 0; i < count; i++)
		grid->cells[i] = (struct cell){.glyph = ' ', .width = 1};
	grid->origin = 0;
	grid->hotspot_count = 0;
}

uint32_t text_next(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	uint32_t glyph = at[0];
	int more = glyph < 0x80	      ? 0
		   : glyph >> 5 == 6  ? 1
		   : glyph >> 4 == 14 ? 2
		   : glyph >> 3 == 30 ? 3
				      : -1;
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};

	if (!glyph)
		return 0;
	if (more < 0) {
		*text += 1;
		return 0xfffd;
	}
	if (more)
		glyph &= 0x3fu >> more;
	for (int i = 1; i <= more; i++) {
		if (at[i] >> 6 != 2) { /* also the NUL */
			*text += i;
			return 0xfffd;
		}
		glyph = glyph << 6 | (at[i] & 0x3f);
	}
	*text += more + 1;
	if (glyph < least[more] || glyph > 0x10ffff || (glyph >= 0xd800 && glyph < 0xe000))
		return 0xfffd;
	return glyph;
}

size_t text_encode(uint32_t glyph, char bytes[4])
{
	if (glyph < 0x80) {
		bytes[0] = (char)glyph;
		return 1;
	}
	size_t more = glyph < 0x800 ? 1 : glyph < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};

	for (size_t i = more; i > 0; i--, glyph >>= 6)
		bytes[i] = (char)(0x80 | (glyph & 0x3f));
	bytes[0] = (char)(lead[more] | glyph);
	return more + 1;
}

/* Does it act on the text around it instead of being seen?  Such are no guests in a table. */
static bool is_invisible(uint32_t glyph)
{
	return glyph < 0x20 || (glyph >= 0x7f && glyph < 0xa0) || glyph == 0xad || glyph == 0x61c ||
	       glyph == 0x180e || (glyph >= 0x200b && glyph <= 0x200f) ||
	       (glyph >= 0x2028 && glyph <= 0x202e) || (glyph >= 0x2060 && glyph <= 0x206f) ||
	       (glyph >= 0xfe00 && glyph <= 0xfe0f) || glyph == 0xfeff ||
	       (glyph >= 0xfff9 && glyph <= 0xfffb) || (glyph >= 0xe0000 && glyph <= 0xe0fff);
}

/* What a code point becomes in a cell: itself, or '?' where the locale or the grid does not know
 * it. Its width: 1, 2, 0 for a mark, -1 for nothing at all. */
static int glyph_width(bool utf8, uint32_t *glyph)
{
	if (*glyph >= 0x20 && *glyph < 0x7f)
		return 1;
	if (is_invisible(*glyph))
		return -1;
	int width = utf8 ? wcwidth((wchar_t)*glyph) : -1;
	if (width < 0 || width > 2) {
		*glyph = '?';
		return 1;
	}
	if (width == 0 && *glyph > 0xffff)
		return -1; /* no room for it in struct cell */
	return width;
}

int grid_text_width(bool utf8, const char *text)
{
	int width = 0;

	for (uint32_t glyph; (glyph = text_next(&text));) {
		int more = glyph_width(utf8, &glyph);
		width += more > 0 ? more : 0;
	}
	return width;
}

static struct cell *cell_at(struct grid *grid, int row, int column)
{
	column -= grid->origin;
	if (row < 0 || row >= grid->rows || column < 0 || column >= grid->columns)
		return NULL;
	return &grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column];
}

/* A wide character whose half is overwritten is gone as a whole. */
static void cell_split(struct grid *grid, struct cell *cell)
{
	struct cell *first = grid->cells, *end = first + (size_t)grid->rows * (size_t)grid->columns;

	if (cell->width == 0 && cell > first)
		cell[-1] = (struct cell){.glyph = ' ', .role = cell[-1].role, .width = 1};
	if (cell->width == 2 && cell + 1 < end)
		cell[1] = (struct cell){.glyph = ' ', .role = cell->role, .width = 1};
}

static void put(struct grid *grid, int row, int column, enum role role, uint32_t glyph, int width)
{
	struct cell *cell = cell_at(grid, row, column);
	struct cell *right = width == 2 ? cell_at(grid, row, column + 1) : NULL;

	if (width == 2 && (!cell || !right)) { /* half of it is outside */
		put(grid, row, column, role, ' ', 1);
		put(grid, row, column + 1, role, ' ', 1);
		return;
	}
	if (!cell)
		return;
	cell_split(grid, cell);
	if (right) {
		cell_split(grid, right);
		*right = (struct cell){.role = (uint8_t)role};
	}
	*cell = (struct cell){.glyph = glyph, .role = (uint8_t)role, .width = (uint8_t)width};
}

static void put_mark(struct grid *grid, int row, int column, uint32_t glyph)
{
	struct cell *cell = cell_at(grid, row, column - 1);

	if (cell && cell->width == 0)
		cell = cell_at(grid, row, column - 2);
	if (!cell)
		return;
	if (!cell->marks[0])
		cell->marks[0] = (uint16_t)glyph;
	else if (!cell->marks[1])
		cell->marks[1] = (uint16_t)glyph;
}

/* Draw at most `room` cells of a text; the column after it. */
static int put_text(struct grid *grid, int row, int column, int room, enum role role,
		    const char *text)
{
	int end = column + room, start = column;

	for (uint32_t glyph; (glyph = text_next(&text));) {
		int width = glyph_width(grid->utf8, &glyph);
		if (width < 0 || (width == 0 && column == start))
			continue;
		if (width == 0) {
			put_mark(grid, row, column, glyph);
			continue;
		}
		if (column + width > end)
			break;
		put(grid, row, column, role, glyph, width);
		column += width;
	}
	return column;
}

int grid_text(struct grid *grid, int row, int column, enum role role, const char *text)
{
	return put_text(grid, row, column, 1 << 20, role, text);
}

int grid_print(struct grid *grid, int row, int column, enum role role, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return grid_text(grid, row, column, role, text);
}

int grid_symbol(struct grid *grid, int row, int column, enum role role, enum symbol symbol)
{
	uint32_t glyph = grid->utf8 ? symbols[symbol].utf8 : (uint32_t)symbols[symbol].ascii;

	put(grid, row, column, role, glyph, 1);
	return column + 1;
}

static void blank(struct grid *grid, int row, int from, int to, enum role role)
{
	for (; from < to; from++)
		put(grid, row, from, role, ' ', 1);
}

/* "flush.c:133": one word that ends in a line number. */
static bool is_place(const char *text)
{
	const char *colon = strrchr(text, ':');

	return colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
	       !strchr(text, ' ');
}

int grid_left(struct grid *grid, int row, int column, int width, enum role role, const char *text)
{
	if (width <= 0)
		return column;
	blank(grid, row, column, column + width, role);
	int used = grid_text_width(grid->utf8, text);
	if (used > width && is_place(text)) { /* of a place the end says more */
		while (used > width - 1 && *text) {
			uint32_t glyph = text_next(&text);
			int cells = glyph_width(grid->utf8, &glyph);
			used -= cells > 0 ? cells : 0;
		}
		put_text(grid, row, grid_symbol(grid, row, column, role, SYMBOL_CUT), width - 1,
			 role, text);
	} else if (used > width) {
		put_text(grid, row, column, width - 1, role, text);
		grid_symbol(grid, row, column + width - 1, role, SYMBOL_CUT);
	} else {
		put_text(grid, row, column, width, role, text);
	}
	return column + width;
}

int grid_right(struct grid *grid, int row, int column, int width, enum role role, const char *text)
{
	int used = grid_text_width(grid->utf8, text);

	if (used >= width)
		return grid_left(grid, row, column, width, role, text);
	blank(grid, row, column, column + width - used, role);
	put_text(grid, row, column + width - used, used, role, text);
	return column + width;
}

int grid_bar(struct grid *grid, int row, int column, int width, enum role role, double fraction)
{
	fraction = fraction > 0 ? (fraction < 1 ? fraction : 1) : 0; /* not a number: 0 */
	int eighths = (int)(fraction * width * 8 + 0.5);

	if (fraction > 0 && eighths == 0)
		eighths = 1;
	column = grid_text(grid, row, column, ROLE_DIM, "[");
	for (int i = 0; i < width; i++, eighths -= 8) {
		if (eighths >= 8)
			grid_symbol(grid, row, column + i, role, SYMBOL_FULL);
		else if (eighths > 0 && grid->utf8) /* U+2589 is seven eighths, U+258F one */
			put(grid, row, column + i, role, 0x2590u - (uint32_t)eighths, 1);
		else
			put(grid, row, column + i, role,
			    eighths >= 4 || (eighths > 0 && !i) ? '#' : ' ', 1);
	}
	return grid_text(grid, row, column + width, ROLE_DIM, "]");
}

void grid_rule(struct grid *grid, int row, const char *title, const char *note)
{
	int end = grid->origin + grid->columns, width = grid_text_width(grid->utf8, note);
	int column = grid->origin;

	for (int i = column; i < end; i++)
		grid_symbol(grid, row, i, ROLE_DIM, SYMBOL_HORIZONTAL);
	column = grid_text(grid, row, column + 2, ROLE_HEADER, " ");
	column = grid_text(grid, row, column, ROLE_HEADER, title);
	column = grid_text(grid, row, column, ROLE_HEADER, " ");
	if (!*note || column + width + 4 > end)
		return;
	column = grid_text(grid, row, end - width - 4, ROLE_DIM, " ");
	column = grid_text(grid, row, column, ROLE_DIM, note);
	grid_text(grid, row, column, ROLE_DIM, " ");
}

void grid_restyle(struct grid *grid, int row, enum role role)
{
	for (int i = 0; i < grid->columns; i++) {
		struct cell *cell = cell_at(grid, row, grid->origin + i);
		if (cell)
			cell->role = (uint8_t)role;
	}
}

void grid_fill(struct grid *grid, int row, enum role role)
{
	blank(grid, row, grid->origin, grid->origin + grid->columns, role);
}

void grid_hotspot(struct grid *grid, int row, int from, int to, int kind, int64_t argument)
{
	if (grid->hotspot_count == grid->hotspot_room) {
		size_t room = grid->hotspot_room ? 2 * grid->hotspot_room : 64;
		struct hotspot *more = realloc(grid->hotspots, room * sizeof(*more));
		if (!more)
			return; /* it cannot be clicked then */
		grid->hotspots = more;
		grid->hotspot_room = room;
	}
	grid->hotspots[grid->hotspot_count++] =
		(struct hotspot){row, from - grid->origin, to - grid->origin, kind, argument};
}

const struct hotspot *grid_hotspot_at(const struct grid *grid, int row, int column)
{
	for (size_t i = grid->hotspot_count; i-- > 0;) { /* what was drawn last lies on top */
		const struct hotspot *hotspot = &grid->hotspots[i];
		if (hotspot->row == row && hotspot->from <= column && column < hotspot->to)
			return hotspot;
	}
	return NULL;
}

static void write_glyph(uint32_t glyph, FILE *file)
{
	char bytes[4];
	size_t count = text_encode(glyph, bytes);

	fwrite(bytes, 1, count, file);
}

static void write_cell(const struct cell *cell, FILE *file)
{
	if (cell->width == 0)
		return;
	write_glyph(cell->glyph, file);
	for (int i = 0; i < 2 && cell->marks[i]; i++)
		write_glyph(cell->marks[i], file);
}

static int row_length(const struct grid *grid, int row)
{
	const struct cell *cells = &grid->cells[(size_t)row * (size_t)grid->columns];
	int length = grid->columns;

	while (length > 0 && cells[length - 1].glyph == ' ' && !cells[length - 1].marks[0])
		length--;
	return length;
}

int grid_write(const struct grid *grid, bool trim, FILE *file)
{
	int rows = grid->rows;

	while (trim && rows > 0 && !row_length(grid, rows - 1))
		rows--;
	for (int row = 0; row < rows; row++) {
		const struct cell *cells = &grid->cells[(size_t)row * (size_t)grid->columns];
		int length = row_length(grid, row);
		for (int i = 0; i < length; i++)
			write_cell(&cells[i], file);
		putc('\n', file);
	}
	return ferror(file) ? -EIO : 0;
}
