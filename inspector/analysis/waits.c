/* SPDX-License-Identifier: MIT */
/*
 * waits.c: from the graph of waits to verdicts: members in order, those behind them, since when it
 * holds; and the second look that a verdict must stand.  docs/design/verdicts.md says why this is
 * right.
 */
#include "waits.h"

#include <errno.h>
#include <stdlib.h>

#include "wait_graph.h"

/* ---- making verdicts ---- */

enum { NOBODY = -1 };

struct maker {
	const struct snapshot *snapshot;
	struct wait_graph graph;
	struct verdict *verdicts;
	uint32_t count;
	/* of each node */
	int32_t *verdict; /* whose member, or behind whose members it is; NOBODY */
	int32_t *at;	  /* the index of that member */
	int32_t *on;	  /* the task before it on the way there; NOBODY */
	int32_t *from;	  /* while looking for a cycle */
	/* the edges turned round, as far as they carry a verdict */
	uint32_t *in_first, *in;
	uint32_t *queue, queued;
};

/* Who is stuck is behind those who are as surely stuck; who is not is behind its owner alone. */
static bool carries(const struct wait_graph *graph, uint32_t node, uint32_t next)
{
	return graph->level[node] == graph->level[next] &&
	       (graph->level[node] != WAIT_FREE || wait_graph_is_owner_edge(graph, node));
}

static int turn_edges_round(struct maker *maker)
{
	const struct wait_graph *graph = &maker->graph;
	const uint32_t n = graph->node_count;
	int32_t next;
	maker->in_first = calloc((size_t)n + 1, sizeof *maker->in_first);
	if (!maker->in_first)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; (next = wait_graph_successor(graph, i, k)) >= 0; k++)
			maker->in_first[next] += carries(graph, i, (uint32_t)next);
	for (uint32_t i = 1; i <= n; i++)
		maker->in_first[i] += maker->in_first[i - 1];
	maker->in = calloc((size_t)maker->in_first[n] + 1, sizeof *maker->in);
	if (!maker->in)
		return -ENOMEM;
	for (uint32_t i = n; i-- > 0;)
		for (uint32_t k = 0; (next = wait_graph_successor(graph, i, k)) >= 0; k++)
			if (carries(graph, i, (uint32_t)next))
				maker->in[--maker->in_first[next]] = i;
	return 0;
}

static bool is_task(const struct maker *maker, uint32_t node)
{
	return node < maker->graph.task_count;
}

/* ---- members ---- */

/* qsort_r would do; the snapshot rides along in the elements instead. */
struct ranked {
	uint64_t rank, id;
	int32_t task;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int sort_tasks_by_rank(const struct maker *maker, int32_t *tasks, uint32_t count,
			      bool by_ticket)
{
	struct ranked *ranked = malloc((count + 1) * sizeof *ranked);
	if (!ranked)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		const struct task *task = &maker->snapshot->tasks[tasks[i]];
		ranked[i] = (struct ranked){
			.rank = by_ticket ? task->ticket : 0, .id = task->id, .task = tasks[i]};
	}
	qsort(ranked, count, sizeof *ranked, compare_ranked);
	for (uint32_t i = 0; i < count; i++)
		tasks[i] = ranked[i].task;
	free(ranked);
	return 0;
}

/* Makes `member` the next member. */
static void add_member(struct maker *maker, uint32_t member)
{
	struct verdict *verdict = &maker->verdicts[maker->count];
	maker->verdict[member] = (int32_t)maker->count;
	maker->at[member] = (int32_t)verdict->member_count;
	verdict->members[verdict->member_count++] = (int32_t)member;
}

/* The last node of a shortest cycle through `start` in its component; `from` leads back from it. */
static uint32_t cycle_end(struct maker *maker, uint32_t start)
{
	const struct wait_graph *graph = &maker->graph;
	uint32_t head = 0;
	int32_t next;
	maker->queued = 0;
	maker->queue[maker->queued++] = start;
	for (;;) { /* ends: in its component, every node leads back to the start */
		const uint32_t node = maker->queue[head++];
		for (uint32_t k = 0; (next = wait_graph_successor(graph, node, k)) >= 0; k++) {
			if ((uint32_t)next == start)
				return node;
			if (graph->component[next] != graph->component[start] ||
			    maker->from[next] != NOBODY)
				continue;
			maker->from[next] = (int32_t)node;
			maker->queue[maker->queued++] = (uint32_t)next;
		}
	}
}

