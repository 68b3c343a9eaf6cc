/* SPDX-License-Identifier: MIT */
/*
 * tltop_batch.c: look after look to standard output.  As JSON, a look is a line that tells of the
 * whole process, then a line a row; the rows are those of export/, the same that tldump writes.
 * What is printed comes after two looks, so that rates are known, and is flushed at once.
 */
#include "tltop_batch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "export/json.h"
#include "export/report.h"

enum { COLUMNS_AT_START = 80, LEAST_COLUMNS = 20, MOST_COLUMNS = 1000 };

static volatile sig_atomic_t is_told_to_end;

static void sleep_ns(uint64_t ns)
{
	struct timespec left = {.tv_sec = (time_t)(ns / 1000000000),
				.tv_nsec = (long)(ns % 1000000000)};

	while (!is_told_to_end && nanosleep(&left, &left) && errno == EINTR)
		;
}

static int columns_wanted(void)
{
	const char *text = getenv("COLUMNS");
	long columns = text ? strtol(text, NULL, 10) : COLUMNS_AT_START;

	return columns < LEAST_COLUMNS || columns > MOST_COLUMNS ? COLUMNS_AT_START : (int)columns;
}

/* ---- JSON ---- */

static const char *state_word(const struct viewer *viewer)
{
	switch (source_state(viewer->target->source)) {
	case SOURCE_RUNNING: return "running";
	case SOURCE_STOPPED: return "stopped";
	case SOURCE_EXITED: return "exited";
	case SOURCE_REPLACED: return "replaced";
	}
	return "unknown";
}

static void json_rate_or_null(struct json *json, const char *key, const struct sample *sample)
{
	if (sample->look.rates)
		json_number(json, key, sample->rates.switches);
	else
		json_null(json, key);
}

static void write_look(const struct viewer *viewer, struct output *output, unsigned long number)
{
	const struct sample *sample = viewer->target->sample;
	const struct snapshot *snapshot = sample->snapshot;
	struct json json;

	json_init(&json, output);
	json_begin_line(&json);
	json_u64(&json, "look", number);
	json_text(&json, "screen", screen_of(viewer->screen)->word);
	json_u64(&json, "pid", (uint64_t)snapshot->pid);
	json_text(&json, "program", source_program(viewer->target->source));
	json_text(&json, "process", state_word(viewer));
	json_u64(&json, "taken_ns", snapshot->taken_ns);
	json_known(&json, "up_ns", snapshot->up_ns, MODEL_UNKNOWN);
	json_u64(&json, "tasklets", snapshot->task_count);
	json_u64(&json, "switches", snapshot->switches);
	json_rate_or_null(&json, "switches_per_s", sample);
	json_u64(&json, "torn", snapshot->torn);
	json_u64(&json, "certain", sample->waits.certain);
	json_u64(&json, "likely", sample->waits.likely);
	json_begin_array(&json, "warnings");
	for (int i = 0; i < viewer->warnings.count; i++)
		json_text(&json, NULL, viewer->warnings.list[i].text);
	json_end_array(&json);
	json_end_line(&json);
}

static int write_tasks(const struct viewer *viewer, const struct report *report)
{
	int32_t *tasks = NULL;
	size_t count = 0;
	const struct filter *filter =
		viewer->screen == SCREEN_WAITS ? viewer->waits.filter : viewer->tasks.filter;
	int result = filter_tasks(filter, &report->look, &tasks, &count);

	if (!result)
		result = sort_tasks(&report->look, viewer->tasks.table.sort, tasks, count);
	if (!result && viewer->screen == SCREEN_WAITS)
		result = report_waits(report, tasks, count);
	else if (!result)
		result = report_tasks(report, tasks, count);
	free(tasks);
	return result;
}

static int write_task(const struct viewer *viewer, const struct report *report)
{
	int32_t task = snapshot_task_by_id(report->look.snapshot, viewer->task.id);
	int result = 0;

	if (task < 0)
		return 0;
	result = report_tasks(report, &task, 1);
	if (!result)
		result = report_backtraces(report, &task, 1);
	return result ? result : report_history(report, &viewer->task.history);
}

