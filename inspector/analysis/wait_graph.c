/* SPDX-License-Identifier: MIT */
/*
 * wait_graph.c: builds the graph of waits from a snapshot and finds, in one pass and in linear
 * time, its strongly connected components (Tarjan's algorithm on an explicit stack: a chain of a
 * million waits must not overflow ours) and how surely each is stuck.
 *
 * Components are closed in reverse topological order, so that whatever a component leads to has its
 * level already: the level of a component is the weakest of those, or its own when it leads
 * nowhere.
 */
#include "wait_graph.h"

#include <errno.h>
#include <stdlib.h>

bool task_is_live(const struct task *task)
{
	return task->state != TL_STATE_FREE && task->state != TL_STATE_ENDED &&
	       task->state != TL_STATE_LOST;
}

/* ---- sides ---- */

static bool add_user(const struct snapshot *snapshot, struct wait_side *side, int32_t user)
{
	if (user < 0 || (uint32_t)user >= snapshot->task_count ||
	    !task_is_live(&snapshot->tasks[user]))
		return false;
	for (uint32_t i = 0; i < side->user_count; i++)
		if (side->users[i] == user)
			return true;
	side->users[side->user_count++] = user;
	return true;
}

/* A mutex that nobody holds is just being handed over; one whose holder ended is held for good. */
static void fill_holder(const struct snapshot *snapshot, const struct object *object,
			struct wait_side *side)
{
	if (!add_user(snapshot, side, object->holder))
		side->is_open = !object->holder_gone && object->holder < 0;
}

static void fill_users(const struct snapshot *snapshot, const struct object *object,
		       struct wait_side *side)
{
	const bool senders = side->kind == SIDE_SENDERS;
	const uint64_t *ids = senders ? object->senders : object->receivers;
	for (uint32_t i = 0; i < MODEL_USERS && ids[i]; i++)
		add_user(snapshot, side, snapshot_task_by_id(snapshot, ids[i]));

	/* what a waiter wants is there: it was seen between two steps of a hand-over */
	const bool is_served =
		senders ? object->length > 0 || object->senders_waiting > 0
			: object->receivers_waiting > 0 ||
				  (object->capacity > 0 && object->length < object->capacity);
	side->is_open = is_served || (senders ? object->more_senders : object->more_receivers);
}

static bool side_kind_of(const struct object *object, unsigned wait, enum wait_side_kind *ret)
{
	if (object->kind == TL_OBJECT_MUTEX && wait == TL_WAIT_LOCK)
		*ret = SIDE_HOLDER;
	else if (object->kind != TL_OBJECT_CHANNEL)
		return false;
	else if (wait == TL_WAIT_SEND || wait == TL_WAIT_SEND_ERROR)
		*ret = SIDE_RECEIVERS;
	else if (wait == TL_WAIT_RECEIVE)
		*ret = SIDE_SENDERS;
	else
		return false;
	return true;
}

static void side_fill(const struct snapshot *snapshot, int32_t index, enum wait_side_kind kind,
		      struct wait_side *ret)
{
	const struct object *object = &snapshot->objects[index];
	*ret = (struct wait_side){.object = index, .kind = kind};
	if (kind == SIDE_HOLDER)
		fill_holder(snapshot, object, ret);
	else
		fill_users(snapshot, object, ret);
}

/* It holds what it waits for: the one who unlocks has written that already, but has not woken it yet.  A
 * thread that the kernel stops at this point, or a core, shows it for as long as one likes. */
static bool was_just_given(const struct snapshot *snapshot, const struct task *task)
{
	return task->wait == TL_WAIT_LOCK &&
	       snapshot->objects[task->object].holder == task - snapshot->tasks;
}

static bool side_kind_of_task(const struct snapshot *snapshot, const struct task *task,
			      enum wait_side_kind *ret)
{
	return task->state == TL_STATE_WAITING && task->object >= 0 &&
	       (uint32_t)task->object < snapshot->object_count &&
	       side_kind_of(&snapshot->objects[task->object], task->wait, ret);
}

