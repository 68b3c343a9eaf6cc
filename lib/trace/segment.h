/* SPDX-License-Identifier: MIT */
/*
 * segment.h: the process's one segment: made at the first use of the runtime, sealed, never
 * unmapped. Layout: abi.h.  Sections grow by backing more of their range with memory, never by
 * moving.
 */
#ifndef TL_TRACE_SEGMENT_H
#define TL_TRACE_SEGMENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi.h"

#ifndef TL_HIDDEN
#define TL_HIDDEN __attribute__((visibility("hidden")))
#endif

/* How large it is to be: see environment.c for where these come from. */
struct segment_options {
	uint32_t records;      /* tasklets, main ones included */
	uint32_t ring_records; /* per scheduler; a power of two */
	uint32_t trace;        /* 0 off, 1 full */
	bool virtual_clock;
};

/* Where each section lies in this process; all NULL until segment_create(). */
struct segment {
	struct tl_header *header;
	struct tl_scheduler *schedulers;
	struct tl_record *records;
	uint64_t *bases;
	uint32_t *labels;
	uint64_t *occupancy;
	struct tl_object *objects;
	struct tl_select *selects;
	struct tl_site *sites;
	struct tl_runtime *runtimes;
	struct tl_layout *layouts;
	struct tl_slab *slabs;
	char *strings;
	uint64_t *frames;
	struct tl_event_record *rings, *rare_rings;
	int fd;
};
extern TL_HIDDEN struct segment segment;

enum segment_section {
#define SEGMENT_ENUM(name, type) SECTION_##name,
	TL_ABI_SECTIONS(SEGMENT_ENUM)
	SECTION_COUNT
};

/* 0; -errno of memfd_create(2), mmap(2) ...; the caller holds the start-up lock. */
TL_HIDDEN int segment_create(const struct segment_options *options);

/* Back entries 0 .. count - 1 of a section with memory, in steps of 2 MiB.  0; -ENOSPC beyond its
 * capacity; -ENOMEM, counted in the header.  Any thread. */
TL_HIDDEN int segment_back(enum segment_section section, uint64_t count);

TL_HIDDEN uint64_t segment_capacity(enum segment_section section);

/* fork(): before it, a copy of all that is in use, in a memfd of its own; after it, the child maps
 * that one in place of its parent's.  -errno: the child has no runtime. */
TL_HIDDEN int segment_fork_copy(void);
TL_HIDDEN int segment_fork_map(int fd);
/* The child has none after all: as if there never had been one. */
TL_HIDDEN void segment_forget(void);

/* Note a text in the strings section, once; its offset, or 0 when there is no room (counted). */
TL_HIDDEN uint32_t segment_string(const char *text);

/* Store a name in a field of `bytes` bytes (abi.h: inline, or begun there and whole in the
 * strings), or read it back. */
TL_HIDDEN void segment_name_set(char *field, size_t bytes, const char *name);
TL_HIDDEN void segment_name_get(const char *field, size_t bytes, char *buffer, size_t buffer_bytes);

/* fork() must see that nobody holds it: core/fork.c. */
extern TL_HIDDEN pthread_mutex_t string_lock;

/* The largest n <= bytes that does not cut a UTF-8 sequence of `text`. */
TL_HIDDEN size_t utf8_cut(const char *text, size_t bytes);

#endif
