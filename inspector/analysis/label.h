/* SPDX-License-Identifier: MIT */
/*
 * label.h: what things are called, the same in every tool: a tasklet "57 index", an object "jobs",
 * a wait "lock db (57)", a time "8.31s", a count "184k".  Every function writes at most `bytes`
 * bytes with a NUL, cuts at a UTF-8 boundary, and returns `buffer`.
 */
#ifndef INSPECTOR_LABEL_H
#define INSPECTOR_LABEL_H

#include "../model/model.h"

enum { LABEL_BYTES = 160 };

/* snprintf() that cuts at a UTF-8 boundary. */
__attribute__((format(printf, 3, 4))) char *label_print(char *buffer, size_t bytes,
							const char *format, ...);

/* "57 index", or "57" when it has no name; "-" for index -1. */
char *label_task(const struct snapshot *snapshot, int32_t task, char *buffer, size_t bytes);
/* The same for an id; one that is gone: "57 (ended)". */
char *label_task_id(const struct snapshot *snapshot, uint64_t id, char *buffer, size_t bytes);

/* Its name, or "channel 12", "mutex 7" (kind and id). */
char *label_object(const struct snapshot *snapshot, const struct model *model, int32_t object,
		   char *buffer, size_t bytes);

/* The state in a word or two: "waiting", "running", "not started", "torn". */
const char *label_state(const struct model *model, const struct task *task);

/* The column WAITS FOR: "lock db (57)", "send jobs (full)", "receive acks", "join 12 worker",
 * "sched 0", "sleep"; "-" when it waits for nothing. */
char *label_wait(const struct snapshot *snapshot, const struct model *model, int32_t task,
		 char *buffer, size_t bytes);

/* "flush.c:88"; without debug information "flush_start+0x1c" or "0x55e0c1"; "-" for 0. */
char *label_site(struct model *model, uint64_t site, char *buffer, size_t bytes);
/* The same of an object or of any return address. */
char *label_place(const struct place *place, uint64_t address, char *buffer, size_t bytes);

/* "812ns", "41us", "3.20ms", "8.31s", "2m30s", "12h05m", "3d04h"; "-" for MODEL_UNKNOWN. */
char *label_duration(uint64_t ns, char *buffer, size_t bytes);
/* "0", "31", "9 999", "184k", "2.1M"; "-" for MODEL_UNKNOWN. */
char *label_count(uint64_t count, char *buffer, size_t bytes);
/* "812", "7.8K", "64K", "1.2G". */
char *label_bytes(uint64_t count, char *buffer, size_t bytes);

/* The part of a path after its last slash. */
const char *label_file(const char *path);

/* How much of its stack is in use, from its saved stack pointer; MODEL_UNKNOWN when that is not
 * known. *percent (may be NULL) is of the whole stack. */
uint64_t task_stack_used(const struct task *task, double *percent);

#endif
