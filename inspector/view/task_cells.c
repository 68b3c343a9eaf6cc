/* SPDX-License-Identifier: MIT */
/*
 * task_cells.c: words and numbers of a row.  A row that stands for a group shows what its members
 * have in common, the sum of what can be added up, and the largest of the rest.
 */
#include "task_cells.h"

#include <inttypes.h>
#include <string.h>

#include "format.h"

enum { STACK_FULL_PERCENT = 80 };

/* clang-format off */
const struct column task_columns[] = {
	/* word, heading, about, least, most, weight, rank, right, shown, sort, sort down */
	{"id", "ID", "serial number, never used twice",
	 5, 20, 0, 0, true, true, SORT_ID, false},
	{"name", "NAME", "its name",
	 8, 32, 1, 1, false, true, SORT_NAME, false},
	{"s", "S", "state: R running, r ready, or what it waits for",
	 1, 1, 0, 0, false, true, SORT_STATE, false},
	{"waits", "WAITS FOR", "what it waits for, and who has it",
	 14, 44, 2, 2, false, true, SORT_WAITS, false},
	{"age", "AGE", "since its state changed last",
	 6, 6, 0, 3, true, true, SORT_AGE, true},
	{"run%", "RUN%", "share of one CPU",
	 5, 5, 0, 5, true, true, SORT_RUN_PERCENT, true},
	{"switch/s", "SWITCH/S", "how often it ran, a second",
	 8, 8, 0, 6, true, true, SORT_SWITCH_RATE, true},
	{"stack%", "STACK%", "of its stack in use",
	 6, 6, 0, 7, true, true, SORT_STACK, true},
	{"spawn", "SPAWNED AT", "the line that made it",
	 10, 44, 2, 4, false, true, SORT_SPAWN, false},
	{"frame", "AT", "the line of the program where it is",
	 9, 44, 2, 8, false, false, NO_SORT, false},
	{"group", "GROUP", "the group that the program put it in",
	 8, 24, 1, 9, false, false, NO_SORT, false},
	{"run", "RUN", "time on a CPU",
	 6, 6, 0, 10, true, false, SORT_RUN, true},
	{"ready", "READY", "time ready but not running",
	 6, 6, 0, 10, true, false, SORT_READY, true},
	{"waited", "WAITED", "time waiting",
	 6, 6, 0, 10, true, false, NO_SORT, false},
	{"switches", "SWITCHES", "how often it ran",
	 9, 9, 0, 10, true, false, SORT_SWITCHES, true},
	{"level", "LEVEL", "priority",
	 6, 6, 0, 10, true, false, SORT_LEVEL, true},
	{"sched", "SCHED", "its scheduler",
	 6, 6, 0, 10, true, false, SORT_SCHED, false},
	{"parent", "PARENT", "who spawned it",
	 7, 20, 0, 10, true, false, SORT_PARENT, false},
	{"waker", "WAKER", "who made it ready last",
	 7, 20, 0, 10, true, false, NO_SORT, false},
	{"life", "LIFE", "since it was spawned",
	 6, 6, 0, 10, true, false, SORT_LIFE, true},
};
/* clang-format on */
_Static_assert(sizeof(task_columns) / sizeof(task_columns[0]) == TASK_COLUMNS, "task_cells.h");

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a == MODEL_UNKNOWN ? b : b == MODEL_UNKNOWN ? a : a > b ? a : b;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a == MODEL_UNKNOWN ? b : b == MODEL_UNKNOWN ? a : a + b;
}

