/* SPDX-License-Identifier: MIT */
/*
 * core_notes.c: the notes of a kernel core: one NT_PRSTATUS a thread, NT_FILE, NT_PRPSINFO,
 * NT_AUXV.
 */
#include "core_notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

enum {
	NOTES_MOST = 1 << 28,     /* bytes of all of them: headers may share them */
	THREADS_MOST = 1 << 20,
	MAPPINGS_MOST = 1 << 20,
};

/* ---- threads ---- */

#if defined(__x86_64__)
static void take_registers(const struct elf_prstatus *status, struct source_thread *ret)
{
	struct user_regs_struct r;
	_Static_assert(sizeof r == sizeof status->pr_reg, "the kernel's order of registers");
	memcpy(&r, &status->pr_reg, sizeof r);
	const uint64_t registers[17] = { r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi,
					 r.rbp, r.rsp, r.r8,  r.r9,  r.r10, r.r11,
					 r.r12, r.r13, r.r14, r.r15, r.rip };
	memcpy(ret->registers, registers, sizeof registers);
	ret->has_registers = true;
	ret->known = (1u << 17) - 1;
}
#endif

static int take_thread(const struct elf_file *core, const struct elf_note *note,
		       struct core_notes *ret)
{
	struct elf_prstatus status;
	if (note->bytes < sizeof status || ret->thread_count >= THREADS_MOST)
		return 0;
	if ((ret->thread_count & (ret->thread_count - 1)) == 0) {
		size_t room = ret->thread_count ? ret->thread_count * 2 : 1;
		struct source_thread *grown = reallocarray(ret->threads, room, sizeof *grown);
		if (!grown)
			return -ENOMEM;
		ret->threads = grown;
	}
	memcpy(&status, note->data, sizeof status);
	struct source_thread *thread = &ret->threads[ret->thread_count++];
	*thread = (struct source_thread){ .tid = status.pr_pid };
#if defined(__x86_64__)
	if (core->header.e_machine == EM_X86_64)
		take_registers(&status, thread);
#else
	(void)core;
#endif
	return 0;
}

/* ---- mapped files ---- */

/* count, page size, count times {start, end, offset in pages}, then the paths, each with a NUL. */
static int take_files(const struct elf_note *note, struct core_notes *ret)
{
	uint64_t head[2];
	if (ret->mappings || note->bytes < sizeof head)
		return 0;
	memcpy(head, note->data, sizeof head);
	uint64_t count = head[0], page_bytes = head[1];
	if (count > MAPPINGS_MOST || count > (note->bytes - sizeof head) / 24)
		return 0;
	ret->mappings = calloc(count + 1, sizeof *ret->mappings);
	if (!ret->mappings)
		return -ENOMEM;
	const char *path = (const char *)note->data + sizeof head + count * 24;
	const char *end = (const char *)note->data + note->bytes;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t triple[3];
		const char *stop = path < end ? memchr(path, '\0', (size_t)(end - path)) : NULL;
		if (!stop)
			return 0;
		memcpy(triple, note->data + sizeof head + i * 24, sizeof triple);
		ret->mappings[ret->mapping_count++] = (struct core_mapping){
			triple[0], triple[1], triple[2] * page_bytes, path,
		};
		path = stop + 1;
	}
	return 0;
}

/* ---- the program ---- */

static void take_program(const struct elf_note *note, struct core_notes *ret)
{
	struct elf_prpsinfo info;
	if (note->bytes < sizeof info)
		return;
	memcpy(&info, note->data, sizeof info);
	ret->pid = info.pr_pid > 0 ? info.pr_pid : 0;
	memcpy(ret->program, info.pr_fname, sizeof info.pr_fname);
	ret->program[sizeof info.pr_fname] = '\0';
}

static void take_auxiliary(const struct elf_note *note, struct core_notes *ret)
{
	for (size_t at = 0; at + 16 <= note->bytes; at += 16) {
		uint64_t pair[2];
		memcpy(pair, note->data + at, sizeof pair);
		if (pair[0] == AT_PHDR)
			ret->program_address = pair[1];
	}
}

static int take_notes(struct elf_file *core, const void *notes, size_t bytes, size_t alignment,
		      struct core_notes *ret)
{
	struct elf_note note;
	int error = 0;
	for (size_t at = 0; !error && elf_notes_next(notes, bytes, alignment, &at, &note);) {
		if (note.name_bytes != 5 || memcmp(note.name, "CORE", 5) != 0)
			continue;
		switch (note.type) {
		case NT_PRSTATUS:
			error = take_thread(core, &note, ret);
			break;
		case NT_FILE:
			error = take_files(&note, ret);
			break;
		case NT_PRPSINFO:
			take_program(&note, ret);
			break;
		case NT_AUXV:
			take_auxiliary(&note, ret);
			break;
		}
	}
	return error;
}

int core_notes_read(struct elf_file *core, struct core_notes *ret)
{
	*ret = (struct core_notes){ 0 };
	uint64_t left = NOTES_MOST;
	for (size_t i = 0; i < core->segment_count; i++) {
		const GElf_Phdr *segment = &core->segments[i];
		if (segment->p_type != PT_NOTE || segment->p_offset > core->bytes)
			continue;
		/* Of a truncated core what is there. */
		uint64_t bytes = segment->p_filesz;
		if (bytes > core->bytes - segment->p_offset)
			bytes = core->bytes - segment->p_offset;
		if (bytes == 0 || bytes > left)
			continue;
		left -= bytes;
		void **grown = reallocarray(ret->blocks, ret->block_count + 1, sizeof *grown);
		if (!grown)
			return -ENOMEM;
		ret->blocks = grown;
		void *block = malloc(bytes + 1);
		if (!block)
			return -ENOMEM;
		ret->blocks[ret->block_count++] = block;
		if (!elf_file_read_at(core, segment->p_offset, block, bytes))
			continue;
		int error = take_notes(core, block, bytes, segment->p_align, ret);
		if (error)
			return error;
	}
	return 0;
}

void core_notes_fini(struct core_notes *notes)
{
	for (size_t i = 0; i < notes->block_count; i++)
		free(notes->blocks[i]);
	free(notes->blocks);
	free(notes->threads);
	free(notes->mappings);
	*notes = (struct core_notes){ 0 };
}
