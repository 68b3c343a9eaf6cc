/* SPDX-License-Identifier: MIT */
/* empty.h: the end of the ring.  See empty.c. */
#ifndef TL_CORE_EMPTY_H
#define TL_CORE_EMPTY_H

#include "scheduler.h"

/* How the current tasklet is about to leave the ring. */
struct leaving {
	enum tl_wait wait;      /* TL_WAIT_NONE: it pauses, or it ends */
	bool has_deadline;      /* it will go on by itself */
	bool ends;
	const struct tl_object *object; /* on which it waits; or NULL */
};

/* `c`, the current tasklet, is alone in the ring and about to leave it, but has not yet.  Whom to
 * switch to goes to *next: s->idle is the idle context, entered by idle_enter() or idle_go();
 * anybody else is in the ring already.  -EDEADLK: nobody can ever act; -EAGAIN: main paused itself
 * alone, so nothing is to happen. Never an error when it `ends`. */
TL_HIDDEN COLD int ring_empty(struct scheduler *s, struct tl_record *c, const struct leaving *how,
			      struct tl_record **next);

/* Leave the ring as `how` says, `c` being current and its wait word `word`: pick who is next, park
 * c, and return what its resume returns.  `enter` (may be NULL) is called once it is certain that c
 * leaves, with c out of the ring: it puts c where it waits.  Errors of ring_empty(); -EPERM under a
 * switch trap: nothing happened. */
TL_HIDDEN int task_leave(struct scheduler *s, struct tl_record *c, const struct leaving *how,
			 uint64_t word, void (*enter)(struct scheduler *s, struct tl_record *c,
						      void *what),
			 void *what, unsigned reason);

#endif
