/* SPDX-License-Identifier: MIT */
/*
 * groups.c: whatever tasklets are grouped by is a number; a hash table finds its group, then the
 * members are laid out group by group.
 */
#include "groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "label.h"
#include "stacks.h"

const char *group_key_word(enum group_key key)
{
#define GROUP_WORD(n, word) word,
	static const char *const words[] = {GROUP_KEYS(GROUP_WORD)};
	return words[key];
}

/* ---- when are two alike ---- */

static uint64_t stack_trait(const struct stacks *stacks, int32_t index)
{
	return stacks->of[index] == STACK_NONE ? UINT64_MAX : stacks->program[stacks->of[index]];
}

/* What tasks of one group share. */
static uint64_t trait_of(const struct look *look, enum group_key key, int32_t index)
{
	const struct task *task = &look->snapshot->tasks[index];
	const uint64_t state = task->quality == TASK_RUNNING
				       ? TL_STATE_RUNNING
				       : (uint64_t)task->state << 8 | task->wait;
	switch (key) {
	case GROUP_STATE: return task->quality == TASK_TORN ? UINT64_MAX : state;
	case GROUP_SPAWN: return task->site;
	case GROUP_OBJECT: return task->object >= 0 ? ((uint64_t)task->object + 1) << 32 : state;
	case GROUP_STACK: return stack_trait(look->stacks, index);
	case GROUP_NONE:
	case GROUP_KEY_COUNT: break;
	}
	return (uint64_t)index;
}

/* ---- finding equals ---- */

struct table {
	uint32_t *slots; /* group number + 1; 0: empty.  Twice as many as tasks, a power of two */
	size_t mask;
	uint64_t *trait; /* of each group */
	uint32_t *group; /* of each of `tasks` */
	uint32_t count;
};

static int table_init(struct table *table, size_t count)
{
	size_t slots = 16;
	while (slots < 2 * count)
		slots *= 2;
	table->mask = slots - 1;
	table->slots = calloc(slots, sizeof *table->slots);
	table->trait = calloc(count + 1, sizeof *table->trait);
	table->group = calloc(count + 1, sizeof *table->group);
	return table->slots && table->trait && table->group ? 0 : -ENOMEM;
}

static void table_fini(struct table *table)
{
	free(table->slots);
	free(table->trait);
	free(table->group);
}

static uint32_t group_of(struct table *table, uint64_t trait)
{
	const uint64_t hash = trait * UINT64_C(0x9e3779b97f4a7c15);
	size_t slot = (hash >> 32) & table->mask;
	for (; table->slots[slot]; slot = (slot + 1) & table->mask)
		if (table->trait[table->slots[slot] - 1] == trait)
			return table->slots[slot] - 1;
	table->slots[slot] = table->count + 1;
	table->trait[table->count] = trait;
	return table->count++;
}

/* ---- laying them out ---- */

