/* SPDX-License-Identifier: MIT */
/*
 * cycle.h: cycles of owners (mutex, join), found when the last edge closes.  Every other edge is
 * there already, so a walk from the holder on finds it; edges with a deadline, or whose tasklet has
 * an error pending, end the walk.
 */
#ifndef TL_CORE_CYCLE_H
#define TL_CORE_CYCLE_H

#include "object.h"
#include "scheduler.h"

/* Would `c` waiting for `holder` close a cycle? */
TL_HIDDEN bool cycle_would_close(struct scheduler *s, const struct tl_record *c,
				 const struct tl_record *holder);

/* The event, and the deadlock handler. */
TL_HIDDEN void cycle_tell(struct scheduler *s, struct tl_record *c, enum tl_wait wait,
			  const struct tl_object *object);

/* The tasklet that holds a mutex; NULL: nobody, or one that has ended. */
TL_HIDDEN struct tl_record *mutex_holder(struct scheduler *s, const struct tl_object *m);

#endif
