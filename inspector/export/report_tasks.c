/* SPDX-License-Identifier: MIT */
/*
 * report_tasks.c: a row a tasklet.  Of a hundred thousand tasklets only a handful of spawn sites
 * differ, and looking up and writing a place is the dearest part of a row: each site is written
 * once and kept.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report_parts.h"
#include "table.h"

/* ---- spawn sites, as text or JSON ---- */

struct written_site {
	uint64_t address;
	char *text;
};

struct written_sites {
	struct written_site *slots; /* open addressing; text NULL: empty */
	uint32_t count, mask;
};

static struct written_site *site_slot(const struct written_sites *sites, uint64_t address)
{
	uint32_t at = (uint32_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) & sites->mask;
	while (sites->slots[at].text && sites->slots[at].address != address)
		at = (at + 1) & sites->mask;
	return &sites->slots[at];
}

static int grow_sites(struct written_sites *sites)
{
	struct written_sites old = *sites;
	const uint32_t room = sites->slots ? 2 * (sites->mask + 1) : 64;
	sites->slots = calloc(room, sizeof *sites->slots);
	if (!sites->slots) {
		*sites = old;
		return -ENOMEM;
	}
	sites->mask = room - 1;
	for (uint32_t i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i].text)
			*site_slot(sites, old.slots[i].address) = old.slots[i];
	free(old.slots);
	return 0;
}

static void fini_sites(struct written_sites *sites)
{
	for (uint32_t i = 0; sites->slots && i <= sites->mask; i++)
		free(sites->slots[i].text);
	free(sites->slots);
}

/* The JSON of a place, from a writer into memory: an output that is never flushed. */
static char *site_json(struct model *model, uint64_t address)
{
	struct output *memory = malloc(sizeof *memory);
	struct json json;
	if (!memory)
		return NULL;
	output_init(memory, -1);
	json_init(&json, memory);
	json_site(&json, NULL, model, address);
	output_byte(memory, '\0');
	/* a place that did not fit (a name of 64 KiB) is left out */
	char *text = strdup(memory->error ? "null" : memory->buffer);
	free(memory);
	return text;
}

/* NULL: no memory. */
static const char *site_text(const struct report *report, struct written_sites *sites,
			     uint64_t address)
{
	if ((!sites->slots || sites->count >= sites->mask / 2) && grow_sites(sites))
		return NULL;
	struct written_site *site = site_slot(sites, address);
	if (site->text)
		return site->text;
	char label[LABEL_BYTES];
	site->address = address;
	site->text = report->is_json
			     ? site_json(report->look.model, address)
			     : strdup(label_site(report->look.model, address, label, sizeof label));
	sites->count += site->text != NULL;
	return site->text;
}

/* ---- JSON ---- */

static const char *quality_word(enum task_quality quality)
{
	return quality == TASK_TORN ? "torn" : quality == TASK_RUNNING ? "running" : "good";
}

static void json_times(struct json *json, const struct task *task)
{
	json_known(json, "age_ns", task->age_ns, MODEL_UNKNOWN);
	json_known(json, "life_ns", task->life_ns, MODEL_UNKNOWN);
	json_known(json, "run_ns", task->run_ns, MODEL_UNKNOWN);
	json_known(json, "ready_ns", task->ready_ns, MODEL_UNKNOWN);
	json_known(json, "wait_ns", task->wait_ns, MODEL_UNKNOWN);
}

static void json_flags(struct json *json, const struct task *task)
{
	json_bool(json, "deadline", task->has_deadline);
	json_bool(json, "error_pending", task->error_pending);
	json_bool(json, "main", task->is_main);
	json_bool(json, "background", task->is_background);
	json_bool(json, "fresh", task->is_fresh);
	json_bool(json, "joinable", task->is_joinable);
}

