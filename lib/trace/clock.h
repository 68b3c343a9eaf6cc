/* SPDX-License-Identifier: MIT */
/*
 * clock.h: the trace's clock.  The time-stamp counter where it is invariant and the kernel itself
 * uses it, else CLOCK_MONOTONIC; or a virtual clock that stands still until everybody sleeps, and
 * then jumps. Two anchors in the header tell the tools how to convert.
 */
#ifndef TL_TRACE_CLOCK_H
#define TL_TRACE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "abi.h"

#ifndef TL_HIDDEN
#define TL_HIDDEN __attribute__((visibility("hidden")))
#endif

/* Choose the clock and set the anchors. */
TL_HIDDEN void clock_start(struct tl_header *header, bool virtual_clock);

/* The second anchor, if it is old at stamp `now`. */
TL_HIDDEN void clock_anchor(struct tl_header *header, uint64_t now);

/* Field 22 of /proc/self/stat; 0 when it cannot be read. */
TL_HIDDEN uint64_t clock_process_start(void);

static inline uint64_t clock_monotonic_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t clock_tsc(void)
{
#if defined __x86_64__
	uint32_t low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
#else
	return 0;
#endif
}

/* A stamp, whatever the clock is. */
static inline uint64_t clock_stamp(const struct tl_header *header)
{
	switch (header->clock) {
	case TL_CLOCK_TSC:
		return clock_tsc();
	case TL_CLOCK_VIRTUAL:
		return __atomic_load_n(&header->clock_now, __ATOMIC_RELAXED);
	case TL_CLOCK_MONOTONIC:
		return clock_monotonic_ns();
	default:
		return 0;
	}
}

#endif
