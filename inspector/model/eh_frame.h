/* SPDX-License-Identifier: MIT */
/*
 * eh_frame.h: the functions that .eh_frame describes, sorted, for modules without .eh_frame_hdr:
 * static programs, mostly.
 */
#ifndef INSPECTOR_EH_FRAME_H
#define INSPECTOR_EH_FRAME_H

#include "../source/elf_file.h"

/* As .eh_frame_hdr has them: both are relative to the address of the section. */
struct eh_frame_entry {
	int32_t start, fde;
};

struct eh_frame_table {
	struct elf_file *file;
	uint64_t address;        /* of the section, the file's own */
	struct eh_frame_entry *entries;
	size_t count;
};

/* The tables of the files that were asked for; at first all 0. */
struct eh_frames {
	struct eh_frame_table *tables;
	size_t count;
	uint64_t bytes_read;     /* of sections, so far */
};

/* When files were closed, before the next search; and at the end. */
void eh_frames_forget(struct eh_frames *frames);

/* The table of a file, made at the first search; valid until the next one.  NULL: it has none that
 * we understand. */
const struct eh_frame_table *eh_frames_find(struct eh_frames *frames, struct elf_file *file);

#endif
