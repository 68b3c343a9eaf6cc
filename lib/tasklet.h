/* SPDX-License-Identifier: MIT */
/*
 * tasklet.h: microthreads for C that can be seen.
 *
 * This is all that a program includes.  Every public function is documented here and nowhere
 * else; the man pages are written from this file.
 *
 * Conventions
 *   Results     0, a count or a value on success; -errno on failure.  Never errno itself.
 *   Time        nanoseconds of CLOCK_MONOTONIC as tl_now() gives them.  A deadline is absolute;
 *               TL_FOREVER never passes, TL_AT_ONCE has passed already.
 *   Switching   "can switch" means that other tasklets may run before the call returns.  Every such
 *               call is marked TL_MUST_CHECK: its result may be an error that was thrown to the
 *               caller (tl_task_throw), -ECANCELED when it was killed, or the uncaught error of
 *               another tasklet (tl_uncaught).  What every such call may return is not repeated.
 *   Threads     each OS thread that uses the runtime has a main tasklet, a ring and a run count of
 *               its own.  A tasklet and an object belong to the thread that made them; using one
 *               from another thread is -EINVAL.
 *   Names       may be NULL.  They are copied; very long ones are cut at a UTF-8 boundary.
 *   First use   starts the runtime on a thread.  Where memory or descriptors are short it may fail:
 *               -ENOMEM, -EAGAIN (too many threads or tasklets), -EMFILE, -EFBIG (under ulimit -f).
 *   Signals     no function here may be called from a signal handler.
 */
#ifndef TASKLET_H
#define TASKLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TL_API __attribute__((visibility("default")))
#define TL_MUST_CHECK __attribute__((warn_unused_result))

#define TL_FOREVER UINT64_MAX
#define TL_AT_ONCE UINT64_C(0)

/* A handle: two words, copied freely, never owned.  `id` is a serial number that is never used
 * twice in a process; it is what every tool shows; 0 means "none".  `slot` is where the record
 * lies.  A handle whose tasklet is gone is stale: -ESRCH, never a crash. */
typedef struct tl_task {
	uint64_t id;
	uint32_t slot;
} tl_task;

/* What a tasklet runs.  A result below zero for which nobody waits in a join is an uncaught error
 * (it goes to the error handler, else to the innermost tl_run(), else to main), except -ECANCELED
 * and -EPIPE, which end a tasklet silently. */
typedef int (*tl_fn)(void *arg);

struct tl_channel;
struct tl_mutex;

/* ---- the ring ---------------------------------------------------------------------------- */

/* Run the other tasklets of this thread until none is left that could run or will act: the caller
 * leaves the ring, and comes back when the ring is empty and nobody sleeps or waits with a deadline
 * (TL_BACKGROUND tasklets are not waited for).  Runs may nest; the innermost returns first.
 * Blocked tasklets do not hold it.
 * Returns 0; the uncaught error of a tasklet (see tl_uncaught); -EPERM under a switch trap. */
TL_API int tl_run(void) TL_MUST_CHECK;

/* Give way to the next member of the ring; returns when it is the caller's turn again.  Alone in
 * the ring: returns at once.  Never sleeps.  Returns 0; -EPERM under a switch trap. */
TL_API int tl_schedule(void) TL_MUST_CHECK;

/* tl_schedule() that stores `value` in the caller's value slot first and hands over, in *ret (may
 * be NULL), what is there afterwards: `value`, unless somebody called tl_task_set_value()
 * meanwhile. */
TL_API int tl_schedule_value(void *value, void **ret) TL_MUST_CHECK;

/* Leave the ring (paused) and run the next member; returns when somebody inserts or runs the
 * caller. Value slot as in tl_schedule_value().  Main alone: returns at once.
 * Returns 0; -EDEADLK when nobody is left to run and main is blocked; -EPERM under a switch trap. */
TL_API int tl_schedule_remove(void *value, void **ret) TL_MUST_CHECK;

/* The running tasklet; the main tasklet of this thread.  Id 0: the runtime could not be started. */
TL_API tl_task tl_current(void);
TL_API tl_task tl_main(void);

/* How many tasklets this thread's rings hold, the running one included (main inside tl_run(),
 * paused, blocked and sleeping ones are not). */
TL_API int tl_run_count(void);

/* Add `delta` to this thread's switch-trap level and return the old level.  Above 0 every call that
 * would switch fails with -EPERM and changes nothing. */