bool wait_side_of(const struct snapshot *snapshot, const struct task *task, struct wait_side *ret)
{
	enum wait_side_kind kind;
	if (!side_kind_of_task(snapshot, task, &kind))
		return false;
	side_fill(snapshot, task->object, kind, ret);
	if (was_just_given(snapshot, task)) {
		ret->user_count = 0;
		ret->is_open = true;
	}
	return true;
}

/* ---- the graph ---- */

static bool is_in_run(const struct task *task)
{
	return task->wait == TL_WAIT_RUN &&
	       (task->state == TL_STATE_PAUSED || task->state == TL_STATE_WAITING);
}

/* A run returns as soon as its ring is empty and nobody on its thread will act.  One that is seen
 * on a thread that sleeps, with no timer and nobody ready, waits for one of the thread's tasklets
 * to be woken. */
static bool sleeps_for_good(const struct snapshot *snapshot, uint32_t scheduler)
{
	if (scheduler >= snapshot->scheduler_count)
		return false;
	const struct scheduler *it = &snapshot->schedulers[scheduler];
	return it->in_use && it->asleep && it->sleep_until_ns == MODEL_UNKNOWN && !it->timers &&
	       !it->ready && it->current < 0;
}

/* The side's node, made at its first waiter.  `at`: of each object and side, its number + 1. */
static int32_t side_node(struct wait_graph *graph, uint32_t *at, int32_t object,
			 enum wait_side_kind kind)
{
	uint32_t *number = &at[2 * (size_t)object + (kind == SIDE_SENDERS)];
	if (!*number) {
		side_fill(graph->snapshot, object, kind, &graph->sides[graph->side_count]);
		*number = ++graph->side_count;
	}
	return (int32_t)(graph->task_count + *number - 1);
}

/* Sets `next` and `acts` of a task; schedulers have no number yet: -2 - scheduler. */
static void add_task(struct wait_graph *graph, uint32_t *at, uint32_t index)
{
	const struct snapshot *snapshot = graph->snapshot;
	const struct task *task = &snapshot->tasks[index];
	enum wait_side_kind kind;
	graph->next[index] = -1;
	graph->acts[index] = true;
	if (task->quality != TASK_GOOD)
		return;
	if (side_kind_of_task(snapshot, task, &kind))
		graph->next[index] = was_just_given(snapshot, task)
					     ? -1
					     : side_node(graph, at, task->object, kind);
	else if (task->state == TL_STATE_WAITING && task->wait == TL_WAIT_JOIN &&
		 task->joins >= 0 && (uint32_t)task->joins < snapshot->task_count &&
		 task_is_live(&snapshot->tasks[task->joins]))
		graph->next[index] = task->joins;
	else if (is_in_run(task) && sleeps_for_good(snapshot, task->scheduler))
		graph->next[index] = -2 - (int32_t)task->scheduler;
	graph->acts[index] = graph->next[index] == -1 || task->has_deadline || task->error_pending;
}

/* Lists the tasklets of each scheduler that a run waits for, without those in a run themselves. */
static int add_crews(struct wait_graph *graph)
{
	const struct snapshot *snapshot = graph->snapshot;
	const uint32_t base = graph->task_count + graph->side_count;
	bool any = false;
	for (uint32_t i = 0; i < graph->task_count; i++) {
		if (graph->next[i] > -2)
			continue;
		any = true;
		graph->next[i] = (int32_t)(base + (uint32_t)(-2 - graph->next[i]));
	}
	graph->scheduler_count = any ? snapshot->scheduler_count : 0;
	graph->crew_first = calloc(graph->scheduler_count + 1, sizeof *graph->crew_first);
	graph->crew = calloc(graph->task_count + 1, sizeof *graph->crew);
	if (!graph->crew_first || !graph->crew)
		return -ENOMEM;

	/* Counting sort: sizes, then ends, then filled from behind, which leaves the beginnings. */
	for (int pass = 0; any && pass < 2; pass++) {
		for (uint32_t i = graph->task_count; i-- > 0;) {
			const struct task *task = &snapshot->tasks[i];
			if (task->scheduler >= graph->scheduler_count || is_in_run(task) ||
			    !task_is_live(task))
				continue;
			if (pass)
				graph->crew[--graph->crew_first[task->scheduler]] = (int32_t)i;
			else
				graph->crew_first[task->scheduler]++;
		}
		for (uint32_t s = 1; !pass && s <= graph->scheduler_count; s++)
			graph->crew_first[s] += graph->crew_first[s - 1];
	}
	return 0;
}

