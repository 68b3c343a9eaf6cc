/* SPDX-License-Identifier: MIT */
/*
 * json.h: writes JSON as it goes, without a tree: a hundred thousand tasklets must not become two
 * million allocations first.  The writer puts the commas; whoever calls must nest properly.  One
 * object a line. Text that is not UTF-8 comes out with U+FFFD in place of each bad byte, so that
 * every line parses.
 */
#ifndef INSPECTOR_JSON_H
#define INSPECTOR_JSON_H

#include <stdbool.h>

#include "output.h"

struct json {
	struct output *output;
	bool wants_comma;
};

static inline void json_init(struct json *json, struct output *output)
{
	*json = (struct json){.output = output};
}

/* A line: an object that begins with "schema": 1; json_end_line() closes it. */
void json_begin_line(struct json *json);
void json_end_line(struct json *json);

/* `key` is NULL within an array. */
void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);

void json_text(struct json *json, const char *key, const char *text); /* NULL: null */
void json_u64(struct json *json, const char *key, uint64_t value);
/* null for `unknown`. */
void json_known(struct json *json, const char *key, uint64_t value, uint64_t unknown);
void json_i64(struct json *json, const char *key, int64_t value);
void json_number(struct json *json, const char *key, double value); /* null when not finite */
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* Put a value that was written before, as it is. */
void json_raw(struct json *json, const char *key, const char *value);

#endif
