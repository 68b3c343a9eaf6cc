/* SPDX-License-Identifier: MIT */
/*
 * lines.h: file and line of addresses, from one ELF file's DWARF.
 */
#ifndef INSPECTOR_LINES_H
#define INSPECTOR_LINES_H

#include "../source/elf_file.h"

struct lines;

/* NULL: the file has no debug information.  The file must outlive it. */
struct lines *lines_create(struct elf_file *file);
void lines_destroy(struct lines *lines);

/* The file's name lives as long as the lines.  False: not known. */
bool lines_find(struct lines *lines, uint64_t address, const char **file, int *line);

#endif
