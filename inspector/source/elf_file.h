/* SPDX-License-Identifier: MIT */
/*
 * elf_file.h: an ELF file, read with pread and never mapped: its owner may be an enemy, and could
 * cut it off while we look.  Addresses here are the file's own, without the bias of where it was
 * loaded.
 */
#ifndef INSPECTOR_ELF_FILE_H
#define INSPECTOR_ELF_FILE_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ELF_FILE_BUILD_ID_BYTES = 64 };

struct elf_file {
	int descriptor;
	Elf *elf;
	uint64_t bytes;            /* of the file */
	GElf_Ehdr header;
	GElf_Phdr *segments;
	size_t segment_count;
	unsigned char build_id[ELF_FILE_BUILD_ID_BYTES];
	size_t build_id_bytes;     /* 0: it has none */
	uint64_t eh_frame_hdr;     /* address; 0: none */
	uint64_t eh_frame_hdr_bytes;
	unsigned char **blocks;    /* cache of what was read, by position in the file */
	size_t block_count, blocks_cached;
};

/* 0 or -errno; -ENOEXEC: not an ELF file of this machine's kind (64 bits, little endian). */
int elf_file_open(const char *path, struct elf_file **ret);
/* Takes over the descriptor, also when it fails. */
int elf_file_open_descriptor(int descriptor, struct elf_file **ret);
void elf_file_close(struct elf_file *file); /* NULL is fine */

/* Bytes that the file has at an address of one of its loadable segments.  Only what cannot have
 * changed since it was loaded: writable segments are refused.  False: not all there. */
bool elf_file_read(struct elf_file *file, uint64_t address, void *buffer, size_t bytes);
/* The same by position in the file, through the cache. */
bool elf_file_read_at(struct elf_file *file, uint64_t offset, void *buffer, size_t bytes);

/* The next of a run of notes, from *at on, which goes up.  False: no more, or the rest makes no
 * sense. */
struct elf_note {
	uint32_t type;
	const char *name;          /* name_bytes of it, the NUL included */
	size_t name_bytes;
	const unsigned char *data;
	size_t bytes;
};
bool elf_notes_next(const void *notes, size_t bytes, size_t alignment, size_t *at,
		    struct elf_note *ret);

/* Find the build id in a run of notes.  Returns its length, 0 when there is none. */
size_t elf_notes_build_id(const void *notes, size_t bytes, size_t alignment,
			  unsigned char ret[ELF_FILE_BUILD_ID_BYTES]);

#endif
