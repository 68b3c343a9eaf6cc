/* SPDX-License-Identifier: MIT */
/*
 * report_channels.c: a row a channel, and below it, when asked for, who waits on it and who used it
 * last.
 */
#include <errno.h>

#include "../analysis/sort.h"
#include "report_parts.h"
#include "table.h"

/* The waiter number `i` of an object, an index in snapshot.tasks; -1 beyond the last.  *kind: what
 * it waits to do here (one in a select does one thing here and another there). */
static int32_t waiter(const struct snapshot *snapshot, const struct object *object, uint32_t i,
		      unsigned *kind)
{
	const uint64_t at = (uint64_t)object->waiters_first + i;
	if (i >= object->waiters_count || at >= snapshot->waiter_count)
		return -1;
	*kind = snapshot->waiter_kinds[at];
	return (int32_t)snapshot->waiters[at];
}

/* ---- JSON ---- */

static void json_waiters(struct json *json, const struct report *report,
			 const struct object *object)
{
	const struct snapshot *snapshot = report->look.snapshot;
	unsigned kind;
	int32_t task;
	json_begin_array(json, "waiters");
	for (uint32_t i = 0; (task = waiter(snapshot, object, i, &kind)) >= 0; i++) {
		const struct task *it = &snapshot->tasks[task];
		json_begin_object(json, NULL);
		json_u64(json, "id", it->id);
		json_text(json, "name", it->name);
		json_text(json, "wait", model_wait_name(report->look.model, kind));
		json_known(json, "age_ns", it->age_ns, MODEL_UNKNOWN);
		json_end_object(json);
	}
	json_end_array(json);
}

static void json_users(struct json *json, const char *key, const struct snapshot *snapshot,
		       const uint64_t users[MODEL_USERS])
{
	json_begin_array(json, key);
	for (uint32_t i = 0; i < MODEL_USERS && users[i]; i++)
		json_task_id(json, NULL, snapshot, users[i]);
	json_end_array(json);
}

static void json_channel(const struct report *report, int32_t index)
{
	const struct look *look = &report->look;
	const struct object *object = &look->snapshot->objects[index];
	struct json json;
	json_init(&json, report->output);
	json_begin_line(&json);
	json_u64(&json, "id", object->id);
	json_text(&json, "kind", model_object_name(look->model, object->kind));
	json_text(&json, "name", object->name);
	json_u64(&json, "element_bytes", object->element_bytes);
	json_u64(&json, "capacity", object->capacity);
	json_u64(&json, "length", object->length);
	json_u64(&json, "sent", object->count);
	if (look->rates) {
		const struct object_rate *rate = &look->rates->objects[index];
		json_rate(&json, "sent_per_s", rate->sent);
		json_rate(&json, "received_per_s", rate->received);
	}
	json_i64(&json, "preference", object->preference);
	json_bool(&json, "schedule_all", object->schedule_all);
	json_bool(&json, "closing", object->closing);
	json_u64(&json, "senders_waiting", object->senders_waiting);
	json_u64(&json, "receivers_waiting", object->receivers_waiting);
	json_known(&json, "oldest_wait_ns", object_oldest_wait(look->snapshot, object),
		   MODEL_UNKNOWN);
	json_waiters(&json, report, object);
	json_users(&json, "known_senders", look->snapshot, object->senders);
	json_bool(&json, "more_senders", object->more_senders);
	json_users(&json, "known_receivers", look->snapshot, object->receivers);
	json_bool(&json, "more_receivers", object->more_receivers);
	json_known(&json, "age_ns", object->created_ns, MODEL_UNKNOWN);
	json_task_id(&json, "creator", look->snapshot, object->creator);
	json_site(&json, "made_at", look->model, object->site);
	json_end_line(&json);
}

/* ---- text ---- */

static const struct table_column columns[] = {
	{"ID", true},	  {"NAME", false},    {"CAP", true},	   {"LEN", true},
	{"SENT", true},	  {"SENDERS", true},  {"RECEIVERS", true}, {"OLDEST", true},
	{"STATE", false}, {"MADE AT", false},
};
static const struct table_column columns_with_rates[] = {
	{"ID", true},	     {"NAME", false},  {"CAP", true},	 {"LEN", true},
	{"SENT", true},	     {"SEND/S", true}, {"RECV/S", true}, {"SENDERS", true},
	{"RECEIVERS", true}, {"OLDEST", true}, {"STATE", false}, {"MADE AT", false},
};

