/* SPDX-License-Identifier: MIT */
/*
 * eh_frame.c: walks a file's .eh_frame once, and makes the table that the linker left out.  Every
 * length in it is an enemy's until checked.  An entry in an encoding that no compiler of this
 * machine's kind writes is left out: its function then has no unwind information.
 */
#include "eh_frame.h"

#include <stdlib.h>
#include <string.h>

enum {
	SECTIONS_MOST = 1 << 27, /* bytes of all sections that were read: also bounds the time */
	FDE_LEAST = 16,          /* bytes: length, CIE, start and length of the function */
	AUGMENTATION_MOST = 8,
	LEB_MOST = 10,
};

/* How a pointer is encoded (DW_EH_PE_...): its format, and what it is relative to. */
enum { ABSPTR = 0, UDATA4 = 3, UDATA8 = 4, SDATA4 = 11, SDATA8 = 12, FORMAT = 15, PCREL = 16 };

struct section {
	unsigned char *bytes;
	size_t count;
	uint64_t address;
};

/* ---- reading ---- */

struct cursor {
	const struct section *section;
	size_t at, end;
	bool is_cut;             /* it ran into its end: what it gave is nonsense */
};

static uint64_t take(struct cursor *cursor, size_t bytes)
{
	uint64_t value = 0;
	if (cursor->is_cut || bytes > cursor->end - cursor->at) {
		cursor->is_cut = true;
		return 0;
	}
	memcpy(&value, cursor->section->bytes + cursor->at, bytes);
	cursor->at += bytes;
	return value;
}

static void skip_leb(struct cursor *cursor)
{
	for (unsigned i = 0; i < LEB_MOST; i++)
		if (!(take(cursor, 1) & 0x80))
			return;
	cursor->is_cut = true;
}

/* 0: we do not know. */
static size_t size_of_pointer(unsigned encoding)
{
	switch (encoding & FORMAT) {
	case ABSPTR:
	case UDATA8:
	case SDATA8: return 8;
	case UDATA4:
	case SDATA4: return 4;
	default: return 0;
	}
}

/* A CIE or an FDE, from its length on. */
struct entry {
	size_t cie;              /* where its CIE is, if it is an FDE */
	bool is_cie;
	struct cursor rest;      /* what follows */
};

/* False: here is the end, or nonsense. */
static bool read_entry(const struct section *section, size_t at, struct entry *ret)
{
	struct cursor cursor = { .section = section, .at = at, .end = section->count };
	size_t id_bytes = 4;
	uint64_t length = take(&cursor, 4);
	if (length == UINT32_MAX) {
		id_bytes = 8;
		length = take(&cursor, 8);
	}
	if (cursor.is_cut || length == 0 || length > cursor.end - cursor.at)
		return false;
	cursor.end = cursor.at + length;
	size_t id_at = cursor.at;
	uint64_t id = take(&cursor, id_bytes);
	if (cursor.is_cut || id > id_at)
		return false;
	*ret = (struct entry){ .cie = id_at - id, .is_cie = id == 0, .rest = cursor };
	return true;
}

/* How the addresses in a CIE's FDEs are encoded.  False: we do not know. */
static bool find_encoding(const struct section *section, size_t at, unsigned *ret)
{
	struct entry cie;
	char augmentation[AUGMENTATION_MOST];
	size_t count = 0;
	if (!read_entry(section, at, &cie) || !cie.is_cie)
		return false;
	struct cursor *cursor = &cie.rest;
	unsigned version = take(cursor, 1), personality;
	if (version != 1 && version != 3)
		return false;
	while ((augmentation[count] = (char)take(cursor, 1)) != '\0')
		if (++count == AUGMENTATION_MOST)
			return false;
	skip_leb(cursor); /* the alignment of code, and of data */
	skip_leb(cursor);
	if (version == 1)
		take(cursor, 1); /* the register of the return address */
	else
		skip_leb(cursor);
	*ret = ABSPTR;
	if (count > 0) {
		if (augmentation[0] != 'z')
			return false;
		skip_leb(cursor); /* the length of what follows */
	}
	for (size_t i = 1; i < count; i++) {
		switch (augmentation[i]) {
		case 'R': *ret = take(cursor, 1); break;
		case 'L': take(cursor, 1); break;
		case 'P':
			personality = take(cursor, 1);
			if (size_of_pointer(personality) == 0)
				return false;
			take(cursor, size_of_pointer(personality));
			break;
		case 'S': break; /* a signal's frame */
		default: return false;
		}
	}
	return !cursor->is_cut;
}

