/* SPDX-License-Identifier: MIT */
/*
 * rates.c: differences of two snapshots over the time between them.  Tasks and objects lie by slot
 * in both, so one walk along the two finds the pairs.
 */
#include "rates.h"

#include <errno.h>
#include <stdlib.h>

enum { NS_PER_S = 1000000000 };

/* What a counter gained per second; one that went back says nothing. */
static double per_second(uint64_t before, uint64_t now, uint64_t span_ns)
{
	if (before == MODEL_UNKNOWN || now == MODEL_UNKNOWN || now < before)
		return RATE_UNKNOWN;
	return (double)(now - before) * NS_PER_S / (double)span_ns;
}

/* The share of the span, for a sum of durations. */
static double percent(uint64_t before, uint64_t now, uint64_t span_ns)
{
	const double rate = per_second(before, now, span_ns);
	if (rate < 0)
		return RATE_UNKNOWN;
	const double share = rate * 100 / NS_PER_S;
	return share > 100 ? 100 : share;
}

static void add_tasks(const struct snapshot *before, const struct snapshot *now, struct rates *ret)
{
	uint32_t old = 0;
	for (uint32_t i = 0; i < now->task_count; i++) {
		const struct task *task = &now->tasks[i];
		struct task_rate *rate = &ret->tasks[i];
		while (old < before->task_count && before->tasks[old].slot < task->slot)
			old++;
		const bool is_known = old < before->task_count &&
				      before->tasks[old].slot == task->slot &&
				      before->tasks[old].id == task->id;
		/* one that could not be read before did not do all of this just now */
		const bool is_older =
			!is_known && task->life_ns != MODEL_UNKNOWN && task->life_ns > ret->span_ns;
		if (task->quality == TASK_TORN || is_older) {
			*rate = (struct task_rate){RATE_UNKNOWN, RATE_UNKNOWN};
			continue;
		}
		const struct task *then = is_known ? &before->tasks[old] : NULL;
		rate->run_percent = now->has_clock ? percent(then ? then->run_ns : 0, task->run_ns,
							     ret->span_ns)
						   : RATE_UNKNOWN;
		rate->switches =
			per_second(then ? then->switches : 0, task->switches, ret->span_ns);
	}
}

/* Elements that were taken out: what came in less what is still there. */
static uint64_t received(const struct object *object)
{
	return object->count > object->length ? object->count - object->length : 0;
}

static void add_objects(const struct snapshot *before, const struct snapshot *now,
			struct rates *ret)
{
	uint32_t old = 0;
	for (uint32_t i = 0; i < now->object_count; i++) {
		const struct object *object = &now->objects[i];
		while (old < before->object_count && before->objects[old].slot < object->slot)
			old++;
		const bool is_known = old < before->object_count &&
				      before->objects[old].slot == object->slot &&
				      before->objects[old].id == object->id;
		const struct object *then = is_known ? &before->objects[old] : NULL;
		ret->objects[i] = (struct object_rate){
			.sent = per_second(then ? then->count : 0, object->count, ret->span_ns),
			.received = per_second(then ? received(then) : 0, received(object),
					       ret->span_ns),
		};
	}
}

/* Idle time is added up when a thread wakes: one that slept all the time has not told it yet. */
static bool slept_throughout(const struct scheduler *then, const struct scheduler *it)
{
	return then->asleep && it->asleep && then->ring_head == it->ring_head &&
	       then->rare_head == it->rare_head && then->idle_ns == it->idle_ns;
}

static void add_schedulers(const struct snapshot *before, const struct snapshot *now,
			   struct rates *ret)
{
	for (uint32_t i = 0; i < now->scheduler_count; i++) {
		const struct scheduler *it = &now->schedulers[i];
		struct scheduler_rate *rate = &ret->schedulers[i];
		const struct scheduler *then = NULL;
		for (uint32_t k = 0; k < before->scheduler_count && !then; k++)
			if (before->schedulers[k].index == it->index &&
			    before->schedulers[k].tid == it->tid)
				then = &before->schedulers[k];
		rate->spawned = per_second(then ? then->spawned : 0, it->spawned, ret->span_ns);
		rate->ended = per_second(then ? then->ended : 0, it->ended, ret->span_ns);
		rate->idle_percent = rate->run_percent = RATE_UNKNOWN;
		if (now->has_clock && then)
			rate->idle_percent =
				slept_throughout(then, it)
					? 100
					: percent(then->idle_ns, it->idle_ns, ret->span_ns);
		if (rate->idle_percent >= 0)
			rate->run_percent = 100 - rate->idle_percent;
	}
	for (uint32_t i = 0; i < now->task_count; i++) {
		const uint32_t scheduler = now->tasks[i].scheduler;
		if (scheduler < now->scheduler_count && ret->tasks[i].switches > 0)
			ret->schedulers[scheduler].switches += ret->tasks[i].switches;
	}
}

int rates_between(const struct snapshot *before, const struct snapshot *now, struct rates *ret)
{
	*ret = (struct rates){0};
	if (now->taken_ns <= before->taken_ns)
		return -EINVAL;
	ret->span_ns = now->taken_ns - before->taken_ns;
	ret->tasks = calloc((size_t)now->task_count + 1, sizeof *ret->tasks);
	ret->objects = calloc((size_t)now->object_count + 1, sizeof *ret->objects);
	ret->schedulers = calloc((size_t)now->scheduler_count + 1, sizeof *ret->schedulers);
	if (!ret->tasks || !ret->objects || !ret->schedulers) {
		rates_fini(ret);
		return -ENOMEM;
	}
	add_tasks(before, now, ret);
	add_objects(before, now, ret);
	add_schedulers(before, now, ret);
	ret->switches = per_second(before->switches, now->switches, ret->span_ns);
	return 0;
}

void rates_fini(struct rates *rates)
{
	free(rates->tasks);
	free(rates->objects);
	free(rates->schedulers);
	*rates = (struct rates){0};
}
