/* SPDX-License-Identifier: MIT */
/*
 * clock.h: turns the target's clock units into nanoseconds of its CLOCK_MONOTONIC.
 */
#ifndef INSPECTOR_CLOCK_H
#define INSPECTOR_CLOCK_H

#include "../../lib/trace/abi.h"
#include "../source/source.h"

struct clock {
	bool is_known;        /* conversions are possible */
	uint64_t stamp, ns;   /* an instant on both */
	uint64_t rate;        /* ns a unit, times 2^40 */
	uint64_t now;         /* in units: when the picture is taken */
	uint64_t now_ns;      /* CLOCK_MONOTONIC (or virtual) of that instant; 0: unknown */
};

/* `header` is a consistent copy.  `latest` is the latest stamp that is known of a target that has
 * ended or is a core; 0 for a live one, whose clocks are read. */
void clock_init(struct clock *clock, const struct tl_header *header, struct source *source,
		bool is_live, uint64_t latest);

/* Nanoseconds of a duration; saturates. */
static inline uint64_t clock_duration_ns(const struct clock *clock, uint64_t units)
{
	unsigned __int128 ns = (unsigned __int128)units * clock->rate >> 40;
	return ns > UINT64_MAX / 2 ? UINT64_MAX / 2 : (uint64_t)ns;
}

/* Nanoseconds from a stamp to now; 0 when it lies in the future. */
static inline uint64_t clock_age_ns(const struct clock *clock, uint64_t stamp)
{
	return stamp < clock->now ? clock_duration_ns(clock, clock->now - stamp) : 0;
}

/* The instant of a stamp. */
uint64_t clock_instant_ns(const struct clock *clock, uint64_t stamp);

#endif
