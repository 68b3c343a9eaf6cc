/* SPDX-License-Identifier: MIT */
/*
 * segment_writer.h: makes segments without a runtime, for tests of the tools: any state, any
 * damage.
 *
 * The segment is a memfd of this process, mapped here, so that source_open_process(getpid(), ...)
 * finds it; a test that needs another process forks one that makes it and waits.  The clock is the
 * virtual one at SEGMENT_NOW unless the test sets the header otherwise, so that every age is known.
 * One segment at a time: the tools take the first that they find.
 */
#ifndef TESTS_SEGMENT_WRITER_H
#define TESTS_SEGMENT_WRITER_H

#include "../../lib/trace/abi.h"

#include <stdbool.h>
#include <stddef.h>

#define SEGMENT_NOW UINT64_C(1000000000000) /* ns: what the virtual clock shows */

enum segment_flag {
	SEGMENT_UNSEALED = 1, /* no seals at all */
	SEGMENT_SWAPPED = 2,  /* the prologue says that it is of the other byte order */
	SEGMENT_WIDE = 4,     /* records and objects are 64 bytes longer, their fields moved up by
			       * 64: `records` and `objects` are NULL, use segment_record() */
};

/* Capacities; 0 takes a small default. */
struct segment_shape {
	uint32_t schedulers, records, objects, selects, sites, slabs;
	uint32_t ring_records, rare_records; /* per scheduler */
	uint32_t strings;                    /* bytes */
	unsigned flags;
};

/* All members may be read and written by a test: it is its segment. */
struct segment_writer {
	int descriptor;
	unsigned char *base;
	size_t bytes;
	unsigned flags;
	uint64_t next_serial, next_ticket;
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
	struct tl_event_record *rings, *rare_rings;
	struct tl_abi_section *section_table;
	struct tl_abi_field *field_table;
	struct tl_abi_name *name_table;
};

/* Scheduler 0 is in use from the start.  0 or -errno. */
int segment_writer_init(struct segment_writer *writer, const struct segment_shape *shape);
void segment_writer_fini(struct segment_writer *writer);

/* A tasklet in the next free slot.  What is not given is 0; ages are ns before SEGMENT_NOW. */
struct segment_task {
	const char *name, *group;
	unsigned state, wait;       /* TL_STATE_*, TL_WAIT_* */
	unsigned wait_flags;        /* TL_WAIT_FLAG_* */
	uint32_t target;            /* slot of the object or tasklet that it waits for */
	uint32_t scheduler;
	uint32_t site;              /* index */
	uint32_t parent, waker;     /* serials, low */
	uint64_t age_ns, life_ns;   /* since its state changed; since it was spawned (0: 10 s) */
	uint64_t run_ns, ready_ns;
	uint64_t switches;
	uint64_t ticket;            /* 0: the next one */
	unsigned flags;             /* TL_RECORD_* */
	int level;
};
uint32_t segment_task(struct segment_writer *writer, const struct segment_task *task);

/* The serial of a tasklet, the serial (low) of an object: what events and users name. */
uint64_t segment_task_serial(const struct segment_writer *writer, uint32_t slot);

/* A channel, mutex ... in the next free slot. */
struct segment_object {
	const char *name;
	unsigned kind;              /* TL_OBJECT_*; 0: a channel */
	unsigned flags;             /* TL_OBJECT_FLAG_* */
	uint32_t capacity, length, element_bytes;
	uint64_t count;
	uint32_t holder;            /* slot of a tasklet; 0: free */
	int32_t balance;
	int preference;
	uint32_t senders[TL_ABI_USERS + 1]; /* slots of tasklets, last first */
	uint32_t receivers[TL_ABI_USERS + 1];
	uint64_t age_ns;
};
uint32_t segment_object(struct segment_writer *writer, const struct segment_object *object);

/* A spawn site: its index. */
uint32_t segment_site(struct segment_writer *writer, uint64_t address, uint64_t spawned,
		      uint64_t ended);
uint32_t segment_string(struct segment_writer *writer, const char *text);
void segment_name(struct segment_writer *writer, char *field, size_t bytes, const char *name);

/* An event at the head of a scheduler's ring, `ago_ns` before SEGMENT_NOW. */
void segment_event(struct segment_writer *writer, uint32_t scheduler, bool is_rare, uint64_t ago_ns,
		   struct tl_event_record event);

/* The entry of a slot, also in a wide segment. */
struct tl_record *segment_record(struct segment_writer *writer, uint32_t slot);
struct tl_object *segment_object_entry(struct segment_writer *writer, uint32_t slot);

/* Rows of the segment's own tables, to damage or to rename.  NULL: no such row. */
struct tl_abi_section *segment_find_section(struct segment_writer *writer, const char *section);
struct tl_abi_field *segment_find_field(struct segment_writer *writer, const char *section,
					const char *field);
/* As if the writer's version did not have it. */
void segment_drop_field(struct segment_writer *writer, const char *section, const char *field);
void segment_drop_section(struct segment_writer *writer, const char *section);

#endif
