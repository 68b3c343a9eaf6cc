/* SPDX-License-Identifier: MIT */
/*
 * table.h: aligned columns on a terminal or in a file.  Cells are kept until the end, for the
 * widths are those of the widest; widths are in columns of the terminal, not in bytes.  No line
 * ends with blanks.
 */
#ifndef INSPECTOR_TABLE_H
#define INSPECTOR_TABLE_H

#include <stdbool.h>

#include "output.h"

struct table_column {
	const char *heading;
	bool is_right; /* numbers */
};

struct table {
	const struct table_column *columns;
	uint32_t column_count;
	uint32_t *widths;
	char *cells; /* one after the other, each with its NUL */
	size_t used, room;
	uint32_t cell_count;
	bool has_failed; /* no memory */
};

/* 0 or -ENOMEM.  `columns` must live as long as the table. */
int table_init(struct table *table, const struct table_column *columns, uint32_t count);
/* The next cell, from left to right, row after row.  Control characters become '?'. */
void table_cell(struct table *table, const char *text);
void table_cell_u64(struct table *table, uint64_t value);
void table_cell_rate(struct table *table, double rate); /* one decimal; below 0: "-" */
/* Heading and rows, each after `indent` blanks.  0 or -ENOMEM. */
int table_write(const struct table *table, struct output *output, uint32_t indent);
void table_fini(struct table *table);

/* How many columns of a terminal a text takes. */
uint32_t text_width(const char *text);

#endif