TL_API int tl_switch_trap(int delta);

/* Did the last negative result of a switching call on this thread come from another tasklet that
 * ended with an error nobody caught?  1 and *who, *error (either may be NULL; `error` is negative,
 * as the call returned it; `who` is usually stale by now), else 0.  Holds until the next switching
 * call. */
TL_API int tl_uncaught(tl_task *who, int *error);

/* ---- tasklets ---------------------------------------------------------------------------- */

enum {
	TL_BACKGROUND = 1, /* tl_run() does not wait for it while it sleeps */
	TL_JOINABLE = 2,   /* its record stays after its end until it was joined */
};

/* Levels: a larger one runs first; 0 is the default. */
enum { TL_LEVEL_MIN = -4, TL_LEVEL_MAX = 3 };

/* All members may be 0. */
struct tl_options {
	const char *name;   /* shown by every tool */
	const char *group;  /* a label, shown with the name */
	size_t stack_bytes; /* 0: 64 KiB.  Other sizes come later: anything above 64 KiB is -EINVAL */
	int level;          /* TL_LEVEL_MIN .. TL_LEVEL_MAX */
	unsigned flags;     /* TL_BACKGROUND, TL_JOINABLE */
	const void *site;   /* the spawn site; NULL: the return address of the call (wrappers pass theirs) */
};

/* Make a tasklet that will run fn(arg), at the end of the ring; the caller goes on.  `options` and
 * `ret` may be NULL.  Its stack is taken at its first run.  Its slot is free again when it ends.
 * Returns 0; -EAGAIN when TASKLET_MAX tasklets exist (threads take slots in blocks of up to 1,024);
 * -ENOMEM; -EINVAL (fn, level, flags, stack). */
TL_API int tl_spawn(tl_fn fn, void *arg, const struct tl_options *options, tl_task *ret);

/* Make a tasklet without a body (state ------), kept until tl_task_release(), so that it can be
 * bound again after it ended.  Errors as tl_spawn(). */
TL_API int tl_task_create(const struct tl_options *options, tl_task *ret);

/* Give a kept tasklet that does not live a body: paused.  0; -EBUSY when it lives; -ESRCH; -EINVAL. */
TL_API int tl_task_bind(tl_task task, tl_fn fn, void *arg);

/* tl_task_bind() and tl_task_insert(). */
TL_API int tl_task_setup(tl_task task, tl_fn fn, void *arg);

/* Give up a kept tasklet: gone at once when it does not live, else when it ends.  0; -ESRCH;
 * -EINVAL when it was not kept. */
TL_API int tl_task_release(tl_task task);

/* Put at the end of the ring; nothing to do when it is in one.  0; -EBUSY when blocked or waiting;
 * -ESRCH when dead. */
TL_API int tl_task_insert(tl_task task);

/* Take out of the ring (paused).  0, also when paused or dead; -EBUSY when blocked or waiting;
 * -EINVAL for the current tasklet. */
TL_API int tl_task_remove(tl_task task);

/* Run `task` now: insert it if it is in no ring, then move the turn to it.  The caller keeps its
 * place; the members between the two are not run first.  0; -EBUSY when blocked or waiting; -ESRCH;
 * -EPERM. */
TL_API int tl_task_run(tl_task task) TL_MUST_CHECK;

/* The same, but the caller leaves the ring (paused). */
TL_API int tl_task_switch(tl_task task) TL_MUST_CHECK;

enum {
	TL_PENDING = 1, /* do not jump: the error arrives at the tasklet's next turn */
};

/* Throw `error` (1 .. 4095) at a tasklet: the call in which it waits, or its next switching call,
 * returns -error, and tl_error_value() gives it `value`.  A blocked one is unblocked.  Without
 * TL_PENDING it runs at once and the caller keeps its place in the ring.  The current tasklet: this
 * call returns -error, pending or not.  One that never ran: its body never runs and the error is
 * uncaught in it. A second pending error replaces the first.
 * Returns 0; -ESRCH when dead; -EINVAL (error, flags, other thread); -EPERM under a switch trap. */
TL_API int tl_task_throw(tl_task task, int error, void *value, unsigned flags) TL_MUST_CHECK;

/* tl_task_throw(task, ECANCELED, NULL, flags), but 0 for a dead tasklet.  May be refused: the
 * tasklet gets -ECANCELED once, and may go on. */
