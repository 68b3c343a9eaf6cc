/* SPDX-License-Identifier: MIT */
/*
 * sample.h: what is being looked at, and the last look at it with all that was worked out from it.
 *
 * A target is a source, its model and the newest sample.  A sample never changes, but for
 * backtraces, which are fetched when a visible row first wants one.  When the process has ended the
 * last sample stays: that is the picture to look at.
 */
#ifndef VIEW_SAMPLE_H
#define VIEW_SAMPLE_H

#include "../analysis/rates.h"
#include "../analysis/stacks.h"
#include "../analysis/waits.h"

#define LONG_WAIT_NS UINT64_C(1000000000) /* from when on a wait on a holder is listed as long */

struct sample {
	struct snapshot *snapshot;
	struct rates rates;
	struct waits waits;
	struct look look;     /* of the above; look.rates is NULL after the first snapshot */
	struct stacks stacks; /* of all tasklets, while grouping by stack wants them: look.stacks */
	struct backtrace **traces; /* one a task, or NULL: not asked for yet */
	bool *troubled;		   /* one a task: a member of a certain or likely verdict */
};

struct target {
	struct source *source;
	struct model *model;
	struct sample *sample; /* NULL before the first look */
	bool ended;	       /* it has exited, or another program has taken its place */
	bool wants_stacks;
};

/* Takes the source, also when it fails. */
int target_open(struct source *source, struct target **ret, struct problem *problem);
void target_close(struct target *target); /* NULL is fine */

/* A new sample; none when the target has ended.  0, or -errno and *problem. */
int target_look(struct target *target, struct problem *problem);
/* While set, each sample has the backtraces of all tasklets, in sample.look.stacks.  0 or -ENOMEM.
 */
int target_want_stacks(struct target *target, bool wanted);

/* Of tasks (indices) that can be seen; then sample_trace() has them.  Missing memory: they stay
 * unknown. */
void target_fetch_traces(struct target *target, const int32_t *tasks, size_t count);
const struct backtrace *sample_trace(const struct sample *sample,
				     int32_t task); /* NULL: not fetched */

/* A task's rates; unknown ones before the second look. */
struct task_rate sample_task_rate(const struct sample *sample, int32_t task);

/* The clock of this program, for intervals: CLOCK_MONOTONIC in ns. */
uint64_t clock_now_ns(void);

#endif
