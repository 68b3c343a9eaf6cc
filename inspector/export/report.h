/* SPDX-License-Identifier: MIT */
/*
 * report.h: what the screens show, without a screen: text in columns, or JSON, one object a line.
 * Each function writes one kind of thing; none decides what to show.  Times are nanoseconds, sizes
 * bytes, ids numbers; null means unknown.
 *
 * 0 or -ENOMEM; what could not be written is the output's affair.
 */
#ifndef INSPECTOR_REPORT_H
#define INSPECTOR_REPORT_H

#include "../analysis/groups.h"
#include "../analysis/waits.h"
#include "output.h"
#include "progress.h"

struct report {
	struct output *output;
	struct progress *progress; /* NULL: none is shown */
	bool is_json;
	struct look look;
};

/* A row a tasklet; with look.rates also RUN% and SWITCH/S. */
int report_tasks(const struct report *report, const int32_t *tasks, size_t count);

/* The backtraces of these, which are taken here. */
int report_backtraces(const struct report *report, const int32_t *tasks, size_t count);
/* Each different one once, with those who have it; the largest group first. */
int report_stack_groups(const struct report *report, const int32_t *tasks, size_t count);

/* A row an object; `with_waiters`: below each, who waits on it in order, and its known users. */
int report_channels(const struct report *report, const int32_t *objects, size_t count,
		    bool with_waiters);

/* A row for each of these that waits, with who could wake it. */
int report_waits(const struct report *report, const int32_t *tasks, size_t count);

/* Every verdict with its evidence; `with_frames`: backtraces of its members. */
int report_verdicts(const struct report *report, const struct waits *waits, bool with_frames);

int report_history(const struct report *report, const struct history *history);

#endif