/* `first` holds the group's number until the order is settled. */
static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static int lay_out(const struct table *table, const int32_t *tasks, size_t count,
		   struct groups *ret)
{
	uint32_t *place = calloc((size_t)table->count + 1, sizeof *place);
	ret->groups = calloc((size_t)table->count + 1, sizeof *ret->groups);
	ret->members = calloc(count + 1, sizeof *ret->members);
	if (!place || !ret->groups || !ret->members) {
		free(place);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		ret->groups[table->group[i]].count++;
	for (uint32_t i = 0; i < table->count; i++)
		ret->groups[i].first = i;
	if (ret->key != GROUP_NONE)
		qsort(ret->groups, table->count, sizeof *ret->groups, compare_groups);
	uint32_t next = 0;
	for (uint32_t i = 0; i < table->count; i++) {
		place[ret->groups[i].first] = next;
		ret->groups[i].first = next;
		next += ret->groups[i].count;
	}
	for (size_t i = 0; i < count; i++)
		ret->members[place[table->group[i]]++] = tasks[i];
	ret->count = table->count;
	ret->member_count = (uint32_t)count;
	free(place);
	return 0;
}

int groups_make(const struct look *look, enum group_key key, const int32_t *tasks, size_t count,
		struct groups *ret)
{
	struct table table = {0};
	*ret = (struct groups){.key = key};
	int result = table_init(&table, count);
	if (!result) {
		for (size_t i = 0; i < count; i++)
			table.group[i] = group_of(&table, trait_of(look, key, tasks[i]));
		result = lay_out(&table, tasks, count, ret);
	}
	if (result)
		groups_fini(ret);
	table_fini(&table);
	return result;
}

void groups_fini(struct groups *groups)
{
	free(groups->groups);
	free(groups->members);
	*groups = (struct groups){0};
}

/* ---- what they have in common ---- */

static const struct backtrace *stack_of(const struct look *look, int32_t task)
{
	return &look->stacks->distinct[look->stacks->of[task]];
}

/* The frame that called into the runtime, or the innermost one. */
static char *label_stack(const struct look *look, const struct backtrace *backtrace, char *buffer,
			 size_t bytes)
{
	enum { DEEPEST = 10 }; /* the runtime's own calls are not deeper */
	struct place place, found = {0};
	uint32_t at = 0;
	if (!backtrace->count)
		return label_print(buffer, bytes, "%s", backtrace->why);
	model_place(look->model, backtrace->pc[0], true, &found);
	bool below_runtime = found.is_runtime;
	for (uint32_t i = 1; i + 1 < backtrace->count && i < DEEPEST; i++) {
		model_place(look->model, backtrace->pc[i], false, &place);
		const bool is_runtime = place.is_runtime;
		if (!is_runtime && below_runtime) {
			found = place;
			at = i;
		}
		below_runtime = is_runtime;
	}
	char where[LABEL_BYTES];
	label_place(&found, backtrace->pc[at], where, sizeof where);
	if (!found.function || !found.file)
		return label_print(buffer, bytes, "%s", where);
	return label_print(buffer, bytes, "%s %s", found.function, where);
}

char *groups_label(const struct look *look, const struct groups *groups, uint32_t group,
		   char *buffer, size_t bytes)
{
	const int32_t index = groups->members[groups->groups[group].first];
	const struct task *task = &look->snapshot->tasks[index];
	const bool is_waiting = task->quality == TASK_GOOD && task->wait != TL_WAIT_NONE;
	switch (groups->key) {
	case GROUP_SPAWN: return label_site(look->model, task->site, buffer, bytes);
	case GROUP_STACK: return label_stack(look, stack_of(look, index), buffer, bytes);
	case GROUP_NONE: return label_task(look->snapshot, index, buffer, bytes);
	case GROUP_OBJECT:
		if (task->object >= 0)
			return label_object(look->snapshot, look->model, task->object, buffer,
					    bytes);
		break;
	case GROUP_STATE:
	case GROUP_KEY_COUNT: break;
	}
	return label_print(buffer, bytes, is_waiting ? "%s: %s" : "%s",
			   label_state(look->model, task),
			   model_wait_name(look->model, task->wait));
}

char *groups_names(const struct look *look, const struct groups *groups, uint32_t group,
		   char *buffer, size_t bytes)
{
	const struct group *it = &groups->groups[group];
	const int32_t *members = &groups->members[it->first];
	const char *name = look->snapshot->tasks[members[0]].name;
	size_t common = strlen(name);
	bool all_equal = true;
	for (uint32_t i = 1; i < it->count; i++) {
		const char *other = look->snapshot->tasks[members[i]].name;
		size_t same = 0;
		while (same < common && name[same] == other[same])
			same++;
		all_equal &= !name[same] && !other[same];
		common = same;
	}
	while (common > 0 && ((unsigned char)name[common] & 0xc0) == 0x80)
		common--; /* not within a character */
	return label_print(buffer, bytes, "%.*s%s", (int)common, name,
			   common && !all_equal ? "*" : "");
}
