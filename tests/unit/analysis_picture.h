/* SPDX-License-Identifier: MIT */
/*
 * analysis_picture.h: snapshots made by hand, a model that is none, and a small frame for tests.
 * The analysis is a pure function of snapshots: no process is needed to test it.
 */
#ifndef TESTS_ANALYSIS_PICTURE_H
#define TESTS_ANALYSIS_PICTURE_H

#include <stdio.h>
#include <string.h>

#include "../../inspector/analysis/rates.h"

/* ---- tests ---- */

struct test {
	const char *name;
	void (*body)(void);
	struct test *next;
};
void test_register(struct test *test);

#define TEST(function)                                                                             \
	static void function(void);                                                                \
	static struct test function##_test = {.name = #function, .body = (function)};              \
	__attribute__((constructor)) static void function##_register(void)                         \
	{                                                                                          \
		test_register(&function##_test);                                                   \
	}                                                                                          \
	static void function(void)

/* A test that fails says so and goes on: each expectation is told with its place. */
void expect_at(const char *file, int line, const char *what, bool holds);
void expect_number_at(const char *file, int line, const char *what, long long got, long long want);
void expect_text_at(const char *file, int line, const char *what, const char *got,
		    const char *want);
#define expect(what) expect_at(__FILE__, __LINE__, #what, (what))
#define expect_number(got, want) expect_number_at(__FILE__, __LINE__, #got, (got), (want))
#define expect_text(got, want) expect_text_at(__FILE__, __LINE__, #got, (got), (want))

/* ---- pictures ---- */

/* Tasks have the ids 1, 2 ... in the order in which they are made, whose index is one less; objects
 * too. */
struct picture {
	struct snapshot snapshot;
	uint32_t task_room, object_room;
};

void picture_init(struct picture *picture);
void picture_fini(struct picture *picture);

/* Ready, on scheduler 0, since 1 s; NULL: no name.  The pointers are good until the next task is
 * made. */
int32_t picture_task(struct picture *picture, const char *name);
struct task *task_at(struct picture *picture, int32_t task);
int32_t picture_mutex(struct picture *picture, const char *name, int32_t holder);
int32_t picture_channel(struct picture *picture, const char *name, uint32_t capacity,
			uint32_t length);
struct object *object_at(struct picture *picture, int32_t object);

/* What a task does; the last call counts. */
void set_lock(struct picture *picture, int32_t task, int32_t mutex);
void set_join(struct picture *picture, int32_t task, int32_t other);
void set_send(struct picture *picture, int32_t task, int32_t channel);
void set_receive(struct picture *picture, int32_t task, int32_t channel);
void set_wait(struct picture *picture, int32_t task, enum tl_wait wait);
void set_state(struct picture *picture, int32_t task, enum tl_state state);
void add_sender(struct picture *picture, int32_t channel, int32_t task);
void add_receiver(struct picture *picture, int32_t channel, int32_t task);

/* Fills in what follows from the rest: the waiters of each object, the table of ids. */
const struct snapshot *picture_finish(struct picture *picture);

/* ---- the model that is none: what it answers ---- */

struct fake_place {
	uint64_t address;
	const char *function, *file;
	int line;
	const char *module;
	bool is_runtime;
};
extern const struct fake_place *fake_places; /* ends with address 0 */

/* model_confirm() says no as soon as one of these is asked about; -1 ends the list. */
extern const int32_t *fake_moved_tasks, *fake_moved_objects;
extern int fake_confirms; /* how often it was asked */

/* model_backtraces() gives each task a stack of these addresses, by index; ends with 0. */
extern const uint64_t (*fake_stacks)[8];
extern const enum backtrace_status *fake_statuses; /* NULL: all complete */

#endif
