/* SPDX-License-Identifier: MIT */
/*
 * report_events.c: the trace, oldest first, an event a line.  What the rings lost is said first: a
 * reader must not take the first line for the beginning.
 */
#define _GNU_SOURCE /* strerrorname_np */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report_parts.h"
#include "table.h"

/* Objects by id: events name them by it, and there are many events. */
struct known_object {
	uint64_t id;
	int32_t index;
};

struct events {
	const struct report *report;
	struct known_object *objects;
};

static int compare_objects(const void *a, const void *b)
{
	const struct known_object *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

static int events_init(struct events *events, const struct report *report)
{
	const struct snapshot *snapshot = report->look.snapshot;
	events->report = report;
	events->objects = calloc((size_t)snapshot->object_count + 1, sizeof *events->objects);
	if (!events->objects)
		return -ENOMEM;
	for (uint32_t i = 0; i < snapshot->object_count; i++)
		events->objects[i] =
			(struct known_object){.id = snapshot->objects[i].id, .index = (int32_t)i};
	qsort(events->objects, snapshot->object_count, sizeof *events->objects, compare_objects);
	return 0;
}

static int32_t object_of(const struct events *events, uint64_t id)
{
	const struct known_object key = {.id = id};
	const struct known_object *found =
		bsearch(&key, events->objects, events->report->look.snapshot->object_count,
			sizeof key, compare_objects);
	return found ? found->index : -1;
}

/* ---- what the numbers of an event mean ---- */

static bool has_reason(unsigned event)
{
	return event == TL_EVENT_SWITCH || event == TL_EVENT_HANDOFF || event == TL_EVENT_WAKE;
}

/* The flags of these are a kind of wait. */
static bool has_wait(unsigned event)
{
	return event == TL_EVENT_DEADLOCK || event == TL_EVENT_CYCLE;
}

static const char *why(const struct model *model, const struct event *event)
{
	if (has_reason(event->event))
		return model_reason_name(model, event->flags);
	return has_wait(event->event) ? model_wait_name(model, event->flags) : NULL;
}

static bool has_error(unsigned event)
{
	return event == TL_EVENT_THROW || event == TL_EVENT_UNCAUGHT || event == TL_EVENT_EXIT;
}

static bool has_value(unsigned event)
{
	return event == TL_EVENT_MARK || event == TL_EVENT_HOG;
}

/* ---- JSON ---- */

static void json_event(const struct events *events, const struct event *event)
{
	const struct report *report = events->report;
	const struct snapshot *snapshot = report->look.snapshot;
	struct json json;
	json_init(&json, report->output);
	json_begin_line(&json);
	json_known(&json, "ns", event->ns, MODEL_UNKNOWN);
	json_u64(&json, "scheduler", event->scheduler);
	json_text(&json, "event", model_event_name(report->look.model, event->event));
	if (why(report->look.model, event))
		json_text(&json, "why", why(report->look.model, event));
	if (event->task_id)
		json_task_id(&json, "tasklet", snapshot, event->task_id);
	else if (event->tasklet)
		json_u64(&json, "tasklet_low", event->tasklet);
	else
		json_null(&json, "tasklet"); /* the thread itself, idle */
	if (event->other_id)
		json_task_id(&json, "other", snapshot, event->other_id);
	if (event->object_id) {
		const int32_t object = object_of(events, event->object_id);
		if (object >= 0)
			json_object(&json, "object", report, object);
		json_u64(&json, "object_id", event->object_id);
	}
	if (event->text[0])
		json_text(&json, "text", event->text);
	if (has_error(event->event))
		json_i64(&json, event->event == TL_EVENT_EXIT ? "result" : "error",
			 (int64_t)event->b);
	if (has_value(event->event))
		json_u64(&json, "value", event->b);
	if (event->event == TL_EVENT_THROW)
		json_bool(&json, "pending", event->flags & 1);
	if (event->event == TL_EVENT_CLOSE)
		json_bool(&json, "open", !(event->flags & 1));
	if (event->event == TL_EVENT_SLEEP)
		json_known(&json, "until_ns", event->b, UINT64_MAX);
	json_end_line(&json);
}

static void json_loss(const struct report *report, const char *what, uint64_t count)
{
	struct json json;
	if (!count)
		return;
	json_init(&json, report->output);
	json_begin_line(&json);
	json_text(&json, "event", what);
	json_u64(&json, "count", count);
	json_end_line(&json);
}

/* ---- text ---- */

static const char *label_event_object(const struct events *events, const struct event *event,
				      char *buffer, size_t bytes)
{
	if (!event->object_id)
		return "";
	const int32_t object = object_of(events, event->object_id);
	if (object < 0)
		return label_print(buffer, bytes, "object %llu (gone)",
				   (unsigned long long)event->object_id);
	return label_object(events->report->look.snapshot, events->report->look.model, object,
			    buffer, bytes);
}

/* How the second tasklet of an event has to do with it. */
static const char *relation(const struct event *event)
{
	switch (event->event) {
	case TL_EVENT_SWITCH:
	case TL_EVENT_EXIT: return "to ";
	case TL_EVENT_HANDOFF: return "wakes and goes to ";
	case TL_EVENT_WAKE:
	case TL_EVENT_SPAWN:
	case TL_EVENT_THROW: return "by ";
	case TL_EVENT_UNCAUGHT: return "goes to ";
	default: return "";
	}
}

/* "result 0", "error -EPIPE", "42" */
static char *label_number(const struct event *event, char *buffer, size_t bytes)
{
	const int64_t value = (int64_t)event->b;
	const uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	const char *name = size && size < 4096 ? strerrorname_np((int)size) : NULL;
	const char *what = event->event == TL_EVENT_EXIT ? "result " : "error ";
	if (event->event == TL_EVENT_MARK)
		return label_print(buffer, bytes, " %lld", (long long)value);
	if (!has_error(event->event))
		return label_print(buffer, bytes, "%s", "");
	if (!name || (event->event == TL_EVENT_EXIT && value > 0))
		return label_print(buffer, bytes, "%s%lld", what, (long long)value);
	return label_print(buffer, bytes, "%s%s%s", what, value < 0 ? "-" : "", name);
}

/* What one bit of the flags tells. */
static const char *remark(const struct event *event)
{
	if (event->event == TL_EVENT_THROW && event->flags & 1)
		return ", pending";
	return event->event == TL_EVENT_CLOSE && !(event->flags & 1) ? ", opened again" : "";
}

/* "lock db, to 57 index" */
static char *detail(const struct events *events, const struct event *event, char *buffer,
		    size_t bytes)
{
	const struct look *look = &events->report->look;
	const char *reason = why(look->model, event);
	char object[LABEL_BYTES], other[LABEL_BYTES], number[48];
	const char *what = label_event_object(events, event, object, sizeof object);
	label_number(event, number, sizeof number);
	other[0] = '\0';
	if (event->other_id)
		label_task_id(look->snapshot, event->other_id, other, sizeof other);
	return label_print(buffer, bytes, "%s%s%s%s%s%s%s%s%s", reason ? reason : "",
			   reason && *what ? " " : "", what, event->text, number, remark(event),
			   other[0] && (reason || *what || *number) ? ", " : "",
			   other[0] ? relation(event) : "", other);
}

static int text_events(const struct events *events, const struct history *history)
{
	static const struct table_column columns[] = {
		{"AGO", true},	  {"SCHED", true},   {"TASKLET", false},
		{"EVENT", false}, {"DETAIL", false},
	};
	const struct look *look = &events->report->look;
	const uint64_t now_ns = look->snapshot->taken_ns;
	struct table table;
	char text[512];
	int result = table_init(&table, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < history->count && !result; i++) {
		const struct event *event = &history->events[i];
		const uint64_t ago = event->ns == MODEL_UNKNOWN ? MODEL_UNKNOWN
				     : event->ns < now_ns	? now_ns - event->ns
								: 0;
		table_cell(&table, label_duration(ago, text, sizeof text));
		table_cell_u64(&table, event->scheduler);
		table_cell(&table,
			   label_task_id(look->snapshot, event->task_id, text, sizeof text));
		table_cell(&table, model_event_name(look->model, event->event));
		table_cell(&table, detail(events, event, text, sizeof text));
	}
	if (!result)
		result = table_write(&table, events->report->output, 0);
	table_fini(&table);
	return result;
}

int report_history(const struct report *report, const struct history *history)
{
	struct events events;
	int result = events_init(&events, report);
	if (result)
		return result;
	if (report->is_json) {
		json_loss(report, "lost", history->lost);
		json_loss(report, "torn", history->torn);
		for (size_t i = 0; i < history->count && !report->output->error; i++)
			json_event(&events, &history->events[i]);
	} else {
		if (history->lost)
			output_print(report->output, "(%llu older events are lost: overwritten)\n",
				     (unsigned long long)history->lost);
		if (history->torn)
			output_print(report->output,
				     "(%llu events were torn while they were read)\n",
				     (unsigned long long)history->torn);
		result = text_events(&events, history);
	}
	free(events.objects);
	return result;
}