static void write_processes(const struct viewer *viewer, struct output *output)
{
	for (int i = 0; i < viewer->processes.list.count; i++) {
		const struct process_row *row = &viewer->processes.rows[i];
		const struct sample *sample = row->target ? row->target->sample : NULL;
		struct json json;

		json_init(&json, output);
		json_begin_line(&json);
		json_u64(&json, "pid", (uint64_t)row->pid);
		json_text(&json, "program", row->program);
		json_bool(&json, "readable", sample != NULL);
		if (sample) {
			json_known(&json, "up_ns", sample->snapshot->up_ns, MODEL_UNKNOWN);
			json_u64(&json, "tasklets", sample->snapshot->task_count);
			json_rate_or_null(&json, "switches_per_s", sample);
			json_u64(&json, "warnings", (uint64_t)row->warnings);
		}
		json_text(&json, "note", row->why[0] ? row->why : NULL);
		json_end_line(&json);
	}
}

static int write_json(struct viewer *viewer, struct output *output, unsigned long number)
{
	struct report report = {.output = output, .is_json = true};
	int32_t *objects = viewer->channels.rows;
	int result = 0;

	if (viewer->screen == SCREEN_PROCESSES) {
		write_processes(viewer, output);
		return output_flush(output);
	}
	report.look = viewer->target->sample->look;
	write_look(viewer, output, number);
	switch (viewer->screen) {
	case SCREEN_TASKS: result = write_tasks(viewer, &report); break;
	case SCREEN_TASK: result = write_task(viewer, &report); break;
	case SCREEN_CHANNELS:
		if (viewer->channels.list.count)
			result = report_channels(&report, objects,
						 (size_t)viewer->channels.list.count, true);
		break;
	case SCREEN_WAITS:
		result = write_tasks(viewer, &report);
		if (!result)
			result = report_verdicts(&report, &viewer->target->sample->waits, true);
		break;
	default: break;
	}
	int flushed = output_flush(output);
	return result ? result : flushed;
}

/* ---- text ---- */

static int write_text(struct viewer *viewer, unsigned long number)
{
	int result = viewer_draw(viewer);

	if (result)
		return result;
	if (number > 1)
		putchar('\n');
	result = grid_write(&viewer->grid, true, stdout);
	return fflush(stdout) ? -errno : result;
}

static bool can_change(const struct viewer *viewer)
{
	if (viewer->screen == SCREEN_PROCESSES)
		return true;
	return !viewer->target->ended && source_kind(viewer->target->source) != SOURCE_CORE;
}

static void on_end(int signal)
{
	(void)signal;
	is_told_to_end = 1;
}

void batch_end_in_order(void)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = on_end};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &action, NULL); /* no SA_RESTART: sleeping must end */
	signal(SIGPIPE, SIG_IGN);
}

bool batch_is_told_to_end(void)
{
	return is_told_to_end;
}

enum tltop_status tltop_batch(struct viewer *viewer, const struct tltop_options *options,
			      struct problem *problem)
{
	struct output *output = malloc(sizeof(*output));
	int result = output ? 0 : -ENOMEM;

	viewer->is_batch = true;
	viewer_resize(viewer, 0, columns_wanted());
	if (output)
		output_init(output, STDOUT_FILENO);
	if (viewer->screen == SCREEN_PROCESSES)
		viewer_look(viewer);
	for (unsigned long number = 1; !result && !is_told_to_end; number++) {
		if (can_change(viewer)) {
			sleep_ns(options->interval_ns);
			if (is_told_to_end)
				break;
			viewer->now_ns = clock_now_ns();
			viewer_look(viewer);
		}
		result = options->is_json ? write_json(viewer, output, number)
					  : write_text(viewer, number);
		if (number == options->count || !can_change(viewer))
			break;
	}
	free(output);
	if (result == -EPIPE)
		return TLTOP_SHOWN; /* who reads has enough */
	if (result)
		snprintf(problem->text, sizeof(problem->text), "cannot write: %s",
			 strerror(-result));
	return result ? TLTOP_FAILED : TLTOP_SHOWN;
}
