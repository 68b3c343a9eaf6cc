/* SPDX-License-Identifier: MIT */
/*
 * task_rows.c: see task_rows.h.  All of it is linear in the number of tasklets, but for the sort;
 * nothing is formatted here.
 *
 * The tree trusts no parent: a circle of parents, which no true program has, is cut open, and
 * nothing recurses.
 */
#include "task_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_BIT (UINT64_C(1) << 63)

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static uint64_t stack_key(const struct stacks *stacks, int32_t task)
{
	uint64_t key = 0;

	if (!stacks || stacks->of[task] == STACK_NONE)
		return key;
	const struct backtrace *trace = &stacks->distinct[stacks->of[task]];
	for (uint32_t i = 0; i < trace->count; i++)
		key = mix(key, trace->pc[i]);
	return mix(key, trace->status);
}

uint64_t row_key(const struct tasks_view *view, const struct look *look, const struct task_row *row)
{
	const struct snapshot *snapshot = look->snapshot;
	const struct task *task = &snapshot->tasks[row->task];
	uint64_t key = mix(0, view->group);

	if (row->group < 0)
		return task->id;
	switch (view->group) {
	case GROUP_STATE: key = mix(key, task->state * 64u + task->wait); break;
	case GROUP_SPAWN: key = mix(key, task->site); break;
	case GROUP_OBJECT:
		key = mix(key, task->wait);
		key = mix(key, task->object >= 0 ? snapshot->objects[task->object].id : 0);
		key = mix(key, task->joins >= 0 ? snapshot->tasks[task->joins].id : 0);
		break;
	default: key = mix(key, stack_key(look->stacks, row->task));
	}
	return key | GROUP_BIT;
}

static bool is_folded(const struct tasks_view *view, uint64_t key)
{
	return view->folded != idset_has(&view->folds, key);
}

static void add_row(struct tasks_view *view, struct task_row row)
{
	view->rows[view->row_count++] = row; /* there is room: at most two rows a tasklet */
}

static int make_room(struct tasks_view *view, size_t count)
{
	if (count <= view->row_room)
		return 0;
	struct task_row *rows = realloc(view->rows, count * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	view->rows = rows;
	view->row_room = count;
	return 0;
}

/* ---- plain and in groups ---- */

static void add_plain(struct tasks_view *view, const int32_t *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_row(view, (struct task_row){.task = tasks[i], .group = -1});
}

/* A group of one is shown as what it is. */
static int add_groups(struct tasks_view *view, const struct look *look, const int32_t *tasks,
		      size_t count)
{
	int result = groups_make(look, view->group, tasks, count, &view->groups);

	for (uint32_t i = 0; !result && i < view->groups.count; i++) {
		const struct group *group = &view->groups.groups[i];
		const int32_t *members = view->groups.members + group->first;
		struct task_row row = {.task = members[0],
				       .group = group->count > 1 ? (int32_t)i : -1};
		if (group->count == 1) {
			add_row(view, row);
			continue;
		}
		bool folded = is_folded(view, row_key(view, look, &row));
		row.fold = folded ? FOLD_FOLDED : FOLD_OPEN;
		row.hidden = folded ? group->count : 0;
		add_row(view, row);
		for (uint32_t m = 0; !folded && m < group->count; m++)
			add_row(view, (struct task_row){.task = members[m],
							.group = -1,
							.depth = 1,
							.last = m + 1 == group->count});
	}
	return result;
}

/* ---- as a tree ---- */

/* Links by index in the snapshot. */
enum { NOBODY = -1, NOT_SHOWN = -2 };
struct kin {
	int32_t parent, first, last, next;
	int32_t walk; /* while circles are looked for: the walk that was here; 0: none */
};

static void find_parents(struct kin *kin, const struct snapshot *snapshot, const int32_t *tasks,
			 size_t count)
{
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		kin[i] = (struct kin){
			.parent = NOT_SHOWN, .first = NOBODY, .last = NOBODY, .next = NOBODY};
	for (size_t i = 0; i < count; i++)
		kin[tasks[i]].parent = NOBODY;
	for (size_t i = 0; i < count; i++) {
		const struct task *task = &snapshot->tasks[tasks[i]];
		int32_t parent =
			task->parent ? snapshot_task_by_id(snapshot, task->parent) : NOBODY;
		if (parent >= 0 && kin[parent].parent != NOT_SHOWN)
			kin[tasks[i]].parent = parent;
	}
}

/* From each up to its root, or to where an earlier walk went; who meets its own steps is in a
 * circle. */
static void cut_circles(struct kin *kin, const int32_t *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int32_t at = tasks[i], walk = (int32_t)i + 1;
		while (at >= 0 && !kin[at].walk) {
			kin[at].walk = walk;
			if (kin[at].parent >= 0 && kin[kin[at].parent].walk == walk)
				kin[at].parent = NOBODY;
			at = kin[at].parent;
		}
	}
}

