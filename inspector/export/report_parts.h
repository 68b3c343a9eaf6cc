/* SPDX-License-Identifier: MIT */
/*
 * report_parts.h: the pieces that several reports have in common, so that a tasklet, an object, a
 * place and a backtrace look the same wherever they appear.  Private to the reports.
 */
#ifndef INSPECTOR_REPORT_PARTS_H
#define INSPECTOR_REPORT_PARTS_H

#include "../analysis/label.h"
#include "json.h"
#include "report.h"

/* "key": {"id": 57, "name": "index"}; null for index -1. */
void json_task(struct json *json, const char *key, const struct snapshot *snapshot, int32_t task);
/* The same for one who may have ended: {"id": 57, "name": null, "ended": true}. */
void json_task_id(struct json *json, const char *key, const struct snapshot *snapshot, uint64_t id);
/* "key": {"id": 3, "kind": "mutex", "name": "db"} */
void json_object(struct json *json, const char *key, const struct report *report, int32_t object);
/* "key": {"address", "function", "offset", "file", "line"}; null for address 0. */
void json_site(struct json *json, const char *key, struct model *model, uint64_t address);
/* null for RATE_UNKNOWN. */
void json_rate(struct json *json, const char *key, double rate);
/* "waits_for": {"kind": "lock", "object": …, "holder": …}; null when it waits for nothing. */
void json_waits_for(struct json *json, const struct report *report, int32_t task);
/* "backtrace": "complete", "why": …, "frames": […] */
void json_backtrace(struct json *json, struct model *model, const struct backtrace *backtrace);

/* A frame a line, each after `indent`; unless it is complete, a line that says what is missing. */
void text_backtrace(struct output *output, struct model *model, const struct backtrace *backtrace,
		    const char *indent);

const char *backtrace_word(enum backtrace_status status);

#endif
