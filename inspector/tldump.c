/* SPDX-License-Identifier: MIT */
/*
 * tldump.c: one look at a process or a core, printed.  It opens the source, takes a snapshot,
 * chooses what the command line asks for, and leaves the writing to export/.
 *
 * What was shown goes to standard output; what a reader should know about it, one line each, to
 * standard error: an ended process, torn records, a table that was full.
 */
#include <errno.h>
#include <fnmatch.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "export/report.h"
#include "tldump_options.h"

/* Everything that one run needs. */
struct dump {
	struct tldump_options options;
	struct source *source;
	struct model *model;
	struct snapshot *snapshot;
	struct rates rates;
	struct output *output;
	struct progress progress;
	struct report report;
};

__attribute__((format(printf, 2, 3))) static enum tldump_status complain(struct dump *dump,
									 const char *format, ...)
{
	va_list arguments;
	progress_end(&dump->progress);
	fputs("tldump: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return TLDUMP_FAILED;
}

static enum tldump_status no_memory(struct dump *dump)
{
	return complain(dump, "%s: out of memory", dump->options.source);
}

/* ---- opening ---- */

static void wait_ns(uint64_t ns)
{
	enum { NS_PER_S = 1000000000 };
	struct timespec left = {.tv_sec = (time_t)(ns / NS_PER_S),
				.tv_nsec = (long)(ns % NS_PER_S)};
	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* The snapshot, and the rates since one before it when two looks were asked for. */
static int take_snapshots(struct dump *dump, struct problem *problem)
{
	struct snapshot *before = NULL;
	if (dump->options.delay_ns) {
		const int result = model_snapshot(dump->model, &before, problem);
		if (result)
			return result;
		wait_ns(dump->options.delay_ns);
	}
	int result = model_snapshot(dump->model, &dump->snapshot, problem);
	if (!result && before) {
		result = rates_between(before, dump->snapshot, &dump->rates);
		if (result == -EINVAL)
			snprintf(problem->text, sizeof problem->text,
				 "%s: no time passes there: two looks tell no rates",
				 dump->options.source);
	}
	snapshot_free(before);
	return result;
}

static enum tldump_status open_all(struct dump *dump)
{
	struct problem problem = {.text = ""};
	const char *what = dump->options.source;
	int result = source_open(what, dump->options.executable, &dump->source, &problem);
	if (!result)
		result = model_open(dump->source, &dump->model, &problem);
	if (!result)
		result = take_snapshots(dump, &problem);
	if (result && !problem.text[0])
		return complain(dump, "%s: %s", what, strerror(-result));
	if (result)
		return complain(dump, "%s", problem.text);
	dump->report = (struct report){
		.output = dump->output,
		.progress = &dump->progress,
		.is_json = dump->options.is_json,
		.look = {.model = dump->model,
			 .snapshot = dump->snapshot,
			 .rates = dump->options.delay_ns ? &dump->rates : NULL},
	};
	return TLDUMP_SHOWN;
}

/* What the picture lacks. */
static void tell_losses(struct dump *dump)
{
	const struct snapshot *snapshot = dump->snapshot;
	const char *what = dump->options.source;
	const enum source_state state = source_state(dump->source);
	const char *until = state == snapshot->source_state ? "this is its last state"
							    : "this was its state shortly before";
	if (state == SOURCE_EXITED)
		complain(dump, "%s: it has ended; %s", what, until);
	if (state == SOURCE_REPLACED)
		complain(dump, "%s: another program has its place by now; %s", what, until);
	if (snapshot->torn)
		complain(dump, "%s: %u record%s changed during every try to read %s: torn", what,
			 snapshot->torn, snapshot->torn == 1 ? "" : "s",
			 snapshot->torn == 1 ? "it" : "them");
	if (snapshot->bad)
		complain(dump, "%s: %u record%s made no sense and %s left out", what, snapshot->bad,
			 snapshot->bad == 1 ? "" : "s", snapshot->bad == 1 ? "is" : "are");
	if (snapshot->left_out)
		complain(dump, "%s: %u tasklets or objects are more than a picture holds", what,
			 snapshot->left_out);
	if (snapshot->lost_records)
		complain(dump, "%s: %llu tasklets were refused: the table of %llu was full", what,
			 (unsigned long long)snapshot->lost_records,
			 (unsigned long long)snapshot->record_capacity);
	if (snapshot->lost_objects)
		complain(dump, "%s: %llu objects were refused: their table was full", what,
			 (unsigned long long)snapshot->lost_objects);
}

/* ---- choosing ---- */

static bool read_id(const char *text, uint64_t *ret)
{
	char *end;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* What the command line asks for, while it is gathered; each tasklet once. */
struct chosen {
	int32_t *tasks;
	size_t count;
	bool *is_taken; /* by index */
};

static void take_task(const struct dump *dump, int32_t task, struct chosen *chosen)
{
	if (chosen->is_taken[task] ||
	    !filter_matches(dump->options.filter, &dump->report.look, task))
		return;
	chosen->is_taken[task] = true;
	chosen->tasks[chosen->count++] = task;
}

/* The tasklet of that id, or all of that name; false: there is none. */
static bool take_meant(const struct dump *dump, const char *word, struct chosen *chosen)
{
	const struct snapshot *snapshot = dump->snapshot;
	bool is_known = false;
	uint64_t id;
	if (read_id(word, &id)) {
		const int32_t task = snapshot_task_by_id(snapshot, id);
		if (task >= 0)
			take_task(dump, task, chosen);
		return task >= 0;
	}
	for (uint32_t i = 0; *word && i < snapshot->task_count; i++) {
		if (strcmp(snapshot->tasks[i].name, word) != 0)
			continue;
		is_known = true;
		take_task(dump, (int32_t)i, chosen);
	}
	return is_known;
}

/* Those of the command line, else all; in both cases those that pass the filter.  free(3) *ret. */
static enum tldump_status choose_tasks(struct dump *dump, int32_t **ret, size_t *count)
{
	const struct tldump_options *options = &dump->options;
	enum tldump_status status = TLDUMP_SHOWN;
	*count = 0;
	*ret = NULL;
	if (!options->argument_count)
		return filter_tasks(options->filter, &dump->report.look, ret, count)
			       ? no_memory(dump)
			       : TLDUMP_SHOWN;
	const size_t most = (size_t)dump->snapshot->task_count + 1;
	struct chosen chosen = {.tasks = calloc(most, sizeof *chosen.tasks),
				.is_taken = calloc(most, sizeof *chosen.is_taken)};
	const bool has_memory = chosen.tasks && chosen.is_taken;
	if (!has_memory)
		status = no_memory(dump);
	for (int i = 0; has_memory && i < options->argument_count; i++)
		if (!take_meant(dump, options->arguments[i], &chosen))
			status = complain(dump, "%s: no tasklet '%s' (any more)", options->source,
					  options->arguments[i]);
	free(chosen.is_taken);
	*ret = chosen.tasks;
	*count = chosen.count;
	return status;
}

static bool is_wanted_channel(const struct dump *dump, const struct object *object)
{
	uint64_t id;
	if (object->kind != TL_OBJECT_CHANNEL)
		return false;
	if (!dump->options.argument_count)
		return true;
	const char *name = dump->options.arguments[0];
	return fnmatch(name, object->name, 0) == 0 || (read_id(name, &id) && id == object->id);
}

/* ---- verbs ---- */

static enum tldump_status dump_ps(struct dump *dump)
{
	int32_t *tasks;
	size_t count;
	enum tldump_status status = choose_tasks(dump, &tasks, &count);
	int result = 0;
	if (!status && dump->options.has_sort)
		result = sort_tasks(&dump->report.look, dump->options.sort, tasks, count);
	if (!status && !result)
		result = report_tasks(&dump->report, tasks, count);
	free(tasks);
	return result ? no_memory(dump) : status;
}

static enum tldump_status dump_bt(struct dump *dump)
{
	int32_t *tasks;
	size_t count;
	const enum tldump_status status = choose_tasks(dump, &tasks, &count);
	int result = 0;
	if (count)
		result = dump->options.is_grouped ? report_stack_groups(&dump->report, tasks, count)
						  : report_backtraces(&dump->report, tasks, count);
	progress_end(&dump->progress);
	free(tasks);
	return result ? no_memory(dump) : status;
}

static enum tldump_status dump_channels(struct dump *dump)
{
	const struct snapshot *snapshot = dump->snapshot;
	const bool is_one = dump->options.argument_count > 0;
	int32_t *objects = calloc((size_t)snapshot->object_count + 1, sizeof *objects);
	size_t count = 0;
	if (!objects)
		return no_memory(dump);
	for (uint32_t i = 0; i < snapshot->object_count; i++)
		if (is_wanted_channel(dump, &snapshot->objects[i]))
			objects[count++] = (int32_t)i;
	enum tldump_status status = TLDUMP_SHOWN;
	int result = 0;
	if (is_one && !count)
		status = complain(dump, "%s: no channel '%s'", dump->options.source,
				  dump->options.arguments[0]);
	if (!status && dump->options.has_sort)
		result = sort_channels(&dump->report.look, dump->options.sort, objects, count);
	if (!status && !result)
		result = report_channels(&dump->report, objects, count, is_one);
	free(objects);
	return result ? no_memory(dump) : status;
}

/* The verdicts that a second look confirmed. */
static enum tldump_status find_verdicts(struct dump *dump, uint64_t long_ns, struct waits *ret)
{
	if (!dump->snapshot->has_wakes)
		return complain(dump,
				"%s: %s: no verdict can be given", dump->options.source,
				dump->snapshot->left_out ? "not all of its tasklets are seen" :
							   "its runtime does not tell wakes");
	if (waits_find(dump->snapshot, long_ns, ret))
		return no_memory(dump);
	waits_confirm(ret, dump->model, dump->snapshot);
	return TLDUMP_SHOWN;
}

static bool is_waiting(const struct task *task)
{
	return task->quality == TASK_GOOD &&
	       (task->state == TL_STATE_WAITING || task->wait == TL_WAIT_RUN);
}

static enum tldump_status dump_waits(struct dump *dump)
{
	struct waits waits = {0};
	int32_t *tasks;
	size_t count, kept = 0;
	enum tldump_status status = choose_tasks(dump, &tasks, &count);
	int result = 0;
	for (size_t i = 0; i < count; i++)
		if (is_waiting(&dump->snapshot->tasks[tasks[i]]))
			tasks[kept++] = tasks[i];
	if (!status)
		result = report_waits(&dump->report, tasks, kept);
	if (!status && !result)
		status = find_verdicts(dump, dump->options.long_ns, &waits);
	if (!status && !result && waits.count) {
		if (!dump->options.is_json)
			output_byte(dump->output, '\n');
		result = report_verdicts(&dump->report, &waits, false);
	}
	waits_fini(&waits);
	free(tasks);
	return result ? no_memory(dump) : status;
}

static enum tldump_status dump_check(struct dump *dump)
{
	struct waits waits = {0};
	const enum tldump_status status = find_verdicts(dump, 0, &waits);
	if (status)
		return status;
	const bool is_deadlock = waits.certain || waits.likely;
	const int result = report_verdicts(&dump->report, &waits, true);
	if (!is_deadlock && !dump->options.is_json)
		output_print(dump->output, "no deadlock among %u tasklet%s\n",
			     dump->snapshot->task_count,
			     dump->snapshot->task_count == 1 ? "" : "s");
	waits_fini(&waits);
	if (result)
		return no_memory(dump);
	return is_deadlock ? TLDUMP_DEADLOCK : TLDUMP_SHOWN;
}

static enum tldump_status dump_events(struct dump *dump)
{
	const struct tldump_options *options = &dump->options;
	struct history history = {0};
	uint64_t id = 0;
	if (options->argument_count && (!read_id(options->arguments[0], &id) || !id)) {
		complain(dump, "'%s' is no tasklet's id", options->arguments[0]);
		return TLDUMP_USAGE;
	}
	int result = model_history(dump->model, dump->snapshot, id, options->newest, &history);
	if (result && result != -ENOMEM)
		return complain(dump, "%s: cannot read its events: %s", options->source,
				strerror(-result));
	if (!result && id && !history.count && snapshot_task_by_id(dump->snapshot, id) < 0) {
		history_fini(&history);
		return complain(dump, "%s: no tasklet %s, and no event of it is left",
				options->source, options->arguments[0]);
	}
	if (!result && !dump->snapshot->trace && !history.count)
		complain(dump, "%s: tracing is off there (TASKLET_TRACE): there are no events",
			 options->source);
	if (!result)
		result = report_history(&dump->report, &history);
	history_fini(&history);
	return result ? no_memory(dump) : TLDUMP_SHOWN;
}

static enum tldump_status run(struct dump *dump)
{
	static enum tldump_status (*const verbs[VERB_COUNT])(struct dump *) = {
		[VERB_PS] = dump_ps,
		[VERB_BT] = dump_bt,
		[VERB_CHANNELS] = dump_channels,
		[VERB_WAITS] = dump_waits,
		[VERB_CHECK] = dump_check,
		[VERB_EVENTS] = dump_events,
	};
	enum tldump_status status = open_all(dump);
	if (status)
		return status;
	status = verbs[dump->options.verb](dump);
	const int result = output_flush(dump->output);
	if (result == -EPIPE) /* who reads has seen enough */
		return status == TLDUMP_FAILED ? TLDUMP_SHOWN : status;
	if (result)
		return complain(dump, "cannot write: %s", strerror(-result));
	tell_losses(dump);
	return status;
}

int main(int argc, char **argv)
{
	struct dump dump = {0};
	bool is_done;
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	enum tldump_status status = tldump_options_parse(argc, argv, &dump.options, &is_done);
	if (is_done) {
		tldump_options_fini(&dump.options);
		if (!status && (fflush(stdout) || ferror(stdout)) && errno != EPIPE) {
			complain(&dump, "cannot write: %s", strerror(errno));
			return TLDUMP_FAILED;
		}
		return (int)status;
	}
	progress_init(&dump.progress);
	dump.output = malloc(sizeof *dump.output);
	if (dump.output) {
		output_init(dump.output, STDOUT_FILENO);
		status = run(&dump);
	} else {
		status = no_memory(&dump);
	}
	rates_fini(&dump.rates);
	snapshot_free(dump.snapshot);
	model_close(dump.model);
	source_close(dump.source);
	free(dump.output);
	tldump_options_fini(&dump.options);
	return (int)status;
}
