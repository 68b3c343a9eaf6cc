/* SPDX-License-Identifier: MIT */
#include "report_parts.h"

#include <string.h>

/* ---- who and what ---- */

void json_task(struct json *json, const char *key, const struct snapshot *snapshot, int32_t task)
{
	if (task < 0 || (uint32_t)task >= snapshot->task_count) {
		json_null(json, key);
		return;
	}
	json_begin_object(json, key);
	json_u64(json, "id", snapshot->tasks[task].id);
	json_text(json, "name", snapshot->tasks[task].name);
	json_end_object(json);
}

void json_task_id(struct json *json, const char *key, const struct snapshot *snapshot, uint64_t id)
{
	const int32_t task = snapshot_task_by_id(snapshot, id);
	if (!id || task >= 0) {
		json_task(json, key, snapshot, task);
		return;
	}
	json_begin_object(json, key);
	json_u64(json, "id", id);
	json_null(json, "name");
	json_bool(json, "ended", true);
	json_end_object(json);
}

void json_object(struct json *json, const char *key, const struct report *report, int32_t object)
{
	const struct snapshot *snapshot = report->look.snapshot;
	if (object < 0 || (uint32_t)object >= snapshot->object_count) {
		json_null(json, key);
		return;
	}
	const struct object *it = &snapshot->objects[object];
	json_begin_object(json, key);
	json_u64(json, "id", it->id);
	json_text(json, "kind", model_object_name(report->look.model, it->kind));
	json_text(json, "name", it->name);
	json_end_object(json);
}

void json_rate(struct json *json, const char *key, double rate)
{
	if (rate < 0)
		json_null(json, key);
	else
		json_number(json, key, rate);
}

/* ---- waits ---- */

static void json_wakers(struct json *json, const struct snapshot *snapshot, int32_t task)
{
	int32_t wakers[MODEL_USERS];
	bool others;
	const size_t count = waits_wakers(snapshot, task, wakers, &others);
	json_begin_array(json, "could_wake");
	for (size_t i = 0; i < count; i++)
		json_task(json, NULL, snapshot, wakers[i]);
	json_end_array(json);
	json_bool(json, "others_could", others);
}

void json_waits_for(struct json *json, const struct report *report, int32_t task)
{
	const struct snapshot *snapshot = report->look.snapshot;
	const struct task *it = &snapshot->tasks[task];
	const bool has_object = it->object >= 0 && (uint32_t)it->object < snapshot->object_count;
	if (it->quality != TASK_GOOD || it->wait == TL_WAIT_NONE) {
		json_null(json, "waits_for");
		return;
	}
	json_begin_object(json, "waits_for");
	json_text(json, "kind", model_wait_name(report->look.model, it->wait));
	if (has_object)
		json_object(json, "object", report, it->object);
	if (has_object && it->wait == TL_WAIT_LOCK) {
		json_task(json, "holder", snapshot, snapshot->objects[it->object].holder);
		json_bool(json, "holder_ended", snapshot->objects[it->object].holder_gone);
	}
	if (it->wait == TL_WAIT_JOIN)
		json_task(json, "tasklet", snapshot, it->joins);
	if (has_object || it->wait == TL_WAIT_JOIN)
		json_wakers(json, snapshot, task);
	json_bool(json, "deadline", it->has_deadline);
	json_end_object(json);
}

/* ---- places and backtraces ---- */

static void json_place(struct json *json, uint64_t address, const struct place *place)
{
	json_u64(json, "address", address);
	json_text(json, "function", place->function);
	if (place->function)
		json_u64(json, "offset", place->offset);
	json_text(json, "file", place->file);
	json_known(json, "line", place->file ? (uint64_t)place->line : 0, 0);
}

void json_site(struct json *json, const char *key, struct model *model, uint64_t address)
{
	struct place place;
	if (!address) {
		json_null(json, key);
		return;
	}
	model_place(model, address, false, &place);
	json_begin_object(json, key);
	json_place(json, address, &place);
	json_end_object(json);
}

const char *backtrace_word(enum backtrace_status status)
{
	static const char *const words[] = {
		[BACKTRACE_COMPLETE] = "complete", [BACKTRACE_CUT] = "cut",
		[BACKTRACE_RUNNING] = "running",   [BACKTRACE_HOT] = "hot",
		[BACKTRACE_FRESH] = "not started", [BACKTRACE_ENDED] = "ended",
		[BACKTRACE_REFUSED] = "refused",
	};
	return words[status];
}

void json_backtrace(struct json *json, struct model *model, const struct backtrace *backtrace)
{
	json_text(json, "backtrace", backtrace_word(backtrace->status));
	json_text(json, "why", backtrace->why[0] ? backtrace->why : NULL);
	json_begin_array(json, "frames");
	for (uint32_t i = 0; i < backtrace->count; i++) {
		struct place place;
		model_place(model, backtrace->pc[i], i == 0, &place);
		json_begin_object(json, NULL);
		json_place(json, backtrace->pc[i], &place);
		json_text(json, "module", place.module);
		json_end_object(json);
	}
	json_end_array(json);
}

static void text_frame(struct output *output, uint32_t number, uint64_t pc,
		       const struct place *place)
{
	output_print(output, "#%-2u ", number);
	if (!place->function)
		output_print(output, "0x%016llx", (unsigned long long)pc);
	else if (place->file || !place->offset)
		output_text(output, place->function);
	else
		output_print(output, "%s+0x%llx", place->function,
			     (unsigned long long)place->offset);
	if (place->file)
		output_print(output, " at %s:%d", place->file, place->line);
	else if (place->module)
		output_print(output, " in %s", label_file(place->module));
	output_byte(output, '\n');
}

void text_backtrace(struct output *output, struct model *model, const struct backtrace *backtrace,
		    const char *indent)
{
	static const char *const missing[] = {
		[BACKTRACE_COMPLETE] = NULL,
		[BACKTRACE_CUT] = "frames are missing here",
		[BACKTRACE_RUNNING] = "it is running: its stack is in use",
		[BACKTRACE_HOT] = "hot: it switched during every try to copy its stack",
		[BACKTRACE_FRESH] = "it has not started: it has no stack yet",
		[BACKTRACE_ENDED] = "it has ended",
		[BACKTRACE_REFUSED] = "its memory may not be read",
	};
	for (uint32_t i = 0; i < backtrace->count; i++) {
		struct place place;
		model_place(model, backtrace->pc[i], i == 0, &place);
		output_text(output, indent);
		text_frame(output, i, backtrace->pc[i], &place);
	}
	const bool is_empty = backtrace->status == BACKTRACE_CUT && !backtrace->count;
	const char *what = is_empty ? "no frames" : missing[backtrace->status];
	if (what)
		output_print(output, "%s(%s%s%s)\n", indent, what, backtrace->why[0] ? ": " : "",
			     backtrace->why);
}
