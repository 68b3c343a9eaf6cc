/* SPDX-License-Identifier: MIT */
/*
 * sort.h: the order of tasklets and of channels in a list.  Stable, and ties go by id, so that a
 * row stays where it is while nothing changes.  What is unknown comes last in either direction.
 */
#ifndef INSPECTOR_SORT_H
#define INSPECTOR_SORT_H

#include "rates.h"

/* Name on the command line, heading of the column, the direction it starts with. */
#define SORT_TASK_KEYS(X)                            \
	X(ID, "id", "ID", false)                     \
	X(NAME, "name", "NAME", false)               \
	X(STATE, "state", "S", false)                \
	X(WAITS, "waits", "WAITS FOR", false)        \
	X(AGE, "age", "AGE", true)                   \
	X(RUN, "run", "RUN", true)                   \
	X(RUN_PERCENT, "run%", "RUN%", true)         \
	X(READY, "ready", "READY", true)             \
	X(SWITCHES, "switches", "SWITCHES", true)    \
	X(SWITCH_RATE, "switch/s", "SWITCH/S", true) \
	X(STACK, "stack", "STACK%", true)            \
	X(LEVEL, "level", "LEVEL", true)             \
	X(SPAWN, "spawn", "SPAWNED AT", false)       \
	X(PARENT, "parent", "PARENT", false)         \
	X(LIFE, "life", "LIFE", true)                \
	X(SCHED, "sched", "SCHED", false)

#define SORT_CHANNEL_KEYS(X)                         \
	X(NAME, "name", "NAME", false)               \
	X(ID, "id", "ID", false)                     \
	X(CAPACITY, "cap", "CAP", true)              \
	X(LENGTH, "len", "LEN", true)                \
	X(SENT, "send/s", "SEND/S", true)            \
	X(RECEIVED, "recv/s", "RECV/S", true)        \
	X(SENDERS, "senders", "SENDERS", true)       \
	X(RECEIVERS, "receivers", "RECEIVERS", true) \
	X(OLDEST, "oldest", "OLDEST", true)          \
	X(COUNT, "count", "COUNT", true)             \
	X(MADE, "made", "MADE AT", false)

#define SORT_ENUM_TASK(n, word, heading, down)	  SORT_##n,
#define SORT_ENUM_CHANNEL(n, word, heading, down) SORT_CHANNEL_##n,
enum sort_key { SORT_TASK_KEYS(SORT_ENUM_TASK) SORT_TASK_KEY_COUNT };
enum sort_channel_key { SORT_CHANNEL_KEYS(SORT_ENUM_CHANNEL) SORT_CHANNEL_KEY_COUNT };

struct sort {
	int key;   /* one of the two enums above */
	bool down; /* largest first */
};

/* "age", or with a direction "age:up", "age:down".  0; -EINVAL and *problem lists the keys. */
int sort_parse_task(const char *text, struct sort *ret, struct problem *problem);
int sort_parse_channel(const char *text, struct sort *ret, struct problem *problem);

const char *sort_task_word(int key);
const char *sort_task_heading(int key);
const char *sort_channel_word(int key);

/* `tasks`, `objects`: indices in the snapshot's.  0 or -ENOMEM (order unchanged). */
int sort_tasks(const struct look *look, struct sort sort, int32_t *tasks, size_t count);
int sort_channels(const struct look *look, struct sort sort, int32_t *objects, size_t count);

/* The oldest wait on this object; MODEL_UNKNOWN: nobody waits, or there is no clock. */
uint64_t object_oldest_wait(const struct snapshot *snapshot, const struct object *object);

#endif
