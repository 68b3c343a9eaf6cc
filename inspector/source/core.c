/* SPDX-License-Identifier: MIT */
/*
 * core.c: a kernel core as a source.
 *
 * The segment is the mapping of its memfd, found among the mapped files that the core lists, else
 * by its magic; it may lie in many pieces, some of which were not dumped.  Memory that the core
 * leaves out because it is in a file (program text) comes from that file, if it is the same file.
 */
#define _GNU_SOURCE
#include "backing.h"
#include "core_notes.h"

#include "../../lib/trace/abi.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENT_PATH "/memfd:" TL_ABI_MEMFD " (deleted)"

struct load {
	uint64_t address, bytes; /* so many are in the core */
	uint64_t offset;
	bool is_code;
	uint64_t memory_bytes;
};

struct core {
	struct source source;
	struct elf_file *file;
	struct core_notes notes;
	struct load *loads;      /* by address, no two of them overlap */
	size_t load_count;
	uint64_t segment_address;
	uint64_t bytes_wanted;   /* that the core should have, by its headers */
	char *executable;        /* as the user gave it, or NULL */
};

static struct core *core_of(struct source *source)
{
	return (struct core *)source;
}

static void core_close(struct source *source)
{
	struct core *core = core_of(source);
	core_notes_fini(&core->notes);
	elf_file_close(core->file);
	free(core->loads);
	free(core->executable);
	free(core);
}

static enum source_state core_state(struct source *source)
{
	(void)source;
	return SOURCE_STOPPED;
}

/* ---- memory ---- */

static int by_address(const void *a, const void *b)
{
	uint64_t left = ((const struct load *)a)->address;
	uint64_t right = ((const struct load *)b)->address;
	return (left > right) - (left < right);
}

static int read_loads(struct core *core)
{
	const struct elf_file *file = core->file;
	core->loads = calloc(file->segment_count + 1, sizeof *core->loads);
	if (!core->loads)
		return -ENOMEM;
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *segment = &file->segments[i];
		if (segment->p_type != PT_LOAD || segment->p_memsz == 0 ||
		    segment->p_vaddr > UINT64_MAX - segment->p_memsz)
			continue;
		uint64_t bytes = segment->p_filesz < segment->p_memsz ? segment->p_filesz :
									segment->p_memsz;
		uint64_t there =
			segment->p_offset < file->bytes ? file->bytes - segment->p_offset : 0;
		if (bytes && segment->p_offset < UINT64_MAX - bytes &&
		    segment->p_offset + bytes > core->bytes_wanted)
			core->bytes_wanted = segment->p_offset + bytes;
		core->loads[core->load_count++] = (struct load){
			.address = segment->p_vaddr,
			.bytes = bytes < there ? bytes : there,
			.offset = segment->p_offset,
			.is_code = segment->p_flags & PF_X,
			.memory_bytes = segment->p_memsz,
		};
	}
	if (core->load_count)
		qsort(core->loads, core->load_count, sizeof *core->loads, by_address);
	return 0;
}

