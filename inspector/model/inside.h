/* SPDX-License-Identifier: MIT */
/*
 * inside.h: what a model keeps between snapshots, shared by the files of this folder and nobody
 * else.
 */
#ifndef INSPECTOR_INSIDE_H
#define INSPECTOR_INSIDE_H

#include "clock.h"
#include "layout.h"
#include "model.h"

struct places;
struct unwinder;

enum { MODEL_SCHEDULERS_MOST = 4096 }; /* what a header claims beyond is not believed */

struct model {
	struct source *source;
	struct segment segment;
	struct layout layout;
	struct segment_part parts[SECTION_COUNT];
	struct places *places;       /* symbols and lines; made at the first use */
	uint64_t code_low, code_high; /* the runtime's own code; 0: not asked yet, or unknown */
	struct unwinder *unwinder;   /* stacks; made at the first use */
};

/* The first entries of a section, *count cut to its capacity.  NULL: there are none (*count is 0
 * then), or they cannot be read (-errno in *error, else 0). */
const unsigned char *model_section(struct model *model, enum layout_section_id id, uint64_t *count,
				   int *error);

/* A consistent copy of the header: the second anchor of its clock changes now and then.  0 or
 * -errno. */
int model_read_header(struct model *model, struct tl_header *ret);

/* Are the tables being written at this moment?  Not by a core, nor by a process that has ended. */
static inline bool model_is_live(enum source_kind kind, enum source_state state)
{
	return kind == SOURCE_PROCESS && (state == SOURCE_RUNNING || state == SOURCE_STOPPED);
}

#endif