TL_API int tl_task_kill(tl_task task, unsigned flags) TL_MUST_CHECK;

/* The value that came with the last error thrown or sent to the caller; *ret is NULL when it came
 * with none.  0. */
TL_API int tl_error_value(void **ret);

/* Wait until `task` ended; *result (may be NULL) is what its function returned.  Needs TL_JOINABLE
 * or a kept tasklet; joining releases a TL_JOINABLE one.
 * 0; -ESRCH; -EINVAL when it cannot be joined; -EDEADLK for oneself, or when nobody is left to run;
 * -EWOULDBLOCK under a block trap; _try: -EAGAIN while it lives; _until: -ETIMEDOUT. */
TL_API int tl_task_join(tl_task task, int *result) TL_MUST_CHECK;
TL_API int tl_task_join_try(tl_task task, int *result);
TL_API int tl_task_join_until(tl_task task, int *result, uint64_t deadline) TL_MUST_CHECK;

/* The value slot of a tasklet (Stackless's tempval): what its next resume from tl_schedule_value()
 * or tl_schedule_remove() hands over.  0; -ESRCH. */
TL_API int tl_task_set_value(tl_task task, void *value);
TL_API int tl_task_value(tl_task task, void **ret);

/* Bits of tl_task_state(); 0 for a dead, unbound or stale tasklet.  Asleep or waiting with nothing
 * but a deadline is TL_ALIVE alone. */
enum {
	TL_ALIVE = 1,
	TL_SCHEDULED = 2, /* in a ring, or in an object's queue */
	TL_PAUSED = 4,    /* alive and in neither */
	TL_BLOCKED = 8,   /* on a channel, a mutex or a join */
	TL_CURRENT = 16,
	TL_MAIN = 32,
};
TL_API int tl_task_state(tl_task task);

/* Neighbours: in the run ring, which is circular, or in a channel's queue, which ends with id 0. */
TL_API tl_task tl_task_next(tl_task task);
TL_API tl_task tl_task_prev(tl_task task);

/* The channel on which it is blocked, or NULL. */
TL_API struct tl_channel *tl_task_channel(tl_task task);

/* Each stores the old value in *old (may be NULL).  0; -ESRCH; -EINVAL out of range.
 * block trap: every call in which the tasklet would block returns -EWOULDBLOCK.
 * atomic: interrupts wait until it is cleared.  level: see tl_options. */
TL_API int tl_task_set_block_trap(tl_task task, int on, int *old);
TL_API int tl_task_set_atomic(tl_task task, int on, int *old);
TL_API int tl_task_set_level(tl_task task, int level, int *old);
TL_API int tl_task_block_trap(tl_task task);
TL_API int tl_task_atomic(tl_task task);
TL_API int tl_task_level(tl_task task);

/* 0; -ESRCH.  NULL removes the name. */
TL_API int tl_task_set_name(tl_task task, const char *name);

/* Times are 0 when tracing is off. */
struct tl_task_info {
	char name[64], group[64];
	int state; /* as tl_task_state() */
	int level;
	const void *site;                          /* where it was spawned */
	uint64_t parent;                           /* the id of its creator; 0: unknown */
	uint64_t switches;                         /* times it was switched to */
	uint64_t spawned_ns;                       /* when, on tl_now()'s clock */
	uint64_t run_ns, ready_ns, waiting_ns;     /* its life so far */
	uint64_t since_ns;                         /* when its state last changed */
	const char *wait;                          /* what it waits for, a static word; NULL: it does not */
	char wait_object[64];                      /* the name of what it waits for */
	size_t stack_bytes, stack_used_bytes;      /* 0: it has no stack yet */
};
/* 0; -ESRCH. */
TL_API int tl_task_info(tl_task task, struct tl_task_info *ret);

/* ---- channels ---------------------------------------------------------------------------- */

/* A channel for elements of `element_bytes` (0: a signal) that are copied.  Capacity 0: rendezvous,
 * a send and a receive meet.  Otherwise it queues up to `capacity` elements; its preference starts
 * at 0. 0; -EINVAL; -ENOMEM; -EAGAIN when the table of objects is full.  The caller owns it. */
TL_API int tl_channel_create(const char *name, size_t element_bytes, size_t capacity,
			     struct tl_channel **ret);

/* NULL is fine.  0; -EBUSY while somebody waits on it, or was handed something last and has not
 * gone on yet. */