/* The last load that begins at or before the address; NULL: none. */
static const struct load *load_at(const struct core *core, uint64_t address)
{
	size_t low = 0, high = core->load_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (core->loads[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &core->loads[low - 1] : NULL;
}

/* 0, or -EIO: not all of it is in the core. */
static int read_memory(const struct core *core, uint64_t address, void *buffer, size_t bytes)
{
	for (char *to = buffer; bytes > 0;) {
		const struct load *load = load_at(core, address);
		uint64_t within = load ? address - load->address : 0;
		if (!load || within >= load->bytes)
			return -EIO;
		size_t part = load->bytes - within < bytes ? (size_t)(load->bytes - within) : bytes;
		ssize_t got =
			pread(core->file->descriptor, to, part, (off_t)(load->offset + within));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -EIO;
		to += got;
		address += (uint64_t)got;
		bytes -= (size_t)got;
	}
	return 0;
}

static int core_segment_read(struct source *source, uint64_t offset, void *buffer, size_t bytes)
{
	struct core *core = core_of(source);
	return read_memory(core, core->segment_address + offset, buffer, bytes);
}

static void core_memory_read(struct source *source, struct source_span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct source_span *span = &spans[i];
		span->result =
			read_memory(core_of(source), span->address, span->buffer, span->bytes);
		if (span->result == 0)
			continue;
		const struct source_module *module = source_module_at(source, span->address);
		if (module && module->file &&
		    elf_file_read(module->file, span->address - module->bias, span->buffer,
				  span->bytes))
			span->result = 0;
	}
}

/* ---- modules and threads ---- */

static bool is_program(const struct core *core, const struct source_module *module)
{
	uint64_t address = core->notes.program_address;
	if (address)
		return address >= module->low && address < module->high;
	const char *slash = strrchr(module->path, '/');
	size_t length = strlen(core->notes.program);
	return length && slash && strncmp(slash + 1, core->notes.program, length) == 0;
}

/* The kernel lists everything that was mapped; gdb leaves out what it does not dump: maybe code. */
static bool may_be_code(const struct core *core, const struct core_mapping *mapping)
{
	const struct load *load = load_at(core, mapping->low);
	return !load || mapping->low - load->address >= load->memory_bytes || load->is_code;
}

static int core_read_modules(struct source *source, struct source_module **ret, size_t *count)
{
	struct core *core = core_of(source);
	struct module_list list = { 0 };
	int error = 0;
	uint64_t last = 0;
	for (size_t i = 0; i < core->notes.mapping_count && !error; i++) {
		const struct core_mapping *mapping = &core->notes.mappings[i];
		/* The kernel lists them by address; whoever does not is passed over. */
		if (mapping->path[0] != '/' || strncmp(mapping->path, "/memfd:", 7) == 0 ||
		    mapping->low < last || mapping->high <= mapping->low)
			continue;
		last = mapping->high;
		error = module_list_add(&list, mapping->path, mapping->low, mapping->high,
					mapping->offset, 0, may_be_code(core, mapping));
	}
	module_list_finish(&list);
	for (size_t i = 0; i < list.count && !error; i++) {
		struct source_module *module = &list.modules[i];
		module->was_given = core->executable && is_program(core, module);
		module->open_path = strdup(module->was_given ? core->executable : module->path);
		error = module->open_path ? 0 : -ENOMEM;
	}
	if (error) {
		modules_free(list.modules, list.count);
		return error;
	}
	*ret = list.modules;
	*count = list.count;
	return 0;
}

static int core_read_threads(struct source *source, struct source_thread **ret, size_t *count)
{
	const struct core_notes *notes = &core_of(source)->notes;
	*ret = malloc((notes->thread_count + 1) * sizeof **ret);
	if (!*ret)
		return -ENOMEM;
	if (notes->thread_count)
		memcpy(*ret, notes->threads, notes->thread_count * sizeof **ret);
	*count = notes->thread_count;
	return 0;
}

static bool core_read_thread(struct source *source, pid_t tid, struct source_thread *ret)
{
	const struct core_notes *notes = &core_of(source)->notes;
	for (size_t i = 0; i < notes->thread_count; i++)
		if (notes->threads[i].tid == tid) {
			*ret = notes->threads[i];
			return true;
		}
	return false;
}

static const struct source_ops core_ops = {
	.close = core_close,
	.state = core_state,
	.segment_read = core_segment_read,
	.memory_read = core_memory_read,
	.read_modules = core_read_modules,
	.read_threads = core_read_threads,
	.read_thread = core_read_thread,
};

/* ---- the segment ---- */

static bool has_magic(const struct core *core, uint64_t address)
{
	char magic[sizeof TL_ABI_MAGIC];
	return read_memory(core, address, magic, sizeof magic) == 0 &&
	       memcmp(magic, TL_ABI_MAGIC, sizeof magic) == 0;
}

/* The mapping of the memfd and those that continue it.  False: it is not listed. */
static bool find_listed_segment(struct core *core, bool *is_readable)
{
	const struct core_notes *notes = &core->notes;
	bool is_listed = false;
	for (size_t i = 0; i < notes->mapping_count; i++) {
		const struct core_mapping *mapping = &notes->mappings[i];
		if (strcmp(mapping->path, SEGMENT_PATH) != 0 || mapping->offset != 0 ||
		    mapping->high <= mapping->low)
			continue;
		is_listed = true;
		*is_readable = has_magic(core, mapping->low);
		core->segment_address = mapping->low;
		core->source.segment_bytes = mapping->high - mapping->low;
		for (size_t k = i + 1; k < notes->mapping_count; k++) {
			const struct core_mapping *next = &notes->mappings[k];
			if (strcmp(next->path, SEGMENT_PATH) != 0 ||
			    next->low != core->segment_address + core->source.segment_bytes ||
			    next->offset != core->source.segment_bytes || next->high <= next->low)
				break;
			core->source.segment_bytes += next->high - next->low;
		}
		if (*is_readable)
			return true;
	}
	return is_listed;
}

static bool find_segment_by_magic(struct core *core)
{
	for (size_t i = 0; i < core->load_count; i++) {
		if (!has_magic(core, core->loads[i].address))
			continue;
		core->segment_address = core->loads[i].address;
		uint64_t end = core->segment_address + core->loads[i].memory_bytes;
		for (size_t k = i + 1; k < core->load_count && core->loads[k].address == end; k++)
			end += core->loads[k].memory_bytes;
		core->source.segment_bytes = end - core->segment_address;
		return true;
	}
	return false;
}

static int find_segment(struct core *core, const char *path, struct problem *problem)
{
	bool is_readable = false;
	bool is_listed = find_listed_segment(core, &is_readable);
	if (is_readable || find_segment_by_magic(core))
		return 0;
	if (core->file->bytes < core->bytes_wanted)
		return problem_set(problem, EIO,
				   "%s: the core is truncated (%" PRIu64 " of %" PRIu64
				   " bytes), its tasklet segment is not in it",
				   path, core->file->bytes, core->bytes_wanted);
	if (is_listed)
		return problem_set(problem, EIO,
				   "%s: the core was written without shared memory: set bit 1 of "
				   "/proc/PID/coredump_filter",
				   path);
	return problem_set(
		problem, ENOENT,
		"%s: no tasklet segment in this core (was the program linked with -ltasklet?)",
		path);
}

/* ---- opening ---- */

static int open_file(struct core *core, const char *path, struct problem *problem)
{
	int error = elf_file_open(path, &core->file);
	if (error == -ENOEXEC)
		return problem_set(problem, ENOEXEC,
				   "%s: no core of a 64-bit program (nor a process id)", path);
	if (error)
		return problem_set(problem, -error, "%s: cannot open it: %s", path,
				   strerror(-error));
	if (core->file->header.e_type != ET_CORE)
		return problem_set(problem, ENOEXEC, "%s: a program or library, no core", path);
	error = core_notes_read(core->file, &core->notes);
	if (!error)
		error = read_loads(core);
	return error ? problem_set(problem, -error, "%s: %s", path, strerror(-error)) : 0;
}

/* The program that the user named must be the one that dumped, if that can be told. */
static int check_executable(struct core *core, const char *path, struct problem *problem)
{
	if (!core->executable)
		return 0;
	if (access(core->executable, R_OK) != 0)
		return problem_set(problem, errno, "%s: cannot open it: %s", core->executable,
				   strerror(errno));
	const struct source_module *modules;
	size_t count = source_modules(&core->source, &modules);
	for (size_t i = 0; i < count; i++) {
		if (!modules[i].was_given)
			continue;
		if (source_module_at(&core->source, modules[i].low)->file)
			return 0;
		return problem_set(problem, EINVAL, "%s: not the program that wrote %s",
				   core->executable, path);
	}
	return 0;
}

static void set_names(struct core *core)
{
	struct source *source = &core->source;
	const struct source_module *modules;
	size_t count = source_modules(source, &modules);
	source_set_program(source, core->notes.program[0] ? core->notes.program : "?");
	for (size_t i = 0; i < count; i++)
		if (is_program(core, &modules[i])) {
			source_set_program(source, modules[i].path);
			break;
		}
	source->pid = core->notes.pid;
	if (source->pid)
		snprintf(source->label, sizeof source->label, "core of %s %d", source->program,
			 (int)source->pid);
	else
		snprintf(source->label, sizeof source->label, "core of %s", source->program);
}

int source_open_core(const char *path, const char *executable, struct source **ret,
		     struct problem *problem)
{
	struct core *core = calloc(1, sizeof *core);
	if (!core)
		return problem_set(problem, ENOMEM, "out of memory");
	core->source.ops = &core_ops;
	core->source.kind = SOURCE_CORE;
	if (executable)
		core->executable = strdup(executable);
	int error = open_file(core, path, problem);
	if (!error)
		error = find_segment(core, path, problem);
	if (!error)
		error = check_executable(core, path, problem);
	if (error) {
		source_close(&core->source);
		return error;
	}
	set_names(core);
	*ret = &core->source;
	return 0;
}
