/* SPDX-License-Identifier: MIT */
/*
 * lines.c: libdw, for one file.  Which compilation unit an address belongs to is looked up in a
 * table of our own, made at the first question: .debug_aranges, which libdw would use, is not
 * written by every compiler.
 */
#include "lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <limits.h>
#include <stdlib.h>

enum { UNITS_MOST = 1 << 20, RANGES_MOST = 1 << 22 };

struct unit_range {
	uint64_t low, high;
	Dwarf_Off unit;          /* offset of its entry */
};

struct lines {
	Dwarf *dwarf;
	struct unit_range *ranges;
	size_t count, room;
	bool is_ready;
};

struct lines *lines_create(struct elf_file *file)
{
	Dwarf *dwarf = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
	if (!dwarf)
		return NULL;
	struct lines *lines = calloc(1, sizeof *lines);
	if (lines)
		lines->dwarf = dwarf;
	else
		dwarf_end(dwarf);
	return lines;
}

void lines_destroy(struct lines *lines)
{
	if (!lines)
		return;
	free(lines->ranges);
	dwarf_end(lines->dwarf);
	free(lines);
}

static bool add_range(struct lines *lines, uint64_t low, uint64_t high, Dwarf_Off unit)
{
	if (lines->count == lines->room) {
		size_t room = lines->room ? lines->room * 2 : 256;
		struct unit_range *grown = reallocarray(lines->ranges, room, sizeof *grown);
		if (!grown || room > RANGES_MOST) {
			lines->ranges = grown ? grown : lines->ranges;
			return false;
		}
		lines->ranges = grown;
		lines->room = room;
	}
	lines->ranges[lines->count++] = (struct unit_range){ low, high, unit };
	return true;
}

static int by_low(const void *a, const void *b)
{
	uint64_t left = ((const struct unit_range *)a)->low;
	uint64_t right = ((const struct unit_range *)b)->low;
	return (left > right) - (left < right);
}

static void find_ranges(struct lines *lines)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die entry;
	lines->is_ready = true;
	for (int i = 0; i < UNITS_MOST; i++) {
		if (dwarf_get_units(lines->dwarf, unit, &unit, NULL, NULL, &entry, NULL) != 0)
			break;
		Dwarf_Addr base, low, high;
		ptrdiff_t at = 0;
		while ((at = dwarf_ranges(&entry, at, &base, &low, &high)) > 0)
			if (low < high && !add_range(lines, low, high, dwarf_dieoffset(&entry)))
				break;
	}
	if (lines->count)
		qsort(lines->ranges, lines->count, sizeof *lines->ranges, by_low);
}

static const struct unit_range *find_unit(const struct lines *lines, uint64_t address)
{
	size_t low = 0, high = lines->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (lines->ranges[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || address >= lines->ranges[low - 1].high)
		return NULL;
	return &lines->ranges[low - 1];
}

static bool number_of(Dwarf_Die *entry, unsigned name, Dwarf_Word *ret)
{
	Dwarf_Attribute attribute;
	return dwarf_attr_integrate(entry, name, &attribute) &&
	       dwarf_formudata(&attribute, ret) == 0;
}

static const char *text_of(Dwarf_Die *entry, unsigned name)
{
	Dwarf_Attribute attribute;
	return dwarf_attr_integrate(entry, name, &attribute) ? dwarf_formstring(&attribute) : NULL;
}

/* Where an inlined function was called. */
static struct line call_of(Dwarf_Die *unit, Dwarf_Die *inlined)
{
	struct line line = { 0 };
	Dwarf_Files *files;
	Dwarf_Word file, number;
	size_t count;
	if (number_of(inlined, DW_AT_call_file, &file) &&
	    dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count)
		line.file = dwarf_filesrc(files, file, NULL, NULL);
	if (number_of(inlined, DW_AT_call_line, &number) && number <= INT_MAX)
		line.number = (int)number;
	return line;
}

static const char *name_of(Dwarf_Die *inlined)
{
	const char *name = text_of(inlined, DW_AT_linkage_name);
	if (!name)
		name = dwarf_diename(inlined);
	return name ? name : "?";
}

size_t lines_find(struct lines *lines, uint64_t address, struct line *ret, size_t most)
{
	Dwarf_Die unit, *scopes = NULL;
	if (!lines->is_ready)
		find_ranges(lines);
	const struct unit_range *range = find_unit(lines, address);
	if (!range || !dwarf_offdie(lines->dwarf, range->unit, &unit))
		return 0;
	struct line line = { 0 };
	Dwarf_Line *found = dwarf_getsrc_die(&unit, address);
	if (found && dwarf_lineno(found, &line.number) == 0)
		line.file = dwarf_linesrc(found, NULL, NULL);
	/* From the innermost scope outwards: each inlined function is at a line, and was called at
	 * one. */
	int scope_count = dwarf_getscopes(&unit, address, &scopes);
	size_t count = 0;
	for (int i = 0; i < scope_count; i++) {
		int tag = dwarf_tag(&scopes[i]);
		if (tag == DW_TAG_subprogram)
			break;
		if (tag != DW_TAG_inlined_subroutine)
			continue;
		if (count + 1 < most) {
			ret[count] = line;
			ret[count++].function = name_of(&scopes[i]);
		}
		line = call_of(&unit, &scopes[i]);
	}
	free(scopes);
	if (count == 0 && !line.file)
		return 0;
	ret[count++] = line;
	return count;
}
