/* SPDX-License-Identifier: MIT */
/*
 * symbols.h: the functions of one ELF file, by address.
 */
#ifndef INSPECTOR_SYMBOLS_H
#define INSPECTOR_SYMBOLS_H

#include "../source/elf_file.h"

struct symbols;

/* The functions of a file: of its .symtab, else of its .dynsym.  The file must outlive them.  NULL:
 * out of memory; a file without any gives an empty table. */
struct symbols *symbols_create(struct elf_file *file);
void symbols_destroy(struct symbols *symbols);
size_t symbols_count(const struct symbols *symbols);

/* The function at an address (the file's own).  Its name as the linker has it, not made safe; NULL:
 * none. */
const char *symbols_find(const struct symbols *symbols, uint64_t address, uint64_t *offset);

#endif
