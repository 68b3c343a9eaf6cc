/* SPDX-License-Identifier: MIT */
/*
 * lines.h: files and lines of addresses, and what was inlined there, from one ELF file's DWARF.
 */
#ifndef INSPECTOR_LINES_H
#define INSPECTOR_LINES_H

#include "../source/elf_file.h"

struct lines;

/* NULL: the file has no debug information.  The file must outlive it. */
struct lines *lines_create(struct elf_file *file);
void lines_destroy(struct lines *lines);

/* One of the functions that an address is in. */
struct line {
	const char *function;    /* what was inlined; NULL: the function itself (see symbols.h) */
	const char *file;        /* NULL: not known */
	int number;              /* 0: not known */
};

/* Innermost first; the last one is the function itself.  How many, at most `most` (the outermost of
 * more are left out, but for the function itself).  0: not known.  Names live as the lines do. */
size_t lines_find(struct lines *lines, uint64_t address, struct line *ret, size_t most);

#endif