/* The nodes of a component as members: a shortest cycle through the lowest id, then the others. */
static int add_knot(struct maker *maker, const struct wait_root *root)
{
	const uint32_t *nodes = &maker->graph.order[root->first];
	struct verdict *verdict = &maker->verdicts[maker->count];
	int32_t *tasks = malloc((root->count + 1) * sizeof *tasks);
	uint32_t count = 0;
	if (!tasks)
		return -ENOMEM;
	for (uint32_t i = 0; i < root->count; i++)
		if (is_task(maker, nodes[i]))
			tasks[count++] = (int32_t)nodes[i];
	if (!count || sort_tasks_by_rank(maker, tasks, count, false)) {
		free(tasks);
		return -ENOMEM;
	}

	/* From the end back to the start, so they are written last first. */
	const uint32_t start = (uint32_t)tasks[0];
	const uint32_t end = cycle_end(maker, start);
	for (uint32_t node = end; node != start; node = (uint32_t)maker->from[node])
		verdict->cycle_count += is_task(maker, node);
	uint32_t place = ++verdict->cycle_count;
	verdict->member_count = place;
	for (uint32_t node = end; place; node = (uint32_t)maker->from[node]) {
		if (!is_task(maker, node))
			continue;
		verdict->members[--place] = (int32_t)node;
		maker->verdict[node] = (int32_t)maker->count;
		maker->at[node] = (int32_t)place;
	}
	for (uint32_t i = 0; i < count; i++)
		if (maker->verdict[tasks[i]] == NOBODY)
			add_member(maker, (uint32_t)tasks[i]);
	free(tasks);
	return 0;
}

/* All that wait on one side of an object which nobody is known to serve. */
static int add_orphans(struct maker *maker, uint32_t side)
{
	struct verdict *verdict = &maker->verdicts[maker->count];
	verdict->object = wait_graph_side(&maker->graph, side)->object;
	for (uint32_t i = maker->in_first[side]; i < maker->in_first[side + 1]; i++)
		add_member(maker, maker->in[i]);
	if (sort_tasks_by_rank(maker, verdict->members, verdict->member_count, true))
		return -ENOMEM;
	for (uint32_t i = 0; i < verdict->member_count; i++)
		maker->at[verdict->members[i]] = (int32_t)i;
	return 0;
}

static int begin_verdict(struct maker *maker, enum verdict_kind kind, uint32_t room)
{
	int32_t *members = malloc(((size_t)room + 1) * sizeof *members);
	if (!members)
		return -ENOMEM;
	maker->verdicts[maker->count] = (struct verdict){
		.kind = kind, .object = -1, .members = members, .held_ns = MODEL_UNKNOWN};
	return 0;
}

static int add_root(struct maker *maker, const struct wait_root *root)
{
	static const enum verdict_kind kinds[] = {
		[WAIT_CERTAIN] = VERDICT_CERTAIN,
		[WAIT_LIKELY] = VERDICT_LIKELY,
		[WAIT_MAYBE] = VERDICT_MAYBE,
		[WAIT_FREE] = VERDICT_LONG,
	};
	const uint32_t node = maker->graph.order[root->first];
	const bool is_orphan = root->level == WAIT_MAYBE;
	const uint32_t room =
		is_orphan ? maker->in_first[node + 1] - maker->in_first[node] : root->count;
	if (!room) /* those who wait there have a deadline */
		return 0;
	int result = begin_verdict(maker, kinds[root->level], room);
	if (result)
		return result;
	result = is_orphan ? add_orphans(maker, node) : add_knot(maker, root);
	maker->count++;
	return result;
}

/* Others wait for it to let go, and it waits for no owner who is in this list itself. */
static bool ends_a_chain(const struct maker *maker, uint32_t node)
{
	const struct wait_graph *graph = &maker->graph;
	return graph->level[node] == WAIT_FREE && maker->verdict[node] == NOBODY &&
	       maker->in_first[node] < maker->in_first[node + 1] &&
	       !(wait_graph_is_owner_edge(graph, node) &&
		 graph->level[graph->next[node]] == WAIT_FREE);
}

