/* SPDX-License-Identifier: MIT */
/*
 * backing.h: what each kind of source provides, and what all of them share.  For this folder only.
 */
#ifndef INSPECTOR_BACKING_H
#define INSPECTOR_BACKING_H

#include "elf_file.h"
#include "source.h"

enum { SOURCE_WITNESS_BYTES = 64 };

struct source_ops {
	void (*close)(struct source *source);
	enum source_state (*state)(struct source *source);
	int (*segment_read)(struct source *source, uint64_t offset, void *buffer, size_t bytes);
	uint64_t (*segment_holes)(struct source *source, uint64_t offset, uint64_t bytes,
				  uint64_t most); /* only of a segment that is mapped */
	void (*memory_read)(struct source *source, struct source_span *spans, size_t count);
	/* Fill a fresh list, ordered by address; 0 or -errno. */
	int (*read_modules)(struct source *source, struct source_module **ret, size_t *count);
	int (*read_threads)(struct source *source, struct source_thread **ret, size_t *count);
	bool (*read_thread)(struct source *source, pid_t tid, struct source_thread *ret);
};

/* The first member of each kind's own struct. */
struct source {
	const struct source_ops *ops;
	enum source_kind kind;
	pid_t pid;
	bool is_patient;             /* somebody asked for this one: worth a moment's wait */
	char program[64];
	char label[96];
	uint64_t segment_bytes;
	const void *segment_map;     /* NULL: not mapped */

	struct source_module *modules;
	size_t module_count;
	size_t module_last;          /* the one that was found last */
	bool modules_read, module_missed;
	unsigned modules_generation;
	uint64_t modules_read_ns;

	struct source_thread *threads;
	size_t thread_count;

	uint64_t witness_address;
	unsigned char witness[SOURCE_WITNESS_BYTES];
	size_t witness_bytes;        /* 0: none */
	char memory_problem[256];    /* "" : none so far */
};

/* ---- a list of modules in the making (modules.c) ---- */

struct module_list {
	struct source_module *modules;
	size_t count, room;
	bool last_is_code;           /* of the module that is being put together */
};

/* Add one mapping; those of one file that follow each other become one module.  0 or -ENOMEM. */
int module_list_add(struct module_list *list, const char *path, uint64_t low, uint64_t high,
		    uint64_t offset, uint64_t inode, bool is_code);
/* Drops what holds no code. */
void module_list_finish(struct module_list *list);
void modules_free(struct source_module *modules, size_t count);

/* Open module->open_path, and keep the file if it is the one that is mapped. */
void module_open(struct source *source, struct source_module *module);

/* A program's name from a path, safe for a terminal. */
void source_set_program(struct source *source, const char *path);

#endif