static const char *channel_state(const struct object *object)
{
	if (object->closing)
		return object->length || object->senders_waiting ? "closing" : "closed";
	if (object->capacity && object->length >= object->capacity)
		return "full";
	return "open";
}

static void text_row(const struct report *report, struct table *table, int32_t index)
{
	const struct look *look = &report->look;
	const struct object *object = &look->snapshot->objects[index];
	char text[LABEL_BYTES];
	table_cell_u64(table, object->id);
	table_cell(table, object->name[0] ? object->name : "-");
	table_cell_u64(table, object->capacity);
	table_cell_u64(table, object->length);
	table_cell(table, label_count(object->count, text, sizeof text));
	if (look->rates) {
		table_cell_rate(table, look->rates->objects[index].sent);
		table_cell_rate(table, look->rates->objects[index].received);
	}
	table_cell_u64(table, object->senders_waiting);
	table_cell_u64(table, object->receivers_waiting);
	table_cell(table,
		   label_duration(object_oldest_wait(look->snapshot, object), text, sizeof text));
	table_cell(table, channel_state(object));
	table_cell(table, label_site(look->model, object->site, text, sizeof text));
}

static int text_table(const struct report *report, const int32_t *objects, size_t count)
{
	struct table table;
	int result = report->look.rates
			     ? table_init(&table, columns_with_rates,
					  sizeof columns_with_rates / sizeof *columns_with_rates)
			     : table_init(&table, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < count && !result; i++)
		text_row(report, &table, objects[i]);
	if (!result)
		result = table_write(&table, report->output, 0);
	table_fini(&table);
	return result;
}

static void text_users(const struct report *report, const char *what,
		       const uint64_t users[MODEL_USERS], bool more)
{
	char name[LABEL_BYTES];
	output_print(report->output, "  last %s, the latest first: %s", what,
		     users[0] ? "" : "none");
	for (uint32_t i = 0; i < MODEL_USERS && users[i]; i++)
		output_print(report->output, "%s%s", i ? ", " : "",
			     label_task_id(report->look.snapshot, users[i], name, sizeof name));
	output_text(report->output, more ? " and others\n" : "\n");
}

static void text_waiters(const struct report *report, const struct object *object, bool sending)
{
	const struct snapshot *snapshot = report->look.snapshot;
	char name[LABEL_BYTES], age[32];
	uint32_t number = 0;
	unsigned kind;
	int32_t task;
	output_print(report->output, "  waiting to %s, in order:", sending ? "send" : "receive");
	for (uint32_t i = 0; (task = waiter(snapshot, object, i, &kind)) >= 0; i++) {
		if ((kind != TL_WAIT_RECEIVE) != sending)
			continue;
		output_print(report->output, "\n  %4u  %s  %s", ++number,
			     label_task(snapshot, task, name, sizeof name),
			     label_duration(snapshot->tasks[task].age_ns, age, sizeof age));
	}
	output_text(report->output, number ? "\n" : " nobody\n");
}

static int text_details(const struct report *report, const int32_t *objects, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct object *object = &report->look.snapshot->objects[objects[i]];
		const int result = text_table(report, &objects[i], 1);
		if (result)
			return result;
		text_waiters(report, object, true);
		text_waiters(report, object, false);
		text_users(report, "senders", object->senders, object->more_senders);
		text_users(report, "receivers", object->receivers, object->more_receivers);
		output_byte(report->output, '\n');
	}
	return 0;
}

int report_channels(const struct report *report, const int32_t *objects, size_t count,
		    bool with_waiters)
{
	if (!report->is_json)
		return with_waiters ? text_details(report, objects, count)
				    : text_table(report, objects, count);
	for (size_t i = 0; i < count && !report->output->error; i++)
		json_channel(report, objects[i]);
	return 0;
}