static int json_row(const struct report *report, struct written_sites *sites, int32_t index)
{
	const struct look *look = &report->look;
	const struct task *task = &look->snapshot->tasks[index];
	const char letter[2] = {task_letter(task), '\0'};
	const char *site = site_text(report, sites, task->site);
	struct json json;
	if (!site)
		return -ENOMEM;
	json_init(&json, report->output);
	json_begin_line(&json);
	json_u64(&json, "id", task->id);
	json_text(&json, "name", task->name);
	json_text(&json, "group", task->group);
	json_text(&json, "letter", letter);
	json_text(&json, "state", label_state(look->model, task));
	json_text(&json, "quality", quality_word(task->quality));
	json_text(&json, "wait",
		  task->wait == TL_WAIT_NONE || task->quality != TASK_GOOD
			  ? NULL
			  : model_wait_name(look->model, task->wait));
	json_waits_for(&json, report, index);
	json_times(&json, task);
	json_known(&json, "switches", task->switches, MODEL_UNKNOWN);
	if (look->rates) {
		json_rate(&json, "run_percent", look->rates->tasks[index].run_percent);
		json_rate(&json, "switches_per_s", look->rates->tasks[index].switches);
	}
	json_i64(&json, "level", task->level);
	json_u64(&json, "scheduler", task->scheduler);
	json_known(&json, "parent", task->parent, 0);
	json_known(&json, "waker", task->waker, 0);
	json_raw(&json, "spawned_at", site);
	json_known(&json, "stack_bytes", task->stack_high - task->stack_low, 0);
	json_known(&json, "stack_used_bytes", task_stack_used(task, NULL), MODEL_UNKNOWN);
	json_flags(&json, task);
	json_end_line(&json);
	return 0;
}

/* ---- text ---- */

static int text_row(const struct report *report, struct written_sites *sites, struct table *table,
		    int32_t index)
{
	const struct look *look = &report->look;
	const struct task *task = &look->snapshot->tasks[index];
	const char letter[2] = {task_letter(task), '\0'};
	const char *site = site_text(report, sites, task->site);
	char text[LABEL_BYTES];
	if (!site)
		return -ENOMEM;
	table_cell_u64(table, task->id);
	table_cell(table, task->name[0] ? task->name : "-");
	table_cell(table, letter);
	table_cell(table, label_state(look->model, task));
	table_cell(table, label_wait(look->snapshot, look->model, index, text, sizeof text));
	table_cell(table, label_duration(task->age_ns, text, sizeof text));
	table_cell(table, label_duration(task->run_ns, text, sizeof text));
	if (look->rates)
		table_cell_rate(table, look->rates->tasks[index].run_percent);
	table_cell(table, label_count(task->switches, text, sizeof text));
	if (look->rates)
		table_cell_rate(table, look->rates->tasks[index].switches);
	table_cell(table, site);
	return 0;
}

static int text_rows(const struct report *report, struct written_sites *sites, const int32_t *tasks,
		     size_t count)
{
	static const struct table_column columns[] = {
		{"ID", true},	  {"NAME", false},	{"S", false},
		{"STATE", false}, {"WAITS FOR", false}, {"AGE", true},
		{"RUN", true},	  {"SWITCHES", true},	{"SPAWNED AT", false},
	};
	static const struct table_column with_rates[] = {
		{"ID", true},	      {"NAME", false},	  {"S", false},		 {"STATE", false},
		{"WAITS FOR", false}, {"AGE", true},	  {"RUN", true},	 {"RUN%", true},
		{"SWITCHES", true},   {"SWITCH/S", true}, {"SPAWNED AT", false},
	};
	struct table table;
	int result =
		report->look.rates
			? table_init(&table, with_rates, sizeof with_rates / sizeof *with_rates)
			: table_init(&table, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < count && !result; i++)
		result = text_row(report, sites, &table, tasks[i]);
	if (!result)
		result = table_write(&table, report->output, 0);
	table_fini(&table);
	return result;
}

int report_tasks(const struct report *report, const int32_t *tasks, size_t count)
{
	struct written_sites sites = {0};
	int result = 0;
	if (!report->is_json)
		result = text_rows(report, &sites, tasks, count);
	else
		for (size_t i = 0; i < count && !result && !report->output->error; i++)
			result = json_row(report, &sites, tasks[i]);
	fini_sites(&sites);
	return result;
}
