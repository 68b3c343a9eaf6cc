/* SPDX-License-Identifier: MIT */
/*
 * elf_file.c: opens an ELF file, finds its loadable segments, build id and unwind table, and reads
 * it through a small cache of blocks.  Every offset and size in it is an enemy's until checked.
 */
#include "elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK_BYTES = 1 << 16,
	BLOCKS_CACHED_MOST = 4096, /* 256 MiB of one file: then the cache starts anew */
	SEGMENTS_MOST = 1 << 20,
	NOTES_MOST = 1 << 20,
};

bool elf_notes_next(const void *notes, size_t bytes, size_t alignment, size_t *at,
		    struct elf_note *ret)
{
	size_t mask = (alignment == 8 ? 8 : 4) - 1;
	Elf64_Nhdr header;
	if (*at > bytes || bytes - *at < sizeof header)
		return false;
	memcpy(&header, (const char *)notes + *at, sizeof header);
	size_t name_at = *at + sizeof header;
	size_t data_at = (name_at + (size_t)header.n_namesz + mask) & ~mask;
	size_t next = (data_at + (size_t)header.n_descsz + mask) & ~mask;
	if (data_at > bytes || header.n_descsz > bytes - data_at)
		return false;
	*ret = (struct elf_note){
		.type = header.n_type,
		.name = (const char *)notes + name_at,
		.name_bytes = header.n_namesz,
		.data = (const unsigned char *)notes + data_at,
		.bytes = header.n_descsz,
	};
	*at = next;
	return true;
}

size_t elf_notes_build_id(const void *notes, size_t bytes, size_t alignment,
			  unsigned char ret[ELF_FILE_BUILD_ID_BYTES])
{
	struct elf_note note;
	for (size_t at = 0; elf_notes_next(notes, bytes, alignment, &at, &note);) {
		if (note.type != NT_GNU_BUILD_ID || note.name_bytes != 4 ||
		    memcmp(note.name, "GNU", 4) != 0 || note.bytes == 0 ||
		    note.bytes > ELF_FILE_BUILD_ID_BYTES)
			continue;
		memcpy(ret, note.data, note.bytes);
		return note.bytes;
	}
	return 0;
}

static void read_build_id(struct elf_file *file, const GElf_Phdr *segment)
{
	if (file->build_id_bytes != 0 || segment->p_filesz > NOTES_MOST)
		return;
	void *notes = malloc(segment->p_filesz + 1);
	if (!notes)
		return;
	if (elf_file_read_at(file, segment->p_offset, notes, segment->p_filesz))
		file->build_id_bytes = elf_notes_build_id(notes, segment->p_filesz,
							  segment->p_align, file->build_id);
	free(notes);
}

static int read_segments(struct elf_file *file)
{
	size_t count;
	if (elf_getphdrnum(file->elf, &count) != 0 || count > SEGMENTS_MOST)
		return -ENOEXEC;
	file->segments = calloc(count + 1, sizeof *file->segments);
	if (!file->segments)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr *segment = &file->segments[i];
		if (!gelf_getphdr(file->elf, (int)i, segment))
			return -ENOEXEC;
		if (segment->p_type == PT_NOTE && file->header.e_type != ET_CORE)
			read_build_id(file, segment);
		if (segment->p_type == PT_GNU_EH_FRAME) {
			file->eh_frame_hdr = segment->p_vaddr;
			file->eh_frame_hdr_bytes = segment->p_filesz;
		}
	}
	file->segment_count = count;
	return 0;
}

int elf_file_open_descriptor(int descriptor, struct elf_file **ret)
{
	struct elf_file *file = calloc(1, sizeof *file);
	if (!file) {
		close(descriptor);
		return -ENOMEM;
	}
	file->descriptor = descriptor;
	elf_version(EV_CURRENT);
	struct stat status;
	int error = -ENOEXEC;
	if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
		goto out;
	file->bytes = (uint64_t)status.st_size;
	file->block_count = file->bytes / BLOCK_BYTES + 1;
	file->elf = elf_begin(descriptor, ELF_C_READ, NULL);
	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF ||
	    !gelf_getehdr(file->elf, &file->header))
		goto out;
	if (file->header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    file->header.e_ident[EI_DATA] != ELFDATA2LSB)
		goto out;
	error = read_segments(file);
