/* SPDX-License-Identifier: MIT */
/* task.h: steps in a tasklet's life that several files share. */
#ifndef TL_CORE_TASK_H
#define TL_CORE_TASK_H

#include "empty.h"
#include "record.h"
#include "scheduler.h"

/* The record of a handle, for an operation of this thread on it: 0; -ESRCH stale; -EINVAL another
 * thread's. */
TL_HIDDEN int task_find(struct scheduler *s, tl_task task, struct tl_record **ret);
/* The same, to change where it stands: -EBUSY for one of which the error handler is just being told. */
TL_HIDDEN int task_find_to_move(struct scheduler *s, tl_task task, struct tl_record **ret);

/* What becomes of `result`, with which `t` (current or not) ends: joiners, the error handler, else
 * the innermost tl_run() or main.  The one that is to go on with the uncaught error at once, in the
 * ring; NULL: nobody. */
TL_HIDDEN struct tl_record *task_settle(struct scheduler *s, struct tl_record *t, int result);

/* `t`, which never ran and is in no chain, ends. */
TL_HIDDEN void task_end_unrun(struct scheduler *s, struct tl_record *t, int result);

/* Its record is nobody's any more: freed, unless it is kept or waits for a joiner. */
TL_HIDDEN void task_retire(struct scheduler *s, struct tl_record *t, bool joined);

/* join.c: make ready who joins `t`, with its result.  True: there was somebody. */
TL_HIDDEN bool join_wake(struct scheduler *s, struct tl_record *t, int result);
TL_HIDDEN void join_forget(struct scheduler *s, struct tl_record *joiner);

/* channel.c, mutex.c: take a waiter out of the object's queue. */
TL_HIDDEN void channel_forget(struct scheduler *s, struct tl_record *waiter);
/* An error that waited to be received no longer holds up the senders behind it: those for whom
 * there is room. */
TL_HIDDEN void channel_refill(struct scheduler *s, struct tl_object *ch);
TL_HIDDEN void mutex_forget(struct scheduler *s, struct tl_record *waiter);

#endif
