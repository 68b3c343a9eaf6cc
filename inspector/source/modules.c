/* SPDX-License-Identifier: MIT */
/*
 * modules.c: puts a target's mappings together to modules, and opens their files.  A file is only used when
 * it is the one that the target mapped: a library that was replaced on disk would give wrong names and
 * wrong backtraces.
 */
#include "backing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MODULES_MOST = 1 << 16, HEADERS_MOST = 1 << 16 };

static void drop_last_unless_code(struct module_list *list)
{
	if (list->count > 0 && !list->last_is_code) {
		struct source_module *last = &list->modules[--list->count];
		free(last->path);
	}
}

int module_list_add(struct module_list *list, const char *path, uint64_t low, uint64_t high,
		    uint64_t offset, uint64_t inode, bool is_code)
{
	struct source_module *last = list->count ? &list->modules[list->count - 1] : NULL;
	if (last && last->inode == inode && strcmp(last->path, path) == 0 && offset > 0) {
		last->high = high;
		list->last_is_code |= is_code;
		return 0;
	}
	drop_last_unless_code(list);
	if (list->count >= MODULES_MOST)
		return 0;
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 32;
		struct source_module *grown = reallocarray(list->modules, room, sizeof *grown);
		if (!grown)
			return -ENOMEM;
		list->modules = grown;
		list->room = room;
	}
	char *copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	list->modules[list->count++] = (struct source_module){
		.path = copy, .low = low, .high = high, .offset = offset, .inode = inode,
	};
	list->last_is_code = is_code;
	return 0;
}

void module_list_finish(struct module_list *list)
{
	drop_last_unless_code(list);
}

void modules_free(struct source_module *modules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		elf_file_close(modules[i].file);
		free(modules[i].path);
		free(modules[i].open_path);
	}
	free(modules);
}

/* The address, in the file's own terms, of what the file has at `offset`. */
static bool address_of_offset(const struct elf_file *file, uint64_t offset, uint64_t *ret)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *segment = &file->segments[i];
		uint64_t slack = segment->p_offset & 4095;
		uint64_t from = segment->p_offset - slack;
		if (segment->p_type != PT_LOAD || offset < from ||
		    offset - from >= segment->p_filesz + slack)
			continue;
		*ret = segment->p_vaddr - slack + (offset - from);
		return true;
	}
	return false;
}

static bool target_has(struct source *source, uint64_t address, const void *bytes, size_t count)
{
	void *there = malloc(count);
	if (!there)
		return false;
	struct source_span span = { .address = address, .buffer = there, .bytes = count };
	source_memory_read(source, &span, 1);
	bool is_same = span.result == 0 && memcmp(there, bytes, count) == 0;
	free(there);
	return is_same;
}

/* Does the target's memory hold this file's build id, or, when it has none, its headers? */
static bool is_in_memory(struct source *source, const struct source_module *module,
			 struct elf_file *file)
{
	unsigned char headers[HEADERS_MOST];
	for (size_t i = 0; i < file->segment_count && file->build_id_bytes; i++) {
		const GElf_Phdr *segment = &file->segments[i];
		if (segment->p_type != PT_NOTE || segment->p_filesz > sizeof headers)
			continue;
		struct source_span span = { .address = segment->p_vaddr + module->bias,
					    .buffer = headers, .bytes = segment->p_filesz };
		source_memory_read(source, &span, 1);
		unsigned char id[ELF_FILE_BUILD_ID_BYTES];
		size_t bytes = span.result ? 0 : elf_notes_build_id(headers, segment->p_filesz,
								   segment->p_align, id);
		if (bytes)
			return bytes == file->build_id_bytes &&
			       memcmp(id, file->build_id, bytes) == 0;
	}
	if (file->build_id_bytes || module->offset != 0)
		return false;
	size_t count = sizeof(Elf64_Ehdr) + file->segment_count * sizeof(Elf64_Phdr);
	return file->header.e_phoff == sizeof(Elf64_Ehdr) && count <= sizeof headers &&
	       elf_file_read_at(file, 0, headers, count) &&
	       target_has(source, module->low, headers, count);
}

void module_open(struct source *source, struct source_module *module)
{
	module->was_opened = true;
	struct elf_file *file;
	if (!module->open_path || elf_file_open(module->open_path, &file) != 0)
		return;
	uint64_t address;
	struct stat status;
	if (!address_of_offset(file, module->offset, &address) ||
	    fstat(file->descriptor, &status) != 0) {
		elf_file_close(file);
		return;
	}
	module->bias = module->low - address;
	bool is_it = (module->inode != 0 && module->inode == status.st_ino) ||
		     is_in_memory(source, module, file);
	if (!is_it) {
		elf_file_close(file);
		return;
	}
	module->file = file;
}
