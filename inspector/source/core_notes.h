/* SPDX-License-Identifier: MIT */
/*
 * core_notes.h: what a core's notes tell: threads, mapped files, the program.
 */
#ifndef INSPECTOR_CORE_NOTES_H
#define INSPECTOR_CORE_NOTES_H

#include "elf_file.h"
#include "source.h"

struct core_mapping {
	uint64_t low, high, offset; /* of the file */
	const char *path;           /* in the notes' own memory */
};

struct core_notes {
	void **blocks;              /* the notes as read */
	size_t block_count;
	struct source_thread *threads;
	size_t thread_count;
	struct core_mapping *mappings;
	size_t mapping_count;
	pid_t pid;                  /* 0: unknown */
	char program[32];           /* cut off by the kernel after 15 bytes; "": unknown */
	uint64_t program_address;   /* an address within the program's file; 0: unknown */
};

/* What makes no sense is left out.  0 or -ENOMEM. */
int core_notes_read(struct elf_file *core, struct core_notes *ret);
void core_notes_fini(struct core_notes *notes);

#endif
