/* SPDX-License-Identifier: MIT */
/*
 * warnings.h: what a person should know at first sight: deadlocks, tasklets that do not let others
 * run, what the runtime could not record, and memory that may not be read.  Each says what to do.
 */
#ifndef VIEW_WARNINGS_H
#define VIEW_WARNINGS_H

#include "sample.h"

#define HOG_NS                                                                                     \
	UINT64_C(100000000) /* to run longer than this without a switch is worth a warning         \
			     */

enum warning_kind { WARNING_NOTE, WARNING_TASK, WARNING_VERDICT };

struct warning {
	enum warning_kind kind;
	bool is_bad;	  /* something is wrong in the program, not in the looking */
	int32_t task;	  /* WARNING_TASK: an index in the snapshot */
	uint32_t verdict; /* WARNING_VERDICT: an index in the waits */
	const char *sure; /* "certain", "likely", or "" */
	char text[240];
};

enum { WARNINGS_MOST = 16 };

struct warnings {
	struct warning list[WARNINGS_MOST];
	int count;
	int more; /* that did not fit into the list */
};

void warnings_find(const struct target *target, struct warnings *ret);

#endif
