/* SPDX-License-Identifier: MIT */
/*
 * wait_graph.h: who could wake whom, as a graph, and for each of its nodes how surely it is stuck.
 * Private to waits*.c; the reasoning is in docs/design/verdicts.md.
 *
 * A waiting tasklet has one edge: to the tasklet that it joins, to the side of the object that
 * could serve it, or (a run on a thread that sleeps for good) to its scheduler.  A side has an edge
 * to each known live tasklet on it: a mutex's holder, a channel's known senders or receivers.  So
 * there are at most five edges a tasklet, whatever the shape.  An edge means "may be woken by": who
 * has no path to a node that can act is stuck.
 *
 *   task --> side of an object --> holder, or each known user --> ...
 *   task --> task (join)
 *   task --> scheduler --> each tasklet of it (run)
 */
#ifndef INSPECTOR_WAIT_GRAPH_H
#define INSPECTOR_WAIT_GRAPH_H

#include "../model/model.h"

/* Surest first: a node is only as surely stuck as the weakest of those who could wake it. */
enum wait_level {
	WAIT_CERTAIN, /* leads to nothing but a cycle of owners */
	WAIT_LIKELY,  /* to nothing but knots of known users */
	WAIT_MAYBE,   /* to an object that nobody is known to serve */
	WAIT_FREE,    /* to somebody who can act, or whom we do not know */
};

enum wait_side_kind { SIDE_HOLDER, SIDE_SENDERS, SIDE_RECEIVERS };

/* One side of an object: those who could serve a waiter. */
struct wait_side {
	int32_t object;
	enum wait_side_kind kind;
	bool is_open; /* others than `users` may serve it too, or it is just being served */
	uint32_t user_count;
	int32_t users[MODEL_USERS]; /* live ones: indices in snapshot.tasks */
};

/* A strongly connected component that is a reason for a verdict. */
struct wait_root {
	enum wait_level level; /* FREE: a cycle of owners that a deadline or an error will open */
	uint32_t first, count; /* its nodes, in wait_graph.order */
};

/* Nodes: [0, task_count) the snapshot's tasks, then sides, then schedulers. */
struct wait_graph {
	const struct snapshot *snapshot;
	uint32_t task_count, side_count, scheduler_count, node_count;
	int32_t *next; /* of each task: the node that it waits for; -1 */
	bool *acts;    /* of each task: may go on by itself, or we cannot tell */
	struct wait_side *sides;
	uint32_t *crew_first; /* of each scheduler, and the end: its tasklets, in `crew` */
	int32_t *crew;

	uint8_t *level;	     /* of each node */
	uint32_t *component; /* of each node */
	uint32_t *order;     /* nodes by component; one comes after those that it leads to */
	struct wait_root *roots;
	uint32_t root_count;
};

/* 0 or -ENOMEM. */
int wait_graph_init(struct wait_graph *graph, const struct snapshot *snapshot);
void wait_graph_fini(struct wait_graph *graph);

/* The k-th node that could wake `node`; -1 at the end. */
int32_t wait_graph_successor(const struct wait_graph *graph, uint32_t node, uint32_t k);

static inline const struct wait_side *wait_graph_side(const struct wait_graph *graph, uint32_t node)
{
	return node >= graph->task_count && node < graph->task_count + graph->side_count
		       ? &graph->sides[node - graph->task_count]
		       : NULL;
}

/* Is the edge out of this node one to an owner: is there exactly one who can open it? */
bool wait_graph_is_owner_edge(const struct wait_graph *graph, uint32_t node);

/* The side that a wait of this task is for: *ret is filled (users and all) and true is returned;
 * false when it waits for no channel and no mutex. */
bool wait_side_of(const struct snapshot *snapshot, const struct task *task, struct wait_side *ret);

/* Does this tasklet still exist for those who wait for it? */
bool task_is_live(const struct task *task);

#endif
