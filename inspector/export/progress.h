/* SPDX-License-Identifier: MIT */
/*
 * progress.h: "backtraces: 40960 of 1000000" on standard error, for work that takes longer than two
 * seconds, and only when that is a terminal.
 */
#ifndef INSPECTOR_PROGRESS_H
#define INSPECTOR_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool is_terminal;
	bool is_shown;
	uint64_t next_ns; /* when to say something next */
};

void progress_init(struct progress *progress);
void progress_show(struct progress *progress, const char *what, size_t done, size_t all);
/* Takes it off the screen. */
void progress_end(struct progress *progress);

#endif
