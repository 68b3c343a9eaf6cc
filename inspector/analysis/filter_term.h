/* SPDX-License-Identifier: MIT */
/*
 * filter_term.h: one word of a filter, read.  Between filter.c, which reads, and filter_match.c,
 * which asks.
 */
#ifndef INSPECTOR_FILTER_TERM_H
#define INSPECTOR_FILTER_TERM_H

#include <regex.h>

#include "filter.h"

enum filter_type {
	FILTER_TEXT,
	FILTER_PLACE,
	FILTER_STATE,
	FILTER_IS,
	FILTER_ID,
	FILTER_NUMBER,
	FILTER_DURATION,
	FILTER_BYTES,
};

#define FILTER_FIELDS(X)                   \
	X(ID, "id", ID)                    \
	X(NAME, "name", TEXT)              \
	X(GROUP, "group", TEXT)            \
	X(STATE, "state", STATE)           \
	X(IS, "is", IS)                    \
	X(WAITS, "waits", TEXT)            \
	X(ON, "on", TEXT)                  \
	X(SPAWN, "spawn", PLACE)           \
	X(AGE, "age", DURATION)            \
	X(RUN, "run", DURATION)            \
	X(READY, "ready", DURATION)        \
	X(WAITED, "waited", DURATION)      \
	X(LIFE, "life", DURATION)          \
	X(RUN_PERCENT, "run%", NUMBER)     \
	X(SWITCHES, "switches", NUMBER)    \
	X(SWITCH_RATE, "switch/s", NUMBER) \
	X(STACK, "stack", BYTES)           \
	X(STACK_PERCENT, "stack%", NUMBER) \
	X(LEVEL, "level", NUMBER)          \
	X(SCHED, "sched", NUMBER)          \
	X(PARENT, "parent", ID)            \
	X(WAKER, "waker", ID)

#define FILTER_ENUM(n, word, type) FILTER_FIELD_##n,
enum filter_field { FILTER_FIELDS(FILTER_ENUM) FILTER_FIELD_COUNT, FILTER_FIELD_ANY };

#define FILTER_FLAGS(X)             \
	X(DEADLINE, "deadline")     \
	X(ERROR, "error")           \
	X(MAIN, "main")             \
	X(BACKGROUND, "background") \
	X(FRESH, "fresh")           \
	X(JOINABLE, "joinable")     \
	X(TORN, "torn")
#define FILTER_FLAG_ENUM(n, word) FILTER_FLAG_##n,
enum filter_flag { FILTER_FLAGS(FILTER_FLAG_ENUM) FILTER_FLAG_COUNT };

enum filter_operator {
	FILTER_HAS,  /* ':'; also '=' of texts */
	FILTER_LIKE, /* '~' */
	FILTER_EQUAL,
	FILTER_UNEQUAL,
	FILTER_LESS,
	FILTER_AT_MOST,
	FILTER_MORE,
	FILTER_AT_LEAST,
};

struct filter_term {
	enum filter_field field;
	enum filter_type type;
	enum filter_operator how;
	bool is_not;
	char *text;    /* the value; a list keeps its commas */
	double number; /* of NUMBER, DURATION (ns), BYTES; of ANY: an id, or -1 when it is none */
	regex_t expression;
	bool has_expression;
};

struct filter {
	struct filter_term *terms;
	size_t count;
};

/* Is `item` (length bytes) one of those that a list names? */
bool filter_list_has(const char *list, const char *item);

#endif