TL_API int tl_channel_destroy(struct tl_channel *channel);

/* Send one element, waiting for a receiver (or room).  0; -EPIPE closed; -EDEADLK; -EWOULDBLOCK
 * block trap; -EPERM switch trap; -ELOOP inside a channel callback; _try: -EAGAIN; _until:
 * -ETIMEDOUT. */
TL_API int tl_channel_send(struct tl_channel *channel, const void *element) TL_MUST_CHECK;
TL_API int tl_channel_send_try(struct tl_channel *channel, const void *element) TL_MUST_CHECK;
TL_API int tl_channel_send_until(struct tl_channel *channel, const void *element,
				 uint64_t deadline) TL_MUST_CHECK;

/* Receive one element into *ret.  Errors as above; what tl_channel_send_error() sent arrives as
 * -error. */
TL_API int tl_channel_receive(struct tl_channel *channel, void *ret) TL_MUST_CHECK;
TL_API int tl_channel_receive_try(struct tl_channel *channel, void *ret) TL_MUST_CHECK;
TL_API int tl_channel_receive_until(struct tl_channel *channel, void *ret,
				    uint64_t deadline) TL_MUST_CHECK;

/* Iteration: 1 and an element; 0 at the end (closed and empty, or error 0 or EPIPE was sent or
 * thrown); -errno. */
TL_API int tl_channel_next(struct tl_channel *channel, void *ret) TL_MUST_CHECK;
TL_API int tl_channel_next_try(struct tl_channel *channel, void *ret) TL_MUST_CHECK;
TL_API int tl_channel_next_until(struct tl_channel *channel, void *ret,
				 uint64_t deadline) TL_MUST_CHECK;

/* Send an error (0 .. 4095) in place of an element: the receiver's call returns -error, and
 * tl_error_value() gives it `value`.  It waits for a receiver behind the elements that are queued;
 * it is never queued itself.  Error 0 ends its iteration (a plain receive returns -EPIPE). */
TL_API int tl_channel_send_error(struct tl_channel *channel, int error, void *value) TL_MUST_CHECK;
TL_API int tl_channel_send_error_try(struct tl_channel *channel, int error,
				     void *value) TL_MUST_CHECK;
TL_API int tl_channel_send_error_until(struct tl_channel *channel, int error, void *value,
				       uint64_t deadline) TL_MUST_CHECK;

/* Send `count` elements that lie one after the other.  The count sent so far if above 0, else
 * -errno. */
TL_API ssize_t tl_channel_send_all(struct tl_channel *channel, const void *elements,
				   size_t count) TL_MUST_CHECK;
TL_API ssize_t tl_channel_send_all_try(struct tl_channel *channel, const void *elements,
				       size_t count) TL_MUST_CHECK;
TL_API ssize_t tl_channel_send_all_until(struct tl_channel *channel, const void *elements,
					 size_t count, uint64_t deadline) TL_MUST_CHECK;

/* close: from now on nobody may block on it; who waits already stays: to end waiting receivers,
 * send each an error 0 (while tl_channel_balance() is below 0).  open: the reverse.  clear:
 * every waiter is killed, in order, at once.  0; -EINVAL. */
TL_API int tl_channel_close(struct tl_channel *channel);
TL_API int tl_channel_open(struct tl_channel *channel);
TL_API int tl_channel_clear(struct tl_channel *channel) TL_MUST_CHECK;
TL_API bool tl_channel_is_closing(const struct tl_channel *channel);
TL_API bool tl_channel_is_closed(const struct tl_channel *channel); /* closing and empty */

/* Waiting senders, or minus the waiting receivers. */
TL_API int tl_channel_balance(const struct tl_channel *channel);
/* How many elements are queued in it. */
TL_API size_t tl_channel_length(const struct tl_channel *channel);
/* The tasklet that has waited longest, or id 0. */
TL_API tl_task tl_channel_queue(const struct tl_channel *channel);

/* Who goes on when a send and a receive meet: -1 the receiver, 0 who called, 1 the sender (other
 * values are cut to these).  schedule_all: the caller gives way to the next of the ring instead. */
TL_API int tl_channel_preference(const struct tl_channel *channel);
TL_API int tl_channel_set_preference(struct tl_channel *channel, int preference, int *old);
TL_API int tl_channel_schedule_all(const struct tl_channel *channel);
TL_API int tl_channel_set_schedule_all(struct tl_channel *channel, int on, int *old);

