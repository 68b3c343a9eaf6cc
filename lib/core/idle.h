/* SPDX-License-Identifier: MIT */
/*
 * idle.h: the idle context.  When nothing can run but something will, whoever blocks last is parked
 * like anybody else, and this small context, which no tool lists, sleeps in its place: in an idle
 * process every tasklet has a backtrace.
 */
#ifndef TL_CORE_IDLE_H
#define TL_CORE_IDLE_H

#include "scheduler.h"

/* Get its stack ready, the first time.  0; -ENOMEM. */
TL_HIDDEN int idle_prepare(struct scheduler *s);

/* Park `c`, which has left the ring, and sleep until somebody is ready.  What the resume of c
 * returns. */
TL_HIDDEN int idle_enter(struct scheduler *s, struct tl_record *c, unsigned reason,
			 const struct tl_object *object);

/* The same after the end of `c`: leave its stack for good. */
TL_HIDDEN __attribute__((noreturn)) void idle_go(struct scheduler *s);

TL_HIDDEN void idle_finish(struct scheduler *s);

#endif
