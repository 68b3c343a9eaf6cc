/* SPDX-License-Identifier: MIT */
/*
 * report_backtraces.c: backtraces one by one, as they are taken, or equal ones together.
 */
#include <errno.h>
#include <stdlib.h>

#include "../analysis/stacks.h"
#include "report_parts.h"

enum { BATCH = 256 };

/* ---- one by one ---- */

static void text_head(const struct report *report, int32_t index)
{
	const struct task *task = &report->look.snapshot->tasks[index];
	const struct model *model = report->look.model;
	char name[LABEL_BYTES], wait[LABEL_BYTES], age[32];
	output_print(report->output, "tasklet %s (%c %s",
		     label_task(report->look.snapshot, index, name, sizeof name), task_letter(task),
		     label_state(model, task));
	if (task->wait != TL_WAIT_NONE && task->quality == TASK_GOOD)
		output_print(report->output, ": %s",
			     label_wait(report->look.snapshot, model, index, wait, sizeof wait));
	if (task->age_ns != MODEL_UNKNOWN && task->quality == TASK_GOOD)
		output_print(report->output, ", %s", label_duration(task->age_ns, age, sizeof age));
	output_text(report->output, ")\n");
}

static void write_one(const struct report *report, int32_t index, const struct backtrace *backtrace)
{
	const struct task *task = &report->look.snapshot->tasks[index];
	if (!report->is_json) {
		text_head(report, index);
		text_backtrace(report->output, report->look.model, backtrace, "");
		output_byte(report->output, '\n');
		return;
	}
	struct json json;
	json_init(&json, report->output);
	json_begin_line(&json);
	json_u64(&json, "id", task->id);
	json_text(&json, "name", task->name);
	json_text(&json, "state", label_state(report->look.model, task));
	json_backtrace(&json, report->look.model, backtrace);
	json_end_line(&json);
}

int report_backtraces(const struct report *report, const int32_t *tasks, size_t count)
{
	struct backtrace *batch = malloc(BATCH * sizeof *batch);
	if (!batch)
		return -ENOMEM;
	/* a reader that left wants no more work done */
	for (size_t first = 0; first < count && !report->output->error; first += BATCH) {
		const size_t part = count - first < BATCH ? count - first : BATCH;
		if (report->progress)
			progress_show(report->progress, "backtraces", first, count);
		model_backtraces(report->look.model, report->look.snapshot, tasks + first, part,
				 batch);
		for (size_t i = 0; i < part; i++)
			write_one(report, tasks[first + i], &batch[i]);
	}
	free(batch);
	return 0;
}

/* ---- together ---- */

static void text_group(const struct report *report, const struct groups *groups, uint32_t index)
{
	enum { SOME = 12 };
	const struct snapshot *snapshot = report->look.snapshot;
	const struct group *group = &groups->groups[index];
	const int32_t *members = &groups->members[group->first];
	char names[LABEL_BYTES];
	groups_names(&report->look, groups, index, names, sizeof names);
	output_print(report->output, "%u tasklet%s", group->count, group->count == 1 ? "" : "s");
	if (names[0])
		output_print(report->output, " %s", names);
	for (uint32_t i = 0; i < group->count && i < SOME; i++)
		output_print(report->output, "%s%llu", i ? " " : ": ",
			     (unsigned long long)snapshot->tasks[members[i]].id);
	output_text(report->output, group->count > SOME ? " ...\n" : "\n");
}

static void json_group(const struct report *report, struct json *json, const struct groups *groups,
		       uint32_t index)
{
	const struct group *group = &groups->groups[index];
	char names[LABEL_BYTES];
	json_u64(json, "count", group->count);
	json_text(json, "names", groups_names(&report->look, groups, index, names, sizeof names));
	json_begin_array(json, "ids");
	for (uint32_t i = 0; i < group->count; i++)
		json_u64(json, NULL,
			 report->look.snapshot->tasks[groups->members[group->first + i]].id);
	json_end_array(json);
}

static void write_group(const struct report *report, const struct groups *groups, uint32_t index)
{
	const struct stacks *stacks = report->look.stacks;
	const int32_t first = groups->members[groups->groups[index].first];
	const struct backtrace *backtrace = &stacks->distinct[stacks->of[first]];
	if (!report->is_json) {
		text_group(report, groups, index);
		text_backtrace(report->output, report->look.model, backtrace, "");
		output_byte(report->output, '\n');
		return;
	}
	struct json json;
	json_init(&json, report->output);
	json_begin_line(&json);
	json_group(report, &json, groups, index);
	json_backtrace(&json, report->look.model, backtrace);
	json_end_line(&json);
}

static int take_all(const struct report *report, const int32_t *tasks, size_t count,
		    struct stacks *stacks)
{
	enum { PIECE = 4096 };
	int result = 0;
	for (size_t first = 0; first < count && !result; first += PIECE) {
		const size_t part = count - first < PIECE ? count - first : PIECE;
		if (report->progress)
			progress_show(report->progress, "backtraces", first, count);
		result = stacks_add(stacks, report->look.model, report->look.snapshot,
				    tasks + first, part);
	}
	return result;
}

int report_stack_groups(const struct report *report, const int32_t *tasks, size_t count)
{
	struct report grouped = *report;
	struct stacks stacks;
	struct groups groups = {0};
	int result = stacks_init(&stacks, report->look.snapshot);
	if (result)
		return result;
	grouped.look.stacks = &stacks;
	result = take_all(report, tasks, count, &stacks);
	if (!result)
		result = groups_make(&grouped.look, GROUP_STACK, tasks, count, &groups);
	if (report->progress)
		progress_end(report->progress);
	for (uint32_t i = 0; i < groups.count; i++)
		write_group(&grouped, &groups, i);
	groups_fini(&groups);
	stacks_fini(&stacks);
	return result;
}
