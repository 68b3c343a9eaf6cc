/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 2, NS_PER_S = 1000000000, PERIOD_NS = 200000000 };

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void progress_init(struct progress *progress)
{
	*progress = (struct progress){
		.is_terminal = isatty(STDERR_FILENO) == 1,
		.next_ns = now_ns() + (uint64_t)PATIENCE_S * NS_PER_S,
	};
}

void progress_show(struct progress *progress, const char *what, size_t done, size_t all)
{
	if (!progress->is_terminal || now_ns() < progress->next_ns)
		return;
	progress->is_shown = true;
	progress->next_ns = now_ns() + PERIOD_NS;
	fprintf(stderr, "\r%s: %zu of %zu", what, done, all);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown)
		fputs("\r\033[K", stderr);
	progress->is_shown = false;
}