int32_t wait_graph_successor(const struct wait_graph *graph, uint32_t node, uint32_t k)
{
	if (node < graph->task_count)
		return k ? -1 : graph->next[node];
	node -= graph->task_count;
	if (node < graph->side_count) {
		const struct wait_side *side = &graph->sides[node];
		return k < side->user_count ? side->users[k] : -1;
	}
	node -= graph->side_count;
	const uint32_t first = graph->crew_first[node];
	return k < graph->crew_first[node + 1] - first ? graph->crew[first + k] : -1;
}

bool wait_graph_is_owner_edge(const struct wait_graph *graph, uint32_t node)
{
	const struct wait_side *side = wait_graph_side(graph, node);
	if (side)
		return side->kind == SIDE_HOLDER;
	if (node >= graph->task_count || graph->next[node] < 0)
		return false;
	side = wait_graph_side(graph, (uint32_t)graph->next[node]);
	return side ? side->kind == SIDE_HOLDER : (uint32_t)graph->next[node] < graph->task_count;
}

static bool node_acts(const struct wait_graph *graph, uint32_t node)
{
	if (node < graph->task_count)
		return graph->acts[node];
	const struct wait_side *side = wait_graph_side(graph, node);
	return side ? side->is_open : wait_graph_successor(graph, node, 0) < 0;
}

/* ---- components ---- */

struct search {
	struct wait_graph *graph;
	uint32_t *index, *low;	      /* of each node; index 0: not seen yet */
	uint32_t *stack, stack_count; /* nodes whose component is still open */
	uint32_t *path, *step, depth; /* the nodes on the way here, and the next edge of each */
	uint32_t seen, closed, ordered;
};

enum { STILL_OPEN = UINT32_MAX };

struct summary {
	bool acts, leads_out, is_cycle, has_owners_only;
	uint8_t weakest; /* of what it leads to */
};

static struct summary summarize(const struct wait_graph *graph, uint32_t first, uint32_t count)
{
	struct summary sum = {.is_cycle = count > 1, .has_owners_only = true};
	for (uint32_t i = first; i < first + count; i++) {
		const uint32_t node = graph->order[i];
		int32_t next;
		sum.acts |= node_acts(graph, node);
		sum.has_owners_only &= wait_graph_is_owner_edge(graph, node);
		for (uint32_t k = 0; (next = wait_graph_successor(graph, node, k)) >= 0; k++) {
			if (graph->component[next] == graph->component[node]) {
				sum.is_cycle = true;
				continue;
			}
			sum.leads_out = true;
			if (graph->level[next] > sum.weakest)
				sum.weakest = graph->level[next];
		}
	}
	return sum;
}

static void close_component(struct search *search, uint32_t top)
{
	struct wait_graph *graph = search->graph;
	const uint32_t first = search->ordered;
	uint32_t node;
	do {
		node = search->stack[--search->stack_count];
		graph->component[node] = search->closed;
		graph->order[search->ordered++] = node;
	} while (node != top);
	search->closed++;

	const uint32_t count = search->ordered - first;
	const struct summary sum = summarize(graph, first, count);
	bool is_root = true;
	enum wait_level level;
	if (sum.acts) {
		level = WAIT_FREE;
		is_root = sum.is_cycle && sum.has_owners_only;
	} else if (sum.leads_out) {
		level = sum.weakest;
		is_root = false;
	} else if (sum.is_cycle) {
		level = sum.has_owners_only ? WAIT_CERTAIN : WAIT_LIKELY;
	} else {
		level = WAIT_MAYBE;
	}
	for (uint32_t i = first; i < search->ordered; i++)
		graph->level[graph->order[i]] = level;
	if (is_root)
		graph->roots[graph->root_count++] =
			(struct wait_root){.level = level, .first = first, .count = count};
}

