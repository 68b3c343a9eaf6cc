/* SPDX-License-Identifier: MIT */
/*
 * sample.c: looks at a target.  A look costs one snapshot, the rates against the one before, and
 * the search for deadlocks; what is "certain" there was looked at twice.
 */
#include "sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void sample_free(struct sample *sample)
{
	if (!sample)
		return;
	if (sample->traces)
		for (uint32_t i = 0; i < sample->snapshot->task_count; i++)
			free(sample->traces[i]);
	free(sample->traces);
	free(sample->troubled);
	stacks_fini(&sample->stacks);
	waits_fini(&sample->waits);
	rates_fini(&sample->rates);
	snapshot_free(sample->snapshot);
	free(sample);
}

int target_open(struct source *source, struct target **ret, struct problem *problem)
{
	struct target *target = calloc(1, sizeof(*target));
	int result = -ENOMEM;

	if (target)
		result = model_open(source, &target->model, problem);
	else
		snprintf(problem->text, sizeof(problem->text), "out of memory");
	if (result) {
		free(target);
		source_close(source);
		return result;
	}
	target->source = source;
	*ret = target;
	return 0;
}

void target_close(struct target *target)
{
	if (!target)
		return;
	sample_free(target->sample);
	model_close(target->model);
	source_close(target->source);
	free(target);
}

static void mark_troubled(struct sample *sample)
{
	for (uint32_t i = 0; i < sample->waits.count; i++) {
		const struct verdict *verdict = &sample->waits.verdicts[i];
		if (verdict->kind != VERDICT_CERTAIN && verdict->kind != VERDICT_LIKELY)
			continue;
		if (!sample->troubled)
			sample->troubled = calloc(sample->snapshot->task_count, 1);
		for (uint32_t m = 0; sample->troubled && m < verdict->member_count; m++)
			sample->troubled[verdict->members[m]] = true;
	}
}

static int take_stacks(struct target *target, struct sample *sample)
{
	size_t count = sample->snapshot->task_count;
	int32_t *tasks = malloc((count ? count : 1) * sizeof(*tasks));

	if (!tasks)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		tasks[i] = (int32_t)i;
	int result = stacks_init(&sample->stacks, sample->snapshot);
	if (!result)
		result = stacks_add(&sample->stacks, target->model, sample->snapshot, tasks, count);
	free(tasks);
	if (!result)
		sample->look.stacks = &sample->stacks;
	return result;
}

static int sample_make(struct target *target, struct snapshot *snapshot, struct sample **ret)
{
	struct sample *sample = calloc(1, sizeof(*sample));
	const struct sample *before = target->sample;

	if (!sample) {
		snapshot_free(snapshot);
		return -ENOMEM;
	}
	sample->snapshot = snapshot;
	sample->look = (struct look){.model = target->model, .snapshot = snapshot};
	if (before && rates_between(before->snapshot, snapshot, &sample->rates) == 0)
		sample->look.rates = &sample->rates;
	int result = waits_find(snapshot, LONG_WAIT_NS, &sample->waits);
	if (!result) {
		waits_confirm(&sample->waits, target->model, snapshot);
		mark_troubled(sample);
		if (target->wants_stacks)
			result = take_stacks(target, sample);
	}
	if (result) {
		sample_free(sample);
		return result;
	}
	*ret = sample;
	return 0;
}

int target_look(struct target *target, struct problem *problem)
{
	enum source_state state = source_state(target->source);
	struct snapshot *snapshot;
	struct sample *sample = NULL;

	target->ended = state == SOURCE_EXITED || state == SOURCE_REPLACED;
	if (target->ended && target->sample)
		return 0;
	int result = model_snapshot(target->model, &snapshot, problem);
	if (result)
		return result;
	if (target->sample && (snapshot->source_state == SOURCE_EXITED ||
			       snapshot->source_state == SOURCE_REPLACED)) {
		target->ended =
			true; /* just now: the picture from before that is the last good one */
		snapshot_free(snapshot);
		return 0;
	}
	result = sample_make(target, snapshot, &sample);
	if (result) {
		snprintf(problem->text, sizeof(problem->text), "out of memory");
		return result;
	}
	sample_free(target->sample);
	target->sample = sample;
	return 0;
}

int target_want_stacks(struct target *target, bool wanted)
{
	target->wants_stacks = wanted;
	if (wanted && target->sample && !target->sample->look.stacks)
		return take_stacks(target, target->sample);
	return 0;
}

void target_fetch_traces(struct target *target, const int32_t *tasks, size_t count)
{
	struct sample *sample = target->sample;
	int32_t *missing = malloc((count ? count : 1) * sizeof(*missing));
	struct backtrace *traces = malloc((count ? count : 1) * sizeof(*traces));
	size_t wanted = 0;

	if (sample && !sample->traces)
		sample->traces = calloc(sample->snapshot->task_count + 1, sizeof(*sample->traces));
	if (!sample || !sample->traces || !missing || !traces)
		count = 0;
	for (size_t i = 0; i < count; i++)
		if (tasks[i] >= 0 && !sample->traces[tasks[i]])
			missing[wanted++] = tasks[i];
	if (wanted)
		model_backtraces(target->model, sample->snapshot, missing, wanted, traces);
	for (size_t i = 0; i < wanted; i++) {
		struct backtrace *copy =
			sample->traces[missing[i]]; /* asked for twice: once is enough */
		if (!copy && (copy = malloc(sizeof(*copy))))
			*copy = traces[i];
		sample->traces[missing[i]] = copy;
	}
	free(missing);
	free(traces);
}

const struct backtrace *sample_trace(const struct sample *sample, int32_t task)
{
	return sample->traces && task >= 0 ? sample->traces[task] : NULL;
}

struct task_rate sample_task_rate(const struct sample *sample, int32_t task)
{
	if (!sample->look.rates)
		return (struct task_rate){.run_percent = RATE_UNKNOWN, .switches = RATE_UNKNOWN};
	return sample->rates.tasks[task];
}
