/* SPDX-License-Identifier: MIT */
/*
 * environment.h: the TASKLET_ variables, read once at the first use by secure_getenv().  A bad
 * value is one line on stderr that names it, and the default.
 */
#ifndef TL_CORE_ENVIRONMENT_H
#define TL_CORE_ENVIRONMENT_H

#include "stack.h"

struct environment {
	uint32_t trace;          /* TASKLET_TRACE=off|full */
	uint32_t ring_records;   /* TASKLET_RING: records, rounded up to a power of two */
	uint32_t tasklets;       /* TASKLET_MAX */
	enum stack_guard guard;  /* TASKLET_GUARD=install|protect|canary; GUARD_NONE: not asked for */
	bool virtual_clock;      /* TASKLET_CLOCK=virtual|real */
};
extern TL_HIDDEN struct environment environment;

TL_HIDDEN void environment_read(void);

#endif
