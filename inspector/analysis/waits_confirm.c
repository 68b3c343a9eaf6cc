/* SPDX-License-Identifier: MIT */
/*
 * waits_confirm.c: the second look.  A snapshot is not taken at one instant, so what it shows may
 * never have been true at once.  When every member still has the counter and the wait word, and
 * every object the holder, that the first pass read, then none of them has moved since, and there
 * was an instant, between the two passes, at which all of it held.
 */
#include "waits.h"

#include <stdlib.h>

struct look_again {
	struct model *model;
	const struct snapshot *snapshot;
	int32_t *tasks, *objects; /* room for every task of the snapshot */
	bool *moved;		  /* of each task */
};

static bool holds(const struct look_again *again, size_t count)
{
	size_t objects = 0;
	for (size_t i = 0; i < count; i++) {
		const struct task *task = &again->snapshot->tasks[again->tasks[i]];
		if (task->wait == TL_WAIT_LOCK && task->object >= 0)
			again->objects[objects++] = task->object;
	}
	return model_confirm(again->model, again->snapshot, again->tasks, count, again->objects,
			     objects);
}

static bool one_holds(const struct look_again *again, int32_t task)
{
	again->tasks[0] = task;
	return holds(again, 1);
}

static bool all_hold(const struct look_again *again, const struct verdict *verdict, bool and_behind)
{
	size_t count = 0;
	for (uint32_t i = 0; i < verdict->member_count; i++)
		again->tasks[count++] = verdict->members[i];
	for (uint32_t i = 0; and_behind && i < verdict->behind_count; i++)
		again->tasks[count++] = verdict->behind[i];
	return holds(again, count);
}

/* Those behind somebody who moved are not behind any more; `behind` has the nearest first. */
static void drop_behind(const struct look_again *again, struct verdict *verdict)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < verdict->behind_count; i++) {
		const int32_t task = verdict->behind[i], on = verdict->behind_on[i];
		if ((on >= 0 && again->moved[on]) || !one_holds(again, task)) {
			again->moved[task] = true;
			continue;
		}
		verdict->behind[kept] = task;
		verdict->behind_at[kept] = verdict->behind_at[i];
		verdict->behind_on[kept++] = on;
	}
	verdict->behind_count = kept;
}

/* Orphans are independent of each other: who moved leaves, the others stay. */
static void drop_orphans(const struct look_again *again, struct verdict *verdict)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < verdict->member_count; i++) {
		const int32_t task = verdict->members[i];
		if (one_holds(again, task))
			verdict->members[kept++] = task;
		else
			again->moved[task] = true;
	}
	const uint32_t before = verdict->member_count;
	verdict->member_count = kept;
	drop_behind(again, verdict);
	if (kept == before || !kept)
		return;

	/* Places of those who stayed have changed; those behind follow whom they wait for. */
	int32_t *place = again->objects;
	for (uint32_t i = 0; i < kept; i++)
		place[verdict->members[i]] = (int32_t)i;
	for (uint32_t i = 0; i < verdict->behind_count; i++) {
		verdict->behind_at[i] = place[verdict->behind_on[i]];
		place[verdict->behind[i]] = verdict->behind_at[i];
	}
}

/* Is anything left of it? */
static bool check_again(const struct look_again *again, struct verdict *verdict)
{
	if (verdict->kind == VERDICT_LONG || all_hold(again, verdict, true))
		return true;
	if (verdict->kind == VERDICT_MAYBE)
		drop_orphans(again, verdict);
	else if (all_hold(again, verdict, false))
		drop_behind(again, verdict);
	else
		return false;
	return verdict->member_count > 0;
}

static void drop_verdict(struct waits *waits, uint32_t index)
{
	struct verdict *verdict = &waits->verdicts[index];
	switch (verdict->kind) {
	case VERDICT_CERTAIN: waits->certain--; break;
	case VERDICT_LIKELY: waits->likely--; break;
	case VERDICT_MAYBE: waits->maybe--; break;
	case VERDICT_LONG: waits->longs--; break;
	}
	free(verdict->members);
	free(verdict->behind);
	free(verdict->behind_at);
	free(verdict->behind_on);
}

void waits_confirm(struct waits *waits, struct model *model, const struct snapshot *snapshot)
{
	const size_t n = (size_t)snapshot->task_count + 1;
	struct look_again again = {
		.model = model,
		.snapshot = snapshot,
		.tasks = malloc(n * sizeof *again.tasks),
		.objects = malloc(n * sizeof *again.objects),
		.moved = calloc(n, sizeof *again.moved),
	};
	const bool can_look = again.tasks && again.objects && again.moved;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < waits->count; i++) {
		/* What could not be looked at again is not claimed. */
		if (can_look && check_again(&again, &waits->verdicts[i]))
			waits->verdicts[kept++] = waits->verdicts[i];
		else
			drop_verdict(waits, i);
	}
	waits->count = kept;
	free(again.tasks);
	free(again.objects);
	free(again.moved);
}
