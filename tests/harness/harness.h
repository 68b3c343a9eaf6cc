/* SPDX-License-Identifier: MIT */
/*
 * harness.h: what a test of the runtime is written with.
 *
 * TEST() defines a test.  Each runs in a process of its own, forked from a parent that never used
 * the runtime, with a time limit: a hang, a crash and a failed expectation are one failure of one
 * test. The first failed expectation ends the test.
 *
 * The words of the conformance cases are here: an event log (log_, expect_log), the state string
 * "aspbcm", the ring and a channel's queue as names.  The harness itself uses tasklet.h alone.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tasklet.h"

/* ---- a test ---- */

struct test {
	const char *name;
	void (*body)(void);
	int line;
	/* Options, given as designated initialisers after the name. */
	const char *environment[4]; /* "NAME=value", set before the runtime is used */
	int seconds;		    /* its time limit; 0: the usual one */
	struct test *next;
};

void test_register(struct test *test);

/* TEST(case_1_name) { … }, or TEST(name, .environment = {"TASKLET_CLOCK=virtual"}) { … } */
#define TEST(function, ...)                                                                        \
	static void function(void);                                                                \
	static struct test function##_test = {                                                     \
	    .name = #function, .body = (function), .line = __LINE__, ##__VA_ARGS__};               \
	__attribute__((constructor)) static void function##_register(void)                         \
	{                                                                                          \
		test_register(&function##_test);                                                   \
	}                                                                                          \
	static void function(void)

/* Most tests of time want this one. */
#define VIRTUAL_CLOCK .environment = {"TASKLET_CLOCK=virtual"}

/* End the test as skipped; every reason stands in tests/SKIPS. */
_Noreturn void skip_test(const char *reason);

_Noreturn void fail_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define fail_test(...) fail_at(__FILE__, __LINE__, __VA_ARGS__)

/* ---- expectations ---- */

/* A call's result: 0 or a count, or an error by its name. */
void expect_result_at(const char *file, int line, const char *call, long got, long wanted);
#define expect_result(call, wanted) expect_result_at(__FILE__, __LINE__, #call, (call), (wanted))
#define ok(call)		    expect_result_at(__FILE__, __LINE__, #call, (call), 0)

void expect_int_at(const char *file, int line, const char *what, long long got, long long wanted);
#define expect_int(what, wanted) expect_int_at(__FILE__, __LINE__, #what, (what), (wanted))

void expect_true_at(const char *file, int line, const char *what, bool got);
#define expect(what) expect_true_at(__FILE__, __LINE__, #what, (what))

void expect_pointer_at(const char *file, int line, const char *what, const void *got,
		       const void *wanted);
#define expect_pointer(what, wanted) expect_pointer_at(__FILE__, __LINE__, #what, (what), (wanted))

void expect_string_at(const char *file, int line, const char *what, const char *got,
		      const char *wanted);
#define expect_string(what, wanted) expect_string_at(__FILE__, __LINE__, #what, (what), (wanted))

void expect_task_at(const char *file, int line, const char *what, tl_task got, tl_task wanted);
#define expect_task(what, wanted) expect_task_at(__FILE__, __LINE__, #what, (what), (wanted))

/* The last negative result came from `task`, which ended with `error`; from no other tasklet. */
void expect_uncaught_at(const char *file, int line, tl_task task, int error);
#define expect_uncaught(task, error) expect_uncaught_at(__FILE__, __LINE__, (task), (error))
void expect_no_uncaught_at(const char *file, int line);
#define expect_no_uncaught() expect_no_uncaught_at(__FILE__, __LINE__)

/* The state string of a tasklet: alive, scheduled, paused, blocked, current, main; '-' = false. */
void expect_state_at(const char *file, int line, const char *what, tl_task task,
		     const char *wanted);
#define expect_state(task, wanted) expect_state_at(__FILE__, __LINE__, #task, (task), (wanted))

/* The run ring from the current tasklet on, as names: "M A B".  Main is M. */
void expect_ring_at(const char *file, int line, const char *wanted);
#define expect_ring(wanted) expect_ring_at(__FILE__, __LINE__, (wanted))

/* Who waits on a channel, first to last, as names; "" for nobody.  Checks both directions. */
void expect_queue_at(const char *file, int line, const struct tl_channel *channel,
		     const char *wanted);
#define expect_queue(channel, wanted) expect_queue_at(__FILE__, __LINE__, (channel), (wanted))

/* ---- the event log ---- */

/* Add one event; they are kept apart by blanks.  What was logged is shown when a test fails. */
void log_(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The events since the last expect_log() are exactly these; then forget them. */
void expect_log_at(const char *file, int line, const char *wanted);
#define expect_log(wanted) expect_log_at(__FILE__, __LINE__, (wanted))

/* ---- tasklets ---- */

/* The body of a tasklet, as a function of its argument `arg`. */
#define BODY(name) static int name(void *arg __attribute__((unused)))

/* In a body: end with the error that a call returned, as a raised exception would. */
#define or_end(call)                                                                               \
	do {                                                                                       \
		int or_end_result = (call);                                                        \
		if (or_end_result < 0)                                                             \
			return or_end_result;                                                      \
	} while (0)

/* Spawn a tasklet whose argument is its name, or another one. */
tl_task spawn(const char *name, tl_fn body);
tl_task spawn_with(const char *name, tl_fn body, void *arg);

/* A kept tasklet that has no body yet. */
tl_task create(const char *name);

/* Bodies: log the argument and end; give way until killed. */
int logs(void *name);
int yields_for_ever(void *arg);

/* Its name; "M" for main, "-" for id 0, "?" when it is gone.  A static buffer. */
const char *name_of(tl_task task);

/* The number in a pointer-sized argument. */
static inline void *number(intptr_t value)
{
	return (void *)value;
}
static inline int number_of(void *arg)
{
	return (int)(intptr_t)arg;
}

/* ---- channels ---- */

/* A channel of ints: rendezvous, or with room for `capacity`. */
struct tl_channel *new_channel(const char *name);
struct tl_channel *new_buffered(const char *name, size_t capacity);

int send_int(struct tl_channel *channel, int value) TL_MUST_CHECK;
int receive_int(struct tl_channel *channel); /* expects that it succeeds */

/* ---- the process ---- */

/* What runs between the two is written to a file in place of stderr; _end returns it, a static
 * buffer. */
void stderr_capture_begin(void);
const char *stderr_capture_end(void);

/* What tl_report() writes, a static buffer. */
const char *report_text(void);

bool tracing_is_off(void); /* TASKLET_TRACE=off: times are 0 */

/* Under a sanitizer or valgrind: memory limits and very many stacks mean something else there. */
bool is_instrumented(void);

#define MILLISECOND UINT64_C(1000000)
#define SECOND	    (1000 * MILLISECOND)

#endif /* HARNESS_H */