/* ---- mutex ------------------------------------------------------------------------------- */

/* Between tasklets, first in first out; unlocking hands it over.  One whose holder ended without
 * unlocking stays locked for good (tools say so); it may be destroyed.  0; -ENOMEM; -EAGAIN. */
TL_API int tl_mutex_create(const char *name, struct tl_mutex **ret);
/* NULL is fine.  0; -EBUSY while it is held or waited for. */
TL_API int tl_mutex_destroy(struct tl_mutex *mutex);
/* 0; -EDEADLK when the caller holds it, or nobody is left to run; -EWOULDBLOCK; -EPERM switch trap;
 * _try: -EAGAIN; _until: -ETIMEDOUT.  A cycle of holders is told to the deadlock handler, and the
 * call blocks. */
TL_API int tl_mutex_lock(struct tl_mutex *mutex) TL_MUST_CHECK;
TL_API int tl_mutex_lock_try(struct tl_mutex *mutex) TL_MUST_CHECK;
TL_API int tl_mutex_lock_until(struct tl_mutex *mutex, uint64_t deadline) TL_MUST_CHECK;
/* 0; -EPERM when the caller does not hold it.  Never switches. */
TL_API int tl_mutex_unlock(struct tl_mutex *mutex);

/* ---- time -------------------------------------------------------------------------------- */

/* Now, in nanoseconds of CLOCK_MONOTONIC; of the virtual clock with TASKLET_CLOCK=virtual. */
TL_API uint64_t tl_now(void);
/* 0; -EPERM under a switch trap; -EWOULDBLOCK under a block trap.  A deadline that has passed gives
 * way once, as tl_schedule(). */
TL_API int tl_sleep(uint64_t ns) TL_MUST_CHECK;
TL_API int tl_sleep_until(uint64_t deadline) TL_MUST_CHECK;

/* ---- notes in the trace ------------------------------------------------------------------ */

/* `literal` must be a string literal: it is kept by pointer. */
TL_API void tl_mark(const char *literal, uint64_t value);
TL_API void tl_span_begin(const char *literal);
TL_API void tl_span_end(void);

/* ---- hooks: each returns the previous one ------------------------------------------------- */

/* Per process: set them before other threads use the runtime.  `user` is passed back.  NULL: none.
 * A callback may not switch (-EPERM); a channel callback may not use channels (-ELOOP). */

/* After the decision, before the switch; tl_current() is `prev`.  (0, main) at a thread's first
 * use; (prev, 0) when a tasklet dies and nothing is left. */
typedef void (*tl_schedule_fn)(tl_task prev, tl_task next, void *user);
TL_API tl_schedule_fn tl_set_schedule_callback(tl_schedule_fn fn, void *user);

/* Before the action, also before a block that is then refused.  `element` is NULL for a receive
 * that will block and for a sent error. */
typedef void (*tl_channel_fn)(struct tl_channel *channel, tl_task task, bool sending,
			      bool will_block, const void *element, void *user);
TL_API tl_channel_fn tl_set_channel_callback(tl_channel_fn fn, void *user);

/* In the creator's context, after the tasklet exists. */
typedef void (*tl_spawn_fn)(tl_task task, void *user);
TL_API tl_spawn_fn tl_set_spawn_callback(tl_spawn_fn fn, void *user);

/* In the dying tasklet's context, with the negative error.  0: handled.  Negative: a new error,
 * which goes to the innermost tl_run(), else to main. */
typedef int (*tl_error_fn)(tl_task task, int error, void *user);
TL_API tl_error_fn tl_set_error_handler(tl_error_fn fn, void *user);

/* Called with the tasklet whose blocking completed a deadlock (it does not wait yet), before it
 * gets -EDEADLK or, for a cycle of holders, before it blocks.  Default: nothing but the event. */
typedef void (*tl_deadlock_fn)(tl_task task, void *user);
TL_API tl_deadlock_fn tl_set_deadlock_handler(tl_deadlock_fn fn, void *user);

/* Write every tasklet of the process to `fd`, one a line: what it waits for, since when, where it
 * was spawned, its resume address.  Allocates nothing and switches nothing; symbols take the
 * loader's lock (dladdr(3)). 0; -errno of write(2). */
TL_API int tl_report(int fd);

#ifdef __cplusplus
}
#endif

#endif /* TASKLET_H */