static int add_members(struct maker *maker, bool want_long)
{
	const struct wait_graph *graph = &maker->graph;
	size_t room = graph->root_count + 1;
	int result = 0;
	for (uint32_t i = 0; i < graph->task_count; i++)
		room += want_long && ends_a_chain(maker, i);
	maker->verdicts = calloc(room, sizeof *maker->verdicts);
	if (!maker->verdicts)
		return -ENOMEM;
	for (uint32_t i = 0; i < graph->root_count && !result; i++)
		if (want_long || graph->roots[i].level != WAIT_FREE)
			result = add_root(maker, &graph->roots[i]);
	for (uint32_t i = 0; want_long && i < graph->task_count && !result; i++) {
		if (!ends_a_chain(maker, i))
			continue;
		result = begin_verdict(maker, VERDICT_LONG, 1);
		if (!result) {
			add_member(maker, i);
			maker->count++;
		}
	}
	return result;
}

/* ---- behind ---- */

/* The side or scheduler node of a verdict's component stands for the member that it leads to. */
static void add_nodes_between(struct maker *maker, const struct wait_root *root)
{
	const struct wait_graph *graph = &maker->graph;
	for (uint32_t i = root->first; i < root->first + root->count; i++) {
		const uint32_t node = graph->order[i];
		const int32_t next = wait_graph_successor(graph, node, 0);
		if (is_task(maker, node) || next < 0 || maker->verdict[next] == NOBODY)
			continue;
		maker->verdict[node] = maker->verdict[next];
		maker->at[node] = maker->at[next];
		maker->on[node] = next;
	}
}

/* Breadth first from all members at once: the nearest first, each reached once. */
static void spread(struct maker *maker)
{
	const struct wait_graph *graph = &maker->graph;
	for (uint32_t i = 0; i < graph->root_count; i++)
		add_nodes_between(maker, &graph->roots[i]);
	maker->queued = 0;
	for (uint32_t i = 0; i < graph->node_count; i++)
		if (maker->verdict[i] != NOBODY)
			maker->queue[maker->queued++] = i;
	for (uint32_t head = 0; head < maker->queued; head++) {
		const uint32_t node = maker->queue[head];
		for (uint32_t i = maker->in_first[node]; i < maker->in_first[node + 1]; i++) {
			const uint32_t waiter = maker->in[i];
			if (maker->verdict[waiter] != NOBODY)
				continue;
			maker->verdict[waiter] = maker->verdict[node];
			maker->at[waiter] = maker->at[node];
			maker->on[waiter] = is_task(maker, node) ? (int32_t)node : maker->on[node];
			maker->queue[maker->queued++] = waiter;
		}
	}
}

static bool is_behind(const struct maker *maker, uint32_t node)
{
	if (!is_task(maker, node))
		return false;
	const struct verdict *verdict = &maker->verdicts[maker->verdict[node]];
	const uint32_t at = (uint32_t)maker->at[node];
	return at >= verdict->member_count || verdict->members[at] != (int32_t)node;
}

static int add_behind(struct maker *maker)
{
	spread(maker);
	for (uint32_t i = 0; i < maker->queued; i++)
		if (is_behind(maker, maker->queue[i]))
			maker->verdicts[maker->verdict[maker->queue[i]]].behind_count++;
	for (uint32_t i = 0; i < maker->count; i++) {
		struct verdict *verdict = &maker->verdicts[i];
		const size_t n = verdict->behind_count + 1;
		verdict->behind = calloc(n, sizeof *verdict->behind);
		verdict->behind_at = calloc(n, sizeof *verdict->behind_at);
		verdict->behind_on = calloc(n, sizeof *verdict->behind_on);
		if (!verdict->behind || !verdict->behind_at || !verdict->behind_on)
			return -ENOMEM;
		verdict->behind_count = 0;
	}
	for (uint32_t i = 0; i < maker->queued; i++) {
		const uint32_t node = maker->queue[i];
		if (!is_behind(maker, node))
			continue;
		struct verdict *verdict = &maker->verdicts[maker->verdict[node]];
		verdict->behind[verdict->behind_count] = (int32_t)node;
		verdict->behind_at[verdict->behind_count] = maker->at[node];
		verdict->behind_on[verdict->behind_count++] = maker->on[node];
	}
	return 0;
}

/* ---- since when, and in which order ---- */

static void verdict_fini(struct verdict *verdict)
{
	free(verdict->members);
	free(verdict->behind);
	free(verdict->behind_at);
	free(verdict->behind_on);
}

/* The youngest wait of the members. */
static uint64_t youngest(const struct snapshot *snapshot, const struct verdict *verdict)
{
	uint64_t least = MODEL_UNKNOWN;
	for (uint32_t i = 0; i < verdict->member_count; i++) {
		const uint64_t age = snapshot->tasks[verdict->members[i]].age_ns;
		if (age == MODEL_UNKNOWN)
			return MODEL_UNKNOWN;
		if (age < least)
			least = age;
	}
	return least;
}

