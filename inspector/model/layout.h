/* SPDX-License-Identifier: MIT */
/*
 * layout.h: where things are in the segment, found by name in the segment's own tables and checked
 * once against its real size.  Entries are turned into the structs of abi.h, whatever the writer's
 * version: what it does not have reads as 0 and layout_knows() tells; what we do not know is passed
 * over.
 */
#ifndef INSPECTOR_LAYOUT_H
#define INSPECTOR_LAYOUT_H

#include "../../lib/trace/abi.h"
#include "segment.h"

#include <stdbool.h>

#define LAYOUT_SECTION(name, type) SECTION_##name,
enum layout_section_id { TL_ABI_SECTIONS(LAYOUT_SECTION) SECTION_COUNT };
#undef LAYOUT_SECTION

#define LAYOUT_FIELD(section, type, member, kind, count) FIELD_##section##_##member,
enum layout_field_id { TL_ABI_FIELDS(LAYOUT_FIELD) FIELD_COUNT };
#undef LAYOUT_FIELD

enum {
	LAYOUT_ENTRY_BYTES = 8192, /* of an entry, at most */
	LAYOUT_NAMES = 64,         /* values of a set */
	LAYOUT_SETS = TL_SET_CAPABILITY + 1,
	LAYOUT_NAME_BYTES = 32,
};

struct layout_section {
	uint64_t offset, entry_bytes, capacity;
	bool is_known;
	bool is_native;            /* entries are exactly as our struct: copied as they are */
};

struct layout_field {
	uint32_t offset, size, count;
	bool is_known;
};

struct layout {
	struct layout_section sections[SECTION_COUNT];
	struct layout_field fields[FIELD_COUNT];
	char names[LAYOUT_SETS][LAYOUT_NAMES][LAYOUT_NAME_BYTES]; /* "": none was given */
};

/* 0, or -errno and *problem: no segment of ours, another byte order or ABI number, tables that make
 * no sense.  `label` is for the text. */
int layout_read(struct segment *segment, const char *label, struct layout *ret,
		struct problem *problem);

static inline bool layout_knows(const struct layout *layout, enum layout_field_id field)
{
	return layout->fields[field].is_known;
}

/* Turn a raw entry of a section into its struct of abi.h. */
void layout_decode(const struct layout *layout, enum layout_section_id section, const void *raw,
		   void *native);

/* The printed name of an enum's value: the writer's, else ours, else NULL. */
const char *layout_name(const struct layout *layout, enum tl_abi_set set, unsigned value);

#endif
