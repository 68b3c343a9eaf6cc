/* SPDX-License-Identifier: MIT */
/*
 * unwind.h: walks one copied stack by the target's call frame information.
 */
#ifndef INSPECTOR_UNWIND_H
#define INSPECTOR_UNWIND_H

#include "model.h"

enum { UNWIND_REGISTERS = 17 }; /* by DWARF number of x86-64; 7 rsp, 16 the return address */

/* A copy of the hot end of a stack.  What lies beyond it, up to `high`, is read while walking. */
struct unwind_stack {
	uint64_t low;            /* address of bytes[0] */
	const unsigned char *bytes;
	size_t count;
	uint64_t high;           /* the stack ends here; 0: unknown */
};

/* How a walk ended. */
enum unwind_end {
	UNWIND_OUTERMOST,        /* a frame that nothing called */
	UNWIND_TOO_DEEP,         /* MODEL_FRAMES were not enough */
	UNWIND_NO_MODULE,        /* the last pc is in no mapped file */
	UNWIND_NO_TABLE,         /* its module has no unwind information for it */
	UNWIND_UNREADABLE,       /* memory was missing */
	UNWIND_NO_REGISTER,      /* a register was missing */
	UNWIND_NONSENSE,         /* the information leads nowhere */
};

struct unwind_frames {
	enum unwind_end end;
	bool read_more;          /* memory was read after the copy: look at the counter again */
	uint32_t count;
	uint64_t pc[MODEL_FRAMES];
	uint64_t cfa[MODEL_FRAMES]; /* of the last one 0, unless it is known */
};

struct unwind;

struct unwind *unwind_create(struct source *source); /* NULL: out of memory */
void unwind_destroy(struct unwind *unwind);

/* What was learnt of the target's code may be wrong: forget it. */
void unwind_forget(struct unwind *unwind);

/* Where a walk starts. */
struct unwind_start {
	uint64_t registers[UNWIND_REGISTERS];
	uint32_t known; /* bit r: registers[r] is known; a walk that needs another is cut */
};

/* The first pc is exact. */
void unwind_walk(struct unwind *unwind, const struct unwind_stack *stack,
		 const struct unwind_start *start, struct unwind_frames *ret);

#endif
