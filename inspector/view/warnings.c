/* SPDX-License-Identifier: MIT */
/* warnings.c: from a sample to the lines at the top of the first screen; worst first. */
#include "warnings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../analysis/label.h"

__attribute__((format(printf, 3, 4))) static struct warning *add(struct warnings *warnings,
								 struct warning start,
								 const char *format, ...)
{
	va_list arguments;

	if (warnings->count == WARNINGS_MOST) {
		warnings->more++;
		return NULL;
	}
	struct warning *warning = &warnings->list[warnings->count++];
	*warning = start;
	if (!warning->sure)
		warning->sure = "";
	va_start(arguments, format);
	vsnprintf(warning->text, sizeof(warning->text), format, arguments);
	va_end(arguments);
	return warning;
}

static void append(struct warning *warning, const char *before, uint64_t id)
{
	size_t used = strlen(warning->text);

	snprintf(warning->text + used, sizeof(warning->text) - used, "%s%" PRIu64, before, id);
}

/* 3 tasklets wait for each other: 41 > 57 > 63 > 41 */
static void add_verdict(const struct sample *sample, uint32_t index, struct warnings *ret)
{
	const struct verdict *verdict = &sample->waits.verdicts[index];
	const struct task *tasks = sample->snapshot->tasks;
	uint32_t shown = verdict->cycle_count ? verdict->cycle_count : verdict->member_count;
	struct warning start = {.kind = WARNING_VERDICT,
				.is_bad = true,
				.verdict = index,
				.sure = verdict_name(verdict->kind)};

	struct warning *warning =
		verdict->member_count == 1
			? add(ret, start, "a tasklet waits for itself: ")
			: add(ret, start,
			      "%u tasklets wait for each other: ", verdict->member_count);
	if (!warning)
		return;
	for (uint32_t i = 0; i < shown && i < 8; i++)
		append(warning, i ? " > " : "", tasks[verdict->members[i]].id);
	if (shown > 8)
		append(warning, " > ... more: ", shown - 8);
	else if (shown)
		append(warning, " > ", tasks[verdict->members[0]].id);
}

static void add_hogs(const struct snapshot *snapshot, struct warnings *ret)
{
	for (uint32_t i = 0; i < snapshot->scheduler_count; i++) {
		int32_t index = snapshot->schedulers[i].current;
		char name[LABEL_BYTES], time[16], limit[16];
		if (!snapshot->schedulers[i].in_use || index < 0)
			continue;
		const struct task *task = &snapshot->tasks[index];
		if (task->state != TL_STATE_RUNNING || task->age_ns == MODEL_UNKNOWN ||
		    task->age_ns <= HOG_NS)
			continue;
		add(ret, (struct warning){.kind = WARNING_TASK, .is_bad = true, .task = index},
		    "%s has not let others run for %s (limit %s)",
		    label_task(snapshot, index, name, sizeof(name)),
		    label_duration(task->age_ns, time, sizeof(time)),
		    label_duration(HOG_NS, limit, sizeof(limit)));
	}
}

static void add_losses(const struct snapshot *snapshot, struct warnings *ret)
{
	const struct warning bad = {.kind = WARNING_NOTE, .is_bad = true};
	const struct warning note = {.kind = WARNING_NOTE};

	if (snapshot->lost_records)
		add(ret, bad,
		    "%" PRIu64 " spawns failed: the table of %" PRIu64
		    " tasklets is full (TASKLET_MAX raises it)",
		    snapshot->lost_records, snapshot->record_capacity);
	if (snapshot->no_memory)
		add(ret, bad, "the program ran out of memory %" PRIu64 " times",
		    snapshot->no_memory);
	if (snapshot->lost_objects)
		add(ret, bad,
		    "%" PRIu64 " channels or locks could not be made: their table is full",
		    snapshot->lost_objects);
	if (snapshot->lost_sites || snapshot->lost_strings)
		add(ret, note,
		    "%" PRIu64 " spawn sites and %" PRIu64 " names did not fit and are unknown",
		    snapshot->lost_sites, snapshot->lost_strings);
	if (snapshot->left_out)
		add(ret, bad,
		    "%u tasklets or objects are more than a picture holds: no deadlock can be "
		    "found",
		    snapshot->left_out);
	if (snapshot->bad)
		add(ret, note, "%u records made no sense and are left out", snapshot->bad);
	if (!snapshot->has_clock)
		add(ret, note,
		    "tracing is off, so no times: start the program with TASKLET_TRACE=full");
	if (!snapshot->has_wakes && !snapshot->left_out)
		add(ret, note,
		    "this runtime does not tell who wakes whom: no deadlock can be found");
}

void warnings_find(const struct target *target, struct warnings *ret)
{
	const struct sample *sample = target->sample;

	memset(ret, 0, sizeof(*ret));
	if (!sample)
		return;
	for (uint32_t i = 0; i < sample->waits.count; i++)
		if (sample->waits.verdicts[i].kind == VERDICT_CERTAIN ||
		    sample->waits.verdicts[i].kind == VERDICT_LIKELY)
			add_verdict(sample, i, ret);
	add_hogs(sample->snapshot, ret);
	add_losses(sample->snapshot, ret);
	const char *memory = target->ended ? NULL : source_memory_problem(target->source);
	if (memory)
		add(ret, (struct warning){.kind = WARNING_NOTE}, "no backtraces: %s", memory);
}
