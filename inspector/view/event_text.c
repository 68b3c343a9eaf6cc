/* SPDX-License-Identifier: MIT */
/*
 * event_text.c: an event names two tasklets: the one it happened to and another.  The same switch
 * reads "leaves" on the screen of the one and "runs" on the screen of the other.
 */
#include "event_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "../analysis/label.h"

/* "lock db", "send jobs", "yield" */
static void reason_text(const struct snapshot *snapshot, const struct model *model,
			const struct event *event, char *text, size_t bytes)
{
	int32_t object = event->object_id ? snapshot_object_by_id(snapshot, event->object_id) : -1;
	const char *reason = model_reason_name(model, event->flags);
	char name[LABEL_BYTES];

	if (object >= 0)
		snprintf(text, bytes, "%s %s", reason,
			 label_object(snapshot, model, object, name, sizeof(name)));
	else
		snprintf(text, bytes, "%s", reason);
}

static void switch_text(const struct snapshot *snapshot, const struct model *model, bool is_mine,
			const struct event *event, const char **verb, char *text, size_t bytes)
{
	char other[LABEL_BYTES], reason[LABEL_BYTES];

	reason_text(snapshot, model, event, reason, sizeof(reason));
	label_task_id(snapshot, is_mine ? event->other_id : event->task_id, other, sizeof(other));
	*verb = is_mine ? "leaves" : "runs";
	if (is_mine && event->other_id)
		snprintf(text, bytes, "%s, for %s", reason, other);
	else if (is_mine)
		snprintf(text, bytes, "%s, nobody else to run", reason);
	else if (event->task_id)
		snprintf(text, bytes, "after %s (%s)", other, reason);
	else
		snprintf(text, bytes, "the thread was idle");
}

static void wake_text(const struct snapshot *snapshot, const struct model *model, bool is_mine,
		      const struct event *event, const char **verb, char *text, size_t bytes)
{
	char other[LABEL_BYTES], reason[LABEL_BYTES];

	reason_text(snapshot, model, event, reason, sizeof(reason));
	label_task_id(snapshot, is_mine ? event->other_id : event->task_id, other, sizeof(other));
	*verb = is_mine ? "ready" : "wakes";
	if (is_mine)
		snprintf(text, bytes, event->other_id ? "%s, by %s" : "%s", reason, other);
	else
		snprintf(text, bytes, "%s (%s)", other, reason);
}

static void object_text(const struct snapshot *snapshot, const struct model *model,
			const struct event *event, char *text, size_t bytes)
{
	int32_t object = event->object_id ? snapshot_object_by_id(snapshot, event->object_id) : -1;

	if (object >= 0)
		label_object(snapshot, model, object, text, bytes);
	else if (event->object_id)
		snprintf(text, bytes, "object %" PRIu64 ", gone", event->object_id);
	else
		snprintf(text, bytes, "%s", "");
}

void event_text(const struct snapshot *snapshot, const struct model *model, uint64_t id,
		const struct event *event, const char **verb, char *text, size_t bytes)
{
	bool is_mine = event->task_id == id;
	char other[LABEL_BYTES], time[24];

	*verb = model_event_name(model, event->event);
	text[0] = '\0';
	label_task_id(snapshot, is_mine ? event->other_id : event->task_id, other, sizeof(other));
	switch (event->event) {
	case TL_EVENT_SWITCH:
	case TL_EVENT_HANDOFF:
		switch_text(snapshot, model, is_mine, event, verb, text, bytes);
		break;
	case TL_EVENT_WAKE: wake_text(snapshot, model, is_mine, event, verb, text, bytes); break;
	case TL_EVENT_SPAWN:
		*verb = is_mine ? "spawned" : "spawns";
		snprintf(text, bytes, is_mine ? "by %s" : "%s", other);
		break;
	case TL_EVENT_EXIT:
		*verb = is_mine ? "ends" : "runs";
		if (is_mine)
			snprintf(text, bytes, "result %" PRIi64, (int64_t)event->b);
		else
			snprintf(text, bytes, "after %s ended", other);
		break;
	case TL_EVENT_THROW:
		snprintf(text, bytes,
			 is_mine ? "error %" PRIu64 ", by %s" : "error %" PRIu64 ", at %s",
			 event->b, other);
		break;
	case TL_EVENT_UNCAUGHT: snprintf(text, bytes, "error %" PRIi64, (int64_t)event->b); break;
	case TL_EVENT_CREATE:
	case TL_EVENT_DESTROY:
	case TL_EVENT_CLOSE:
	case TL_EVENT_DEADLOCK:
	case TL_EVENT_CYCLE: object_text(snapshot, model, event, text, bytes); break;
	case TL_EVENT_MARK: snprintf(text, bytes, "%s %" PRIu64, event->text, event->b); break;
	case TL_EVENT_HOG:
		snprintf(text, bytes, "ran %s", label_duration(event->b, time, sizeof(time)));
		break;
	default: snprintf(text, bytes, "%s", event->text);
	}
}