static void enter(struct search *search, uint32_t node)
{
	search->index[node] = search->low[node] = ++search->seen;
	search->stack[search->stack_count++] = node;
	search->path[search->depth] = node;
	search->step[search->depth++] = 0;
}

static void lower(uint32_t *low, uint32_t value)
{
	if (value < *low)
		*low = value;
}

static void search_from(struct search *search, uint32_t start)
{
	const struct wait_graph *graph = search->graph;
	enter(search, start);
	while (search->depth) {
		const uint32_t node = search->path[search->depth - 1];
		const int32_t next =
			wait_graph_successor(graph, node, search->step[search->depth - 1]++);
		if (next >= 0) {
			if (!search->index[next])
				enter(search, (uint32_t)next);
			else if (graph->component[next] == STILL_OPEN)
				lower(&search->low[node], search->index[next]);
			continue;
		}
		if (search->low[node] == search->index[node])
			close_component(search, node);
		if (--search->depth)
			lower(&search->low[search->path[search->depth - 1]], search->low[node]);
	}
}

static int find_components(struct wait_graph *graph)
{
	const size_t n = graph->node_count;
	struct search search = {.graph = graph};
	uint32_t *room = calloc(5 * n + 1, sizeof *room);
	graph->level = calloc(n + 1, sizeof *graph->level);
	graph->component = calloc(n + 1, sizeof *graph->component);
	graph->order = calloc(n + 1, sizeof *graph->order);
	graph->roots = calloc(n + 1, sizeof *graph->roots);
	int result = -ENOMEM;
	if (room && graph->level && graph->component && graph->order && graph->roots) {
		search.index = room;
		search.low = room + n;
		search.stack = room + 2 * n;
		search.path = room + 3 * n;
		search.step = room + 4 * n;
		for (uint32_t i = 0; i < n; i++)
			graph->component[i] = STILL_OPEN;
		for (uint32_t i = 0; i < n; i++)
			if (!search.index[i])
				search_from(&search, i);
		result = 0;
	}
	free(room);
	return result;
}

/* ---- all of it ---- */

static int build(struct wait_graph *graph)
{
	const struct snapshot *snapshot = graph->snapshot;
	const size_t n = graph->task_count;
	graph->next = calloc(n + 1, sizeof *graph->next);
	graph->acts = calloc(n + 1, sizeof *graph->acts);
	graph->sides = calloc(n + 1, sizeof *graph->sides); /* each has a waiter */
	uint32_t *at = calloc(2 * (size_t)snapshot->object_count + 1, sizeof *at);
	int result = -ENOMEM;
	if (graph->next && graph->acts && graph->sides && at) {
		for (uint32_t i = 0; i < n; i++)
			add_task(graph, at, i);
		result = add_crews(graph);
	}
	free(at);
	graph->node_count = graph->task_count + graph->side_count + graph->scheduler_count;
	return result;
}

int wait_graph_init(struct wait_graph *graph, const struct snapshot *snapshot)
{
	*graph = (struct wait_graph){.snapshot = snapshot, .task_count = snapshot->task_count};
	int result = build(graph);
	if (!result)
		result = find_components(graph);
	if (result)
		wait_graph_fini(graph);
	return result;
}

void wait_graph_fini(struct wait_graph *graph)
{
	free(graph->next);
	free(graph->acts);
	free(graph->sides);
	free(graph->crew_first);
	free(graph->crew);
	free(graph->level);
	free(graph->component);
	free(graph->order);
	free(graph->roots);
	*graph = (struct wait_graph){0};
}