/* The oldest wait of those who wait for an owner; 0: none is known. */
static uint64_t longest(const struct snapshot *snapshot, const struct verdict *verdict)
{
	uint64_t most = 0;
	for (uint32_t i = 0; i < verdict->cycle_count + verdict->behind_count; i++) {
		const int32_t task = i < verdict->cycle_count
					     ? verdict->members[i]
					     : verdict->behind[i - verdict->cycle_count];
		const uint64_t age = snapshot->tasks[task].age_ns;
		if (age != MODEL_UNKNOWN && age > most)
			most = age;
	}
	return most;
}

static void drop_short_waits(struct maker *maker, uint64_t long_ns)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < maker->count; i++) {
		struct verdict *verdict = &maker->verdicts[i];
		verdict->held_ns = verdict->kind == VERDICT_LONG
					   ? longest(maker->snapshot, verdict)
					   : youngest(maker->snapshot, verdict);
		if (verdict->kind == VERDICT_LONG && verdict->held_ns < long_ns)
			verdict_fini(verdict);
		else
			maker->verdicts[kept++] = *verdict;
	}
	maker->count = kept;
}

static int compare_verdicts(const void *a, const void *b)
{
	const struct verdict *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	/* the longest first, MODEL_UNKNOWN + 1 = 0 last */
	if (x->held_ns != y->held_ns)
		return x->held_ns + 1 > y->held_ns + 1 ? -1 : 1;
	return x->members[0] < y->members[0] ? -1 : x->members[0] > y->members[0];
}

static void count_kinds(struct waits *waits)
{
	waits->certain = waits->likely = waits->maybe = waits->longs = 0;
	for (uint32_t i = 0; i < waits->count; i++) {
		switch (waits->verdicts[i].kind) {
		case VERDICT_CERTAIN: waits->certain++; break;
		case VERDICT_LIKELY: waits->likely++; break;
		case VERDICT_MAYBE: waits->maybe++; break;
		case VERDICT_LONG: waits->longs++; break;
		}
	}
}

static int maker_init(struct maker *maker)
{
	const size_t n = maker->graph.node_count;
	maker->verdict = malloc((n + 1) * sizeof *maker->verdict);
	maker->at = calloc(n + 1, sizeof *maker->at);
	maker->on = malloc((n + 1) * sizeof *maker->on);
	maker->from = malloc((n + 1) * sizeof *maker->from);
	maker->queue = malloc((n + 1) * sizeof *maker->queue);
	if (!maker->verdict || !maker->at || !maker->on || !maker->from || !maker->queue)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		maker->verdict[i] = maker->on[i] = maker->from[i] = NOBODY;
	return turn_edges_round(maker);
}

static void maker_fini(struct maker *maker)
{
	wait_graph_fini(&maker->graph);
	free(maker->verdict);
	free(maker->at);
	free(maker->on);
	free(maker->from);
	free(maker->queue);
	free(maker->in_first);
	free(maker->in);
}

int waits_find(const struct snapshot *snapshot, uint64_t long_ns, struct waits *ret)
{
	struct maker maker = {.snapshot = snapshot};
	*ret = (struct waits){0};
	if (!snapshot->has_wakes) /* nobody could be said to be stuck */
		return 0;
	int result = wait_graph_init(&maker.graph, snapshot);
	if (!result)
		result = maker_init(&maker);
	if (!result)
		result = add_members(&maker, long_ns > 0 && snapshot->has_clock);
	if (!result)
		result = add_behind(&maker);
	ret->verdicts = maker.verdicts;
	ret->count = maker.count;
	if (!result) {
		drop_short_waits(&maker, long_ns);
		ret->count = maker.count;
		if (ret->count)
			qsort(ret->verdicts, ret->count, sizeof *ret->verdicts, compare_verdicts);
		count_kinds(ret);
	} else {
		waits_fini(ret);
	}
	maker_fini(&maker);
	return result;
}

void waits_fini(struct waits *waits)
{
	for (uint32_t i = 0; i < waits->count; i++)
		verdict_fini(&waits->verdicts[i]);
	free(waits->verdicts);
	*waits = (struct waits){0};
}

const char *verdict_name(enum verdict_kind kind)
{
	static const char *const names[] = {
		[VERDICT_CERTAIN] = "certain",
		[VERDICT_LIKELY] = "likely",
		[VERDICT_MAYBE] = "maybe",
		[VERDICT_LONG] = "long",
	};
	return names[kind];
}
