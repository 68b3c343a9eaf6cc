/* SPDX-License-Identifier: MIT */
/*
 * stacks.h: the backtraces of many tasklets, each different one kept once.  A program of a hundred
 * thousand tasklets has a handful of stacks; a backtrace is above a kilobyte.
 */
#ifndef INSPECTOR_ANALYSIS_STACKS_H
#define INSPECTOR_ANALYSIS_STACKS_H

#include "../model/model.h"

enum { STACK_NONE = UINT32_MAX };

struct stacks {
	struct backtrace *distinct; /* status, frames and reason all equal = one */
	uint64_t *program; /* of each: a number that those share whose frames of the program are equal,
			    * whatever way they took through the runtime */
	uint64_t code_low, code_high; /* the runtime's code */
	uint32_t count, room;
	uint32_t *of; /* of each task of the snapshot: an index in `distinct`, or STACK_NONE */
	uint32_t *slots, mask; /* hash table of `distinct`: index + 1 */
	struct backtrace *batch;
};

/* 0 or -ENOMEM. */
int stacks_init(struct stacks *stacks, const struct snapshot *snapshot);
/* Take the backtraces of these tasks (indices) too; in pieces, so that progress can be shown
 * between two calls. 0 or -ENOMEM. */
int stacks_add(struct stacks *stacks, struct model *model, const struct snapshot *snapshot,
	       const int32_t *tasks, size_t count);
void stacks_fini(struct stacks *stacks);

#endif