out:
	if (error) {
		elf_file_close(file);
		return error;
	}
	*ret = file;
	return 0;
}

int elf_file_open(const char *path, struct elf_file **ret)
{
	/* Not blocking: a path of the target's may be a FIFO by now. */
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (descriptor < 0)
		return -errno;
	return elf_file_open_descriptor(descriptor, ret);
}

static void drop_blocks(struct elf_file *file)
{
	for (size_t i = 0; file->blocks && i < file->block_count; i++) {
		free(file->blocks[i]);
		file->blocks[i] = NULL;
	}
	file->blocks_cached = 0;
}

void elf_file_close(struct elf_file *file)
{
	if (!file)
		return;
	drop_blocks(file);
	free(file->blocks);
	free(file->segments);
	elf_end(file->elf);
	close(file->descriptor);
	free(file);
}

/* Shorter at the end of the file, or when it was cut off: zeros, which lead nowhere. */
static unsigned char *read_block(const struct elf_file *file, uint64_t offset)
{
	unsigned char *block = calloc(1, BLOCK_BYTES);
	off_t start = (off_t)(offset & -(uint64_t)BLOCK_BYTES);
	if (block && pread(file->descriptor, block, BLOCK_BYTES, start) > 0)
		return block;
	free(block);
	return NULL;
}

static const unsigned char *block_at(struct elf_file *file, uint64_t offset)
{
	uint64_t at = offset / BLOCK_BYTES;
	if (!file->blocks) {
		file->blocks = calloc(file->block_count, sizeof *file->blocks);
		if (!file->blocks)
			return NULL;
	}
	if (!file->blocks[at]) {
		if (file->blocks_cached >= BLOCKS_CACHED_MOST)
			drop_blocks(file);
		file->blocks[at] = read_block(file, offset);
		file->blocks_cached += file->blocks[at] != NULL;
	}
	return file->blocks[at];
}

static bool read_past_cache(const struct elf_file *file, uint64_t offset, char *to, size_t bytes)
{
	while (bytes > 0) {
		ssize_t got = pread(file->descriptor, to, bytes, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to += got;
		offset += (uint64_t)got;
		bytes -= (size_t)got;
	}
	return true;
}

bool elf_file_read_at(struct elf_file *file, uint64_t offset, void *buffer, size_t bytes)
{
	if (offset > file->bytes || bytes > file->bytes - offset)
		return false;
	if (bytes > BLOCK_BYTES)
		return read_past_cache(file, offset, buffer, bytes);
	for (char *to = buffer; bytes > 0;) {
		const unsigned char *block = block_at(file, offset);
		if (!block)
			return false;
		size_t within = offset % BLOCK_BYTES;
		size_t part = BLOCK_BYTES - within < bytes ? BLOCK_BYTES - within : bytes;
		memcpy(to, block + within, part);
		to += part;
		offset += part;
		bytes -= part;
	}
	return true;
}

bool elf_file_read(struct elf_file *file, uint64_t address, void *buffer, size_t bytes)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *segment = &file->segments[i];
		if (segment->p_type != PT_LOAD || address < segment->p_vaddr)
			continue;
		/* Whole pages are mapped: what follows in the file is there, too. */
		uint64_t within = address - segment->p_vaddr;
		uint64_t mapped =
			segment->p_filesz + (-(segment->p_offset + segment->p_filesz) & 4095);
		if (within >= segment->p_filesz || bytes > mapped - within)
			continue;
		return !(segment->p_flags & PF_W) &&
		       elf_file_read_at(file, segment->p_offset + within, buffer, bytes);
	}
	return false;
}