static double add_rate(double a, double b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

static void sum_task(struct row_sum *sum, const struct sample *sample, int32_t first, int32_t index)
{
	const struct task *task = &sample->snapshot->tasks[index];
	const struct task *other = &sample->snapshot->tasks[first];
	struct task_rate rate = sample_task_rate(sample, index);
	double percent = -1;

	if (task_stack_used(task, &percent) == MODEL_UNKNOWN)
		percent = -1;
	sum->count++;
	sum->age_ns = larger(sum->age_ns, task->age_ns);
	sum->life_ns = larger(sum->life_ns, task->life_ns);
	sum->run_ns = plus(sum->run_ns, task->run_ns);
	sum->ready_ns = plus(sum->ready_ns, task->ready_ns);
	sum->wait_ns = plus(sum->wait_ns, task->wait_ns);
	sum->switches += task->switches;
	sum->run_percent = add_rate(sum->run_percent, rate.run_percent);
	sum->switch_rate = add_rate(sum->switch_rate, rate.switches);
	sum->stack_percent = percent > sum->stack_percent ? percent : sum->stack_percent;
	sum->same_state &= task->state == other->state && task->wait == other->wait;
	sum->same_wait &= task->object == other->object && task->joins == other->joins;
	sum->same_site &= task->site == other->site;
}

struct row_sum task_row_sum(const struct viewer *viewer, const struct task_row *row)
{
	const struct sample *sample = viewer->target->sample;
	const struct groups *groups = &viewer->tasks.groups;
	struct row_sum sum = {.age_ns = MODEL_UNKNOWN,
			      .run_ns = MODEL_UNKNOWN,
			      .ready_ns = MODEL_UNKNOWN,
			      .wait_ns = MODEL_UNKNOWN,
			      .life_ns = MODEL_UNKNOWN,
			      .run_percent = -1,
			      .switch_rate = -1,
			      .stack_percent = -1,
			      .same_state = true,
			      .same_site = true,
			      .same_wait = true};

	if (row->group < 0) {
		sum_task(&sum, sample, row->task, row->task);
		return sum;
	}
	const struct group *group = &groups->groups[row->group];
	for (uint32_t i = 0; i < group->count; i++)
		sum_task(&sum, sample, row->task, groups->members[group->first + i]);
	return sum;
}

static void id_or_unknown(struct cell_text *cell, uint64_t id)
{
	if (id)
		snprintf(cell->text, sizeof(cell->text), "%" PRIu64, id);
	else
		strcpy(cell->text, "-");
}

static void group_cell(const struct viewer *viewer, const struct task_row *row,
		       const struct row_sum *sum, int column, struct cell_text *cell)
{
	const struct tasks_view *view = &viewer->tasks;
	const struct look *look = &viewer->target->sample->look;
	char number[24];

	if (column == COLUMN_ID)
		snprintf(cell->text, sizeof(cell->text), "%sx",
			 label_count(sum->count, number, sizeof(number)));
	else if (column == COLUMN_NAME && !*groups_names(look, &view->groups, (uint32_t)row->group,
							 cell->text, sizeof(cell->text)))
		strcpy(cell->text, "(several)");
	else if (column == COLUMN_WAITS && !sum->same_wait)
		groups_label(look, &view->groups, (uint32_t)row->group, cell->text,
			     sizeof(cell->text));
	else if (column == COLUMN_STATE && !sum->same_state)
		strcpy(cell->text, "*");
	else if (column == COLUMN_SPAWN && !sum->same_site)
		strcpy(cell->text, "several");
}

static void word_cell(const struct viewer *viewer, const struct task *task, int32_t index,
		      int column, struct cell_text *cell)
{
	const struct look *look = &viewer->target->sample->look;

	switch (column) {
	case COLUMN_ID: id_or_unknown(cell, task->id); break;
	case COLUMN_NAME:
		snprintf(cell->text, sizeof(cell->text), "%s", task->name[0] ? task->name : "-");
		break;
	case COLUMN_STATE: snprintf(cell->text, sizeof(cell->text), "%c", task_letter(task)); break;
	case COLUMN_WAITS:
		label_wait(look->snapshot, look->model, index, cell->text, sizeof(cell->text));
		break;
	case COLUMN_SPAWN:
		label_site(look->model, task->site, cell->text, sizeof(cell->text));
		break;
	case COLUMN_FRAME: task_place(viewer, index, cell->text, sizeof(cell->text)); break;
	case COLUMN_GROUP: snprintf(cell->text, sizeof(cell->text), "%s", task->group); break;
	case COLUMN_LEVEL: snprintf(cell->text, sizeof(cell->text), "%d", task->level); break;
	case COLUMN_SCHED:
		snprintf(cell->text, sizeof(cell->text), "%" PRIu32, task->scheduler);
		break;
	case COLUMN_PARENT: id_or_unknown(cell, task->parent); break;
	case COLUMN_WAKER: id_or_unknown(cell, task->waker); break;
	default: break;
	}
}

static void number_cell(const struct row_sum *sum, int column, struct cell_text *cell)
{
	const size_t bytes = sizeof(cell->text);
	struct text text;

	switch (column) {
	case COLUMN_AGE: label_duration(sum->age_ns, cell->text, bytes); break;
	case COLUMN_RUN: label_duration(sum->run_ns, cell->text, bytes); break;
	case COLUMN_READY: label_duration(sum->ready_ns, cell->text, bytes); break;
	case COLUMN_WAITED: label_duration(sum->wait_ns, cell->text, bytes); break;
	case COLUMN_LIFE: label_duration(sum->life_ns, cell->text, bytes); break;
	case COLUMN_SWITCHES: label_count(sum->switches, cell->text, bytes); break;
	case COLUMN_RUN_PERCENT:
		snprintf(cell->text, bytes, "%s", format_percent(&text, sum->run_percent));
		break;
	case COLUMN_SWITCH_RATE:
		snprintf(cell->text, bytes, "%s", format_rate(&text, sum->switch_rate));
		break;
	case COLUMN_STACK:
		if (sum->stack_percent < 0)
			strcpy(cell->text, "-");
		else
			snprintf(cell->text, bytes, "%.0f%s", sum->stack_percent,
				 sum->stack_percent >= STACK_FULL_PERCENT ? "!" : "");
		break;
	default: break;
	}
}

static enum role cell_role(const struct task *task, const struct row_sum *sum, int column)
{
	if (column == COLUMN_STATE)
		return state_role(task);
	if (column == COLUMN_STACK && sum->stack_percent >= STACK_FULL_PERCENT)
		return ROLE_BAD;
	if (column == COLUMN_RUN_PERCENT && sum->run_percent > 95)
		return ROLE_WARN;
	if (column == COLUMN_SPAWN || column == COLUMN_GROUP)
		return ROLE_DIM;
	return ROLE_NORMAL;
}

void task_cell(const struct viewer *viewer, const struct task_row *row, const struct row_sum *sum,
	       int column, struct cell_text *cell)
{
	const struct task *task = &viewer_snapshot(viewer)->tasks[row->task];

	cell->text[0] = '\0';
	cell->role = cell_role(task, sum, column);
	if (row->group >= 0)
		group_cell(viewer, row, sum, column, cell);
	else if (column == COLUMN_NAME && row->hidden) /* a folded branch of the tree */
		snprintf(cell->text, sizeof(cell->text), "%s +%" PRIu32, task->name, row->hidden);
	if (!cell->text[0])
		number_cell(sum, column, cell);
	if (!cell->text[0])
		word_cell(viewer, task, row->task, column, cell);
}
