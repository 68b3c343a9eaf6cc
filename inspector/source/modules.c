/* SPDX-License-Identifier: MIT */
/*
 * modules.c: puts a target's mappings together to modules, and opens their files.  A file is only
 * used when it is the one that the target mapped: a library that was replaced on disk would give
 * wrong names and wrong backtraces.
 */
#include "backing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MODULES_MOST = 1 << 16 };

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

/* Is a file the one that is mapped? */
enum match { MATCH_UNKNOWN, MATCH_SAME, MATCH_DIFFERENT };

static bool read_target(struct source *source, uint64_t address, void *buffer, size_t bytes)
{
	struct source_span span = { .address = address, .buffer = buffer, .bytes = bytes };
	source_memory_read(source, &span, 1);
	return span.result == 0;
}

/* By the build id in the target's memory. */
static enum match match_build_id(struct source *source, const struct source_module *module,
				 const struct elf_file *file)
{
	unsigned char notes[4096], id[ELF_FILE_BUILD_ID_BYTES];
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *segment = &file->segments[i];
		if (segment->p_type != PT_NOTE || segment->p_filesz > sizeof notes ||
		    !read_target(source, segment->p_vaddr + module->bias, notes, segment->p_filesz))
			continue;
		size_t bytes = elf_notes_build_id(notes, segment->p_filesz, segment->p_align, id);
		if (bytes == file->build_id_bytes && memcmp(id, file->build_id, bytes) == 0)
			return MATCH_SAME;
		if (bytes)
			return MATCH_DIFFERENT;
	}
	return MATCH_UNKNOWN;
}

/* By its headers, which at least say how long it is and where everything lies. */
static enum match match_headers(struct source *source, const struct source_module *module,
				struct elf_file *file)
{
	unsigned char there[4096], here[4096];
	size_t count = sizeof(Elf64_Ehdr) + file->segment_count * sizeof(Elf64_Phdr);
	if (module->offset != 0 || file->header.e_phoff != sizeof(Elf64_Ehdr) ||
	    count > sizeof here || !elf_file_read_at(file, 0, here, count) ||
	    !read_target(source, module->low, there, count))
		return MATCH_UNKNOWN;
	return memcmp(here, there, count) == 0 ? MATCH_SAME : MATCH_DIFFERENT;
}

static bool is_the_mapped_file(struct source *source, const struct source_module *module,
			       struct elf_file *file)
{
	struct stat status;
	if (module->inode != 0 && fstat(file->descriptor, &status) == 0 &&
	    module->inode == status.st_ino)
		return true;
	enum match match = file->build_id_bytes ? match_build_id(source, module, file) :
						  MATCH_UNKNOWN;
	if (match == MATCH_UNKNOWN) /* another program may have its build id elsewhere */
		match = match_headers(source, module, file);
	return match == MATCH_SAME || (match == MATCH_UNKNOWN && module->was_given);
}

void module_open(struct source *source, struct source_module *module)
{
	module->was_opened = true;
	struct elf_file *file;
	if (!module->open_path || elf_file_open(module->open_path, &file) != 0)
		return;
	uint64_t address;
	if (!address_of_offset(file, module->offset, &address)) {
		elf_file_close(file);
		return;
	}
	module->bias = module->low - address;
	if (is_the_mapped_file(source, module, file))
		module->file = file;
	else
		elf_file_close(file);
}
