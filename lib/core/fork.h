/* SPDX-License-Identifier: MIT */
/*
 * fork.h: fork(2).  The child would scribble on its parent's segment: it gets one of its own, with
 * the records of the thread that forked; the tasklets of the other threads, which do not survive,
 * are "lost in fork".
 */
#ifndef TL_CORE_FORK_H
#define TL_CORE_FORK_H

#include <pthread.h>

#include "scheduler.h"

TL_HIDDEN void fork_handlers_install(void);

/* Every lock of the library but the segment's own; the child must not inherit one that another
 * thread held. */
extern TL_HIDDEN pthread_mutex_t scheduler_lock, record_lock, stack_lock, wait_lock;

/* The child: no other scheduler than `s` (NULL: the forking thread was none) is left. */
TL_HIDDEN void wait_forked(struct scheduler *s);

#endif
