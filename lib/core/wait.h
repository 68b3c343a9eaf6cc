/* SPDX-License-Identifier: MIT */
/*
 * wait.h: where a thread sleeps, and the only place in the library where one does.  One epoll
 * instance and one eventfd a scheduler, made when it first sleeps; the next deadline is the time
 * limit.
 *
 * With the virtual clock nobody sleeps for time: when all schedulers are here, the earliest
 * deadline of all becomes now.
 */
#ifndef TL_CORE_WAIT_H
#define TL_CORE_WAIT_H

#include "scheduler.h"

/* A thread starts, or ends, being a scheduler. */
TL_HIDDEN void wait_join(struct scheduler *s);
TL_HIDDEN void wait_finish(struct scheduler *s);

/* Sleep in the kernel until `deadline` (ns; TL_FOREVER) or until somebody calls wait_wake().  May
 * return early. */
TL_HIDDEN void wait_sleep(struct scheduler *s, uint64_t deadline);

/* End the sleep of another thread's scheduler, or its next one.  Any thread; async-signal-safe. */
TL_HIDDEN void wait_wake(int wake_fd);

#endif
