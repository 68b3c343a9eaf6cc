/* SPDX-License-Identifier: MIT */
/*
 * report_waits.c: who waits for what, and who could wake it.
 */
#include "report_parts.h"
#include "table.h"

static void json_wait(const struct report *report, int32_t index)
{
	const struct task *task = &report->look.snapshot->tasks[index];
	struct json json;
	json_init(&json, report->output);
	json_begin_line(&json);
	json_u64(&json, "id", task->id);
	json_text(&json, "name", task->name);
	json_known(&json, "age_ns", task->age_ns, MODEL_UNKNOWN);
	json_waits_for(&json, report, index);
	json_end_line(&json);
}

static int text_waits(const struct report *report, const int32_t *tasks, size_t count)
{
	static const struct table_column columns[] = {
		{"ID", true}, {"NAME", false}, {"S", false}, {"AGE", true}, {"WAITS FOR", false},
	};
	const struct snapshot *snapshot = report->look.snapshot;
	struct table table;
	char text[512];
	int result = table_init(&table, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < count && !result; i++) {
		const struct task *task = &snapshot->tasks[tasks[i]];
		const char letter[2] = {task_letter(task), '\0'};
		table_cell_u64(&table, task->id);
		table_cell(&table, task->name[0] ? task->name : "-");
		table_cell(&table, letter);
		table_cell(&table, label_duration(task->age_ns, text, sizeof text));
		waits_describe(snapshot, report->look.model, tasks[i], text, sizeof text);
		table_cell(&table, text);
	}
	if (!result)
		result = table_write(&table, report->output, 0);
	table_fini(&table);
	return result;
}

int report_waits(const struct report *report, const int32_t *tasks, size_t count)
{
	if (!report->is_json)
		return text_waits(report, tasks, count);
	for (size_t i = 0; i < count && !report->output->error; i++)
		json_wait(report, tasks[i]);
	return 0;
}
