/* SPDX-License-Identifier: MIT */
/*
 * runner.h: what the child of a test leaves for its parent, in memory that both share, so that a
 * failure can be told whatever ended the child.  Between the files of this folder only.
 */
#ifndef RUNNER_H
#define RUNNER_H

#include <stddef.h>

struct outcome {
	char failure[8192]; /* where, expected, got; "" while nothing failed */
	char skip[256];	    /* the reason; "" when it was not skipped */
	char log[65536];    /* the events since the last expect_log() */
	size_t log_length;
};

extern struct outcome *outcome;

/* How the child of a test ends. */
enum { EXIT_TEST_FAILED = 70, EXIT_TEST_SKIPPED = 77 };

#endif /* RUNNER_H */
