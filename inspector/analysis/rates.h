/* SPDX-License-Identifier: MIT */
/*
 * rates.h: what happened between two snapshots of one target, per second.  A tasklet is the same
 * one when its serial is; one that is new counts from its birth.
 */
#ifndef INSPECTOR_RATES_H
#define INSPECTOR_RATES_H

#include "../model/model.h"

struct stacks;

#define RATE_UNKNOWN (-1.0)

struct task_rate {
	double run_percent; /* of one CPU; RATE_UNKNOWN without a clock */
	double switches;    /* per second */
};

struct object_rate {
	double sent, received; /* elements per second; of a mutex: `sent` = hand-overs */
};

struct scheduler_rate {
	double idle_percent; /* asleep in the kernel; RATE_UNKNOWN without a clock */
	double run_percent;  /* the rest */
	double switches;     /* of the tasklets that it has now, per second */
	double spawned, ended;
};

/* Each array is parallel to the one of the later snapshot. */
struct rates {
	uint64_t span_ns;
	struct task_rate *tasks;
	struct object_rate *objects;
	struct scheduler_rate *schedulers;
	double switches; /* of all, ended ones included */
};

/* 0 or -errno; -EINVAL when no time has passed between them. */
int rates_between(const struct snapshot *before, const struct snapshot *now, struct rates *ret);
void rates_fini(struct rates *rates);

/* One look at a target, as sorting, filtering and grouping want it. */
struct look {
	struct model *model;
	const struct snapshot *snapshot;
	const struct rates *rates;   /* NULL: there is only one snapshot */
	const struct stacks *stacks; /* NULL: no backtraces were taken */
};

#endif
