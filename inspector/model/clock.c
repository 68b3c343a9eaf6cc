/* SPDX-License-Identifier: MIT */
/*
 * clock.c: the rate of the target's time stamp counter, from two instants that are known on both
 * clocks.
 *
 * The first is written at the target's start.  The second is the farthest from it that can be had:
 * for a live process our own look at both clocks, just now (it is the same machine); for a core
 * what the target wrote last; and if it never did, our own clocks again, when the machine has not
 * been restarted since and its counter is seen to run at that rate.
 */
#include "clock.h"

#include <time.h>

enum { RATE_SHIFT = 40 };

static const uint64_t RATE_ONE = UINT64_C(1) << RATE_SHIFT;

/* False: not two different instants, or a rate that no clock has. */
static bool set_rate(struct clock *clock, uint64_t stamp, uint64_t ns)
{
	if (stamp <= clock->stamp || ns <= clock->ns)
		return false;
	unsigned __int128 rate = ((unsigned __int128)(ns - clock->ns) << RATE_SHIFT) /
				 (stamp - clock->stamp);
	if (rate < RATE_ONE / 1000 || rate > RATE_ONE * 1000)
		return false;
	clock->rate = (uint64_t)rate;
	return true;
}

/* The rate of this machine's counter, measured. */
static bool measure_rate(const struct source *source, struct clock *ret)
{
	struct timespec nap = { .tv_nsec = 2000000 };
	source_clocks(source, &ret->stamp, &ret->ns);
	nanosleep(&nap, NULL);
	uint64_t stamp, ns;
	source_clocks(source, &stamp, &ns);
	return ret->stamp != 0 && set_rate(ret, stamp, ns);
}

static bool set_rate_by_our_clocks(struct clock *clock, const struct source *source)
{
	uint64_t stamp, ns;
	struct clock ours;
	source_clocks(source, &stamp, &ns);
	if (!set_rate(clock, stamp, ns) || !measure_rate(source, &ours))
		return false;
	uint64_t difference = ours.rate > clock->rate ? ours.rate - clock->rate :
							clock->rate - ours.rate;
	return difference < ours.rate / 50;
}

static void init_tsc(struct clock *clock, const struct tl_header *header, struct source *source,
		     bool is_live, uint64_t latest)
{
	clock->stamp = header->anchor0_clock;
	clock->ns = header->anchor0_ns;
	uint64_t stamp, ns;
	source_clocks(source, &stamp, &ns);
	clock->is_known = (is_live && set_rate(clock, stamp, ns)) ||
			  set_rate(clock, header->anchor1_clock, header->anchor1_ns) ||
			  set_rate_by_our_clocks(clock, source);
	clock->now = is_live ? stamp : latest;
	if (is_live)
		clock->now_ns = ns;
	else if (clock->is_known)
		clock->now_ns = clock_instant_ns(clock, latest);
}

void clock_init(struct clock *clock, const struct tl_header *header, struct source *source,
		bool is_live, uint64_t latest)
{
	*clock = (struct clock){ .rate = RATE_ONE };
	uint64_t tsc, ns;
	switch (header->clock) {
	case TL_CLOCK_TSC:
		init_tsc(clock, header, source, is_live, latest);
		break;
	case TL_CLOCK_MONOTONIC:
		source_clocks(source, &tsc, &ns);
		clock->is_known = true;
		clock->now = clock->now_ns = is_live ? ns : latest;
		break;
	case TL_CLOCK_VIRTUAL:
		clock->is_known = true;
		clock->now = clock->now_ns = header->clock_now;
		break;
	default: /* tracing is off */
		if (is_live)
			source_clocks(source, &tsc, &clock->now_ns);
		break;
	}
}

uint64_t clock_instant_ns(const struct clock *clock, uint64_t stamp)
{
	if (stamp >= clock->stamp)
		return clock->ns + clock_duration_ns(clock, stamp - clock->stamp);
	uint64_t before = clock_duration_ns(clock, clock->stamp - stamp);
	return before < clock->ns ? clock->ns - before : 0;
}