/* The address at which an FDE's function begins.  False: it has none, or we cannot tell. */
static bool find_start(const struct section *section, const struct entry *fde, uint64_t *ret)
{
	struct cursor cursor = fde->rest;
	unsigned encoding;
	if (!find_encoding(section, fde->cie, &encoding))
		return false;
	size_t bytes = size_of_pointer(encoding);
	if (bytes == 0 || (encoding & ~(unsigned)FORMAT & ~(unsigned)PCREL))
		return false;
	uint64_t field = section->address + cursor.at;
	uint64_t start = take(&cursor, bytes);
	uint64_t length = take(&cursor, bytes);
	if (cursor.is_cut || start == 0 || length == 0)
		return false;
	if ((encoding & FORMAT) == SDATA4)
		start = (uint64_t)(int64_t)(int32_t)start;
	*ret = encoding & PCREL ? field + start : start;
	return true;
}

/* ---- a table ---- */

static int by_start(const void *a, const void *b)
{
	const struct eh_frame_entry *left = a, *right = b;
	return (left->start > right->start) - (left->start < right->start);
}

static void walk(const struct section *section, struct eh_frame_table *ret)
{
	struct entry entry;
	ret->entries = calloc(section->count / FDE_LEAST + 1, sizeof *ret->entries);
	if (!ret->entries)
		return;
	for (size_t at = 0; read_entry(section, at, &entry); at = entry.rest.end) {
		uint64_t start;
		if (entry.is_cie || !find_start(section, &entry, &start))
			continue;
		int64_t offset = (int64_t)(start - section->address);
		if (offset == (int32_t)offset)
			ret->entries[ret->count++] = (struct eh_frame_entry){ offset, at };
	}
	qsort(ret->entries, ret->count, sizeof *ret->entries, by_start);
}

static bool find_section(struct elf_file *file, GElf_Shdr *ret)
{
	size_t names;
	if (elf_getshdrstrndx(file->elf, &names) != 0)
		return false;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section));) {
		const char *name;
		if (gelf_getshdr(section, ret) && ret->sh_type != SHT_NOBITS &&
		    (name = elf_strptr(file->elf, names, ret->sh_name)) &&
		    strcmp(name, ".eh_frame") == 0)
			return true;
	}
	return false;
}

static void make_table(struct eh_frames *frames, struct eh_frame_table *ret)
{
	GElf_Shdr header;
	if (!find_section(ret->file, &header) || header.sh_size > ret->file->bytes ||
	    header.sh_size > SECTIONS_MOST - frames->bytes_read)
		return;
	struct section section = { .count = header.sh_size, .address = header.sh_addr };
	section.bytes = malloc(section.count + 1);
	/* By address: the unwinder will read it so, and only if it cannot have changed. */
	if (section.bytes &&
	    elf_file_read(ret->file, section.address, section.bytes, section.count)) {
		frames->bytes_read += section.count;
		ret->address = section.address;
		walk(&section, ret);
	}
	free(section.bytes);
}

void eh_frames_forget(struct eh_frames *frames)
{
	for (size_t i = 0; i < frames->count; i++)
		free(frames->tables[i].entries);
	free(frames->tables);
	*frames = (struct eh_frames){ 0 };
}

const struct eh_frame_table *eh_frames_find(struct eh_frames *frames, struct elf_file *file)
{
	for (size_t i = 0; i < frames->count; i++)
		if (frames->tables[i].file == file)
			return frames->tables[i].count ? &frames->tables[i] : NULL;
	struct eh_frame_table *grown =
		reallocarray(frames->tables, frames->count + 1, sizeof *grown);
	if (!grown)
		return NULL;
	frames->tables = grown;
	struct eh_frame_table *table = &grown[frames->count++];
	*table = (struct eh_frame_table){ .file = file };
	make_table(frames, table);
	return table->count ? table : NULL;
}
