/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* wcwidth */
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "../source/text.h"

static uint32_t width_of(uint32_t character)
{
	if (character < 0x300) /* nothing wide or combining below */
		return 1;
	const int width = wcwidth((wchar_t)character);
	return width < 0 ? 1 : (uint32_t)width; /* -1 also in a locale that does not know it */
}

uint32_t text_width(const char *text)
{
	uint32_t width = 0;
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		uint32_t character = *at++;
		if (character >= 0xc0)
			character &= character >= 0xf0 ? 0x07 : character >= 0xe0 ? 0x0f : 0x1f;
		while ((*at & 0xc0) == 0x80)
			character = character << 6 | (*at++ & 0x3f);
		width += width_of(character);
	}
	return width;
}

int table_init(struct table *table, const struct table_column *columns, uint32_t count)
{
	*table = (struct table){.columns = columns, .column_count = count};
	table->widths = calloc(count, sizeof *table->widths);
	if (!table->widths)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		table->widths[i] = text_width(columns[i].heading);
	return 0;
}

void table_fini(struct table *table)
{
	free(table->widths);
	free(table->cells);
	*table = (struct table){0};
}

static bool make_room(struct table *table, size_t bytes)
{
	if (table->room - table->used >= bytes)
		return true;
	const size_t room = 2 * table->room + bytes + 4096;
	char *cells = realloc(table->cells, room);
	if (!cells)
		return false;
	table->cells = cells;
	table->room = room;
	return true;
}

void table_cell(struct table *table, const char *text)
{
	const size_t room = strlen(text) + 1;
	if (table->has_failed || !make_room(table, room)) {
		table->has_failed = true;
		return;
	}
	char *cell = table->cells + table->used;
	table->used += text_make_safe(cell, room, text, room) + 1;
	uint32_t *width = &table->widths[table->cell_count++ % table->column_count];
	const uint32_t wants = text_width(cell);
	if (wants > *width)
		*width = wants;
}

void table_cell_u64(struct table *table, uint64_t value)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	table_cell(table, text);
}

void table_cell_rate(struct table *table, double rate)
{
	char text[64];
	snprintf(text, sizeof text, "%.1f", rate);
	table_cell(table, rate < 0 ? "-" : text);
}

/* Blanks are owed until something follows them, so that no line ends with any. */
struct line {
	struct output *output;
	uint32_t owed;
};

static void put_text(struct line *line, const char *text)
{
	if (!*text)
		return;
	while (line->owed > 0) {
		output_byte(line->output, ' ');
		line->owed--;
	}
	output_text(line->output, text);
}

static void put_cell(const struct table *table, struct line *line, uint32_t column,
		     const char *text)
{
	const uint32_t blanks = table->widths[column] - text_width(text);
	const bool is_right = table->columns[column].is_right;
	line->owed += is_right ? blanks : 0;
	put_text(line, text);
	line->owed += 2 + (is_right ? 0 : blanks);
	if (column + 1 == table->column_count)
		output_byte(line->output, '\n');
}

int table_write(const struct table *table, struct output *output, uint32_t indent)
{
	struct line line = {.output = output, .owed = indent};
	if (table->has_failed)
		return -ENOMEM;
	for (uint32_t i = 0; i < table->column_count; i++)
		put_cell(table, &line, i, table->columns[i].heading);
	const char *cell = table->cells;
	for (uint32_t i = 0; i < table->cell_count; i++) {
		if (i % table->column_count == 0)
			line.owed = indent;
		put_cell(table, &line, i % table->column_count, cell);
		cell += strlen(cell) + 1;
	}
	return 0;
}
