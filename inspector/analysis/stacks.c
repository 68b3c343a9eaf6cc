/* SPDX-License-Identifier: MIT */
#include "stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH = 256, /* backtraces taken in one call: 300 KiB */
	FIRST_ROOM = 64,
};

int stacks_init(struct stacks *stacks, const struct snapshot *snapshot)
{
	*stacks = (struct stacks){.room = FIRST_ROOM, .mask = 2 * FIRST_ROOM - 1};
	stacks->code_low = snapshot->code_low;
	stacks->code_high = snapshot->code_high;
	stacks->distinct = malloc(FIRST_ROOM * sizeof *stacks->distinct);
	stacks->program = malloc(FIRST_ROOM * sizeof *stacks->program);
	stacks->slots = calloc(2 * FIRST_ROOM, sizeof *stacks->slots);
	stacks->of = malloc(((size_t)snapshot->task_count + 1) * sizeof *stacks->of);
	stacks->batch = malloc(BATCH * sizeof *stacks->batch);
	if (!stacks->distinct || !stacks->program || !stacks->slots || !stacks->of || !stacks->batch) {
		stacks_fini(stacks);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		stacks->of[i] = STACK_NONE;
	return 0;
}

void stacks_fini(struct stacks *stacks)
{
	free(stacks->distinct);
	free(stacks->program);
	free(stacks->slots);
	free(stacks->of);
	free(stacks->batch);
	*stacks = (struct stacks){0};
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct backtrace *backtrace)
{
	uint64_t hash = mix(backtrace->status, backtrace->count);
	for (uint32_t i = 0; i < backtrace->count; i++)
		hash = mix(hash, backtrace->pc[i]);
	return hash;
}

/* The frame that called into the runtime; 0 when there is none. */
static uint32_t first_of_program(const struct stacks *stacks, const struct backtrace *backtrace)
{
	for (uint32_t i = 0; i < backtrace->count; i++) {
		const uint64_t pc = backtrace->pc[i] - (i > 0);
		if (pc < stacks->code_low || pc >= stacks->code_high)
			return i;
	}
	return 0;
}

/* Frames of the program are equal when they read so: by function, file and line where these are known (their
 * texts are kept once each, so that the pointers tell), else by address. */
static uint64_t hash_of_program(const struct stacks *stacks, struct model *model,
				const struct backtrace *backtrace)
{
	const uint32_t first = first_of_program(stacks, backtrace);
	uint64_t hash = mix(backtrace->status, backtrace->count - first);
	for (uint32_t i = first; i < backtrace->count; i++) {
		struct place place = {0};
		model_place(model, backtrace->pc[i], i == 0, &place);
		if (!place.line) {
			hash = mix(hash, backtrace->pc[i]);
			continue;
		}
		hash = mix(hash, (uintptr_t)place.function);
		hash = mix(hash, (uintptr_t)place.file);
		hash = mix(hash, (uint64_t)place.line);
	}
	return hash;
}

static bool are_equal(const struct backtrace *a, const struct backtrace *b)
{
	return a->status == b->status && a->count == b->count &&
	       memcmp(a->pc, b->pc, a->count * sizeof a->pc[0]) == 0 && strcmp(a->why, b->why) == 0;
}

/* Where this backtrace is, or would be. */
static uint32_t *slot_of(const struct stacks *stacks, const struct backtrace *backtrace)
{
	uint32_t at = (uint32_t)hash_of(backtrace) & stacks->mask;
	while (stacks->slots[at] && !are_equal(&stacks->distinct[stacks->slots[at] - 1], backtrace))
		at = (at + 1) & stacks->mask;
	return &stacks->slots[at];
}

static int grow(struct stacks *stacks)
{
	const uint32_t room = 2 * stacks->room;
	struct backtrace *distinct = realloc(stacks->distinct, room * sizeof *distinct);
	if (!distinct)
		return -ENOMEM;
	stacks->distinct = distinct;
	uint64_t *program = realloc(stacks->program, room * sizeof *program);
	if (!program)
		return -ENOMEM;
	stacks->program = program;
	uint32_t *slots = calloc(2 * (size_t)room, sizeof *slots);
	if (!slots)
		return -ENOMEM;
	free(stacks->slots);
	stacks->slots = slots;
	stacks->room = room;
	stacks->mask = 2 * room - 1;
	for (uint32_t i = 0; i < stacks->count; i++)
		*slot_of(stacks, &stacks->distinct[i]) = i + 1;
	return 0;
}

static int keep(struct stacks *stacks, struct model *model, int32_t task,
		const struct backtrace *backtrace)
{
	uint32_t *slot = slot_of(stacks, backtrace);
	if (!*slot) {
		if (stacks->count == stacks->room) {
			if (grow(stacks))
				return -ENOMEM;
			slot = slot_of(stacks, backtrace);
		}
		stacks->distinct[stacks->count] = *backtrace;
		stacks->program[stacks->count] = hash_of_program(stacks, model, backtrace);
		*slot = ++stacks->count;
	}
	stacks->of[task] = *slot - 1;
	return 0;
}

int stacks_add(struct stacks *stacks, struct model *model, const struct snapshot *snapshot,
	       const int32_t *tasks, size_t count)
{
	int result = 0;
	for (size_t first = 0; first < count && !result; first += BATCH) {
		const size_t part = count - first < BATCH ? count - first : BATCH;
		model_backtraces(model, snapshot, tasks + first, part, stacks->batch);
		for (size_t i = 0; i < part && !result; i++)
			result = keep(stacks, model, tasks[first + i], &stacks->batch[i]);
	}
	return result;
}