static void link_kin(struct kin *kin, const struct snapshot *snapshot, const int32_t *tasks,
		     size_t count)
{
	find_parents(kin, snapshot, tasks, count);
	cut_circles(kin, tasks, count);
	for (size_t i = 0; i < count; i++) {
		int32_t parent = kin[tasks[i]].parent;
		if (parent < 0)
			continue;
		if (kin[parent].last < 0)
			kin[parent].first = tasks[i];
		else
			kin[kin[parent].last].next = tasks[i];
		kin[parent].last = tasks[i];
	}
}

/* The next one in the order of the tree when `at` and all below it is done; its depth in *depth. */
static int32_t next_after(const struct kin *kin, int32_t at, int *depth)
{
	while (at >= 0 && kin[at].next < 0) {
		at = kin[at].parent;
		(*depth)--;
	}
	return at < 0 ? -1 : kin[at].next;
}

static uint32_t count_below(const struct kin *kin, int32_t root)
{
	uint32_t below = 0;
	int depth = 0;

	for (int32_t at = kin[root].first; at >= 0;) {
		below++;
		depth++;
		if (kin[at].first >= 0) {
			at = kin[at].first;
			continue;
		}
		while (at != root && kin[at].next < 0)
			at = kin[at].parent;
		at = at == root ? -1 : kin[at].next;
	}
	return below;
}

static void add_branch(struct tasks_view *view, const struct snapshot *snapshot,
		       const struct kin *kin, int32_t root)
{
	uint32_t bars = 0;
	int depth = 0;

	for (int32_t at = root; at >= 0;) {
		struct task_row row = {.task = at,
				       .group = -1,
				       .depth = (uint16_t)(depth < 60000 ? depth : 60000),
				       .last = kin[at].next < 0};
		bool folded = kin[at].first >= 0 && is_folded(view, snapshot->tasks[at].id);
		if (depth < 32)
			bars = (bars & ~(UINT32_MAX << depth)) | (uint32_t)(depth && !row.last)
									 << depth;
		row.bars = bars;
		if (kin[at].first >= 0)
			row.fold = folded ? FOLD_FOLDED : FOLD_OPEN;
		row.hidden = folded ? count_below(kin, at) : 0;
		add_row(view, row);
		if (kin[at].first >= 0 && !folded) {
			at = kin[at].first;
			depth++;
		} else if (at == root) {
			break;
		} else {
			at = next_after(kin, at, &depth);
		}
	}
}

static int add_tree(struct tasks_view *view, const struct look *look, const int32_t *tasks,
		    size_t count)
{
	const struct snapshot *snapshot = look->snapshot;
	struct kin *kin = malloc((snapshot->task_count + 1) * sizeof(*kin));

	if (!kin)
		return -ENOMEM;
	link_kin(kin, snapshot, tasks, count);
	for (size_t i = 0; i < count; i++)
		if (kin[tasks[i]].parent == NOBODY)
			add_branch(view, snapshot, kin, tasks[i]);
	free(kin);
	return 0;
}

/* ---- all of it ---- */

static size_t without_finished(const struct snapshot *snapshot, int32_t *tasks, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (snapshot->tasks[tasks[i]].state != TL_STATE_ENDED)
			tasks[kept++] = tasks[i];
	return kept;
}

int task_rows_make(struct tasks_view *view, const struct look *look)
{
	int32_t *tasks = NULL;
	size_t count = 0;

	view->row_count = 0;
	groups_fini(&view->groups);
	view->groups = (struct groups){0};
	int result = filter_tasks(view->filter, look, &tasks, &count);
	if (!result && view->hides_finished)
		count = without_finished(look->snapshot, tasks, count);
	view->matching = (uint32_t)count;
	if (!result)
		result = make_room(view, 2 * count);
	if (!result)
		result = sort_tasks(look, view->table.sort, tasks, count);
	if (!result && view->group != GROUP_NONE)
		result = add_groups(view, look, tasks, count);
	else if (!result && view->tree)
		result = add_tree(view, look, tasks, count);
	else if (!result)
		add_plain(view, tasks, count);
	free(tasks);
	if (result)
		view->row_count = 0;
	return result;
}
